//! Documents as MongoDB has them, and what they are to the domain.
//!
//! Times are whole milliseconds and all numbers 64 bits wide, as in every other store.

use bson::Binary;
use bson::spec::BinarySubtype;
use chat_core::id::{
    ClientId, ConversationId, LoginId, MessageId, Rev, Seq, Timestamp, UploadId, UserId,
};
use chat_core::model::{
    Account, Attachment, Audience, Conversation, ConversationKind, Draft, FileName, Fingerprint,
    KeptText, Login, Markers, MediaType, Member, Message, MessageKind, Purpose, PushSubscription,
    Quoted, Reacted, Reaction, ReactionSummary, Reactor, Role, Upload,
};
use chat_core::store::StoreError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::odd;

/// An id as MongoDB has it: a binary of subtype 4, which sorts by its bytes.
pub(crate) fn binary(id: Uuid) -> bson::Uuid {
    bson::Uuid::from_bytes(id.into_bytes())
}

/// Ids, for `$in`.
pub(crate) fn binaries(ids: impl IntoIterator<Item = Uuid>) -> Vec<bson::Uuid> {
    ids.into_iter().map(binary).collect()
}

/// Texts, for `$in`.
pub(crate) fn texts<'a>(users: impl IntoIterator<Item = &'a UserId>) -> Vec<&'a str> {
    users.into_iter().map(UserId::as_str).collect()
}

pub(crate) fn plain(id: bson::Uuid) -> Uuid {
    Uuid::from_bytes(id.bytes())
}

pub(crate) fn user(text: &str) -> Result<UserId, StoreError> {
    UserId::new(text).map_err(|_| odd("a user id that is none"))
}

pub(crate) fn seq(number: i64) -> Result<Seq, StoreError> {
    Seq::new(number).ok_or_else(|| odd("a negative seq"))
}

pub(crate) fn rev(number: i64) -> Result<Rev, StoreError> {
    Rev::new(number).ok_or_else(|| odd("a negative rev"))
}

pub(crate) fn unsigned(number: i64) -> Result<u64, StoreError> {
    number.try_into().map_err(|_| odd("a negative count"))
}

pub(crate) fn narrow(number: i64) -> Result<u32, StoreError> {
    number.try_into().map_err(|_| odd("a count out of range"))
}

/// Counts up to 2^63 are kept; nothing here comes near.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) const fn kind_number(kind: ConversationKind) -> i64 {
    match kind {
        ConversationKind::Direct => 1,
        ConversationKind::Group => 2,
    }
}

pub(crate) fn kind(number: i64) -> Result<ConversationKind, StoreError> {
    match number {
        1 => Ok(ConversationKind::Direct),
        2 => Ok(ConversationKind::Group),
        _ => Err(odd("an unknown kind of conversation")),
    }
}

pub(crate) const fn audience_number(audience: Audience) -> i64 {
    match audience {
        Audience::Everyone => 1,
        Audience::Nobody => 2,
    }
}

pub(crate) fn audience(number: i64) -> Result<Audience, StoreError> {
    match number {
        1 => Ok(Audience::Everyone),
        2 => Ok(Audience::Nobody),
        _ => Err(odd("an unknown audience")),
    }
}

pub(crate) const fn role_number(role: Role) -> i64 {
    match role {
        Role::Member => 1,
        Role::Admin => 2,
        Role::Owner => 3,
    }
}

pub(crate) fn role(number: i64) -> Result<Role, StoreError> {
    match number {
        1 => Ok(Role::Member),
        2 => Ok(Role::Admin),
        3 => Ok(Role::Owner),
        _ => Err(odd("an unknown role")),
    }
}

pub(crate) const fn message_kind_number(kind: MessageKind) -> i64 {
    match kind {
        MessageKind::Text => 1,
        MessageKind::Image => 2,
        MessageKind::Deleted => 3,
        MessageKind::Video => 4,
        MessageKind::Audio => 5,
        MessageKind::File => 6,
    }
}

