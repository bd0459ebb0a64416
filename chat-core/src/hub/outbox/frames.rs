//! Frames in the order in which they go out.

use std::collections::VecDeque;

use crate::protocol::Frame;

/// So much room is kept.
const FEW: usize = 4;

/// A queue that mostly has one frame, which needs no memory of its own.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Empty only if all is.
    first: Option<Frame>,
    rest: VecDeque<Frame>,
}

impl Frames {
    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) const fn first(&self) -> Option<&Frame> {
        self.first.as_ref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Frame> {
        self.first.iter().chain(&self.rest)
    }

    /// What is written in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.iter().map(|frame| frame.bytes().len()).sum()
    }

    pub(super) fn push(&mut self, frame: Frame) {
        match self.first {
            None => self.first = Some(frame),
            Some(_) => self.rest.push_back(frame),
        }
    }

    /// Takes the first frame. The last one takes along what memory an event and its answer do not need.
    pub(super) fn pop(&mut self) -> Option<Frame> {
        let next = self.rest.pop_front();
        if next.is_none() && self.rest.capacity() > FEW {
            self.rest = VecDeque::new();
        }
        std::mem::replace(&mut self.first, next)
    }

    /// Drops all but the first `count`, and their memory.
    pub(super) fn truncate(&mut self, count: usize) {
        if count == 0 {
            self.first = None;
        }
        self.rest.truncate(count.saturating_sub(1));
        self.rest.shrink_to(FEW);
    }
}

impl Extend<Frame> for Frames {
    fn extend<I: IntoIterator<Item = Frame>>(&mut self, frames: I) {
        for frame in frames {
            self.push(frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in() {
        let texts = |frames: &Frames| -> Vec<Vec<u8>> {
            frames
                .iter()
                .map(|frame| frame.payload().to_vec())
                .collect()
        };
        let mut frames = Frames::default();
        let mut expected: Vec<Vec<u8>> = Vec::new();
        for step in 0..40_u32 {
            // Two in for one out, then one in for three.
            let (into, out) = if step < 20 { (2, 1) } else { (1, 3) };
            for number in 0..into {
                let text = format!("{step}-{number}");
                frames.push(Frame::text(&text));
                expected.push(text.into_bytes());
            }
            for _ in 0..out.min(expected.len()) {
                let taken = frames.pop().map(|frame| frame.payload().to_vec());
                assert_eq!(taken, Some(expected.remove(0)));
            }
            assert_eq!(texts(&frames), expected);
            assert_eq!(
                (frames.len(), frames.is_empty()),
                (expected.len(), expected.is_empty())
            );
        }
        assert!(frames.pop().is_none());
    }

    #[test]
    fn what_is_truncated_is_gone() {
        for (count, left) in [(0, 0), (1, 1), (2, 2), (9, 3)] {
            let mut frames = Frames::default();
            frames.extend(["a", "b", "c"].map(Frame::text));

            frames.truncate(count);

            assert_eq!((frames.len(), frames.bytes()), (left, 3 * left));
            assert_eq!(frames.is_empty(), left == 0);
        }
    }
}
