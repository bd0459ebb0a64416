//! What the steps of the schema are called, and what they do.

use chat_core::store::Step;

use super::append;

/// What the steps are called.
pub(super) const STEPS: &[Step] = &[
    Step {
        version: 1,
        name: "init",
    },
    Step {
        version: 2,
        name: "joins and leases",
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
    Step {
        version: 8,
        name: "append by index",
    },
];

/// What a step does, script after script.
pub(super) struct Scripts {
    pub(super) up: &'static [&'static str],
    pub(super) down: &'static [&'static str],
}

/// What they do.
pub(super) const SCRIPTS: &[Scripts] = &[
    Scripts {
        up: &[UP_1, append::FIRST],
        down: &[DOWN_1],
    },
    Scripts {
        up: &[UP_2],
        down: &[DOWN_2],
    },
    Scripts {
        up: &[UP_3],
        down: &[DOWN_3],
    },
    Scripts {
        up: &[UP_4, append::WITH_BLOCKS],
        down: &[append::FIRST, DOWN_4],
    },
    Scripts {
        up: &[UP_5],
        down: &[DOWN_5],
    },
    Scripts {
        up: &[UP_6],
        down: &[DOWN_6],
    },
    Scripts {
        up: &[UP_7],
        down: &[DOWN_7],
    },
    Scripts {
        up: &[UP_8, append::BY_INDEX],
        down: &[append::WITH_BLOCKS, DOWN_8],
    },
];

/// Texts are compared by their bytes (collation `C`): alike everywhere, and in the order of the ids.
/// Members and messages name users, who may be kept anywhere: no foreign key leads there.
const UP_1: &str = r#"
create table chat.meta (
    single boolean primary key default true check (single),
    epoch uuid not null
);

create table chat.accounts (
    id text collate "C" primary key,
    username text collate "C" not null unique,
    email text collate "C" not null unique,
    phone text,
    display_name text not null,
    avatar uuid,
    password_hash text not null,
    disabled boolean not null,
    created_at bigint not null
);

create table chat.logins (
    id uuid primary key,
    user_id text collate "C" not null,
    generation bigint not null,
    created_at bigint not null,
    refreshed_at bigint not null,
    expires_at bigint not null,
    device text
);
create index logins_user on chat.logins (user_id, refreshed_at desc);

create table chat.conversations (
    id uuid primary key,
    kind smallint not null,
    pair text collate "C" unique,
    name text,
    avatar uuid,
    created_by text collate "C" not null,
    created_at bigint not null,
    active_at bigint not null,
    last_seq bigint not null,
    rev bigint not null,
    settings_rev bigint not null,
    member_count bigint not null
) with (fillfactor = 80);

create table chat.members (
    conversation uuid not null references chat.conversations (id),
    user_id text collate "C" not null,
    role smallint not null,
    active boolean not null,
    joined_at bigint not null,
    rev bigint not null,
    visible_from bigint not null,
    delivered bigint not null,
    read bigint not null,
    primary key (conversation, user_id)
) with (fillfactor = 80);
create index members_user on chat.members (user_id, active);
create index members_rev on chat.members (conversation, rev);

-- A message is only stored under the lock of its conversation, which so exists: a foreign key would
-- only look it up once more for each. `words` holds the words and, as one more, the conversation.
create table chat.messages (
    id uuid not null unique,
    conversation uuid not null,
    seq bigint not null,
    rev bigint not null,
    sender text collate "C" not null,
    client_id text collate "C",
    fingerprint bytea not null,
    kind smallint not null,
    text text not null,
    attachments jsonb,
    reply_id uuid,
    reply_seq bigint,
    created_at bigint not null,
    words tsvector not null,
    primary key (conversation, seq)
);
create unique index messages_client on chat.messages (conversation, sender, client_id) where client_id is not null;
create index messages_rev on chat.messages (conversation, rev);
create index messages_words on chat.messages using gin (words);

create table chat.uploads (
    id uuid primary key,
    owner text collate "C" not null,
    purpose text not null,
    content_type text not null,
    size bigint not null,
    width bigint not null,
    height bigint not null,
    has_thumbnail boolean not null,
    url text,
    created_at bigint not null
);
create index uploads_owner on chat.uploads (owner, created_at);
create index uploads_purpose on chat.uploads (purpose, created_at, id);

create table chat.upload_links (
    upload uuid not null references chat.uploads (id),
    conversation uuid not null,
    seq bigint not null,
    primary key (upload, conversation, seq)
);

create table chat.last_seen (
    user_id text collate "C" primary key,
    at bigint not null
);

