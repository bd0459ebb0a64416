//! Goes along one path so many times: what callgrind is to count.

#![expect(clippy::print_stdout, reason = "the names of the paths are the result")]

use bench_micro::{Failure, PATHS, Path};

/// `bench-micro NAME TIMES`; without arguments, a line for each path: its name and how often it is worth going.
fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(times)) = (arguments.next(), arguments.next()) else {
        for path in PATHS {
            println!("{} {}", path.name, path.times);
        }
        return Ok(());
    };
    let path = Path::find(&name).ok_or_else(|| format!("no such path: `{name}`"))?;
    let times: u32 = times.parse()?;
    let mut operation = path.prepare()?;
    for _ in 0..times {
        operation()?;
    }
    Ok(())
}