fn message_kind(number: i64) -> Result<MessageKind, StoreError> {
    match number {
        1 => Ok(MessageKind::Text),
        2 => Ok(MessageKind::Image),
        3 => Ok(MessageKind::Deleted),
        4 => Ok(MessageKind::Video),
        5 => Ok(MessageKind::Audio),
        6 => Ok(MessageKind::File),
        _ => Err(odd("an unknown kind of message")),
    }
}

fn media_type(text: &str) -> Result<MediaType, StoreError> {
    MediaType::parse(text).ok_or_else(|| odd("an unknown media type"))
}

/// How often a user became a member.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct JoinsRow {
    #[serde(rename = "_id")]
    pub(crate) user: String,
    pub(crate) count: i64,
}

/// The key of a block: the order of the fields counts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BlockKey {
    pub(crate) u: String,
    pub(crate) o: String,
}

/// One user's block of another, with the key of their pair, which a direct conversation has too.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BlockRow {
    #[serde(rename = "_id")]
    pub(crate) id: BlockKey,
    pub(crate) user: String,
    pub(crate) other: String,
    pub(crate) pair: String,
    pub(crate) at: i64,
}

/// What a user lets others see.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PrivacyRow {
    #[serde(rename = "_id")]
    pub(crate) user: String,
    pub(crate) last_seen: i64,
}

/// Where a conversation's log ends.
#[derive(Debug, Deserialize)]
pub(crate) struct HeadRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) rev: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ConversationRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) kind: i64,
    // The unique index is of those documents that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pair: Option<String>,
    pub(crate) name: Option<String>,
    // So is the index by avatar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) avatar: Option<bson::Uuid>,
    pub(crate) created_by: String,
    pub(crate) created_at: i64,
    pub(crate) active_at: i64,
    pub(crate) last_seq: i64,
    pub(crate) rev: i64,
    pub(crate) settings_rev: i64,
    pub(crate) member_count: i64,
}

impl TryFrom<ConversationRow> for Conversation {
    type Error = StoreError;

    fn try_from(row: ConversationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ConversationId::from_uuid(plain(row.id)),
            kind: kind(row.kind)?,
            name: row.name,
            avatar: row.avatar.map(|id| UploadId::from_uuid(plain(id))),
            created_by: user(&row.created_by)?,
            created_at: Timestamp::from_millis(row.created_at),
            last_seq: seq(row.last_seq)?,
            rev: rev(row.rev)?,
            settings_rev: rev(row.settings_rev)?,
            member_count: narrow(row.member_count)?,
        })
    }
}

/// The key of a member: the order of the fields counts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberKey {
    pub(crate) c: bson::Uuid,
    pub(crate) u: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberRow {
    #[serde(rename = "_id")]
    pub(crate) id: MemberKey,
    pub(crate) conversation: bson::Uuid,
    pub(crate) user: String,
    pub(crate) role: i64,
    pub(crate) active: bool,
    pub(crate) joined_at: i64,
    pub(crate) rev: i64,
    pub(crate) visible_from: i64,
    pub(crate) delivered: i64,
    pub(crate) read: i64,
}

