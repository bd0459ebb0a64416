//! What is aimed at.

use super::super::summary::FLOOR;
use super::{Bound, Mark, Medians};

const OURS: &str = "chat-memory";
const DURABLE: [&str; 2] = ["chat-sqlite", "chat-postgres"];
/// The floor with frames as long as ours.
const LONG: &str = "floor-long";
const CPU: &str = "cpu_us_per_delivery";
const APART: &str = "cpu_us_per_delivery_without_append";

/// All of them, in the order in which they are told.
pub(super) fn all(medians: &Medians) -> Vec<Mark> {
    let mut marks = fan_out(medians);
    marks.extend(as_long(medians));
    marks.extend(in_memory(medians));
    marks.extend(on_disk(medians));
    marks.extend(against_peers(medians));
    marks
}

/// CPU per delivery against the floor's. But for the room of 100 in memory it is that without the append's, which is told
/// in the tables. A difference below the floor tells nothing: sends alone go in other batches, and cost more than they
/// do among deliveries.
fn fan_out(medians: &Medians) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (scenario, what, most, in_memory) in [
        (
            "fanout-100",
            "CPU a delivery, a room of 100, times the floor's",
            1.15,
            CPU,
        ),
        (
            "fanout-1000",
            "CPU a delivery without the append's, a room of 1,000, times the floor's",
            1.25,
            APART,
        ),
        (
            "fanout-10",
            "CPU a delivery without the append's, 100 rooms of 10, times the floor's",
            1.25,
            APART,
        ),
    ] {
        let servers = [(OURS, in_memory), (DURABLE[0], APART), (DURABLE[1], APART)];
        marks.extend(servers.map(|(server, figure)| {
            let ratio = medians.ratio(scenario, server, figure, CPU);
            let told = ratio.filter(|ratio| server == OURS || *ratio >= 1.0);
            Mark::new(what, server, Some(Bound::AtMost(most)), told)
        }));
    }
    marks
}

/// What the bytes of a frame cost is no more this library's to save than the floor's.
fn as_long(medians: &Medians) -> Vec<Mark> {
    let marks = [
        (
            "fanout-100",
            "the same, times a floor's whose frames are as long",
            1.15,
            CPU,
        ),
        ("fanout-1000", "the same in a room of 1,000", 1.25, APART),
        ("fanout-10", "the same in 100 rooms of 10", 1.25, APART),
    ];
    let marks = marks.map(|(scenario, what, most, figure)| {
        let (ours, floor) = (
            medians.figure(scenario, OURS, figure),
            medians.figure(scenario, LONG, CPU),
        );
        let ratio = ours.zip(floor).map(|(ours, floor)| ours / floor);
        Mark::new(what, OURS, Some(Bound::AtMost(most)), ratio)
    });
    marks.into()
}

fn in_memory(medians: &Medians) -> Vec<Mark> {
    let (rate, messages) = ("deliveries_per_second", "messages_per_second");
    let mark = |what, bound, measured| Mark::new(what, OURS, Some(bound), measured);
    vec![
        mark(
            "the most in a room of 100, times the floor's",
            Bound::AtLeast(0.5),
            medians.ratio("most", OURS, rate, rate),
        ),
        mark(
            "an idle connection, KiB",
            Bound::AtMost(6.0),
            medians.figure("idle", OURS, "kib_per_connection"),
        ),
        mark(
            "pairs, p99, ms",
            Bound::AtMost(5.0),
            medians.figure("pairs", OURS, "p99_ms"),
        ),
        mark(
            "pairs, messages a second, times the floor's",
            Bound::AtLeast(0.5),
            medians.ratio("pairs", OURS, messages, messages),
        ),
    ]
}

fn on_disk(medians: &Medians) -> Vec<Mark> {
    let mut marks: Vec<Mark> = DURABLE
        .into_iter()
        .flat_map(|server| of_store(medians, server))
        .collect();
    let postgres = DURABLE[1];
    let mark = |what, bound, measured| Mark::new(what, postgres, Some(bound), measured);
    marks.extend([
        mark(
            "64 senders in one conversation, messages a second",
            Bound::AtLeast(5_000.0),
            medians.figure("hot", postgres, "sends_per_second"),
        )
        .with_digits(0),
        mark(
            "a node started again, all 10,000 resumed, s",
            Bound::AtMost(30.0),
            medians.figure("restart", postgres, "all_back_s"),
        ),
    ]);
    marks
}

fn of_store(medians: &Medians, server: &'static str) -> [Mark; 4] {
    let latency = |what, commit| {
        let floor = medians.figure("fanout-1000", FLOOR, "p99_ms");
        let latest = floor
            .zip(medians.figure("sends", server, commit))
            .map(|(floor, commit)| 1.3 * floor + commit);
        let measured = medians.figure("fanout-1000", server, "p99_ms");
        Mark::new(what, server, latest.map(Bound::AtMost), measured)
    };
    [
        latency(
            "p99 in a room of 1,000, ms: 1.3 times the floor's and one commit's median",
            "commit_p50_ms",
        ),
        latency(
            "the same, 1.3 times the floor's and the p99 of commits as rare as its messages",
            "rare_commit_p99_ms",
        ),
        Mark::new(
            "64 senders, times a commit for each message",
            server,
            Some(Bound::AtLeast(10.0)),
            medians.figure("sends", server, "times_singly"),
        ),
        Mark::new(
            "opening an inbox and a page, times that beside 10,000 messages",
            server,
            Some(Bound::AtMost(2.0)),
            medians.figure("flat", server, "times_few"),
        ),
    ]
}

/// Ahead of whichever peer is best.
fn against_peers(medians: &Medians) -> Vec<Mark> {
    let less = |what, scenario, figure| {
        let best = medians.peers(scenario, figure).min_by(f64::total_cmp);
        let measured = medians.figure(scenario, OURS, figure);
        Mark::new(what, OURS, best.map(Bound::AtMost), measured)
    };
    let more = |what, scenario, figure| {
        let best = medians.peers(scenario, figure).max_by(f64::total_cmp);
        let measured = medians.figure(scenario, OURS, figure);
        Mark::new(what, OURS, best.map(Bound::AtLeast), measured).with_digits(0)
    };
    vec![
        less(
            "the best peer: µs a delivery, a room of 100",
            "fanout-100",
            CPU,
        ),
        less(
            "the best peer: µs a delivery, a room of 1,000",
            "fanout-1000",
            CPU,
        ),
        less(
            "the best peer: µs a delivery, 100 rooms of 10",
            "fanout-10",
            CPU,
        ),
        more(
            "the best peer: the most in a room of 100",
            "most",
            "deliveries_per_second",
        ),
        more(
            "the best peer: pairs, messages a second",
            "pairs",
            "messages_per_second",
        ),
        less(
            "the best peer: an idle connection, KiB",
            "idle",
            "kib_per_connection",
        ),
    ]
}
