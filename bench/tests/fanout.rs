//! A short fan-out on the floor and on this library's server: every delivery is checked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::process::Command;

use serde_json::Value;

/// 50 messages in a room of 100, of which half are before the measured time.
fn fanout(server: &str) -> Value {
    run(&["fanout-100", server, "--seconds", "1", "--rate", "2500"])
}

fn run(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .arg("run")
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn all_came(outcome: &Value) {
    let checked = &outcome["checked"];
    assert_eq!(checked["expected"], 5_000, "{outcome}");
    assert_eq!(checked["received"], 5_000, "{outcome}");
    for wrong in ["lost", "doubled", "reordered", "misrouted"] {
        assert_eq!(checked[wrong], 0, "{outcome}");
    }
    assert_eq!(outcome["troubles"], 0, "{outcome}");
    assert!(outcome["figures"]["cpu_us_per_delivery"].as_f64() > Some(0.0));
}

#[test]
fn visitors_of_rooms_that_are_talked_in_are_answered_and_nothing_is_lost() {
    let outcome = run(&["day", "chat-memory", "--seconds", "1"]);

    let checked = &outcome["checked"];
    assert_eq!(checked["received"], checked["expected"], "{outcome}");
    assert_eq!(outcome["troubles"], 0, "{outcome}");
    for figure in ["visits_per_second", "connect_p99_ms", "mark_p99_ms"] {
        assert!(outcome["figures"][figure].as_f64() > Some(0.0), "{outcome}");
    }
}

#[test]
fn the_floor_delivers_everything_once_and_in_order() {
    all_came(&fanout("floor"));
}

#[test]
fn the_library_delivers_everything_once_and_in_order() {
    all_came(&fanout("chat-memory"));
}
