//! What cannot come from the ports is planted past them, and found.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use chat_core::conformance::{Ports, exercise};
use chat_core::store::{AdminStore as _, DamageKind};
use sqlx::AssertSqlSafe;

/// Each kind, and statements that plant it.
const PLANTED: &[(DamageKind, &str)] = &[
    (
        DamageKind::SeqGap,
        "delete from chat.messages where seq = 1",
    ),
    (
        DamageKind::DoubledClientId,
        "drop index chat.messages_client; update chat.messages set client_id = 'twice', sender = 'ada'",
    ),
    (
        DamageKind::MarkerPastHead,
        "update chat.members set read = 99, delivered = 99",
    ),
    (
        DamageKind::RevPastHead,
        "update chat.messages set rev = rev + 99",
    ),
    (DamageKind::OrphanUpload, "delete from chat.upload_links"),
    (DamageKind::WrongReactions, "delete from chat.reactions"),
    (
        DamageKind::WrongReactions,
        "update chat.messages set reactions = null",
    ),
    (
        DamageKind::WrongReactions,
        "update chat.reactions set user_id = 'bob'",
    ),
    (
        DamageKind::WrongMembers,
        "update chat.conversations set member_count = member_count + 1",
    ),
    (
        DamageKind::LeftAfterErasure,
        "insert into chat.erasures (user_id, at) values ('id-bob', 1)",
    ),
    (
        DamageKind::LeftAfterErasure,
        "insert into chat.erasures (user_id, at) values ('zoe', 1);
        insert into chat.blocks (user_id, other_id, pair, at) values ('yan', 'zoe', '3:yanzoe', 1)",
    ),
    (
        DamageKind::LeftAfterErasure,
        "insert into chat.erasures (user_id, at) values ('zoe', 1);
        insert into chat.privacy (user_id, last_seen) values ('zoe', 2)",
    ),
    (
        DamageKind::LeftAfterErasure,
        "insert into chat.erasures (user_id, at) values ('zoe', 1);
        insert into chat.pushes (endpoint, user_id, p256dh, auth, created_at) values ('https://push', 'zoe', 'key', 'secret', 1)",
    ),
];

#[tokio::test]
async fn every_kind_of_planted_damage_is_found() {
    for (kind, statements) in PLANTED {
        let schema = common::unique("test");
        let store = common::open(&schema).await;
        exercise::every_call(&Ports::of(&store)).await;
        assert_eq!(store.audit(10).await.unwrap(), [], "sound before {kind:?}");

        let planted = statements.replace("chat.", &format!("{schema}."));
        sqlx::raw_sql(AssertSqlSafe(planted))
            .execute(store.pool())
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