impl TryFrom<MemberRow> for Member {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        Ok(Self {
            user: user(&row.user)?,
            role: role(row.role)?,
            active: row.active,
            joined_at: Timestamp::from_millis(row.joined_at),
            rev: rev(row.rev)?,
            visible_from: seq(row.visible_from)?,
            markers: Markers {
                delivered: seq(row.delivered)?,
                read: seq(row.read)?,
            },
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AttachmentRow {
    upload: bson::Uuid,
    content_type: String,
    size: i64,
    width: Option<i64>,
    height: Option<i64>,
    name: Option<String>,
    has_thumbnail: bool,
    url: Option<String>,
}

impl From<&Attachment> for AttachmentRow {
    fn from(attachment: &Attachment) -> Self {
        Self {
            upload: binary(attachment.upload.as_uuid()),
            content_type: attachment.content_type.as_str().to_owned(),
            size: signed(attachment.size),
            width: attachment.width.map(i64::from),
            height: attachment.height.map(i64::from),
            name: attachment.name.as_ref().map(ToString::to_string),
            has_thumbnail: attachment.has_thumbnail,
            url: attachment.url.clone(),
        }
    }
}

impl TryFrom<AttachmentRow> for Attachment {
    type Error = StoreError;

    fn try_from(row: AttachmentRow) -> Result<Self, StoreError> {
        Ok(Self {
            upload: UploadId::from_uuid(plain(row.upload)),
            content_type: media_type(&row.content_type)?,
            size: unsigned(row.size)?,
            width: row.width.map(narrow).transpose()?,
            height: row.height.map(narrow).transpose()?,
            name: row.name.as_deref().and_then(FileName::clean),
            has_thumbnail: row.has_thumbnail,
            url: row.url,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReplyRow {
    id: bson::Uuid,
    seq: i64,
}

/// The order of the fields counts: the audit compares documents whole.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SummaryRow {
    reaction: String,
    count: i64,
    users: Vec<String>,
}

impl TryFrom<SummaryRow> for ReactionSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        let users = row.users.iter().map(|name| user(name));
        Ok(Self {
            reaction: Reaction::new(row.reaction).map_err(StoreError::corrupt)?,
            count: unsigned(row.count)?,
            users: users.collect::<Result<_, _>>()?,
        })
    }
}

/// The key of a reaction: the order of the fields counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReactionKey {
    pub(crate) m: bson::Uuid,
    pub(crate) r: String,
    pub(crate) u: String,
}

/// A reaction that a user gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReactionRow {
    #[serde(rename = "_id")]
    pub(crate) id: ReactionKey,
    pub(crate) message: bson::Uuid,
    pub(crate) conversation: bson::Uuid,
    pub(crate) seq: i64,
    pub(crate) reaction: String,
    pub(crate) user: String,
    pub(crate) rev: i64,
    pub(crate) at: i64,
}

impl TryFrom<ReactionRow> for Reactor {
    type Error = StoreError;

    fn try_from(row: ReactionRow) -> Result<Self, StoreError> {
        Ok(Self {
            user: user(&row.user)?,
            rev: rev(row.rev)?,
            at: Timestamp::from_millis(row.at),
        })
    }
}

impl TryFrom<ReactionRow> for Reacted {
    type Error = StoreError;

    fn try_from(row: ReactionRow) -> Result<Self, StoreError> {
        Ok(Self {
            conversation: ConversationId::from_uuid(plain(row.conversation)),
            seq: seq(row.seq)?,
            reaction: Reaction::new(row.reaction).map_err(StoreError::corrupt)?,
            at: Timestamp::from_millis(row.at),
        })
    }
}

/// A message's text, without the rest of it.
#[derive(Debug, Deserialize)]
pub(crate) struct TextRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    conversation: bson::Uuid,
    sender: String,
    text: String,
    fingerprint: Binary,
}

impl TryFrom<TextRow> for KeptText {
    type Error = StoreError;

