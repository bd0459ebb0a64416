//! One connection's bytes, both ways.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::link::{Mode, State};

/// Largest piece that is moved at once, in bytes.
const PIECE: usize = 16 << 10;

/// Pieces that are under way in each direction; then the reader waits.
const UNDER_WAY: usize = 256;

/// Bytes that arrive at a time.
type Piece = (Instant, Vec<u8>);

/// Carries a connection until one side ends it or it is cut.
pub(super) async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    mut state: watch::Receiver<State>,
) {
    // Only latency is at stake.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let cuts = state.borrow().cuts;
    let (up, down) = (state.clone(), state.clone());
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let both = async {
        let up = pump(from_client, to_server, up);
        let down = pump(from_server, to_client, down);
        tokio::try_join!(up, down)
    };
    let ended = tokio::select! {
        ended = both => ended.map(drop),
        _ = state.wait_for(|state| state.cuts != cuts) => Err(io::ErrorKind::ConnectionReset.into()),
    };
    if ended.is_err() {
        // What cannot be reset is closed.
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// Moves bytes one way: to the end, or to an error.
async fn pump(
    from: ReadHalf<'_>,
    to: WriteHalf<'_>,
    state: watch::Receiver<State>,
) -> io::Result<()> {
    let (pieces, arriving) = mpsc::channel(UNDER_WAY);
    tokio::try_join!(take(from, pieces, state.clone()), give(to, arriving, state))?;
    Ok(())
}

async fn take(
    mut from: ReadHalf<'_>,
    pieces: mpsc::Sender<Piece>,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut last = Instant::now();
    let mut swallowed = false;
    loop {
        let length = tokio::select! {
            length = from.read(&mut buffer) => length?,
            changed = state.changed(), if swallowed => {
                changed.map_err(io::Error::other)?;
                if state.borrow().link.mode != Mode::Swallow {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                continue;
            }
        };
        if length == 0 {
            return Ok(());
        }
        let link = state.borrow_and_update().link;
        if link.mode == Mode::Swallow {
            swallowed = true;
            continue;
        }
        last = (Instant::now() + link.delay + chance(link.jitter)).max(last);
        if link.rate > 0 {
            last += Duration::from_secs_f64(length as f64 / f64::from(link.rate));
        }
        // The other half ended with an error, which counts.
        let _ = pieces.send((last, buffer[..length].to_vec())).await;
    }
}

async fn give(
    mut to: WriteHalf<'_>,
    mut arriving: mpsc::Receiver<Piece>,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    while let Some((at, piece)) = arriving.recv().await {
        sleep_until(at).await;
        let moves = state.wait_for(|state| state.link.mode != Mode::Stall);
        moves.await.map_err(io::Error::other)?;
        to.write_all(&piece).await?;
    }
    to.shutdown().await
}

/// Something up to `most`.
fn chance(most: Duration) -> Duration {
    most.mul_f64(fastrand::f64())
}
