//! What no commit is without: the disk has taken what was written, one time after the other and after a pause.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::measure::latency::Latency;
use crate::scenario::micros;
use crate::subject::scratch;

const PAGE: usize = 4 << 10;

/// Pages of a commit: about as many as SQLite logs for one message.
const WRITTEN: usize = 8;

/// Pages of the file, which is written over again and again, as a log is: no flush has to make it longer.
const KEPT: usize = WRITTEN << 8;

/// Times flushes of a file in the folder where the scenarios keep theirs.
pub(crate) fn run() -> Result<(), Failure> {
    let scratch = scratch()?;
    let mut file = File::create(scratch.path().join("flushed"))?;
    file.write_all(&[1; KEPT * PAGE])?;
    file.sync_all()?;
    println!("| flushes | p50, ms | p90, ms | p99, ms |\n|---|---|---|---|");
    for (name, pause, count) in [
        ("one after the other", Duration::ZERO, 1_000),
        ("one in 100 ms", Duration::from_millis(100), 200),
    ] {
        let latency = flushes(&mut file, pause, count)?;
        let [p50, p90, p99] = [0.5, 0.9, 0.99].map(|share| latency.millis(share));
        println!("| {name} | {p50:.2} | {p90:.2} | {p99:.2} |");
    }
    Ok(())
}

fn flushes(file: &mut File, pause: Duration, count: usize) -> Result<Latency, Failure> {
    let mut latency = Latency::within(0..1)?;
    for at in 0..count {
        sleep(pause);
        let place = at * WRITTEN % KEPT * PAGE;
        file.seek(SeekFrom::Start(place.try_into()?))?;
        file.write_all(&[2; WRITTEN * PAGE])?;
        let begun = Instant::now();
        file.sync_data()?;
        latency.note(0, micros(begun.elapsed()));
    }
    Ok(latency)
}
