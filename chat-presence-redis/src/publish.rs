//! Publishing: pipelines of bounded size, one after the other.

use chat_core::presence::{MAX_PAYLOAD, Publication};

use crate::error::Fault;
use crate::names::Names;
use crate::servers::{Batch, Servers};
use crate::wire;

/// How many publications a pipeline carries.
const CHUNK: usize = 500;
/// How many bytes of payload a pipeline carries: 1 MiB, or one payload.
const CHUNK_BYTES: usize = 1 << 20;

impl Servers {
    /// Publishes, each topic's in order. Nothing is published if a payload is too large.
    pub(crate) async fn publish(
        &self,
        names: &Names,
        publications: &[Publication],
    ) -> Result<(), Fault> {
        let is_too_large = |one: &Publication| one.payload.len() > MAX_PAYLOAD;
        if publications.iter().any(is_too_large) {
            return Err(Fault::TooLarge);
        }
        let command = match self.map().is_cluster {
            true => "SPUBLISH",
            false => "PUBLISH",
        };
        let mut rest = publications;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(fitting(rest));
            let mut batch = Batch::default();
            for one in now {
                let channel = names.channel(&one.topic);
                let mut publish = redis::cmd(command);
                publish
                    .arg(&channel)
                    .arg(wire::encode(one.node, &one.payload));
                batch.push(channel, publish);
            }
            self.run(&batch).await?;
            rest = later;
        }
        Ok(())
    }
}

/// How many of the first fit into one pipeline: at least one.
fn fitting(publications: &[Publication]) -> usize {
    let mut bytes = 0;
    let fit = publications.iter().take(CHUNK).take_while(|one| {
        bytes += one.payload.len();
        bytes <= CHUNK_BYTES
    });
    fit.count().max(1)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chat_core::id::NodeId;
    use chat_core::presence::Topic;

    use super::*;

    #[test]
    fn a_pipeline_is_bounded_in_count_and_bytes() {
        let of = |count: usize, size: usize| -> Vec<Publication> {
            let one = Publication {
                topic: Topic::Nodes,
                node: NodeId::new(),
                payload: Bytes::from(vec![0; size]),
            };
            vec![one; count]
        };
        assert_eq!(fitting(&of(3, 10)), 3);
        assert_eq!(fitting(&of(2 * CHUNK, 0)), CHUNK);
        assert_eq!(fitting(&of(9, MAX_PAYLOAD)), CHUNK_BYTES / MAX_PAYLOAD);
        assert_eq!(fitting(&of(2, CHUNK_BYTES + 1)), 1);
    }
}
