//! What cannot come from the ports is planted past them, and found.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod place;

use bson::{Document, doc};
use chat_core::conformance::{Ports, exercise};
use chat_core::store::{AdminStore as _, DamageKind};
use place::Place;

fn all(collection: &str, change: Document) -> Vec<Document> {
    let update = doc! { "q": {}, "u": change, "multi": true };
    vec![doc! { "update": collection, "updates": [update] }]
}

fn gone(collection: &str, which: Document) -> Vec<Document> {
    let delete = doc! { "q": which, "limit": 0 };
    vec![doc! { "delete": collection, "deletes": [delete] }]
}

/// Each kind, and commands that plant it.
fn planted() -> Vec<(DamageKind, Vec<Document>)> {
    let by_client_id = "conversation_1_sender_1_client_id_1";
    let mut doubled = vec![doc! { "dropIndexes": "chat_messages", "index": by_client_id }];
    let same = doc! { "client_id": "twice", "sender": "ada" };
    doubled.extend(all("chat_messages", doc! { "$set": same }));
    let past = doc! { "read": 99_i64, "delivered": 99_i64 };
    let revs = doc! { "$inc": { "rev": 99_i64 } };
    let count = doc! { "$inc": { "member_count": 1_i64 } };
    let erased = doc! { "_id": "id-bob", "at": 1_i64 };
    let erased = doc! { "insert": "chat_erasures", "documents": [erased] };
    let zoe = doc! { "insert": "chat_erasures", "documents": [{ "_id": "zoe", "at": 1_i64 }] };
    let block = doc! {
        "_id": { "u": "yan", "o": "zoe" }, "user": "yan", "other": "zoe", "pair": "3:yanzoe", "at": 1_i64,
    };
    let block = doc! { "insert": "chat_blocks", "documents": [block] };
    let hidden = doc! { "_id": "zoe", "last_seen": 2_i64 };
    let hidden = doc! { "insert": "chat_privacy", "documents": [hidden] };
    let push = doc! {
        "_id": "https://push", "user": "zoe", "p256dh": "key", "auth": "secret", "created_at": 1_i64,
    };
    let push = doc! { "insert": "chat_pushes", "documents": [push] };
    let bare = doc! { "$set": { "attachments": [] } };
    vec![
        (DamageKind::SeqGap, gone("chat_messages", doc! { "seq": 1 })),
        (DamageKind::DoubledClientId, doubled),
        (
            DamageKind::MarkerPastHead,
            all("chat_members", doc! { "$set": past }),
        ),
        (DamageKind::RevPastHead, all("chat_messages", revs)),
        (DamageKind::OrphanUpload, gone("chat_upload_links", doc! {})),
        (DamageKind::WrongReactions, gone("chat_reactions", doc! {})),
        (
            DamageKind::WrongReactions,
            all("chat_messages", doc! { "$set": { "reactions": [] } }),
        ),
        (
            DamageKind::WrongReactions,
            all("chat_reactions", doc! { "$set": { "user": "bob" } }),
        ),
        (DamageKind::WrongMembers, all("chat_conversations", count)),
        (DamageKind::LeftAfterErasure, vec![erased]),
        (DamageKind::LeftAfterErasure, vec![zoe.clone(), block]),
        (DamageKind::LeftAfterErasure, vec![zoe.clone(), hidden]),
        (DamageKind::LeftAfterErasure, vec![zoe, push]),
        // No foreign key keeps these together.
        (DamageKind::SeqGap, gone("chat_conversations", doc! {})),
        (
            DamageKind::MarkerPastHead,
            gone("chat_conversations", doc! {}),
        ),
        (DamageKind::OrphanUpload, gone("chat_uploads", doc! {})),
        (DamageKind::OrphanUpload, all("chat_messages", bare)),
    ]
}

#[tokio::test]
async fn every_kind_of_planted_damage_is_found() {
    for (kind, commands) in planted() {
        let place = Place::new();
        let store = place.open().await;
        exercise::every_call(&Ports::of(&store)).await;
        assert_eq!(store.audit(10).await.unwrap(), [], "sound before {kind:?}");

        let database = place::client().await.database(&place.name);
        for mut command in commands {
            command.insert("writeConcern", doc! { "w": "majority" });
            database.run_command(command).await.unwrap();
        }

        let found = store.audit(10).await.unwrap();
        assert!(
            found
                .iter()
                .any(|damage| damage.kind == kind && !damage.place.is_empty()),
            "{kind:?}: {found:?}"
        );
        assert_eq!(store.audit(0).await.unwrap(), [], "at most so many");
    }
}
