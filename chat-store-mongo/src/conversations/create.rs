//! Making conversations.

use std::collections::BTreeMap;

use bson::doc;
use chat_core::id::{ConversationId, Timestamp, UserId};
use chat_core::model::{ConversationKind, Created, NewConversation, Role};
use mongodb::ClientSession;

use super::{joins, read};
use crate::error::{Result, failed};
use crate::rows::{self, ConversationRow, MemberKey, MemberRow, binary, kind_number, role_number};
use crate::store::MongoStore;
use crate::turns::Places;

/// A conversation to insert.
struct Insert<'a> {
    id: ConversationId,
    kind: ConversationKind,
    pair: Option<String>,
    name: Option<&'a str>,
    creator: &'a UserId,
    at: Timestamp,
    /// By user id, each once.
    members: BTreeMap<&'a UserId, Role>,
}

impl<'a> Insert<'a> {
    fn of(new: &'a NewConversation) -> Self {
        match new {
            NewConversation::Direct {
                id,
                creator,
                peer,
                at,
            } => Self {
                id: *id,
                kind: ConversationKind::Direct,
                pair: Some(pair_key(creator, peer)),
                name: None,
                creator,
                at: *at,
                members: [(creator, Role::Member), (peer, Role::Member)].into(),
            },
            NewConversation::Group {
                id,
                creator,
                name,
                members,
                at,
            } => {
                let members = members.iter().map(|user| (user, Role::Member));
                Self {
                    id: *id,
                    kind: ConversationKind::Group,
                    pair: None,
                    name: Some(name),
                    creator,
                    at: *at,
                    members: members.chain([(creator, Role::Owner)]).collect(),
                }
            }
        }
    }

    fn conversation(&self) -> ConversationRow {
        ConversationRow {
            id: binary(self.id.as_uuid()),
            kind: kind_number(self.kind),
            pair: self.pair.clone(),
            name: self.name.map(str::to_owned),
            avatar: None,
            created_by: self.creator.as_str().to_owned(),
            created_at: self.at.as_millis(),
            active_at: self.at.as_millis(),
            last_seq: 0,
            rev: 1,
            settings_rev: 1,
            member_count: rows::signed(self.members.len() as u64),
        }
    }

    fn member(&self, user: &UserId, role: Role) -> MemberRow {
        let id = binary(self.id.as_uuid());
        let user = user.as_str().to_owned();
        MemberRow {
            id: MemberKey {
                c: id,
                u: user.clone(),
            },
            conversation: id,
            user,
            role: role_number(role),
            active: true,
            joined_at: self.at.as_millis(),
            rev: 1,
            visible_from: 0,
            delivered: 0,
            read: 0,
        }
    }
}

/// Those who open a conversation for the same pair wait for each other, and those who count the same
/// users.
pub(super) fn places(new: &NewConversation) -> Places {
    let members = Insert::of(new).members;
    let places = Places::of(members.keys());
    match new {
        NewConversation::Direct { creator, peer, .. } => places.and([pair_key(creator, peer)]),
        NewConversation::Group { .. } => places,
    }
}

/// One key for a pair, whoever asks first. The length keeps "a b" and "c" apart from "a" and "b c".
pub(crate) fn pair_key(a: &UserId, b: &UserId) -> String {
    let (low, high) = (a.min(b), a.max(b));
    format!("{}:{low}{high}", low.as_str().len())
}

pub(super) async fn create(
    store: &MongoStore,
    session: &mut ClientSession,
    new: &NewConversation,
) -> Result<Created> {
    let new = Insert::of(new);
    let conversations = store.conversations();
    if let Some(pair) = &new.pair {
        let find = conversations.find_one(doc! { "pair": pair });
        let known = find.session(&mut *session).await.map_err(failed)?;
        if let Some(known) = known {
            return found(store, session, known).await;
        }
    }
    let conversation = new.conversation();
    let insert = conversations.insert_one(&conversation);
    insert.session(&mut *session).await.map_err(failed)?;
    let rows: Vec<MemberRow> = new
        .members
        .iter()
        .map(|(user, role)| new.member(user, *role))
        .collect();
    let members = store.members();
    let insert = members.insert_many(&rows).session(&mut *session);
    insert.await.map_err(failed)?;
    joins::join(store, session, new.members.keys().copied()).await?;
    Ok(Created {
        conversation: conversation.try_into()?,
        members: rows::all(rows)?,
        is_new: true,
    })
}

async fn found(
    store: &MongoStore,
    session: &mut ClientSession,
    known: ConversationRow,
) -> Result<Created> {
    let id = ConversationId::from_uuid(rows::plain(known.id));
    Ok(Created {
        conversation: known.try_into()?,
        members: read::members(store, session, id, None, usize::MAX).await?,
        is_new: false,
    })
}