    fn try_from(row: TextRow) -> Result<Self, StoreError> {
        let fingerprint = row.fingerprint.bytes.as_slice().try_into();
        Ok(Self {
            message: MessageId::from_uuid(plain(row.id)),
            conversation: ConversationId::from_uuid(plain(row.conversation)),
            sender: user(&row.sender)?,
            text: row.text,
            fingerprint: fingerprint.map_err(StoreError::corrupt)?,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) conversation: bson::Uuid,
    pub(crate) seq: i64,
    pub(crate) rev: i64,
    pub(crate) sender: String,
    // The unique index is of those documents that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    pub(crate) fingerprint: Binary,
    pub(crate) kind: i64,
    pub(crate) text: String,
    /// What the search looks for; nobody reads it.
    #[serde(default, skip_deserializing)]
    pub(crate) words: Vec<String>,
    pub(crate) attachments: Vec<AttachmentRow>,
    pub(crate) reply_to: Option<ReplyRow>,
    pub(crate) created_at: i64,
    /// None of a message that was never revised: it is its rev.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_rev: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) edited_at: Option<i64>,
    /// A summary of what is in the collection of reactions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reactions: Vec<SummaryRow>,
}

impl MessageRow {
    pub(crate) fn of(draft: &Draft, message: &Message) -> Self {
        let reply = |quoted: Quoted| ReplyRow {
            id: binary(quoted.id.as_uuid()),
            seq: quoted.seq.get(),
        };
        Self {
            id: binary(message.id.as_uuid()),
            conversation: binary(message.conversation.as_uuid()),
            seq: message.seq.get(),
            rev: message.rev.get(),
            sender: message.sender.as_str().to_owned(),
            client_id: message.client_id.as_ref().map(|id| id.as_str().to_owned()),
            fingerprint: Binary {
                subtype: BinarySubtype::Generic,
                bytes: draft.fingerprint().to_vec(),
            },
            kind: message_kind_number(message.kind),
            text: message.text.clone(),
            words: draft.words(),
            attachments: message.attachments.iter().map(Into::into).collect(),
            reply_to: message.reply_to.map(reply),
            created_at: message.created_at.as_millis(),
            first_rev: None,
            edited_at: None,
            reactions: Vec::new(),
        }
    }

    pub(crate) fn fingerprint(&self) -> Result<Fingerprint, StoreError> {
        let bytes = self.fingerprint.bytes.as_slice();
        bytes.try_into().map_err(StoreError::corrupt)
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let client_id = row.client_id.map(ClientId::new).transpose();
        let reply = |row: ReplyRow| -> Result<Quoted, StoreError> {
            Ok(Quoted {
                id: MessageId::from_uuid(plain(row.id)),
                seq: seq(row.seq)?,
            })
        };
        Ok(Self {
            id: MessageId::from_uuid(plain(row.id)),
            conversation: ConversationId::from_uuid(plain(row.conversation)),
            seq: seq(row.seq)?,
            rev: rev(row.rev)?,
            sender: user(&row.sender)?,
            client_id: client_id.map_err(|_| odd("a client id that is none"))?,
            kind: message_kind(row.kind)?,
            text: row.text,
            attachments: all(row.attachments)?,
            reply_to: row.reply_to.map(reply).transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
            first_rev: rev(row.first_rev.unwrap_or(row.rev))?,
            edited_at: row.edited_at.map(Timestamp::from_millis),
            reactions: all(row.reactions)?,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountRow {
    #[serde(rename = "_id")]
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    pub(crate) display_name: String,
    pub(crate) avatar: Option<bson::Uuid>,
    pub(crate) password_hash: String,
    pub(crate) disabled: bool,
    pub(crate) created_at: i64,
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.as_str().to_owned(),
            username: account.username.clone(),
            email: account.email.clone(),
            phone: account.phone.clone(),
            display_name: account.display_name.clone(),
            avatar: account.avatar.map(|id| binary(id.as_uuid())),
            password_hash: account.password_hash.clone(),
            disabled: account.disabled,
            created_at: account.created_at.as_millis(),
        }
    }
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: user(&row.id)?,
            username: row.username,
            email: row.email,
            phone: row.phone,
            display_name: row.display_name,
            avatar: row.avatar.map(|id| UploadId::from_uuid(plain(id))),
            password_hash: row.password_hash,
            disabled: row.disabled,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LoginRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) user: String,
    pub(crate) generation: i64,
    pub(crate) created_at: i64,
    pub(crate) refreshed_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) device: Option<String>,
}

impl From<&Login> for LoginRow {
    fn from(login: &Login) -> Self {
        Self {
            id: binary(login.id.as_uuid()),
            user: login.user.as_str().to_owned(),
            generation: login.generation,
            created_at: login.created_at.as_millis(),
            refreshed_at: login.refreshed_at.as_millis(),
            expires_at: login.expires_at.as_millis(),
            device: login.device.clone(),
        }
    }
}

impl TryFrom<LoginRow> for Login {
    type Error = StoreError;

    fn try_from(row: LoginRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: LoginId::from_uuid(plain(row.id)),
            user: user(&row.user)?,
            generation: row.generation,
            created_at: Timestamp::from_millis(row.created_at),
            refreshed_at: Timestamp::from_millis(row.refreshed_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            device: row.device,
        })
    }
}

/// A browser that takes pushes. Not to be shown: see [`PushSubscription`].
#[derive(Serialize, Deserialize)]
pub(crate) struct PushRow {
    #[serde(rename = "_id")]
    endpoint: String,
    user: String,
    login: Option<bson::Uuid>,
    p256dh: String,
    auth: String,
    created_at: i64,
}

impl From<&PushSubscription> for PushRow {
    fn from(subscription: &PushSubscription) -> Self {
        Self {
            endpoint: subscription.endpoint.clone(),
            user: subscription.user.as_str().to_owned(),
            login: subscription.login.map(|login| binary(login.as_uuid())),
            p256dh: subscription.p256dh.clone(),
            auth: subscription.auth.clone(),
            created_at: subscription.created_at.as_millis(),
        }
    }
}

impl TryFrom<PushRow> for PushSubscription {
    type Error = StoreError;

