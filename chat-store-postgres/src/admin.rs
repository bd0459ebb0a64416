//! All of one user, and the store's own soundness.

use async_trait::async_trait;
use chat_core::id::{ConversationId, MessageId, Seq, Timestamp, UploadId, UserId};
use chat_core::model::{KeptText, Member, Message, Reacted, Retext, Upload};
use chat_core::store::{AdminStore, Damage, DamageKind, Erased};
use uuid::Uuid;

use crate::error::{Result, failed};
use crate::pool::{Db, PostgresStore};
use crate::rows::{self, MemberRow, MessageRow, ReactedRow, UploadRow, signed};
use crate::texts;

const SENT: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from chat.members as me
join chat.messages as m on m.conversation = me.conversation and m.sender = me.user_id
where me.user_id = $1 and ($2::uuid is null or (m.conversation, m.seq) > ($2, $3))
order by m.conversation, m.seq limit $4";

const UPLOADS: &str = r"
select id, owner, purpose, content_type, size, width, height, name, has_thumbnail, url, created_at
from chat.uploads where owner = $1 and ($2::uuid is null or id > $2) order by id limit $3";

const REACTIONS: &str = r"
select conversation, seq, reaction, at from chat.reactions
where user_id = $1 and ($2::uuid is null or (conversation, seq, reaction) > ($2, $3, $4))
order by conversation, seq, reaction limit $5";

const STANDINGS: &str = r"
select conversation, user_id, role, active, joined_at, rev, visible_from, delivered, read
from chat.members where user_id = $1 order by conversation";

const NOTE: &str =
    r"insert into chat.erasures (user_id, at) values ($1, $2) on conflict do nothing";

/// Where the user is the last owner among others: who comes next.
const HEIRS: &str = r"
select conversation, user_id from (
    select heir.conversation, heir.user_id,
        row_number() over (partition by heir.conversation order by heir.role desc, heir.joined_at, heir.user_id) as place
    from chat.members as me
    join chat.members as heir on heir.conversation = me.conversation and heir.user_id <> me.user_id and heir.active
    where me.user_id = $1 and me.active and me.role = 3 and not exists (
        select 1 from chat.members as owner
        where owner.conversation = me.conversation and owner.user_id <> $1 and owner.active and owner.role = 3
    )
) as next where place = 1";

const ADVANCE: &str = r"update chat.conversations set rev = rev + 1 where id = any ($1)";

const CROWN: &str = r"
update chat.members as heir set role = 3, rev = c.rev
from unnest($1::uuid[], $2::text[]) as asked (conversation, user_id)
join chat.conversations as c on c.id = asked.conversation
where heir.conversation = asked.conversation and heir.user_id = asked.user_id";

const COUNT_OUT: &str = r"
update chat.conversations set rev = rev + 1, member_count = member_count - 1
where id in (select conversation from chat.members where user_id = $1 and active)";

const DEPART: &str = r"
update chat.members as me set active = false, rev = c.rev
from chat.conversations as c where c.id = me.conversation and me.user_id = $1 and me.active";

const UNPICTURE: &str = r"
update chat.conversations set avatar = null, rev = rev + 1, settings_rev = rev + 1
where avatar in (select id from chat.uploads where owner = $1)";

const UNLINK: &str = r"
delete from chat.upload_links where upload in (select id from chat.uploads where owner = $1)";

const TAKE_UPLOADS: &str = r"
delete from chat.uploads where owner = $1
returning id, owner, purpose, content_type, size, width, height, name, has_thumbnail, url, created_at";

/// The conversations, locked in one order, as appends and changes lock them.
const LOCK: &str = r"
select 1 from chat.conversations where id in (select conversation from chat.members where user_id = $1)
order by id for no key update";

const BLANK: &str = r"
update chat.messages set
    kind = 3, text = '', attachments = null, reply_id = null, reply_seq = null, client_id = null,
    fingerprint = decode(repeat('00', 16), 'hex'), words = '', edited_at = null, reactions = null
where sender = $1 and kind <> 3 and conversation in (select conversation from chat.members where user_id = $1)";

/// What messages keep that the user deleted before.
const UNSIGN: &str = r"
update chat.messages set client_id = null, fingerprint = decode(repeat('00', 16), 'hex')
where sender = $1 and kind = 3 and fingerprint <> decode(repeat('00', 16), 'hex')
    and conversation in (select conversation from chat.members where user_id = $1)";

