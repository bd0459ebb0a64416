//! The schema, in steps that go up and down.

use async_trait::async_trait;
use chat_core::id::{Epoch, Timestamp};
use chat_core::store::{SchemaStore, Step};
use sqlx::SqliteConnection;

use crate::error::{Result, failed, odd};
use crate::pool::SqliteStore;

/// Where the steps that were taken are noted.
const NOTES: &str = r"
create table if not exists chat_steps (
    version integer primary key,
    name text not null,
    taken_at integer not null
) strict";

const VERSION: &str = "select coalesce(max(version), 0) from chat_steps";

const EXISTS: &str =
    "select exists (select 1 from sqlite_schema where type = 'table' and name = 'chat_steps')";

const NOTE: &str = "insert into chat_steps (version, name, taken_at) values (?, ?, ?)";

const FORGET: &str = "delete from chat_steps where version > ?";

const MAKE_EPOCH: &str = "insert into chat_meta (only, epoch) values (1, ?)";

const UP_1: &str = r#"
create table chat_meta (
    only integer primary key check (only = 1),
    epoch blob not null
) strict;

create table chat_accounts (
    id text primary key,
    username text not null unique,
    email text not null unique,
    phone text,
    display_name text not null,
    avatar blob,
    password_hash text not null,
    disabled integer not null,
    created_at integer not null
) strict, without rowid;

create table chat_logins (
    id blob primary key,
    user text not null,
    generation integer not null,
    created_at integer not null,
    refreshed_at integer not null,
    expires_at integer not null,
    device text
) strict, without rowid;
create index chat_logins_user on chat_logins (user, refreshed_at desc);

create table chat_conversations (
    id blob primary key,
    kind integer not null,
    pair text unique,
    name text,
    avatar blob,
    created_by text not null,
    created_at integer not null,
    active_at integer not null,
    last_seq integer not null,
    rev integer not null,
    settings_rev integer not null,
    member_count integer not null
) strict, without rowid;

create table chat_members (
    conversation blob not null references chat_conversations (id),
    user text not null,
    role integer not null,
    active integer not null,
    joined_at integer not null,
    rev integer not null,
    visible_from integer not null,
    delivered integer not null,
    read integer not null,
    primary key (conversation, user)
) strict, without rowid;
create index chat_members_user on chat_members (user, active);
create index chat_members_rev on chat_members (conversation, rev);

create table chat_messages (
    row integer primary key,
    id blob not null unique,
    conversation blob not null references chat_conversations (id),
    seq integer not null,
    rev integer not null,
    sender text not null,
    client_id text,
    fingerprint blob not null,
    kind integer not null,
    text text not null,
    attachments text,
    reply_id blob,
    reply_seq integer,
    created_at integer not null,
    unique (conversation, seq)
) strict;
create unique index chat_messages_client on chat_messages (conversation, sender, client_id) where client_id is not null;
create index chat_messages_rev on chat_messages (conversation, rev);

create virtual table chat_words using fts5 (
    scope, words, content = '', contentless_delete = 1, detail = column,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);

create table chat_uploads (
    id blob primary key,
    owner text not null,
    purpose text not null,
    content_type text not null,
    size integer not null,
    width integer not null,
    height integer not null,
    has_thumbnail integer not null,
    url text,
    created_at integer not null
) strict, without rowid;
create index chat_uploads_owner on chat_uploads (owner, created_at);
create index chat_uploads_purpose on chat_uploads (purpose, created_at);

create table chat_upload_links (
    upload blob not null references chat_uploads (id),
    conversation blob not null,
    seq integer not null,
    primary key (upload, conversation, seq)
) strict, without rowid;

create table chat_last_seen (
    user text primary key,
    at integer not null
) strict, without rowid;

create table chat_erasures (
    user text primary key,
    at integer not null
) strict, without rowid;
"#;

const DOWN_1: &str = r"
drop table chat_erasures;
drop table chat_last_seen;
drop table chat_upload_links;
drop table chat_uploads;
drop table chat_words;
drop table chat_messages;
drop table chat_members;
drop table chat_conversations;
drop table chat_logins;
drop table chat_accounts;
drop table chat_meta;
";

