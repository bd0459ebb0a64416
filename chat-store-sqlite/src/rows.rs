//! Rows as SQLite has them, and what they are to the domain.

use chat_core::id::{ClientId, ConversationId, MessageId, Rev, Seq, Timestamp, UploadId, UserId};
use chat_core::model::{
    Account, Attachment, Conversation, ConversationKind, ImageType, Login, Markers, Member,
    Message, MessageKind, Purpose, Quoted, Role, Upload,
};
use chat_core::store::StoreError;
use sqlx::FromRow;
use uuid::Uuid;

use crate::error::odd;

pub(crate) fn user(text: &str) -> Result<UserId, StoreError> {
    UserId::new(text).map_err(|_| odd("a user id that is none"))
}

pub(crate) fn seq(number: i64) -> Result<Seq, StoreError> {
    Seq::new(number).ok_or_else(|| odd("a negative seq"))
}

pub(crate) fn rev(number: i64) -> Result<Rev, StoreError> {
    Rev::new(number).ok_or_else(|| odd("a negative rev"))
}

fn unsigned(number: i64) -> Result<u64, StoreError> {
    number.try_into().map_err(|_| odd("a negative count"))
}

fn narrow(number: i64) -> Result<u32, StoreError> {
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
    }
}

fn message_kind(number: i64) -> Result<MessageKind, StoreError> {
    match number {
        1 => Ok(MessageKind::Text),
        2 => Ok(MessageKind::Image),
        _ => Err(odd("an unknown kind of message")),
    }
}

#[derive(Debug, FromRow)]
pub(crate) struct ConversationRow {
    pub(crate) id: Uuid,
    pub(crate) kind: i64,
    pub(crate) name: Option<String>,
    pub(crate) avatar: Option<Uuid>,
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
            id: ConversationId::from_uuid(row.id),
            kind: kind(row.kind)?,
            name: row.name,
            avatar: row.avatar.map(UploadId::from_uuid),
            created_by: user(&row.created_by)?,
            created_at: Timestamp::from_millis(row.created_at),
            last_seq: seq(row.last_seq)?,
            rev: rev(row.rev)?,
            settings_rev: rev(row.settings_rev)?,
            member_count: narrow(row.member_count)?,
        })
    }
}

#[derive(Debug, FromRow)]
pub(crate) struct MemberRow {
    pub(crate) conversation: Uuid,
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

#[derive(Debug, FromRow)]
pub(crate) struct MessageRow {
    pub(crate) id: Uuid,
    pub(crate) conversation: Uuid,
    pub(crate) seq: i64,
    pub(crate) rev: i64,
    pub(crate) sender: String,
    pub(crate) client_id: Option<String>,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) kind: i64,
    pub(crate) text: String,
    pub(crate) attachments: Option<String>,
    pub(crate) reply_id: Option<Uuid>,
    pub(crate) reply_seq: Option<i64>,
    pub(crate) created_at: i64,
}

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let attachments: Option<Vec<Attachment>> = row
            .attachments
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(StoreError::corrupt)?;
        let client_id = row.client_id.map(ClientId::new).transpose();
        let reply_to = match (row.reply_id, row.reply_seq) {
            (Some(id), Some(number)) => Some(Quoted {
                id: MessageId::from_uuid(id),
                seq: seq(number)?,
            }),
            _ => None,
        };
        Ok(Self {
            id: MessageId::from_uuid(row.id),
            conversation: ConversationId::from_uuid(row.conversation),
            seq: seq(row.seq)?,
            rev: rev(row.rev)?,
            sender: user(&row.sender)?,
            client_id: client_id.map_err(|_| odd("a client id that is none"))?,
            kind: message_kind(row.kind)?,
            text: row.text,
            attachments: attachments.unwrap_or_default(),
            reply_to,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[derive(Debug, FromRow)]
pub(crate) struct AccountRow {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    pub(crate) display_name: String,
    pub(crate) avatar: Option<Uuid>,
    pub(crate) password_hash: String,
    pub(crate) disabled: bool,
    pub(crate) created_at: i64,
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
            avatar: row.avatar.map(UploadId::from_uuid),
            password_hash: row.password_hash,
            disabled: row.disabled,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[derive(Debug, FromRow)]
pub(crate) struct LoginRow {
    pub(crate) id: Uuid,
    pub(crate) user: String,
    pub(crate) generation: i64,
    pub(crate) created_at: i64,
    pub(crate) refreshed_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) device: Option<String>,
}

impl TryFrom<LoginRow> for Login {
    type Error = StoreError;

    fn try_from(row: LoginRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: chat_core::id::LoginId::from_uuid(row.id),
            user: user(&row.user)?,
            generation: row.generation,
            created_at: Timestamp::from_millis(row.created_at),
            refreshed_at: Timestamp::from_millis(row.refreshed_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            device: row.device,
        })
    }
}

#[derive(Debug, FromRow)]
pub(crate) struct UploadRow {
    pub(crate) id: Uuid,
    pub(crate) owner: String,
    pub(crate) purpose: String,
    pub(crate) content_type: String,
    pub(crate) size: i64,
    pub(crate) width: i64,
    pub(crate) height: i64,
    pub(crate) has_thumbnail: bool,
    pub(crate) url: Option<String>,
    pub(crate) created_at: i64,
}

impl TryFrom<UploadRow> for Upload {
    type Error = StoreError;

    fn try_from(row: UploadRow) -> Result<Self, StoreError> {
        let purposes = [Purpose::Attachment, Purpose::Avatar];
        let purpose = purposes
            .into_iter()
            .find(|purpose| purpose.as_str() == row.purpose);
        Ok(Self {
            id: UploadId::from_uuid(row.id),
            owner: user(&row.owner)?,
            purpose: purpose.ok_or_else(|| odd("an unknown purpose"))?,
            content_type: ImageType::parse(&row.content_type)
                .ok_or_else(|| odd("an unknown image type"))?,
            size: unsigned(row.size)?,
            width: narrow(row.width)?,
            height: narrow(row.height)?,
            has_thumbnail: row.has_thumbnail,
            url: row.url,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

/// Converts rows.
pub(crate) fn all<R, T: TryFrom<R, Error = StoreError>>(
    rows: Vec<R>,
) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}

/// Ids as a JSON array of lower-case hex, for `unhex(value)` over `json_each`.
pub(crate) fn hex_list(ids: impl IntoIterator<Item = Uuid>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.simple().to_string()).collect();
    serde_json::json!(ids).to_string()
}

/// Texts as a JSON array, for `json_each`.
pub(crate) fn text_list<'a>(texts: impl IntoIterator<Item = &'a UserId>) -> String {
    let texts: Vec<&str> = texts.into_iter().map(UserId::as_str).collect();
    serde_json::json!(texts).to_string()
}