create table chat.erasures (
    user_id text collate "C" primary key,
    at bigint not null
);
"#;

const DOWN_1: &str = r"
drop function chat.append;
drop table chat.erasures;
drop table chat.last_seen;
drop table chat.upload_links;
drop table chat.uploads;
drop table chat.messages;
drop table chat.members;
drop table chat.conversations;
drop table chat.logins;
drop table chat.accounts;
drop table chat.meta;
";

/// Who was erased keeps rows as tombstones, and no count.
const UP_2: &str = r#"
create table chat.joins (
    user_id text collate "C" primary key,
    count bigint not null
) with (fillfactor = 80);
insert into chat.joins (user_id, count)
select me.user_id, count(*) from chat.members as me
where not exists (select 1 from chat.erasures as gone where gone.user_id = me.user_id)
group by me.user_id;

-- Of no worth after a crash.
create unlogged table chat.leases (
    user_id text collate "C" not null,
    node_id uuid not null,
    ends_at timestamptz not null,
    primary key (user_id, node_id)
);
create index leases_ends on chat.leases (ends_at);
"#;

const DOWN_2: &str = "drop table chat.leases; drop table chat.joins";

/// A message that was never revised has no `first_rev`: it is its `rev`. What a message tells of its
/// reactions is a summary of `chat.reactions`.
const UP_3: &str = r#"
alter table chat.messages add column first_rev bigint, add column edited_at bigint, add column reactions jsonb;

create table chat.reactions (
    conversation uuid not null,
    seq bigint not null,
    reaction text collate "C" not null,
    user_id text collate "C" not null,
    rev bigint not null,
    at bigint not null,
    primary key (conversation, seq, reaction, user_id)
);
create index reactions_rev on chat.reactions (conversation, seq, reaction, rev);
create index reactions_user on chat.reactions (user_id, conversation, seq, reaction);
"#;

const DOWN_3: &str = r"
drop table chat.reactions;
alter table chat.messages drop column first_rev, drop column edited_at, drop column reactions;
";

/// A block carries the key of its pair, which a direct conversation has too.
const UP_4: &str = r#"
create table chat.blocks (
    user_id text collate "C" not null,
    other_id text collate "C" not null,
    pair text collate "C" not null,
    at bigint not null,
    primary key (user_id, other_id)
);
create index blocks_other on chat.blocks (other_id);
create index blocks_pair on chat.blocks (pair);

create table chat.privacy (
    user_id text collate "C" primary key,
    last_seen smallint not null
);
"#;

const DOWN_4: &str = "drop table chat.privacy; drop table chat.blocks";

/// Files have names, and those that are no pictures no size in pixels.
const UP_5: &str = r"
alter table chat.uploads
    add column name text,
    alter column width drop not null,
    alter column height drop not null;
";

/// What an earlier build cannot read goes: files that are no pictures, from the messages that held them too.
const DOWN_5: &str = r"
delete from chat.upload_links as link using chat.messages as m
where m.conversation = link.conversation and m.seq = link.seq and m.kind in (4, 5, 6);
update chat.messages set kind = 1, attachments = null where kind in (4, 5, 6);
delete from chat.uploads where content_type not like 'image/%';
update chat.uploads set width = coalesce(width, 0), height = coalesce(height, 0)
where width is null or height is null;
alter table chat.uploads
    drop column name,
    alter column width set not null,
    alter column height set not null;
";

/// What may be pushed to, and by which login session it was made.
const UP_6: &str = r#"
create table chat.pushes (
    endpoint text collate "C" primary key,
    user_id text collate "C" not null,
    login uuid,
    p256dh text not null,
    auth text not null,
    created_at bigint not null
);
create index pushes_user on chat.pushes (user_id, created_at, endpoint);
"#;

const DOWN_6: &str = "drop table chat.pushes";

/// What is new is found by its seq; only what was revised is looked for by its rev. The lock that stops readers comes
/// last, and not for as long as an index is made.
const UP_7: &str = r"
create index messages_revised on chat.messages (conversation, rev) where first_rev is not null;
drop index chat.messages_rev;
";

const DOWN_7: &str = r"
create index messages_rev on chat.messages (conversation, rev);
drop index chat.messages_revised;
";

/// A condition that holds for every row: only who asks with it is given the index, which would look as good as the key
/// where one member is asked for, and read all that a conversation has.
const UP_8: &str = r"
create index members_changed on chat.members (conversation, rev) where rev > 0;
drop index chat.members_rev;
";

const DOWN_8: &str = r"
create index members_rev on chat.members (conversation, rev);
drop index chat.members_changed;
";