    fn try_from(row: PushRow) -> Result<Self, StoreError> {
        Ok(Self {
            endpoint: row.endpoint,
            user: user(&row.user)?,
            login: row.login.map(|login| LoginId::from_uuid(plain(login))),
            p256dh: row.p256dh,
            auth: row.auth,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UploadRow {
    #[serde(rename = "_id")]
    pub(crate) id: bson::Uuid,
    pub(crate) owner: String,
    pub(crate) purpose: String,
    content_type: String,
    size: i64,
    width: Option<i64>,
    height: Option<i64>,
    name: Option<String>,
    has_thumbnail: bool,
    url: Option<String>,
    created_at: i64,
}

impl From<&Upload> for UploadRow {
    fn from(upload: &Upload) -> Self {
        Self {
            id: binary(upload.id.as_uuid()),
            owner: upload.owner.as_str().to_owned(),
            purpose: upload.purpose.as_str().to_owned(),
            content_type: upload.content_type.as_str().to_owned(),
            size: signed(upload.size),
            width: upload.width.map(i64::from),
            height: upload.height.map(i64::from),
            name: upload.name.as_ref().map(ToString::to_string),
            has_thumbnail: upload.has_thumbnail,
            url: upload.url.clone(),
            created_at: upload.created_at.as_millis(),
        }
    }
}

impl TryFrom<UploadRow> for Upload {
    type Error = StoreError;

    fn try_from(row: UploadRow) -> Result<Self, StoreError> {
        let purposes = [Purpose::Attachment, Purpose::Avatar];
        let purpose = purposes
            .into_iter()
            .find(|purpose| purpose.as_str() == row.purpose);
        Ok(Self {
            id: UploadId::from_uuid(plain(row.id)),
            owner: user(&row.owner)?,
            purpose: purpose.ok_or_else(|| odd("an unknown purpose"))?,
            content_type: media_type(&row.content_type)?,
            size: unsigned(row.size)?,
            width: row.width.map(narrow).transpose()?,
            height: row.height.map(narrow).transpose()?,
            name: row.name.as_deref().and_then(FileName::clean),
            has_thumbnail: row.has_thumbnail,
            url: row.url,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SeenRow {
    #[serde(rename = "_id")]
    pub(crate) user: String,
    pub(crate) at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MetaRow {
    #[serde(rename = "_id")]
    pub(crate) only: i64,
    pub(crate) epoch: bson::Uuid,
}

/// Converts rows.
pub(crate) fn all<R, T: TryFrom<R, Error = StoreError>>(
    rows: Vec<R>,
) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}
