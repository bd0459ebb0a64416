//! The sockets of each room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::socket::{Frame, Socket};

/// All rooms, made as they are asked for.
#[derive(Debug, Default)]
pub(super) struct Rooms(Mutex<HashMap<String, Arc<Room>>>);

impl Rooms {
    pub(super) fn room(&self, name: &str) -> Arc<Room> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(rooms.entry(name.to_owned()).or_default())
    }
}

/// Who is in a room; replaced as a whole, so that nobody waits for a room that is written to.
#[derive(Debug, Default)]
pub(super) struct Room(Mutex<Arc<Vec<Arc<Socket>>>>);

impl Room {
    pub(super) fn join(&self, socket: &Arc<Socket>) {
        self.replace(|sockets| sockets.push(Arc::clone(socket)));
    }

    pub(super) fn leave(&self, socket: &Arc<Socket>) {
        self.replace(|sockets| sockets.retain(|other| !Arc::ptr_eq(other, socket)));
    }

    fn replace(&self, change: impl FnOnce(&mut Vec<Arc<Socket>>)) {
        let mut sockets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut sockets));
    }

    /// Hands these to every socket.
    pub(super) fn send(&self, frames: &[Frame]) {
        let sockets = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for socket in sockets.iter() {
            socket.send(frames);
        }
    }
}
