//! Thousands of schedules, and every bug of the list found by one of them.

mod schedule;

use schedule::{Seeded, play};

/// How many are played, unless the environment variable `CHAT_SCHEDULES` says otherwise; `CHAT_SEED` is the first.
const SCHEDULES: u64 = 250;

/// How many are played at most until a bug is found.
const UNTIL_FOUND: u64 = 500;

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().expect("a number"))
}

/// Panics that the schedules bring about are no news.
fn be_quiet() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if !text.contains("a host's format") {
            usual(panic);
        }
    }));
}

/// One test, for a bug is in the whole process.
#[test]
fn no_schedule_breaks_a_promise_and_every_seeded_bug_is_found() {
    be_quiet();
    let first = number("CHAT_SEED", 1);
    let mut acked = 0;
    for seed in first..first + number("CHAT_SCHEDULES", SCHEDULES) {
        let played = play(seed, None);
        assert_eq!(
            played.findings.total(),
            0,
            "CHAT_SEED={seed} CHAT_SCHEDULES=1: {:#?}",
            played.findings
        );
        acked += played.acked;
    }
    println!("{acked} messages acknowledged");
    for bug in Seeded::ALL {
        let found = (1..=UNTIL_FOUND).find_map(|seed| {
            let findings = play(seed, Some(*bug)).findings;
            (findings.total() > 0).then_some((seed, findings))
        });
        let (seed, findings) = found.unwrap_or_else(|| panic!("{bug:?} is not found"));
        println!("{bug:?}: seed {seed}, {:?}", findings.counts);
    }
}