/// Reactions of others to the user's messages.
const UNREACT: &str = r"
delete from chat.reactions as given
using chat.members as me, chat.messages as m
where me.user_id = $1 and m.conversation = me.conversation and m.sender = me.user_id and m.reactions is not null
    and given.conversation = m.conversation and given.seq = m.seq";

const REACTED: &str = r"select distinct conversation, seq from chat.reactions where user_id = $1";

const TAKE_REACTIONS: &str = r"delete from chat.reactions where user_id = $1";

/// Has messages tell of their reactions what is true.
const SUMMARIZE: &str = r"
update chat.messages as m set reactions = (
    select jsonb_agg(told.summary order by told.reaction) from (
        select given.reaction, jsonb_build_object(
            'reaction', given.reaction, 'count', count(*),
            'users', jsonb_agg(given.user_id order by given.place) filter (where given.place <= 20)
        ) as summary
        from (
            select reaction, user_id, row_number() over (partition by reaction order by rev) as place
            from chat.reactions where conversation = m.conversation and seq = m.seq
        ) as given
        group by given.reaction
    ) as told
)
from unnest($1::uuid[], $2::bigint[]) as asked (conversation, seq)
where m.conversation = asked.conversation and m.seq = asked.seq";

/// The rest of what is the user's.
const FORGET: &[&str] = &[
    "delete from chat.accounts where id = $1",
    "delete from chat.logins where user_id = $1",
    "delete from chat.last_seen where user_id = $1",
    "delete from chat.joins where user_id = $1",
    "delete from chat.blocks where user_id = $1",
    "delete from chat.blocks where other_id = $1",
    "delete from chat.privacy where user_id = $1",
    "delete from chat.pushes where user_id = $1",
];

/// What finds each kind of damage: a text for each place, up to a limit.
const AUDIT: &[(DamageKind, &str)] = &[
    (DamageKind::SeqGap, SEQ_GAPS),
    (DamageKind::DoubledClientId, DOUBLED_CLIENT_IDS),
    (DamageKind::MarkerPastHead, MARKERS_PAST_HEAD),
    (DamageKind::RevPastHead, REVS_PAST_HEAD),
    (DamageKind::OrphanUpload, ORPHAN_UPLOADS),
    (DamageKind::WrongReactions, WRONG_REACTIONS),
    (DamageKind::WrongMembers, WRONG_MEMBERS),
    (DamageKind::LeftAfterErasure, LEFT_AFTER_ERASURE),
];

const SEQ_GAPS: &str = r"
select c.id || ': ' || coalesce(m.count, 0) || ' messages up to ' || coalesce(m.last, 0) || ', last seq ' || c.last_seq
from chat.conversations as c
left join (
    select conversation, count(*) as count, min(seq) as first, max(seq) as last from chat.messages group by conversation
) as m on m.conversation = c.id
where coalesce(m.count, 0) <> c.last_seq or coalesce(m.last, 0) <> c.last_seq or coalesce(m.first, 1) <> 1
limit $1";

const DOUBLED_CLIENT_IDS: &str = r"
select conversation || ' ' || sender || ' ' || client_id from chat.messages where client_id is not null
group by conversation, sender, client_id having count(*) > 1 limit $1";

const MARKERS_PAST_HEAD: &str = r"
select m.conversation || ' ' || m.user_id
from chat.members as m join chat.conversations as c on c.id = m.conversation
where m.read > m.delivered or m.delivered > c.last_seq or m.visible_from > c.last_seq limit $1";

const REVS_PAST_HEAD: &str = r"
select c.id || ' ' || part.what from chat.conversations as c
join (
    select conversation, rev, 'member ' || user_id as what from chat.members
    union all select conversation, rev, 'message ' || seq from chat.messages
    union all select id, settings_rev, 'settings' from chat.conversations
) as part on part.conversation = c.id where part.rev > c.rev limit $1";

const ORPHAN_UPLOADS: &str = r"
select link.upload || ' is held by no message' from chat.upload_links as link
left join chat.messages as m on m.conversation = link.conversation and m.seq = link.seq
where m.id is null or m.attachments is null
union all
select m.id || ' holds a missing upload' from chat.messages as m
cross join jsonb_array_elements(m.attachments) as held (attachment)
where m.attachments is not null and not exists (
    select 1 from chat.upload_links as link
    where link.upload = (held.attachment ->> 'upload')::uuid and link.conversation = m.conversation and link.seq = m.seq
)
limit $1";

