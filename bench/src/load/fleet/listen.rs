//! What comes from the server: frames are walked through, and what they mean is acted on.

use std::time::Duration;

use rustix::event::Timespec;
use rustix::event::epoll::{self, EventFlags};

use super::super::adapter::Heard;
use super::super::connection::Stage;
use super::super::handshake;
use super::super::marker::Marker;
use super::Fleet;
use crate::Failure;
use crate::layout::Seat;
use crate::wire::{CLOSE, Head, PING, PONG, TEXT};

impl Fleet {
    /// Waits until something comes, `within` at most, and hands on every message that came, with its receiver.
    ///
    /// # Errors
    /// If what comes is no WebSocket.
    pub(crate) fn turn(
        &mut self,
        within: Duration,
        mut deliver: impl FnMut(Seat, Marker),
    ) -> Result<(), Failure> {
        let mut events = std::mem::take(&mut self.events.0);
        events.clear();
        let within = Timespec::try_from(within)?;
        match epoll::wait(
            &self.epoll,
            rustix::buffer::spare_capacity(&mut events),
            Some(&within),
        ) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            let (flags, data) = (event.flags, event.data);
            let seat = usize::try_from(data.u64())?;
            if flags.contains(EventFlags::OUT) {
                self.write_on(seat)?;
            }
            if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
                self.read(seat, &mut deliver)?;
            }
        }
        self.events.0 = events;
        Ok(())
    }

    fn read(&mut self, seat: Seat, deliver: &mut impl FnMut(Seat, Marker)) -> Result<(), Failure> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let walked = match &mut self.connections[seat] {
            None => Ok(()),
            Some(connection) => match connection.read(&mut buffer) {
                Ok(bytes) => self.walk(seat, &buffer[..bytes], deliver),
                Err(_) => {
                    self.lose(seat);
                    Ok(())
                }
            },
        };
        self.buffer = buffer;
        walked
    }

    /// Takes every whole frame, and keeps the rest.
    fn walk(
        &mut self,
        seat: Seat,
        bytes: &[u8],
        deliver: &mut impl FnMut(Seat, Marker),
    ) -> Result<(), Failure> {
        let mut at = self.upgraded(seat, bytes)?;
        while let Some(rest) = bytes.get(at..)
            && let Some(head) = Head::read(rest)
            && let Some(payload) = rest.get(head.head..head.frame())
        {
            at += head.frame();
            match head.opcode {
                TEXT if head.last => match Marker::find(payload) {
                    Some(marker) => deliver(seat, marker),
                    None => self.hear(seat, payload)?,
                },
                PING => self.write(seat, PONG, payload)?,
                CLOSE => {
                    self.lose(seat);
                    return Ok(());
                }
                PONG => {}
                other => return Err(format!("a frame of kind {other}, or in parts").into()),
            }
        }
        if let Some(connection) = &mut self.connections[seat] {
            connection.keep(&bytes[at..]);
        }
        Ok(())
    }

    /// Takes the answer to the request, where it is still awaited; how many bytes it has.
    fn upgraded(&mut self, seat: Seat, bytes: &[u8]) -> Result<usize, Failure> {
        let Some(connection) = &mut self.connections[seat] else {
            return Ok(bytes.len());
        };
        if connection.stage != Stage::Upgrading {
            return Ok(0);
        }
        let Some(head) = handshake::answered(bytes)? else {
            connection.keep(bytes);
            return Ok(bytes.len());
        };
        connection.stage = Stage::Greeting;
        let opened = self.adapter.opened();
        self.act(seat, opened)?;
        Ok(head)
    }

    fn hear(&mut self, seat: Seat, payload: &[u8]) -> Result<(), Failure> {
        let room = self.layout.room(seat);
        let heard = self.adapter.hear(room, payload, self.back);
        if heard == Heard::Refused && self.refused == 0 {
            self.note(payload);
        }
        self.act(seat, heard)
    }

    #[expect(clippy::print_stderr, reason = "whoever runs it wants to know why")]
    fn note(&self, refusal: &[u8]) {
        eprintln!("refused: {}", String::from_utf8_lossy(refusal));
    }

    fn act(&mut self, seat: Seat, heard: Heard) -> Result<(), Failure> {
        match heard {
            Heard::Nothing => {}
            Heard::Say(text) => self.write(seat, TEXT, text.as_bytes())?,
            Heard::Refused => self.refused += 1,
            Heard::Later(hint) => {
                if let Some(away) = &mut self.away {
                    away.told(seat, hint);
                }
            }
            Heard::Ready => {
                if let Some(connection) = &mut self.connections[seat]
                    && connection.stage != Stage::Ready
                {
                    connection.stage = Stage::Ready;
                    self.ready += 1;
                    if let Some(away) = &mut self.away {
                        away.returned(seat);
                    }
                }
            }
        }
        Ok(())
    }
}
