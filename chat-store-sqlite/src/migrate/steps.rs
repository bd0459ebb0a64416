//! What the steps of the schema are called, and what they do.

use chat_core::store::Step;

/// What the steps are called.
pub(super) const STEPS: &[Step] = &[
    Step {
        version: 1,
        name: "init",
    },
    Step {
        version: 2,
        name: "joins",
    },
    Step {
        version: 3,
        name: "revisions",
    },
    Step {
        version: 4,
        name: "people",
    },
    Step {
        version: 5,
        name: "media",
    },
    Step {
        version: 6,
        name: "push",
    },
    Step {
        version: 7,
        name: "revised",
    },
];

/// What they do: up, down.
pub(super) const SCRIPTS: &[(&str, &str)] = &[
    (UP_1, DOWN_1),
    (UP_2, DOWN_2),
    (UP_3, DOWN_3),
    (UP_4, DOWN_4),
    (UP_5, DOWN_5),
    (UP_6, DOWN_6),
    (UP_7, DOWN_7),
];

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

/// Who was erased keeps rows as tombstones, and no count.
const UP_2: &str = r"
create table chat_joins (
    user text primary key,
    count integer not null
) strict, without rowid;
insert into chat_joins (user, count)
select me.user, count(*) from chat_members as me
where not exists (select 1 from chat_erasures as gone where gone.user = me.user)
group by me.user;
";

const DOWN_2: &str = "drop table chat_joins";

/// A message that was never revised has no `first_rev`: it is its `rev`. What a message tells of its
/// reactions is a summary of `chat_reactions`.
const UP_3: &str = r"
alter table chat_messages add column first_rev integer;
alter table chat_messages add column edited_at integer;
alter table chat_messages add column reactions text;

create table chat_reactions (
    conversation blob not null,
    seq integer not null,
    reaction text not null,
    user text not null,
    rev integer not null,
    at integer not null,
    primary key (conversation, seq, reaction, user)
) strict, without rowid;
create index chat_reactions_rev on chat_reactions (conversation, seq, reaction, rev);
create index chat_reactions_user on chat_reactions (user, conversation, seq, reaction);
";

const DOWN_3: &str = r"
drop table chat_reactions;
alter table chat_messages drop column reactions;
alter table chat_messages drop column edited_at;
alter table chat_messages drop column first_rev;
";

/// A block carries the key of its pair, which a direct conversation has too.
const UP_4: &str = r"
create table chat_blocks (
    user text not null,
    other text not null,
    pair text not null,
    at integer not null,
    primary key (user, other)
) strict, without rowid;
create index chat_blocks_other on chat_blocks (other);
create index chat_blocks_pair on chat_blocks (pair);

create table chat_privacy (
    user text primary key,
    last_seen integer not null
) strict, without rowid;
";

const DOWN_4: &str = "drop table chat_privacy; drop table chat_blocks";

/// Files have names, and those that are no pictures no size in pixels. A column cannot be made to take nulls, only
/// be replaced.
const UP_5: &str = r"
alter table chat_uploads add column name text;
alter table chat_uploads rename column width to former_width;
alter table chat_uploads rename column height to former_height;
alter table chat_uploads add column width integer;
alter table chat_uploads add column height integer;
update chat_uploads set width = former_width, height = former_height;
alter table chat_uploads drop column former_width;
alter table chat_uploads drop column former_height;
";

/// What an earlier build cannot read goes: files that are no pictures, from the messages that held them too.
const DOWN_5: &str = r"
delete from chat_upload_links where exists (
    select 1 from chat_messages as m
    where m.conversation = chat_upload_links.conversation and m.seq = chat_upload_links.seq and m.kind in (4, 5, 6)
);
update chat_messages set kind = 1, attachments = null where kind in (4, 5, 6);
delete from chat_uploads where content_type not like 'image/%';
alter table chat_uploads drop column name;
alter table chat_uploads rename column width to later_width;
alter table chat_uploads rename column height to later_height;
alter table chat_uploads add column width integer not null default 0;
alter table chat_uploads add column height integer not null default 0;
update chat_uploads set width = coalesce(later_width, 0), height = coalesce(later_height, 0);
alter table chat_uploads drop column later_width;
alter table chat_uploads drop column later_height;
";

/// What may be pushed to, and by which login session it was made.
const UP_6: &str = r"
create table chat_pushes (
    endpoint text primary key,
    user text not null,
    login blob,
    p256dh text not null,
    auth text not null,
    created_at integer not null
) strict, without rowid;
create index chat_pushes_user on chat_pushes (user, created_at, endpoint);
";

const DOWN_6: &str = "drop table chat_pushes";

/// What is new is found by its seq; only what was revised is looked for by its rev.
const UP_7: &str = r"
create index chat_messages_revised on chat_messages (conversation, rev) where first_rev is not null;
drop index chat_messages_rev;
";

const DOWN_7: &str = r"
create index chat_messages_rev on chat_messages (conversation, rev);
drop index chat_messages_revised;
";
