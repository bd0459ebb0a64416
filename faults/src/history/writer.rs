//! The file that a history is in.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Record;

/// Lines that wait for the file; then whoever has one more waits too.
const WAITING: usize = 8_192;

/// Takes down what clients do and see. Clones write to the same file.
#[derive(Debug, Clone)]
pub struct History {
    begun: Instant,
    lines: mpsc::Sender<Record>,
}

/// The end of a history that is being written.
#[derive(Debug)]
pub struct Writing {
    task: JoinHandle<io::Result<()>>,
}

impl History {
    /// Begins a history in a new file.
    ///
    /// # Errors
    /// [`io::Error`] if the file cannot be made.
    pub fn begin(path: &Path) -> io::Result<(Self, Writing)> {
        let file = File::create(path)?;
        let (lines, taken) = mpsc::channel(WAITING);
        let task = tokio::task::spawn_blocking(move || write(file, taken));
        let begun = Instant::now();
        Ok((Self { begun, lines }, Writing { task }))
    }

    /// Takes down a record, with the present time.
    pub async fn note(&self, record: Record) {
        let at = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        // A file that cannot be written is told by `Writing::finish`.
        let _ = self.lines.send(Record { at, ..record }).await;
    }
}

impl Writing {
    /// Waits until every [`History`] is dropped and the file is written.
    ///
    /// # Errors
    /// [`io::Error`] if it could not be.
    pub async fn finish(self) -> io::Result<()> {
        self.task.await.map_err(io::Error::other)?
    }
}

fn write(file: File, mut lines: mpsc::Receiver<Record>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    while let Some(record) = lines.blocking_recv() {
        serde_json::to_writer(&mut file, &record)?;
        file.write_all(b"\n")?;
    }
    file.flush()
}

/// Reads a history back.
///
/// # Errors
/// [`io::Error`] if the file cannot be read, or has a line that is no record.
pub fn read(path: &Path) -> io::Result<Vec<Record>> {
    let lines = BufReader::new(File::open(path)?).lines();
    lines
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use chat_core::id::{ConversationId, Seq};

    use super::{History, read};
    use crate::history::{Kind, Op, Payload, Record};

    #[tokio::test]
    async fn what_was_noted_is_read_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        let (history, writing) = History::begin(&path).unwrap();
        let payload = Payload {
            client: 3,
            counter: 9,
        };
        let sent = Record::new(3, Op::Send, Kind::Invoke)
            .within(ConversationId::new())
            .of(Some(payload));
        let acked = Record {
            kind: Kind::Ok,
            ..sent.clone()
        }
        .seq(Seq::new(1).unwrap());

        history.note(sent.clone()).await;
        history.note(acked.clone()).await;
        drop(history);
        writing.finish().await.unwrap();

        let found = read(&path).unwrap();
        let times: Vec<u64> = found.iter().map(|record| record.at).collect();
        let rest: Vec<Record> = found
            .into_iter()
            .map(|record| Record { at: 0, ..record })
            .collect();
        assert_eq!(rest, [sent, acked]);
        assert!(times.is_sorted(), "{times:?}");
    }
}
