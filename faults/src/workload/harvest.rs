//! The final logs and markers, through every node and straight from the store.

use chat_client::Rest;
use chat_core::id::{ConversationId, Seq, UserId};
use chat_core::protocol::{ConversationPage, HistoryPage, MessageView};
use chat_core::store::{MessageStore, Window};

use super::Cast;
use crate::check::{Entry, FinalLog, FinalMarker};
use crate::cluster::{Cluster, Failure};

/// Messages of a page.
const PAGE: usize = 200;

/// Reads every group's log and markers. The store's own come first.
///
/// # Errors
/// [`Failure`] if a node or the store does not answer.
pub async fn harvest(
    cluster: &Cluster,
    cast: &Cast,
) -> Result<(Vec<FinalLog>, Vec<FinalMarker>), Failure> {
    let (mut logs, mut markers) = (Vec::new(), Vec::new());
    let store = cluster.store.open().await?;
    for group in &cast.groups {
        let owner = &cast.users[group.members[0]];
        let entries = stored(&*store, group.id, &owner.id).await?;
        logs.push(FinalLog {
            source: "the store".to_owned(),
            conversation: group.id,
            entries,
        });
        for node in &cluster.nodes {
            let entries = log_of(&owner.rest.at(node.base()), group.id).await?;
            logs.push(FinalLog {
                source: node.name().to_owned(),
                conversation: group.id,
                entries,
            });
        }
        let path = format!("conversations/{}", group.id);
        let page: ConversationPage = owner.rest.get(&path).await?;
        markers.extend(page.members.into_iter().map(|member| FinalMarker {
            conversation: group.id,
            user: member.user_id,
            read: member.read_seq,
        }));
    }
    Ok((logs, markers))
}

async fn stored(
    store: &dyn MessageStore,
    id: ConversationId,
    viewer: &UserId,
) -> Result<Vec<Entry>, Failure> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let after = entries.last().map_or(Seq::ZERO, |entry| entry.seq);
        let page = store
            .history(id, viewer, Window::After(after), PAGE)
            .await?
            .ok_or("the owner is no member")?;
        if page.is_empty() {
            return Ok(entries);
        }
        entries.extend(page.into_iter().map(MessageView::from).map(entry));
    }
}

/// A conversation's log as a node shows it to a member.
///
/// # Errors
/// [`Failure`] if the node does not answer.
pub async fn log_of(rest: &Rest, id: ConversationId) -> Result<Vec<Entry>, Failure> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let after = entries.last().map_or(Seq::ZERO, |entry| entry.seq);
        let path = format!("conversations/{id}/messages?after={after}&limit={PAGE}");
        let page: HistoryPage = rest.get(&path).await?;
        if page.items.is_empty() {
            return Ok(entries);
        }
        entries.extend(page.items.into_iter().map(entry));
    }
}

fn entry(message: MessageView) -> Entry {
    Entry {
        seq: message.seq,
        rev: message.rev,
        message: message.id,
        sender: message.sender_id,
        content: message.content,
    }
}
