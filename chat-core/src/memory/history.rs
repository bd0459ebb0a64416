//! Pages of history.

use super::state::Room;
use crate::id::Seq;
use crate::model::Message;
use crate::store::Window;

impl Room {
    pub(super) fn history(&self, visible_from: Seq, window: Window, limit: usize) -> Vec<Message> {
        let place = |seq: Seq| {
            usize::try_from(seq.get())
                .unwrap_or(usize::MAX)
                .min(self.messages.len())
        };
        let (first, end) = (place(visible_from), self.messages.len());
        let below = |seq: Seq| place(seq).saturating_sub(1).max(first);
        let range = match window {
            Window::Latest => end.saturating_sub(limit).max(first)..end,
            Window::Before(seq)
                if place(seq) < usize::try_from(seq.get()).unwrap_or(usize::MAX) =>
            {
                end.saturating_sub(limit).max(first)..end
            }
            Window::Before(seq) => below(seq).saturating_sub(limit).max(first)..below(seq),
            Window::After(seq) => {
                place(seq).max(first)..place(seq).max(first).saturating_add(limit).min(end)
            }
            Window::Around(seq) => {
                let middle = match seq > self.conversation.last_seq {
                    true => end,
                    false => below(seq),
                };
                let from = middle.saturating_sub(limit / 2).max(first);
                let behind = limit - limit / 2;
                from..middle.saturating_add(behind).min(end)
            }
        };
        self.messages[range].to_vec()
    }
}
