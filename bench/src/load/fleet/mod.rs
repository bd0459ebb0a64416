//! All clients of a run, on one thread.

mod comeback;
mod listen;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use super::adapter::Adapter;
use super::connection::{Connection, Stage, Written};
use super::handshake;
use super::marker::Marker;
use super::template::MASK;
use crate::Failure;
use crate::layout::{Layout, Seat};
use crate::wire::client_frame;
use comeback::Away;

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// Sockets that are looked at in one turn.
const EVENTS: usize = 1_024;

/// Connections that may be on their way at once: fewer than the queue of any server's listener holds, 128 for most of them.
/// What does not fit there is repeated by the kernel a second later.
const OPENING: usize = 100;

/// How long all connections may take.
const OPEN_WITHIN: Duration = Duration::from_secs(120);

/// What `epoll` tells of at once.
struct Events(Vec<Event>);

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events(..)")
    }
}

/// The connections of a layout, one of each user.
#[derive(Debug)]
pub(crate) struct Fleet {
    layout: Layout,
    adapter: Box<dyn Adapter>,
    address: SocketAddr,
    epoll: OwnedFd,
    connections: Vec<Option<Connection>>,
    buffer: Vec<u8>,
    events: Events,
    began: Instant,
    /// Connections that there are.
    open: usize,
    /// Those of them that take part.
    ready: usize,
    /// Connections that the server ended.
    cut_off: u64,
    /// Messages that the server refused.
    refused: u64,
    /// Whether those that open have been here before.
    back: bool,
    /// Who is away, where those that are cut off come back by themselves.
    away: Option<Away>,
}

impl Fleet {
    /// No connection is open yet.
    ///
    /// # Errors
    /// [`io::Error`] if the kernel has no more of what it takes.
    pub(crate) fn new(layout: Layout, adapter: Box<dyn Adapter>, port: u16) -> io::Result<Self> {
        Ok(Self {
            layout,
            adapter,
            address: ([127, 0, 0, 1], port).into(),
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            connections: (0..layout.seats()).map(|_| None).collect(),
            buffer: vec![0; BUFFER],
            events: Events(Vec::with_capacity(EVENTS)),
            began: Instant::now(),
            open: 0,
            ready: 0,
            cut_off: 0,
            refused: 0,
            back: false,
            away: None,
        })
    }

    /// Who is where.
    pub(crate) const fn layout(&self) -> Layout {
        self.layout
    }

    /// When the generator's clock began.
    pub(crate) const fn began(&self) -> Instant {
        self.began
    }

    /// The generator's clock, in microseconds.
    pub(crate) fn micros(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Connections that the server ended since they were opened, and messages that it refused.
    pub(crate) const fn troubles(&self) -> u64 {
        self.cut_off + self.refused
    }

    /// Connections that take part.
    pub(crate) const fn ready(&self) -> usize {
        self.ready
    }

    /// Opens every connection that is not open, and waits until all take part.
    ///
    /// # Errors
    /// If one is refused, or they are not all there in time.
    pub(crate) fn open_all(&mut self) -> Result<(), Failure> {
        let until = Instant::now() + OPEN_WITHIN;
        for seat in 0..self.layout.seats() {
            if self.connections[seat].is_some() {
                continue;
            }
            self.open(seat)?;
            // In bunches: one for one, both sides would wake up for each.
            if self.open - self.ready == OPENING {
                while self.open - self.ready > OPENING / 2 {
                    self.wait_for_more(until)?;
                }
            }
        }
        while self.ready < self.layout.seats() {
            self.wait_for_more(until)?;
        }
        Ok(())
    }

    fn wait_for_more(&mut self, until: Instant) -> Result<(), Failure> {
        let (ready, all) = (self.ready, self.layout.seats());
        if Instant::now() > until || self.cut_off > 0 {
            return Err(format!("{ready} of {all} connections could be opened").into());
        }
        self.turn(Duration::from_millis(100), |_, _| ())
    }

    fn open(&mut self, seat: Seat) -> Result<(), Failure> {
        let room = self.layout.room(seat);
        let target = self.adapter.target(seat, room);
        let headers = self.adapter.headers(seat);
        let request = handshake::request(&target, self.address.port(), &headers);
        let connection = Connection::open(self.address, &request)?;
        let data = EventData::new_u64(seat as u64);
        epoll::add(&self.epoll, &connection.stream, data, EventFlags::IN)?;
        self.connections[seat] = Some(connection);
        self.open += 1;
        Ok(())
    }

    /// Drops every connection without a word, as a network does. Those that are opened then have been here before.
    pub(crate) fn drop_all(&mut self) {
        self.connections
            .iter_mut()
            .for_each(|connection| *connection = None);
        (self.open, self.ready) = (0, 0);
        self.back = true;
    }

    /// Sends a message to the sender's room; whether the server's socket is not that far behind.
    ///
    /// # Errors
    /// [`io::Error`] if the connection is broken.
    pub(crate) fn send(&mut self, sender: Seat, marker: &Marker) -> io::Result<bool> {
        let Some(connection) = &mut self.connections[sender] else {
            return Ok(false);
        };
        let room = self.layout.room(sender);
        let written = connection.say(marker, || self.adapter.message(room))?;
        if written == Written::Waits {
            self.watch(sender, EventFlags::IN | EventFlags::OUT)?;
        }
        Ok(written != Written::Refused)
    }

    fn watch(&self, seat: Seat, flags: EventFlags) -> io::Result<()> {
        if let Some(connection) = &self.connections[seat] {
            let data = EventData::new_u64(seat as u64);
            epoll::modify(&self.epoll, &connection.stream, data, flags)?;
        }
        Ok(())
    }

    fn write_on(&mut self, seat: Seat) -> io::Result<()> {
        let Some(connection) = &mut self.connections[seat] else {
            return Ok(());
        };
        match connection.write_on() {
            Ok(Written::Whole) => self.watch(seat, EventFlags::IN),
            Ok(_) => Ok(()),
            Err(_) => {
                self.lose(seat);
                Ok(())
            }
        }
    }

    fn write(&mut self, seat: Seat, opcode: u8, payload: &[u8]) -> Result<(), Failure> {
        let Some(connection) = &mut self.connections[seat] else {
            return Ok(());
        };
        match connection.write(&client_frame(opcode, payload, MASK)) {
            Ok(Written::Whole) => Ok(()),
            Ok(Written::Waits) => Ok(self.watch(seat, EventFlags::IN | EventFlags::OUT)?),
            Ok(Written::Refused) => Err("a server reads nothing".into()),
            Err(_) => {
                self.lose(seat);
                Ok(())
            }
        }
    }

    /// The server ended a connection.
    fn lose(&mut self, seat: Seat) {
        let Some(connection) = self.connections[seat].take() else {
            return;
        };
        self.open -= 1;
        if connection.stage == Stage::Ready {
            self.ready -= 1;
        }
        match &mut self.away {
            Some(away) => away.left(seat),
            None => self.cut_off += 1,
        }
    }
}
