//! What is queued by several threads at once, in the order in which it goes out.

use std::sync::Mutex as Observed;

use bytes::Bytes;
use shuttle::rand::{Rng as _, thread_rng};
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::{future, thread};

use super::*;
use crate::hub::shuttle_tests::check;

/// A socket that takes what it likes.
#[derive(Debug)]
struct Socket {
    written: Observed<Vec<u8>>,
    woken: AtomicBool,
    breaks: bool,
    broken: AtomicBool,
}

impl Socket {
    fn new(breaks: bool) -> Arc<Self> {
        Arc::new(Self {
            written: Observed::default(),
            woken: AtomicBool::new(false),
            breaks,
            broken: AtomicBool::new(false),
        })
    }

    /// Whether the driver was woken since it was last asked.
    fn take_woken(&self) -> bool {
        self.woken.swap(false, Ordering::SeqCst)
    }

    /// What went out, frame by frame; the last one may be cut if the socket broke.
    fn frames(&self) -> Vec<Sent> {
        let written = self.written.lock().unwrap();
        let mut rest = &written[..];
        let mut frames = Vec::new();
        while let [length, from, number, ..] = *rest {
            let length = usize::from(length);
            if rest.len() < length {
                break;
            }
            let (frame, behind) = rest.split_at(length);
            assert!(frame[3..].iter().all(|byte| *byte == from), "{frame:?}");
            frames.push(Sent { from, number });
            rest = behind;
        }
        let whole = rest.is_empty() || self.broken.load(Ordering::SeqCst);
        assert!(whole, "a frame was cut: {rest:?}");
        frames
    }
}

impl Sink for Socket {
    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let all: usize = slices.iter().map(|slice| slice.len()).sum();
        let taken = match thread_rng().gen_range(0..8) {
            0 | 1 => return Err(ErrorKind::WouldBlock.into()),
            2 => return Err(ErrorKind::Interrupted.into()),
            3 if self.breaks => {
                self.broken.store(true, Ordering::SeqCst);
                return Err(ErrorKind::BrokenPipe.into());
            }
            4 | 5 => thread_rng().gen_range(1..=all),
            _ => all,
        };
        let bytes = slices.iter().flat_map(|slice| slice.iter());
        self.written.lock().unwrap().extend(bytes.take(taken));
        Ok(taken)
    }

    fn wake(&self) {
        self.woken.store(true, Ordering::SeqCst);
    }
}

/// A frame that went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sent {
    from: u8,
    number: u8,
}

/// A frame that says whose it is: its length, `from`, `number`, and `from` a few times.
fn frame(from: u8, number: u8) -> Frame {
    let length = 3 + from % 4 + number % 4;
    let mut bytes = vec![from; usize::from(length)];
    (bytes[0], bytes[2]) = (length, number);
    Frame::ready(Bytes::from(bytes))
}

fn numbers(sent: &[Sent], from: u8) -> Vec<u8> {
    let own = sent.iter().filter(|sent| sent.from == from);
    own.map(|sent| sent.number).collect()
}

fn outbox(frames: usize, bytes: usize, socket: &Arc<Socket>) -> Arc<Outbox> {
    let limits = Limits {
        outbox_frames: frames,
        outbox_bytes: bytes,
        ..Limits::default()
    };
    Arc::new(Outbox::new(&limits, Arc::clone(socket) as _))
}

/// What the counters say is what is there, and no more than may be.
fn assert_exact(outbox: &Outbox) {
    let state = outbox.lock();
    let waiting = || state.queue.iter().chain(state.held.iter().flatten());
    let bytes: usize = waiting().map(|frame| frame.bytes().len()).sum();
    assert_eq!(state.bytes, bytes);
    assert!(bytes <= outbox.max_bytes, "{bytes} bytes");
    assert!(waiting().count() <= outbox.max_frames, "{state:?}");
    let first = state.queue.first().map_or(1, |frame| frame.bytes().len());
    assert!(state.written < first, "{state:?}");
}

/// A driver that is busy elsewhere most of the time: it writes a few times when it was woken.
fn drive(outbox: &Outbox, socket: &Socket) {
    for _ in 0..3 {
        if socket.take_woken() {
            outbox.resume();
            assert_exact(outbox);
        }
    }
}

/// Writes what is left as a driver does: only if it was woken.
fn drain(outbox: &Outbox, socket: &Socket) {
    while outbox.queued() > 0 {
        assert!(socket.take_woken(), "frames wait, and nobody is told");
        outbox.resume();
        assert_exact(outbox);
    }
}

/// Live frames of one batch after the other, two in each, in all the ways in which they come.
fn tell(outbox: &Outbox, from: u8, batches: u8) {
    for batch in 0..batches {
        let frames = [frame(from, 2 * batch), frame(from, 2 * batch + 1)];
        match thread_rng().gen_range(0..3) {
            0 => {
                for one in frames.chunks(1) {
                    outbox.send_live(one.iter());
                    assert_exact(outbox);
                }
            }
            1 => outbox.send_live(frames.iter()),
            _ => {
                outbox.queue_live(&frames);
                assert_exact(outbox);
                outbox.flush();
            }
        }
        assert_exact(outbox);
    }
}

/// Own frames; how many were taken, as far as one can know.
fn send(outbox: &Outbox, from: u8, count: u8) -> usize {
    let mut taken = 0;
    for number in 0..count {
        outbox.send_frame(frame(from, number));
        taken += usize::from(outbox.closed().is_none());
        assert_exact(outbox);
    }
    taken
}

