//! A short fan-out on the floor and on this library's server: every delivery is checked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::process::Command;

use serde_json::Value;

/// 50 messages in a room of 100, of which half are before the measured time.
fn fanout(server: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args([
            "run",
            "fanout-100",
            server,
            "--seconds",
            "1",
            "--rate",
            "2500",
        ])
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
fn the_floor_delivers_everything_once_and_in_order() {
    all_came(&fanout("floor"));
}

#[test]
fn the_library_delivers_everything_once_and_in_order() {
    all_came(&fanout("chat-memory"));
}