const WRONG_REACTIONS: &str = r"
with given as (
    select conversation, seq, reaction, count(*) as count,
        jsonb_agg(user_id order by place) filter (where place <= 20) as users
    from (
        select conversation, seq, reaction, user_id,
            row_number() over (partition by conversation, seq, reaction order by rev) as place
        from chat.reactions
    ) as one
    group by conversation, seq, reaction
), told as (
    select m.conversation, m.seq, one.summary ->> 'reaction' as reaction, (one.summary ->> 'count')::bigint as count,
        one.summary -> 'users' as users
    from chat.messages as m cross join jsonb_array_elements(m.reactions) as one (summary) where m.reactions is not null
), wrong as (
    (select * from given except select * from told) union all (select * from told except select * from given)
)
select distinct conversation || ' message ' || seq || ': ' || reaction from wrong limit $1";

const WRONG_MEMBERS: &str = r"
select c.id || ': ' || c.member_count || ' members told' from chat.conversations as c
left join (
    select conversation, count(*) filter (where active) as active, count(*) as sides,
        count(*) filter (where active and role = 3) as owners
    from chat.members group by conversation
) as m on m.conversation = c.id
where coalesce(m.active, 0) <> c.member_count
    or (c.kind = 1 and coalesce(m.sides, 0) <> 2)
    or (c.kind = 2 and m.active > 0 and m.owners = 0)
limit $1";

const LEFT_AFTER_ERASURE: &str = r"
select gone.user_id || ': ' || rest.what from chat.erasures as gone
join (
    select id as user_id, 'account' as what from chat.accounts
    union all select user_id, 'login' from chat.logins
    union all select user_id, 'last seen' from chat.last_seen
    union all select user_id, 'count of joinings' from chat.joins
    union all select user_id, 'block' from chat.blocks
    union all select other_id, 'block' from chat.blocks
    union all select user_id, 'privacy' from chat.privacy
    union all select user_id, 'push subscription' from chat.pushes
    union all select owner, 'upload' from chat.uploads
    union all select user_id, 'membership' from chat.members where active
    union all select user_id, 'reaction' from chat.reactions
    union all select sender, 'message' from chat.messages where kind <> 3 or client_id is not null
) as rest on rest.user_id = gone.user_id limit $1";

#[async_trait]
impl AdminStore for PostgresStore {
    async fn sent(
        &self,
        user: &UserId,
        after: Option<(ConversationId, Seq)>,
        limit: usize,
    ) -> Result<Vec<Message>> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(SENT))
            .bind(user.as_str())
            .bind(after.map(|(conversation, _)| conversation.as_uuid()))
            .bind(after.map(|(_, seq)| seq.get()))
            .bind(signed(limit as u64));
        let found: Vec<MessageRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        rows::all(found)
    }

    async fn uploads_of(
        &self,
        user: &UserId,
        after: Option<UploadId>,
        limit: usize,
    ) -> Result<Vec<Upload>> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(UPLOADS))
            .bind(user.as_str())
            .bind(after.map(|id| id.as_uuid()))
            .bind(signed(limit as u64));
        let found: Vec<UploadRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        rows::all(found)
    }

    async fn reactions_of(
        &self,
        user: &UserId,
        after: Option<&Reacted>,
        limit: usize,
    ) -> Result<Vec<Reacted>> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(REACTIONS))
            .bind(user.as_str())
            .bind(after.map(|after| after.conversation.as_uuid()))
            .bind(after.map(|after| after.seq.get()))
            .bind(after.map(|after| after.reaction.as_str()))
            .bind(signed(limit as u64));
        let found: Vec<ReactedRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        rows::all(found)
    }

    async fn standings(&self, user: &UserId) -> Result<Vec<(ConversationId, Member)>> {
        let mut connection = self.connection().await?;
        let query = sqlx::query_as(self.sql(STANDINGS)).bind(user.as_str());
        let found: Vec<MemberRow> = query.fetch_all(&mut *connection).await.map_err(failed)?;
        let standing = |row: MemberRow| {
            let id = ConversationId::from_uuid(row.conversation);
            Ok((id, row.try_into()?))
        };
        found.into_iter().map(standing).collect()
    }

    async fn erase(&self, user: &UserId, at: Timestamp) -> Result<Erased> {
        let mut tx = self.write().await?;
        self.unhurried(&mut tx).await?;
        let erased = erase(&mut self.db(&mut tx), user, at).await?;
        tx.commit().await.map_err(failed)?;
        Ok(erased)
    }

    async fn texts(&self, before: Option<MessageId>, limit: usize) -> Result<Vec<KeptText>> {
        let mut connection = self.connection().await?;
        texts::texts(&mut self.db(&mut connection), before, limit).await
    }

    async fn replace_texts(&self, texts: &[Retext]) -> Result<u64> {
        let mut tx = self.write().await?;
        let replaced = texts::replace(&mut self.db(&mut tx), texts).await?;
        tx.commit().await.map_err(failed)?;
        Ok(replaced)
    }

    async fn audit(&self, limit: usize) -> Result<Vec<Damage>> {
        let mut tx = self.read().await?;
        self.unhurried(&mut tx).await?;
        let mut damages = Vec::new();
        for (kind, statement) in AUDIT {
            let query = sqlx::query_scalar(self.sql(statement)).bind(signed(limit as u64));
            let places: Vec<String> = query.fetch_all(&mut *tx).await.map_err(failed)?;
            let kind = *kind;
            damages.extend(places.into_iter().map(|place| Damage { kind, place }));
        }
        Ok(damages)
    }
}

