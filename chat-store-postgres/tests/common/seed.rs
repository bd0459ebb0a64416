//! A store filled by the server itself: quick enough for millions of rows.

use sqlx::{AssertSqlSafe, PgPool};

/// Messages of a conversation.
pub(crate) const EACH: i64 = 100;

/// For every 100 messages a conversation and a user: ten members each, every tenth conversation direct with two.
/// So a user is in about nine, however many there are.
const STATEMENTS: &[&str] = &[
    "insert into chat.accounts (id, username, email, display_name, password_hash, disabled, created_at)
    select 'user-' || n, 'user-' || n, 'user-' || n || '@example.com', 'User ' || n, 'hash', false, n
    from generate_series(0, $count - 1) as n",
    "insert into chat.conversations (
        id, kind, pair, created_by, created_at, active_at, last_seq, rev, settings_rev, member_count
    )
    select md5('conversation ' || n)::uuid, case n % 10 when 0 then 1 else 2 end,
        case n % 10 when 0 then 'pair ' || n end, 'user-' || n, n, 1000000 + n, $each, $each + 1, 1,
        case n % 10 when 0 then 2 else 10 end
    from generate_series(0, $count - 1) as n",
    "insert into chat.members (conversation, user_id, role, active, joined_at, rev, visible_from, delivered, read)
    select md5('conversation ' || n)::uuid, 'user-' || (n + place * (1 + n % 7)) % $count,
        case place when 0 then 3 else 1 end, true, n, 1, 0, $each, $each / 2
    from generate_series(0, $count - 1) as n
    cross join generate_series(0, case n % 10 when 0 then 1 else 9 end) as place
    on conflict do nothing",
    // Indexes are made from what is there sooner than row by row.
    "alter table chat.messages drop constraint messages_pkey, drop constraint messages_id_key",
    "drop index chat.messages_client, chat.messages_revised, chat.messages_words",
    "insert into chat.messages (
        id, conversation, seq, rev, sender, client_id, fingerprint, kind, text, created_at, words
    )
    select md5('message ' || n || ' ' || seq)::uuid, md5('conversation ' || n)::uuid, seq, seq + 1,
        'user-' || n, 'client ' || seq, 'fingerprint', 1,
        'message number' || seq || ' with common words and rare' || (n * 31 + seq) % 50000, 1000000 + n,
        array_to_tsvector(array[
            'message', 'number' || seq, 'with', 'common', 'words', 'and', 'rare' || (n * 31 + seq) % 50000,
            '@' || replace(md5('conversation ' || n)::uuid::text, '-', '')
        ])
    from generate_series(0, $count - 1) as n cross join generate_series(1, $each) as seq",
    "alter table chat.messages add primary key (conversation, seq), add unique (id)",
    "create unique index messages_client on chat.messages (conversation, sender, client_id) where client_id is not null",
    "create index messages_revised on chat.messages (conversation, rev) where first_rev is not null",
    "create index messages_words on chat.messages using gin (words)",
    "analyze chat.accounts",
    "analyze chat.conversations",
    "analyze chat.members",
    "analyze chat.messages",
];

/// Fills a fresh schema with so many messages.
///
/// # Errors
/// Whatever the server says.
pub(crate) async fn fill(pool: &PgPool, schema: &str, messages: i64) -> sqlx::Result<()> {
    fill_each(pool, schema, messages / EACH, EACH).await
}

/// Fills a fresh schema with so many conversations of `each` messages.
///
/// # Errors
/// Whatever the server says.
pub(crate) async fn fill_each(
    pool: &PgPool,
    schema: &str,
    conversations: i64,
    each: i64,
) -> sqlx::Result<()> {
    let mut connection = pool.acquire().await?;
    sqlx::raw_sql(
        "set statement_timeout = 0; set synchronous_commit = off; set maintenance_work_mem = '1GB'",
    )
    .execute(&mut *connection)
    .await?;
    for statement in STATEMENTS {
        let statement = statement
            .replace("chat.", &format!("{schema}."))
            .replace("$count", &conversations.to_string())
            .replace("$each", &each.to_string());
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    connection.close().await
}
