//! The schema's function that appends, as each step that changed it has it.

pub(super) const FIRST: &str = r#"
-- Appends a batch in one go: whatever it touches is locked in one order, then read, judged and written
-- by one statement. What an item came to is in `outcome`: see `append.rs`, which cuts batches so that no
-- item rests on another. Every statement of a function sees what was committed before it began.
create or replace function chat.append(
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

/// Refuses what a block stands in the way of: outcome 7.
pub(super) const WITH_BLOCKS: &str = r#"
-- Appends a batch in one go: whatever it touches is locked in one order, then read, judged and written
-- by one statement. What an item came to is in `outcome`: see `append.rs`, which cuts batches so that no
-- item rests on another. Every statement of a function sees what was committed before it began.
create or replace function chat.append(
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
                when exists (select 1 from chat.blocks as block where block.pair = c.pair) then 7
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

/// Reads what an item touches by its index, whatever else may look cheaper, and numbers what it judged in one pass: it
/// is planned anew for each call, which costs more than what it does.
pub(super) const BY_INDEX: &str = r#"
-- Appends a batch in one go: whatever it touches is locked in one order, then read, judged and written
-- by one statement. What an item came to is in `outcome`: see `append.rs`, which cuts batches so that no
-- item rests on another. Every statement of a function sees what was committed before it began.
create or replace function chat.append(
    ids uuid[], conversations uuid[], senders text[], client_ids text[], fingerprints bytea[], kinds smallint[],
    texts text[], lexemes text[], attached text[], replies uuid[], times bigint[],
    upload_items bigint[], upload_ids uuid[]
) returns table (
    item bigint, outcome integer, new_seq bigint, new_rev bigint, new_reply_seq bigint,
    earlier_id uuid, earlier_conversation uuid, earlier_seq bigint, earlier_rev bigint, earlier_sender text,
    earlier_client_id text, earlier_kind smallint, earlier_text text,
    earlier_attachments jsonb, earlier_reply_id uuid, earlier_reply_seq bigint, earlier_created_at bigint
) language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $append$
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
    -- A member is asked for by a range of one: by an equality the index of users would do as well, of which one may be in
    -- thousands of conversations.
    perform 1 from (
        select distinct a.conversation, a.sender from unnest($2, $3) as a (conversation, sender)
        where a.conversation = any (ours) order by a.conversation, a.sender
    ) as asked
    cross join lateral (
        select 1 from chat.members as me
        where me.conversation = asked.conversation and me.user_id between asked.sender and asked.sender
        for no key update
    ) as held;
    if cardinality($13) > 0 then
        perform 1 from chat.uploads as u where u.id = any ($13) order by u.id for key share;
    end if;
    return query
    with asked as materialized (
        select a.*, c.pair, c.last_seq, c.rev as last_rev, quoted.seq as reply_seq, first.id as first_id,
            case
                when c.id is not null and not c.id = any (ours) then 6
                when me.user_id is null then 2
                when first.id is not null and first.fingerprint = a.fingerprint then 1
                when first.id is not null then 3
                when (select true from chat.blocks as block where block.pair = c.pair limit 1) then 7
                when a.reply is not null and quoted.seq is null then 4
                when exists (
                    select 1 from unnest($12, $13) as up (item, id)
                    where up.item = a.item
                        and (select u.owner from chat.uploads as u where u.id = up.id) is distinct from a.sender
                ) then 5
                else 0
            end as outcome
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) with ordinality
            as a (id, conversation, sender, client_id, fingerprint, kind, text, lexemes, attachments, reply, at, item)
        left join chat.conversations as c on c.id = a.conversation
        left join chat.members as me
            on me.conversation = a.conversation and me.user_id between a.sender and a.sender and me.active
        left join chat.messages as first
            on first.conversation = a.conversation and first.sender = a.sender and first.client_id = a.client_id
        left join lateral (select q.conversation, q.seq from chat.messages as q where q.id = a.reply offset 0) as quoted
            on quoted.conversation = a.conversation and quoted.seq > me.visible_from
    ), judged as materialized (
        select a.*, a.last_seq + a.place as seq, a.last_rev + a.place as rev from (
            select j.*, row_number() over (partition by j.conversation, j.outcome = 0 order by j.item) as place
            from asked as j
        ) as a
    ), inserted as (
        insert into chat.messages (
            id, conversation, seq, rev, sender, client_id, fingerprint, kind, text, attachments, reply_id, reply_seq,
            created_at, words
        )
        select n.id, n.conversation, n.seq, n.rev, n.sender, n.client_id, n.fingerprint, n.kind, n.text,
            n.attachments::jsonb, n.reply, n.reply_seq, n.at,
            array_to_tsvector(string_to_array(n.lexemes, ' '))
        from judged as n where n.outcome = 0
    ), heads as (
        update chat.conversations as c
        set last_seq = g.seq, rev = g.rev, active_at = greatest(c.active_at, g.at)
        from (
            select n.conversation, max(n.seq) as seq, max(n.rev) as rev, max(n.at) as at
            from judged as n where n.outcome = 0 group by 1
        ) as g
        where c.id = g.conversation
    ), marks as (
        update chat.members as me set delivered = g.seq, read = g.seq
        from (
            select n.conversation, n.sender, max(n.seq) as seq from judged as n where n.outcome = 0 group by 1, 2
        ) as g
        where me.conversation = g.conversation and me.user_id between g.sender and g.sender
    ), links as (
        insert into chat.upload_links (upload, conversation, seq)
        select up.id, n.conversation, n.seq from unnest($12, $13) as up (item, id)
        join judged as n on n.item = up.item and n.outcome = 0
        on conflict do nothing
    )
    -- Of what was stored earlier its id is enough; a function cannot be replaced by one with fewer columns.
    select j.item, j.outcome,
        case when j.outcome = 0 then j.seq end, case when j.outcome = 0 then j.rev end, j.reply_seq,
        j.first_id, null::uuid, null::bigint, null::bigint, null::text, null::text,
        null::smallint, null::text, null::jsonb, null::uuid, null::bigint, null::bigint
    from judged as j order by j.item;
end
$append$;
"#;
