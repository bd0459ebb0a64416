//! Rows as SQLite has them, and what they are to the domain.

use chat_core::id::{ClientId, ConversationId, MessageId, Rev, Seq, Timestamp, UploadId, UserId};
use chat_core::model::{
    Account, Attachment, Audience, Conversation, ConversationKind, FileName, Fingerprint, KeptText,
    Login, Markers, MediaType, Member, Message, MessageKind, Purpose, PushSubscription, Quoted,
    Reacted, Reaction, ReactionSummary, Reactor, Role, Upload,
};
use chat_core::store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, ValueRef as _};
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

pub(crate) fn fingerprint(bytes: &[u8]) -> Result<Fingerprint, StoreError> {
    bytes.try_into().map_err(StoreError::corrupt)
}

pub(crate) fn unsigned(number: i64) -> Result<u64, StoreError> {
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

/// What is read from some columns of a row, wherever they begin.
pub(crate) trait Columns: Sized {
    /// How many columns it takes.
    const WIDTH: usize;

    /// Reads it from column `first` on.
    fn at(row: &SqliteRow, first: usize) -> sqlx::Result<Self>;

    /// What an outer join found from column `first` on.
    fn joined(row: &SqliteRow, first: usize) -> sqlx::Result<Option<Self>> {
        match row.try_get_raw(first)?.is_null() {
            true => Ok(None),
            false => Self::at(row, first).map(Some),
        }
    }
}

/// A row whose columns come in the order of its fields.
macro_rules! row {
    ($name:ident { $($field:ident: $type:ty,)* }) => {
        #[derive(Debug)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)*
        }

        impl Columns for $name {
            const WIDTH: usize = [$(stringify!($field)),*].len();

            fn at(row: &SqliteRow, first: usize) -> sqlx::Result<Self> {
                let mut next = first..;
                let mut column = || next.next().unwrap_or_default();
                Ok(Self {
                    $($field: row.try_get(column())?,)*
                })
            }
        }

        impl FromRow<'_, SqliteRow> for $name {
            fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
                Self::at(row, 0)
            }
        }
    };
}

row! {
    ConversationRow {
        id: Uuid,
        kind: i64,
        name: Option<String>,
        avatar: Option<Uuid>,
        created_by: String,
        created_at: i64,
        active_at: i64,
        last_seq: i64,
        rev: i64,
        settings_rev: i64,
        member_count: i64,
    }
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

row! {
    MemberRow {
        conversation: Uuid,
        user: String,
        role: i64,
        active: bool,
        joined_at: i64,
        rev: i64,
        visible_from: i64,
        delivered: i64,
        read: i64,
    }
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

row! {
    MessageRow {
        id: Uuid,
        conversation: Uuid,
        seq: i64,
        rev: i64,
        sender: String,
        client_id: Option<String>,
        fingerprint: Vec<u8>,
        kind: i64,
        text: String,
        attachments: Option<String>,
        reply_id: Option<Uuid>,
        reply_seq: Option<i64>,
        created_at: i64,
        first_rev: Option<i64>,
        edited_at: Option<i64>,
        reactions: Option<String>,
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let attachments: Vec<Attachment> = list(row.attachments.as_deref())?;
        let reactions: Vec<ReactionSummary> = list(row.reactions.as_deref())?;
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
            attachments,
            reply_to,
            created_at: Timestamp::from_millis(row.created_at),
            first_rev: rev(row.first_rev.unwrap_or(row.rev))?,
            edited_at: row.edited_at.map(Timestamp::from_millis),
            reactions,
        })
    }
}

/// What is kept as JSON; an empty list is not.
fn list<T: DeserializeOwned>(json: Option<&str>) -> Result<Vec<T>, StoreError> {
    let list = json.map(serde_json::from_str).transpose();
    Ok(list.map_err(StoreError::corrupt)?.unwrap_or_default())
}

/// The JSON of a list, if there is anything in it.
pub(crate) fn json_list<T: Serialize>(list: &[T]) -> Result<Option<String>, StoreError> {
    match list.is_empty() {
        true => Ok(None),
        false => serde_json::to_string(list)
            .map(Some)
            .map_err(StoreError::corrupt),
    }
}

row! {
    TextRow {
        id: Uuid,
        conversation: Uuid,
        sender: String,
        text: String,
        fingerprint: Vec<u8>,
    }
}

impl TryFrom<TextRow> for KeptText {
    type Error = StoreError;

    fn try_from(row: TextRow) -> Result<Self, StoreError> {
        Ok(Self {
            message: MessageId::from_uuid(row.id),
            conversation: ConversationId::from_uuid(row.conversation),
            sender: user(&row.sender)?,
            text: row.text,
            fingerprint: fingerprint(&row.fingerprint)?,
        })
    }
}

row! {
    ReactorRow {
        user: String,
        rev: i64,
        at: i64,
    }
}

impl TryFrom<ReactorRow> for Reactor {
    type Error = StoreError;

    fn try_from(row: ReactorRow) -> Result<Self, StoreError> {
        Ok(Self {
            user: user(&row.user)?,
            rev: rev(row.rev)?,
            at: Timestamp::from_millis(row.at),
        })
    }
}

row! {
    ReactedRow {
        conversation: Uuid,
        seq: i64,
        reaction: String,
        at: i64,
    }
}

impl TryFrom<ReactedRow> for Reacted {
    type Error = StoreError;

    fn try_from(row: ReactedRow) -> Result<Self, StoreError> {
        Ok(Self {
            conversation: ConversationId::from_uuid(row.conversation),
            seq: seq(row.seq)?,
            reaction: Reaction::new(row.reaction).map_err(StoreError::corrupt)?,
            at: Timestamp::from_millis(row.at),
        })
    }
}

row! {
    AccountRow {
        id: String,
        username: String,
        email: String,
        phone: Option<String>,
        display_name: String,
        avatar: Option<Uuid>,
        password_hash: String,
        disabled: bool,
        created_at: i64,
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
            avatar: row.avatar.map(UploadId::from_uuid),
            password_hash: row.password_hash,
            disabled: row.disabled,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

row! {
    LoginRow {
        id: Uuid,
        user: String,
        generation: i64,
        created_at: i64,
        refreshed_at: i64,
        expires_at: i64,
        device: Option<String>,
    }
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

row! {
    PushRow {
        endpoint: String,
        user: String,
        login: Option<Uuid>,
        p256dh: String,
        auth: String,
        created_at: i64,
    }
}

impl TryFrom<PushRow> for PushSubscription {
    type Error = StoreError;

    fn try_from(row: PushRow) -> Result<Self, StoreError> {
        Ok(Self {
            endpoint: row.endpoint,
            user: user(&row.user)?,
            login: row.login.map(chat_core::id::LoginId::from_uuid),
            p256dh: row.p256dh,
            auth: row.auth,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

row! {
    UploadRow {
        id: Uuid,
        owner: String,
        purpose: String,
        content_type: String,
        size: i64,
        width: Option<i64>,
        height: Option<i64>,
        name: Option<String>,
        has_thumbnail: bool,
        url: Option<String>,
        created_at: i64,
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
            id: UploadId::from_uuid(row.id),
            owner: user(&row.owner)?,
            purpose: purpose.ok_or_else(|| odd("an unknown purpose"))?,
            content_type: MediaType::parse(&row.content_type)
                .ok_or_else(|| odd("an unknown media type"))?,
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
