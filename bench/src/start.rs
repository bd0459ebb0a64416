//! How long the reference server takes from its start to being ready, on a file that has messages in it.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chat_core::conformance::Ports;
use chat_core::store::SchemaStore as _;
use chat_store_sqlite::SqliteStore;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::Failure;
use crate::arguments::Options;
use crate::fill::fill;

/// What the first line that the server says begins with.
const GREETING: &str = "Chat is listening on http://";

/// How long a start may take before it counts as failed.
const WITHIN: Duration = Duration::from_secs(30);

/// Fills a file, starts the server on it several times, and prints how long it took.
pub(crate) async fn run(options: &[&str]) -> Result<(), Failure> {
    let options = Options::read(options, &["--server", "--messages", "--times"])?;
    let messages = options.number("--messages", 100_000)?;
    let times: usize = options.number("--times", 11)?;
    let server = match options.text("--server") {
        Some(path) => path.into(),
        None => beside_this("chat-server")?,
    };
    let folder = TempDir::new_in(beside_this("")?)?;
    let file = folder.path().join("chat.db");
    let store = SqliteStore::open(&file).await?;
    store.migrate().await?;
    fill(&Ports::of(&store), messages).await?;
    drop(store);
    // The first start makes a secret and finishes the file's log.
    start(&server, folder.path())?;
    let mut took = Vec::new();
    for _ in 0..times {
        took.push(start(&server, folder.path())?);
    }
    took.sort_by(f64::total_cmp);
    let size = std::fs::metadata(&file)?.len() as f64 / f64::from(1 << 20);
    println!(
        "ready after {:.0} ms ({:.0}–{:.0}), {times} starts on {messages} messages in {size:.0} MiB",
        took[times / 2],
        took[0],
        took[times - 1]
    );
    Ok(())
}

/// A file beside this program.
fn beside_this(name: &str) -> Result<PathBuf, Failure> {
    let this = std::env::current_exe()?;
    Ok(this.with_file_name(name))
}

/// Starts the server, waits until it is ready and ends it; how many milliseconds it took to be ready.
fn start(server: &Path, data: &Path) -> Result<f64, Failure> {
    let mut command = Command::new(server);
    command
        .env("CHAT_DATA_DIR", data)
        .env("PORT", "0")
        .env("CHAT_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let begun = Instant::now();
    let mut process = command
        .spawn()
        .map_err(|error| format!("{}: {error}", server.display()))?;
    // Open until the end: the server says more than its first line.
    let mut out = process.stdout.take().ok_or("no standard output")?;
    let ready = wait_until_ready(&mut BufReader::new(&mut out), begun);
    let took = begun.elapsed();
    stop(&mut process)?;
    ready?;
    Ok(took.as_secs_f64() * 1_000.0)
}

fn wait_until_ready(out: &mut impl BufRead, begun: Instant) -> Result<(), Failure> {
    let mut line = String::new();
    out.read_line(&mut line)?;
    let address = line.trim().strip_prefix(GREETING);
    let address = address.ok_or_else(|| format!("the server said {line:?}"))?;
    while !is_ready(address)? {
        if begun.elapsed() > WITHIN {
            return Err("the server is not ready".into());
        }
    }
    Ok(())
}

fn is_ready(address: &str) -> Result<bool, Failure> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(WITHIN))?;
    write!(
        stream,
        "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200 "))
}

fn stop(process: &mut Child) -> Result<(), Failure> {
    let id = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
    if let Some(id) = id.filter(|_| matches!(process.try_wait(), Ok(None))) {
        kill_process(id, Signal::TERM)?;
    }
    process.wait()?;
    Ok(())
}