async fn erase(db: &mut Db<'_>, user: &UserId, at: Timestamp) -> Result<Erased> {
    let note = sqlx::query(db.sql(NOTE))
        .bind(user.as_str())
        .bind(at.as_millis());
    note.execute(&mut *db.connection).await.map_err(failed)?;
    run(db, LOCK, user).await?;
    let conversations = leave_all(db, user).await?;
    run(db, UNPICTURE, user).await?;
    run(db, UNLINK, user).await?;
    let uploads = sqlx::query_as(db.sql(TAKE_UPLOADS)).bind(user.as_str());
    let uploads: Vec<UploadRow> = uploads
        .fetch_all(&mut *db.connection)
        .await
        .map_err(failed)?;
    run(db, UNREACT, user).await?;
    run(db, UNSIGN, user).await?;
    let messages = run(db, BLANK, user).await?;
    let reactions = take_reactions(db, user).await?;
    for statement in FORGET {
        run(db, statement, user).await?;
    }
    let uploads = rows::all(uploads)?;
    Ok(Erased {
        messages,
        reactions,
        conversations,
        uploads,
    })
}

/// Takes back the reactions that the user gave; how many there were.
async fn take_reactions(db: &mut Db<'_>, user: &UserId) -> Result<u64> {
    let reacted = sqlx::query_as(db.sql(REACTED)).bind(user.as_str());
    let reacted: Vec<(Uuid, i64)> = reacted
        .fetch_all(&mut *db.connection)
        .await
        .map_err(failed)?;
    let taken = run(db, TAKE_REACTIONS, user).await?;
    let (ids, seqs): (Vec<Uuid>, Vec<i64>) = reacted.into_iter().unzip();
    let summarize = sqlx::query(db.sql(SUMMARIZE)).bind(ids).bind(seqs);
    summarize
        .execute(&mut *db.connection)
        .await
        .map_err(failed)?;
    Ok(taken)
}

/// Ends all memberships; how many there were.
async fn leave_all(db: &mut Db<'_>, user: &UserId) -> Result<u64> {
    let heirs = sqlx::query_as(db.sql(HEIRS)).bind(user.as_str());
    let heirs: Vec<(Uuid, String)> = heirs.fetch_all(&mut *db.connection).await.map_err(failed)?;
    if !heirs.is_empty() {
        let (ids, users): (Vec<Uuid>, Vec<String>) = heirs.into_iter().unzip();
        let advance = sqlx::query(db.sql(ADVANCE)).bind(&ids);
        advance.execute(&mut *db.connection).await.map_err(failed)?;
        let crown = sqlx::query(db.sql(CROWN)).bind(&ids).bind(users);
        crown.execute(&mut *db.connection).await.map_err(failed)?;
    }
    run(db, COUNT_OUT, user).await?;
    run(db, DEPART, user).await
}

/// Runs a statement about a user; how many rows it changed.
async fn run(db: &mut Db<'_>, statement: &'static str, user: &UserId) -> Result<u64> {
    let query = sqlx::query(db.sql(statement)).bind(user.as_str());
    let done = query.execute(&mut *db.connection).await.map_err(failed)?;
    Ok(done.rows_affected())
}
