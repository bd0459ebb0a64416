//! What cannot come from the ports is planted past them, and found.

use chat_core::conformance::{Ports, exercise};
use chat_core::store::{AdminStore as _, DamageKind, SchemaStore as _};
use chat_store_sqlite::SqliteStore;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};

/// Each kind, and statements that plant it.
const PLANTED: &[(DamageKind, &str)] = &[
    (
        DamageKind::SeqGap,
        "delete from chat_messages where seq = 1",
    ),
    (
        DamageKind::DoubledClientId,
        "drop index chat_messages_client; update chat_messages set client_id = 'twice', sender = 'ada'",
    ),
    (
        DamageKind::MarkerPastHead,
        "update chat_members set read = 99, delivered = 99",
    ),
    (
        DamageKind::RevPastHead,
        "update chat_messages set rev = rev + 99",
    ),
    (DamageKind::OrphanUpload, "delete from chat_upload_links"),
    (DamageKind::WrongReactions, "delete from chat_reactions"),
    (
        DamageKind::WrongReactions,
        "update chat_messages set reactions = null",
    ),
    (
        DamageKind::WrongReactions,
        "update chat_reactions set user = 'bob'",
    ),
    (
        DamageKind::WrongMembers,
        "update chat_conversations set member_count = member_count + 1",
    ),
    (
        DamageKind::LeftAfterErasure,
        "insert into chat_erasures (user, at) values ('id-bob', 1)",
    ),
    (
        DamageKind::LeftAfterErasure,
        "insert into chat_erasures (user, at) values ('zoe', 1);
        insert into chat_blocks (user, other, pair, at) values ('yan', 'zoe', '3:yanzoe', 1)",
    ),
    (
        DamageKind::LeftAfterErasure,
        "insert into chat_erasures (user, at) values ('zoe', 1);
        insert into chat_privacy (user, last_seen) values ('zoe', 2)",
    ),
    (
        DamageKind::LeftAfterErasure,
        "insert into chat_erasures (user, at) values ('zoe', 1);
        insert into chat_pushes (endpoint, user, p256dh, auth, created_at) values ('https://push', 'zoe', 'key', 'secret', 1)",
    ),
];

#[tokio::test]
async fn every_kind_of_planted_damage_is_found() {
    for (kind, statements) in PLANTED {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chat.db");
        let store = SqliteStore::open(&path).await.unwrap();
        store.migrate().await.unwrap();
        exercise::every_call(&Ports::of(&store)).await;
        assert_eq!(store.audit(10).await.unwrap(), [], "sound before {kind:?}");

        let options = SqliteConnectOptions::new()
            .filename(&path)
            .foreign_keys(false);
        let mut other = options.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(*statements))
            .execute(&mut other)
            .await
            .unwrap();

        let found = store.audit(10).await.unwrap();
        assert!(
            found
                .iter()
                .any(|damage| damage.kind == *kind && !damage.place.is_empty()),
            "{kind:?}: {found:?}"
        );
        assert_eq!(store.audit(0).await.unwrap(), [], "at most so many");
    }
}
