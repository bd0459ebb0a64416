//! All of one user, and the store's own soundness.

use async_trait::async_trait;
use chat_core::id::{ConversationId, MessageId, Seq, Timestamp, UploadId, UserId};
use chat_core::model::{KeptText, Member, Message, Reacted, Retext, Upload};
use chat_core::store::{AdminStore, Damage, DamageKind, Erased};
use serde_json::json;

use crate::error::{Result, failed};
use crate::pool::{Db, SqliteStore};
use crate::rows::{self, MemberRow, MessageRow, ReactedRow, UploadRow, signed};
use crate::texts;

const SENT: &str = r"
select m.id, m.conversation, m.seq, m.rev, m.sender, m.client_id, m.fingerprint, m.kind, m.text, m.attachments,
    m.reply_id, m.reply_seq, m.created_at, m.first_rev, m.edited_at, m.reactions
from chat_members as me
cross join chat_messages as m on m.conversation = me.conversation and m.sender = me.user
where me.user = ?1 and (?2 is null or (m.conversation, m.seq) > (?2, ?3))
order by m.conversation, m.seq limit ?4";

const UPLOADS: &str = r"
select id, owner, purpose, content_type, size, width, height, name, has_thumbnail, url, created_at
from chat_uploads where owner = ?1 and (?2 is null or id > ?2) order by id limit ?3";

const REACTIONS: &str = r"
select conversation, seq, reaction, at from chat_reactions
where user = ?1 and (?2 is null or (conversation, seq, reaction) > (?2, ?3, ?4))
order by conversation, seq, reaction limit ?5";

const STANDINGS: &str = r"
select conversation, user, role, active, joined_at, rev, visible_from, delivered, read
from chat_members where user = ? order by conversation";

const NOTE: &str = "insert into chat_erasures (user, at) values (?, ?) on conflict do nothing";

/// Where the user is the last owner among others: who comes next.
const HEIRS: &str = r"
select hex(conversation), user from (
    select heir.conversation, heir.user,
        row_number() over (partition by heir.conversation order by heir.role desc, heir.joined_at, heir.user) as place
    from chat_members as me
    cross join chat_members as heir on heir.conversation = me.conversation and heir.user <> me.user and heir.active
    where me.user = ?1 and me.active and me.role = 3 and not exists (
        select 1 from chat_members as owner
        where owner.conversation = me.conversation and owner.user <> ?1 and owner.active and owner.role = 3
    )
) where place = 1";

const ADVANCE: &str = r"
update chat_conversations set rev = rev + 1
where id in (select unhex(value ->> 0) from json_each(?))";

const CROWN: &str = r"
update chat_members as heir set role = 3, rev = (select rev from chat_conversations where id = heir.conversation)
from (select unhex(value ->> 0) as conversation, value ->> 1 as user from json_each(?)) as asked
where heir.conversation = asked.conversation and heir.user = asked.user";

const COUNT_OUT: &str = r"
update chat_conversations set rev = rev + 1, member_count = member_count - 1
where id in (select conversation from chat_members where user = ? and active)";

const DEPART: &str = r"
update chat_members as me set active = 0, rev = (select rev from chat_conversations where id = me.conversation)
where user = ? and active";

const UNPICTURE: &str = r"
update chat_conversations set avatar = null, rev = rev + 1, settings_rev = rev + 1
where avatar in (select id from chat_uploads where owner = ?)";

const UNLINK: &str = r"
delete from chat_upload_links where upload in (select id from chat_uploads where owner = ?)";

const TAKE_UPLOADS: &str = r"
delete from chat_uploads where owner = ?
returning id, owner, purpose, content_type, size, width, height, name, has_thumbnail, url, created_at";

const UNINDEX: &str = r"
delete from chat_words where rowid in (
    select m.row from chat_members as me
    cross join chat_messages as m on m.conversation = me.conversation and m.sender = me.user
    where me.user = ?
)";

const BLANK: &str = r"
update chat_messages set
    kind = 3, text = '', attachments = null, reply_id = null, reply_seq = null, client_id = null,
    fingerprint = zeroblob(16), edited_at = null, reactions = null
where sender = ?1 and kind <> 3 and conversation in (select conversation from chat_members where user = ?1)";

/// What messages keep that the user deleted before.
const UNSIGN: &str = r"
update chat_messages set client_id = null, fingerprint = zeroblob(16)
where sender = ?1 and kind = 3 and fingerprint <> zeroblob(16)
    and conversation in (select conversation from chat_members where user = ?1)";

/// Reactions of others to the user's messages.
const UNREACT: &str = r"
delete from chat_reactions where (conversation, seq) in (
    select m.conversation, m.seq from chat_members as me
    cross join chat_messages as m on m.conversation = me.conversation and m.sender = me.user
    where me.user = ? and m.reactions is not null
)";

const REACTED: &str = "select distinct hex(conversation), seq from chat_reactions where user = ?";