/// What the steps are called.
const STEPS: &[Step] = &[Step {
    version: 1,
    name: "init",
}];

/// What they do: up, down.
const SCRIPTS: &[(&str, &str)] = &[(UP_1, DOWN_1)];

#[async_trait]
impl SchemaStore for SqliteStore {
    fn steps(&self) -> &'static [Step] {
        STEPS
    }

    async fn version(&self) -> Result<i64> {
        let mut tx = self.read().await?;
        let noted = sqlx::query_scalar(self.sql(EXISTS));
        let noted: bool = noted.fetch_one(&mut *tx).await.map_err(failed)?;
        match noted {
            true => self.noted(&mut tx).await,
            false => Ok(0),
        }
    }

    async fn goto(&self, version: i64) -> Result<()> {
        let target = known(version)?;
        // One transaction a step: a crash leaves whole steps. Each holds the file's lock from its
        // start, so that of several processes one takes it and the others find it taken.
        loop {
            let mut tx = self.write().await?;
            let at = known(self.begin_steps(&mut tx).await?)?;
            if at == target {
                return tx.commit().await.map_err(failed);
            }
            if at < target {
                self.up(&mut tx, at).await?;
            } else {
                self.down(&mut tx, at - 1).await?;
            }
            tx.commit().await.map_err(failed)?;
        }
    }

    async fn force(&self, version: i64) -> Result<()> {
        let target = known(version)?;
        let mut tx = self.write().await?;
        let at = self.begin_steps(&mut tx).await?;
        let forget = sqlx::query(self.sql(FORGET)).bind(version);
        forget.execute(&mut *tx).await.map_err(failed)?;
        for step in STEPS.iter().take(target).filter(|step| step.version > at) {
            self.note(&mut tx, step).await?;
        }
        tx.commit().await.map_err(failed)
    }
}

/// How many of [`STEPS`] make up `version`.
fn known(version: i64) -> Result<usize> {
    let count = usize::try_from(version).ok();
    let count = count.filter(|count| *count <= STEPS.len());
    count.ok_or_else(|| odd("a version of the schema that this build does not know"))
}

impl SqliteStore {
    /// The version, once there is a place to note it in.
    async fn begin_steps(&self, connection: &mut SqliteConnection) -> Result<i64> {
        let make = sqlx::raw_sql(self.sql(NOTES));
        make.execute(&mut *connection).await.map_err(failed)?;
        self.noted(connection).await
    }

    async fn noted(&self, connection: &mut SqliteConnection) -> Result<i64> {
        let version = sqlx::query_scalar(self.sql(VERSION));
        version.fetch_one(connection).await.map_err(failed)
    }

    async fn note(&self, connection: &mut SqliteConnection, step: &Step) -> Result<()> {
        let note = sqlx::query(self.sql(NOTE))
            .bind(step.version)
            .bind(step.name)
            .bind(Timestamp::now().as_millis());
        note.execute(connection).await.map(drop).map_err(failed)
    }

    async fn up(&self, connection: &mut SqliteConnection, index: usize) -> Result<()> {
        let step = sqlx::raw_sql(self.sql(SCRIPTS[index].0));
        step.execute(&mut *connection).await.map_err(failed)?;
        if index == 0 {
            let epoch = sqlx::query(self.sql(MAKE_EPOCH)).bind(Epoch::random().as_uuid());
            epoch.execute(&mut *connection).await.map_err(failed)?;
        }
        self.note(connection, &STEPS[index]).await
    }

    async fn down(&self, connection: &mut SqliteConnection, index: usize) -> Result<()> {
        let step = sqlx::raw_sql(self.sql(SCRIPTS[index].1));
        step.execute(&mut *connection).await.map_err(failed)?;
        let forget = sqlx::query(self.sql(FORGET)).bind(STEPS[index].version - 1);
        forget.execute(connection).await.map(drop).map_err(failed)
    }
}
