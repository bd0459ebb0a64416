//! The schema, in steps that go up and down.

use std::time::Duration;

use chat_core::id::Epoch;
use chat_core::store::StoreError;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::error::{Result, failed};
use crate::pool::SqliteStore;

/// Where the steps that were taken are noted; a host's own migrations stay apart.
const TABLE: &str = "_chat_migrations";

/// How often a step that failed is looked at again.
const TRIES: u32 = 5;

/// How long to wait before that; longer each time.
const PAUSE: Duration = Duration::from_millis(40);

const UP_1: &str = r"
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

create virtual table chat_messages_text using fts5 (
    text, content = 'chat_messages', content_rowid = 'row', tokenize = 'unicode61 remove_diacritics 2'
);
create trigger chat_messages_text_insert after insert on chat_messages begin
    insert into chat_messages_text (rowid, text) values (new.row, new.text);
end;
create trigger chat_messages_text_delete after delete on chat_messages begin
    insert into chat_messages_text (chat_messages_text, rowid, text) values ('delete', old.row, old.text);
end;
create trigger chat_messages_text_update after update of text on chat_messages begin
    insert into chat_messages_text (chat_messages_text, rowid, text) values ('delete', old.row, old.text);
    insert into chat_messages_text (rowid, text) values (new.row, new.text);
end;

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
";

const DOWN_1: &str = r"
drop table chat_last_seen;
drop table chat_upload_links;
drop table chat_uploads;
drop table chat_messages_text;
drop table chat_messages;
drop table chat_members;
drop table chat_conversations;
drop table chat_logins;
drop table chat_accounts;
drop table chat_meta;
";

/// Every step: version, name, up, down.
const STEPS: &[(i64, &str, &str, &str)] = &[(1, "init", UP_1, DOWN_1)];

fn migrator() -> Migrator {
    let steps = STEPS.iter().flat_map(|(version, name, up, down)| {
        let step = |kind, sql: &'static str| {
            Migration::new(*version, (*name).into(), kind, sql.into_sql_str(), false)
        };
        [
            step(MigrationType::ReversibleUp, up),
            step(MigrationType::ReversibleDown, down),
        ]
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

impl SqliteStore {
    /// Brings the schema up to date and gives a new store its epoch. Safe to call at every start, and
    /// by several processes at once.
    ///
    /// # Errors
    /// [`StoreError`] if a step fails; those before it stay.
    pub async fn migrate(&self) -> std::result::Result<(), StoreError> {
        self.run_steps().await?;
        let epoch = Epoch::random().as_uuid();
        let insert =
            sqlx::query("insert into chat_meta (only, epoch) values (1, ?) on conflict do nothing")
                .bind(epoch);
        insert
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(failed)
    }

    /// SQLite has no lock that spans several transactions: of two that begin a step at once one is
    /// undone as a whole. It looks again, and finds the step taken.
    async fn run_steps(&self) -> Result<()> {
        let mut tries = 0;
        loop {
            match migrator().run(self.writer()).await {
                Ok(()) => return Ok(()),
                Err(error) if tries == TRIES => return Err(StoreError::corrupt(error)),
                Err(error) => {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "a step was not taken; looking again"
                    );
                }
            }
            tries += 1;
            tokio::time::sleep(PAUSE * tries).await;
        }
    }

    /// Takes the schema back to `version`; 0 removes it and all data.
    ///
    /// # Errors
    /// [`StoreError`] if a step fails.
    pub async fn migrate_down(&self, version: i64) -> Result<()> {
        migrator()
            .undo(self.writer(), version)
            .await
            .map_err(StoreError::corrupt)
    }
}