#[test]
fn frames_go_out_whole_once_and_in_order() {
    const LIVE: u8 = 1;
    const OTHER: u8 = 2;
    const OWN: u8 = 3;
    const RESUME: u8 = 4;
    const CORKED: u8 = 5;

    check(|| {
        let socket = Socket::new(false);
        let outbox = outbox(64, 1 << 10, &socket);

        thread::scope(|scope| {
            scope.spawn(|| tell(&outbox, LIVE, 2));
            scope.spawn(|| tell(&outbox, OTHER, 1));
            scope.spawn(|| send(&outbox, OWN, 2));
            scope.spawn(|| {
                outbox.hold();
                send(&outbox, RESUME, 2);
                outbox.release();
            });
            scope.spawn(|| {
                outbox.cork();
                tell(&outbox, CORKED, 1);
                outbox.uncork();
            });
            scope.spawn(|| drive(&outbox, &socket));
        });
        drain(&outbox, &socket);

        let sent = socket.frames();
        assert_eq!(numbers(&sent, LIVE), [0, 1, 2, 3]);
        for from in [OTHER, OWN, RESUME, CORKED] {
            assert_eq!(numbers(&sent, from), [0, 1]);
        }
        let resumed: Vec<_> = sent
            .iter()
            .filter(|sent| sent.from != OWN)
            .skip_while(|sent| sent.from != RESUME)
            .take(2)
            .map(|sent| sent.from)
            .collect();
        assert_eq!(resumed, [RESUME, RESUME], "live between them: {sent:?}");
        assert_eq!(outbox.closed(), None);
    });
}

#[test]
fn what_came_before_the_close_goes_out_and_the_first_code_counts() {
    check(|| {
        let socket = Socket::new(false);
        let outbox = outbox(64, 1 << 10, &socket);
        let close = |code| {
            outbox.close(code);
            outbox.closed()
        };

        let (taken, codes) = thread::scope(|scope| {
            let senders = [1, 2].map(|from| {
                let outbox = &outbox;
                scope.spawn(move || send(outbox, from, 3))
            });
            let closers = [CloseCode::SessionEnded, CloseCode::GoingAway]
                .map(|code| scope.spawn(move || close(code)));
            scope.spawn(|| drive(&outbox, &socket));
            (
                senders.map(|sender| sender.join().unwrap()),
                closers.map(|closer| closer.join().unwrap()),
            )
        });
        drain(&outbox, &socket);

        let sent = socket.frames();
        for (from, taken) in (1..).zip(taken) {
            let numbers = numbers(&sent, from);
            assert!(numbers.iter().copied().eq(0..numbers.len() as u8));
            assert!(numbers.len() >= taken, "{numbers:?} of {taken}");
        }
        assert_eq!(codes, [outbox.closed(); 2]);
        let before = sent.len();
        outbox.send_frame(frame(9, 0));
        assert_eq!(socket.frames().len(), before);
    });
}

#[test]
fn what_a_cork_held_back_goes_out_when_the_last_one_is_gone() {
    check(|| {
        let socket = Socket::new(false);
        let outbox = outbox(64, 1 << 10, &socket);

        thread::scope(|scope| {
            for from in [1, 2] {
                let outbox = &outbox;
                scope.spawn(move || {
                    outbox.cork();
                    tell(outbox, from, 1);
                    send(outbox, from + 2, 1);
                    outbox.uncork();
                });
            }
            scope.spawn(|| drive(&outbox, &socket));
        });
        drain(&outbox, &socket);

        let sent = socket.frames();
        for from in [1, 2] {
            assert_eq!(numbers(&sent, from), [0, 1]);
            assert_eq!(numbers(&sent, from + 2), [0]);
        }
    });
}

#[test]
fn too_many_frames_close_and_a_close_wakes() {
    check(|| overflow(3, 64));
}

#[test]
fn too_many_bytes_close_and_a_close_wakes() {
    check(|| overflow(64, 20));
}

/// More is queued than there may be, to a socket that may break: whatever is lost, the close says so.
fn overflow(frames: usize, bytes: usize) {
    let socket = Socket::new(true);
    let outbox = outbox(frames, bytes, &socket);

    let told = thread::scope(|scope| {
        scope.spawn(|| tell(&outbox, 1, 2));
        scope.spawn(|| send(&outbox, 2, 3));
        scope.spawn(|| {
            outbox.hold();
            outbox.cork();
            send(&outbox, 3, 1);
            outbox.release();
            outbox.uncork();
        });
        let driver = scope.spawn(|| {
            drive(&outbox, &socket);
            outbox.closed().is_some()
        });
        driver.join().unwrap()
    });

    if outbox.closed().is_some() && !told {
        assert!(socket.woken.load(Ordering::SeqCst), "nobody is told");
    }
    drain(&outbox, &socket);
    let sent = socket.frames();
    for from in 1..=3 {
        let numbers = numbers(&sent, from);
        assert!(numbers.iter().copied().eq(0..numbers.len() as u8));
    }
    let without_a_word = outbox.closed().is_none();
    assert!(sent.len() == 8 || !without_a_word, "lost: {sent:?}");
    let broken = socket.broken.load(Ordering::SeqCst);
    assert!(!broken || !without_a_word, "broken, and open");
}

#[test]
fn whoever_waits_for_room_goes_on_once_there_is_some() {
    check(|| {
        let socket = Socket::new(true);
        let outbox = outbox(4, 24, &socket);
        let done = AtomicBool::new(false);

        thread::scope(|scope| {
            scope.spawn(|| {
                send(&outbox, 1, 3);
                future::block_on(outbox.room());
                done.store(true, Ordering::SeqCst);
            });
            scope.spawn(|| tell(&outbox, 2, 1));
            scope.spawn(|| {
                // Without end if the other is never woken; shuttle counts the steps.
                while !done.load(Ordering::SeqCst) {
                    if socket.take_woken() {
                        outbox.resume();
                    }
                    thread::yield_now();
                }
            });
        });
    });
}
