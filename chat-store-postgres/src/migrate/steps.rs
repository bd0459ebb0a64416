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
        name: "joins and leases",
    },
    Step {
        version: 3,
        name: "media",
    },
];

/// What they do: up, down.
pub(super) const SCRIPTS: &[(&str, &str)] = &[(UP_1, DOWN_1), (UP_2, DOWN_2), (UP_3, DOWN_3)];

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

-- Appends a batch in one go: whatever it touches is locked in one order, then read, judged and written
-- by one statement. What an item came to is in `outcome`: see `append.rs`, which cuts batches so that no
-- item rests on another. Every statement of a function sees what was committed before it began.
create function chat.append(
    ids uuid[], conversations uuid[], senders text[], client_ids text[], fingerprints bytea[], kinds smallint[],
    texts text[], lexemes text[], attached text[], replies uuid[], times bigint[],
    upload_items bigint[], upload_ids uuid[]
) returns table (
    item bigint, outcome integer, new_seq bigint, new_rev bigint, new_reply_seq bigint,
    earlier_id uuid, earlier_conversation uuid, earlier_seq bigint, earlier_rev bigint, earlier_sender text,
    earlier_client_id text, earlier_kind smallint, earlier_text text,
    earlier_attachments jsonb, earlier_reply_id uuid, earlier_reply_seq bigint, earlier_created_at bigint
) language plpgsql as $append$
#variable_conflict use_column
declare
    ours uuid[];
begin
    -- One conversation is waited for; of several, those that somebody else holds are left out.
    if cardinality($2) = 1 or not exists (select 1 from unnest($2) as a (id) where a.id <> $2[1]) then
        perform 1 from chat.conversations as c where c.id = $2[1] for no key update;
        ours := $2;
    else
        ours := array(
            select c.id from chat.conversations as c where c.id = any ($2) order by c.id for no key update skip locked
        );
    end if;
    perform 1 from chat.members as me
    join (select distinct a.conversation, a.sender from unnest($2, $3) as a (conversation, sender)) as asked
        on me.conversation = asked.conversation and me.user_id = asked.sender
    where me.conversation = any (ours)
    order by me.conversation, me.user_id for no key update of me;
    perform 1 from chat.uploads as u where u.id = any ($13) order by u.id for key share;
    return query
    with asked as materialized (
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) with ordinality
            as a (id, conversation, sender, client_id, fingerprint, kind, text, lexemes, attachments, reply, at, item)
    ), judged as materialized (
        select a.item, a.id, a.conversation, a.sender, a.client_id, a.fingerprint, a.kind, a.text, a.lexemes,
            a.attachments, a.reply, a.at, c.last_seq, c.rev as last_rev, quoted.seq as reply_seq,
            first.id as first_id, first.seq as first_seq, first.rev as first_rev,
            first.kind as first_kind, first.text as first_text,
            first.attachments as first_attachments, first.reply_id as first_reply_id,
            first.reply_seq as first_reply_seq, first.created_at as first_created_at,
            case
                when c.id is not null and not c.id = any (ours) then 6
                when me.user_id is null then 2
                when first.id is not null and first.fingerprint = a.fingerprint then 1
                when first.id is not null then 3
                when a.reply is not null and quoted.seq is null then 4
                when exists (
                    select 1 from unnest($12, $13) as up (item, id)
                    where up.item = a.item and not exists (
                        select 1 from chat.uploads as u where u.id = up.id and u.owner = a.sender
                    )
                ) then 5
                else 0
            end as outcome
        from asked as a
        left join chat.conversations as c on c.id = a.conversation
        left join chat.members as me on me.conversation = a.conversation and me.user_id = a.sender and me.active
        left join chat.messages as first
            on first.conversation = a.conversation and first.sender = a.sender and first.client_id = a.client_id
        left join chat.messages as quoted
            on quoted.id = a.reply and quoted.conversation = a.conversation and quoted.seq > me.visible_from
    ), numbered as materialized (
        select j.*, j.last_seq + j.place as seq, j.last_rev + j.place as rev from (
            select k.*, row_number() over (partition by k.conversation order by k.item) as place
            from judged as k where k.outcome = 0
        ) as j
    ), inserted as (
        insert into chat.messages (
            id, conversation, seq, rev, sender, client_id, fingerprint, kind, text, attachments, reply_id, reply_seq,
            created_at, words
        )
        select n.id, n.conversation, n.seq, n.rev, n.sender, n.client_id, n.fingerprint, n.kind, n.text,
            n.attachments::jsonb, n.reply, n.reply_seq, n.at,
            array_to_tsvector(string_to_array(n.lexemes, ' '))
        from numbered as n
    ), heads as (
        update chat.conversations as c
        set last_seq = c.last_seq + g.count, rev = c.rev + g.count, active_at = greatest(c.active_at, g.at)
        from (select n.conversation, count(*) as count, max(n.at) as at from numbered as n group by 1) as g
        where c.id = g.conversation
    ), marks as (
        update chat.members as me set delivered = g.seq, read = g.seq
        from (select n.conversation, n.sender, max(n.seq) as seq from numbered as n group by 1, 2) as g
        where me.conversation = g.conversation and me.user_id = g.sender
    ), links as (
        insert into chat.upload_links (upload, conversation, seq)
        select up.id, n.conversation, n.seq from numbered as n
        join unnest($12, $13) as up (item, id) on up.item = n.item
        on conflict do nothing
    )
    select j.item, j.outcome, n.seq, n.rev, n.reply_seq,
        j.first_id, j.conversation, j.first_seq, j.first_rev, j.sender, j.client_id,
        j.first_kind, j.first_text, j.first_attachments, j.first_reply_id, j.first_reply_seq, j.first_created_at
    from judged as j left join numbered as n on n.item = j.item order by j.item;
end
$append$;
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

/// Files have names, and those that are no pictures no size in pixels.
const UP_3: &str = r"
alter table chat.uploads
    add column name text,
    alter column width drop not null,
    alter column height drop not null;
";

/// What an earlier build cannot read goes: files that are no pictures, from the messages that held them too.
const DOWN_3: &str = r"
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
