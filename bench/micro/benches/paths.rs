//! How long each path takes.

use bench_micro::{Failure, PATHS, Path};
use divan::Bencher;

fn main() {
    divan::main();
}

#[divan::bench(args = PATHS.iter().map(|path| path.name))]
fn path(bencher: Bencher<'_, '_>, name: &str) {
    let operation = Path::find(name).map(Path::prepare);
    let mut operation = operation
        .expect("the name is of a path")
        .expect("nothing it needs can fail");
    bencher.bench_local(|| -> Result<(), Failure> { operation() });
}