const TAKE_REACTIONS: &str = "delete from chat_reactions where user = ?";

/// Has messages tell of their reactions what is true.
const SUMMARIZE: &str = r"
update chat_messages as m set reactions = (
    select nullif(json_group_array(json(told)), '[]') from (
        select json_object(
            'reaction', reaction, 'count', count(*),
            'users', json_group_array(user order by place) filter (where place <= 20)
        ) as told
        from (
            select reaction, user, row_number() over (partition by reaction order by rev) as place
            from chat_reactions where conversation = m.conversation and seq = m.seq
        )
        group by reaction order by reaction
    )
)
from (select unhex(value ->> 0) as conversation, value ->> 1 as seq from json_each(?)) as asked
where m.conversation = asked.conversation and m.seq = asked.seq";

/// The rest of what is the user's.
const FORGET: &[&str] = &[
    "delete from chat_accounts where id = ?",
    "delete from chat_logins where user = ?",
    "delete from chat_last_seen where user = ?",
    "delete from chat_joins where user = ?",
    "delete from chat_blocks where user = ?",
    "delete from chat_blocks where other = ?",
    "delete from chat_privacy where user = ?",
    "delete from chat_pushes where user = ?",
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
select lower(hex(c.id)) || ': ' || coalesce(m.count, 0) || ' messages up to ' || coalesce(m.last, 0) || ', last seq '
    || c.last_seq
from chat_conversations as c
left join (
    select conversation, count(*) as count, min(seq) as first, max(seq) as last from chat_messages group by conversation
) as m on m.conversation = c.id
where coalesce(m.count, 0) <> c.last_seq or coalesce(m.last, 0) <> c.last_seq or coalesce(m.first, 1) <> 1
limit ?";

const DOUBLED_CLIENT_IDS: &str = r"
select lower(hex(conversation)) || ' ' || sender || ' ' || client_id from chat_messages where client_id is not null
group by conversation, sender, client_id having count(*) > 1 limit ?";

const MARKERS_PAST_HEAD: &str = r"
select lower(hex(m.conversation)) || ' ' || m.user
from chat_members as m cross join chat_conversations as c on c.id = m.conversation
where m.read > m.delivered or m.delivered > c.last_seq or m.visible_from > c.last_seq limit ?";

const REVS_PAST_HEAD: &str = r"
select lower(hex(c.id)) || ' ' || row.what from chat_conversations as c
cross join (
    select conversation, rev, 'member ' || user as what from chat_members
    union all select conversation, rev, 'message ' || seq from chat_messages
    union all select id, settings_rev, 'settings' from chat_conversations
) as row on row.conversation = c.id where row.rev > c.rev limit ?";

const ORPHAN_UPLOADS: &str = r"
select lower(hex(link.upload)) || ' is held by no message' from chat_upload_links as link
left join chat_messages as m on m.conversation = link.conversation and m.seq = link.seq
where m.row is null or m.attachments is null
union all
select lower(hex(m.id)) || ' holds a missing upload' from chat_messages as m, json_each(m.attachments) as held
where m.attachments is not null and not exists (
    select 1 from chat_upload_links as link
    where link.upload = unhex(held.value ->> 'upload', '-') and link.conversation = m.conversation and link.seq = m.seq
)
limit ?";

const WRONG_REACTIONS: &str = r"
with given as (
    select conversation, seq, reaction, count(*) as count,
        json_group_array(user order by place) filter (where place <= 20) as users
    from (
        select conversation, seq, reaction, user,
            row_number() over (partition by conversation, seq, reaction order by rev) as place
        from chat_reactions
    )
    group by conversation, seq, reaction
), told as (
    select m.conversation, m.seq, one.value ->> 'reaction' as reaction, one.value ->> 'count' as count,
        one.value -> 'users' as users
    from chat_messages as m, json_each(m.reactions) as one where m.reactions is not null
)
select distinct lower(hex(conversation)) || ' message ' || seq || ': ' || reaction from (
    select * from (select * from given except select * from told)
    union all
    select * from (select * from told except select * from given)
) limit ?";

const WRONG_MEMBERS: &str = r"
select lower(hex(c.id)) || ': ' || c.member_count || ' members told' from chat_conversations as c
left join (
    select conversation, sum(active) as active, count(*) as sides, sum(active and role = 3) as owners
    from chat_members group by conversation
) as m on m.conversation = c.id
where coalesce(m.active, 0) <> c.member_count
    or (c.kind = 1 and coalesce(m.sides, 0) <> 2)
    or (c.kind = 2 and m.active > 0 and m.owners = 0)
limit ?";

const LEFT_AFTER_ERASURE: &str = r"
select gone.user || ': ' || left.what from chat_erasures as gone
cross join (
    select id as user, 'account' as what from chat_accounts
    union all select user, 'login' from chat_logins
    union all select user, 'last seen' from chat_last_seen
    union all select user, 'count of joinings' from chat_joins
    union all select user, 'block' from chat_blocks
    union all select other, 'block' from chat_blocks
    union all select user, 'privacy' from chat_privacy
    union all select user, 'push subscription' from chat_pushes
    union all select owner, 'upload' from chat_uploads
    union all select user, 'membership' from chat_members where active
    union all select user, 'reaction' from chat_reactions
    union all select sender, 'message' from chat_messages where kind <> 3 or client_id is not null
) as left on left.user = gone.user limit ?";

#[async_trait]
impl AdminStore for SqliteStore {
    async fn sent(
        &self,
        user: &UserId,
        after: Option<(ConversationId, Seq)>,
        limit: usize,
    ) -> Result<Vec<Message>> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(SENT))
            .bind(user.as_str())
            .bind(after.map(|(conversation, _)| conversation.as_uuid()))
            .bind(after.map(|(_, seq)| seq.get()))
            .bind(signed(limit as u64));
        let found: Vec<MessageRow> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        rows::all(found)
    }

    async fn uploads_of(
        &self,
        user: &UserId,
        after: Option<UploadId>,
        limit: usize,
    ) -> Result<Vec<Upload>> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(UPLOADS))
            .bind(user.as_str())
            .bind(after.map(|id| id.as_uuid()))
            .bind(signed(limit as u64));
        let found: Vec<UploadRow> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        rows::all(found)
    }

    async fn reactions_of(
        &self,
        user: &UserId,
        after: Option<&Reacted>,
        limit: usize,
    ) -> Result<Vec<Reacted>> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(REACTIONS))
            .bind(user.as_str())
            .bind(after.map(|after| after.conversation.as_uuid()))
            .bind(after.map(|after| after.seq.get()))
            .bind(after.map(|after| after.reaction.as_str()))
            .bind(signed(limit as u64));
        let found: Vec<ReactedRow> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        rows::all(found)
    }

    async fn standings(&self, user: &UserId) -> Result<Vec<(ConversationId, Member)>> {
        let mut reader = self.reader().await?;
        let query = sqlx::query_as(self.sql(STANDINGS)).bind(user.as_str());
        let found: Vec<MemberRow> = query.fetch_all(&mut *reader).await.map_err(failed)?;
        let standing = |row: MemberRow| {
            let id = ConversationId::from_uuid(row.conversation);
            Ok((id, row.try_into()?))
        };
        found.into_iter().map(standing).collect()
    }

    async fn erase(&self, user: &UserId, at: Timestamp) -> Result<Erased> {
        let mut tx = self.write_many().await?;
        let erased = erase(&mut self.db(&mut tx), user, at).await?;
        tx.commit().await.map_err(failed)?;
        Ok(erased)
    }

    async fn texts(&self, before: Option<MessageId>, limit: usize) -> Result<Vec<KeptText>> {
        let mut reader = self.reader().await?;
        texts::texts(&mut self.db(&mut reader), before, limit).await
    }

    async fn replace_texts(&self, texts: &[Retext]) -> Result<u64> {
        let mut tx = self.write().await?;
        let replaced = texts::replace(&mut self.db(&mut tx), texts).await?;
        tx.commit().await.map_err(failed)?;
        Ok(replaced)
    }

    async fn audit(&self, limit: usize) -> Result<Vec<Damage>> {
        let mut tx = self.read().await?;
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
    let conversations = leave_all(db, user).await?;
    run(db, UNPICTURE, user).await?;
    run(db, UNLINK, user).await?;
    let uploads = sqlx::query_as(db.sql(TAKE_UPLOADS)).bind(user.as_str());
    let uploads: Vec<UploadRow> = uploads
        .fetch_all(&mut *db.connection)
        .await
        .map_err(failed)?;
    run(db, UNINDEX, user).await?;
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
    let reacted: Vec<(String, i64)> = reacted
        .fetch_all(&mut *db.connection)
        .await
        .map_err(failed)?;
    let taken = run(db, TAKE_REACTIONS, user).await?;
    let summarize = sqlx::query(db.sql(SUMMARIZE)).bind(json!(reacted).to_string());
    summarize
        .execute(&mut *db.connection)
        .await
        .map_err(failed)?;
    Ok(taken)
}

/// Ends all memberships; how many there were.
async fn leave_all(db: &mut Db<'_>, user: &UserId) -> Result<u64> {
    let heirs = sqlx::query_as(db.sql(HEIRS)).bind(user.as_str());
    let heirs: Vec<(String, String)> =
        heirs.fetch_all(&mut *db.connection).await.map_err(failed)?;
    if !heirs.is_empty() {
        let heirs = json!(heirs).to_string();
        for statement in [ADVANCE, CROWN] {
            let query = sqlx::query(db.sql(statement)).bind(&heirs);
            query.execute(&mut *db.connection).await.map_err(failed)?;
        }
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
