//! Moving markers.

use std::collections::{BTreeSet, HashMap, HashSet};

use bson::{Document, doc};
use chat_core::id::{ConversationId, Seq, UserId};
use chat_core::model::{Mark, MarkKind, Marked, Markers, Refusal};
use mongodb::ClientSession;

use super::read::member_key;
use crate::error::Result;
use crate::people::barred_pairs;
use crate::rows::{self, ConversationRow, binaries, plain};
use crate::store::{MongoStore, find_all};

type Key = (ConversationId, UserId);

/// Where the members and conversations of the marks are.
struct Places {
    markers: HashMap<Key, Markers>,
    conversations: HashMap<ConversationId, ConversationRow>,
    /// The pairs between whose two a block stands.
    barred: HashSet<String>,
}

pub(super) async fn mark(
    store: &MongoStore,
    session: &mut ClientSession,
    marks: &[Mark],
) -> Result<Vec<std::result::Result<Marked, Refusal>>> {
    let mut places = load(store, session, marks).await?;
    let mut answers = Vec::with_capacity(marks.len());
    let mut moved: BTreeSet<Key> = BTreeSet::new();
    for mark in marks {
        let key = (mark.conversation, mark.user.clone());
        // Several marks of one member see each other.
        let (Some(markers), Some(row)) = (
            places.markers.get_mut(&key),
            places.conversations.get(&mark.conversation),
        ) else {
            answers.push(Err(Refusal::NotMember));
            continue;
        };
        if mark.seq > rows::seq(row.last_seq)? {
            answers.push(Err(Refusal::PastHead));
            continue;
        }
        let before = std::mem::replace(markers, advance(*markers, mark));
        let marked = Marked {
            markers: *markers,
            moved: *markers != before,
            kind: rows::kind(row.kind)?,
            member_count: rows::narrow(row.member_count)?,
            barred: row
                .pair
                .as_ref()
                .is_some_and(|pair| places.barred.contains(pair)),
        };
        if marked.moved {
            moved.insert(key);
        }
        answers.push(Ok(marked));
    }
    let updates = moved.iter().filter_map(|key| {
        let markers = places.markers.get(key)?;
        Some(update(key, markers.delivered, markers.read))
    });
    let updates = updates.collect();
    store.update_all(Some(session), "members", updates).await?;
    Ok(answers)
}

fn update((conversation, user): &Key, delivered: Seq, read: Seq) -> Document {
    doc! {
        "q": { "_id": member_key(*conversation, user) },
        "u": { "$max": { "delivered": delivered.get(), "read": read.get() } },
    }
}

fn advance(before: Markers, mark: &Mark) -> Markers {
    let read = match mark.kind {
        MarkKind::Read => before.read.max(mark.seq),
        MarkKind::Delivered => before.read,
    };
    Markers {
        delivered: before.delivered.max(mark.seq),
        read,
    }
}

async fn load(store: &MongoStore, session: &mut ClientSession, marks: &[Mark]) -> Result<Places> {
    let asked: BTreeSet<(ConversationId, &UserId)> = marks
        .iter()
        .map(|mark| (mark.conversation, &mark.user))
        .collect();
    let keys: Vec<Document> = asked
        .iter()
        .map(|(id, user)| member_key(*id, user))
        .collect();
    let filter = doc! { "_id": { "$in": keys }, "active": true };
    let mut markers = HashMap::new();
    for row in find_all(session, &store.members(), filter).await? {
        let key = (
            ConversationId::from_uuid(plain(row.conversation)),
            rows::user(&row.user)?,
        );
        let at = Markers {
            delivered: rows::seq(row.delivered)?,
            read: rows::seq(row.read)?,
        };
        markers.insert(key, at);
    }
    let ids: BTreeSet<_> = markers.keys().map(|(id, _)| id.as_uuid()).collect();
    let filter = doc! { "_id": { "$in": binaries(ids) } };
    let found = find_all(session, &store.conversations(), filter).await?;
    let pairs = found.iter().filter_map(|row| row.pair.clone()).collect();
    let barred = barred_pairs(store, session, pairs).await?;
    let conversations = found
        .into_iter()
        .map(|row| (ConversationId::from_uuid(plain(row.id)), row));
    Ok(Places {
        markers,
        conversations: conversations.collect(),
        barred: barred.into_iter().collect(),
    })
}
