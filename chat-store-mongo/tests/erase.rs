//! Erasing goes page by page: of somebody who was in more, and had more, than a page holds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod place;

use bson::{Document, doc};
use chat_core::id::{Timestamp, UploadId, UserId};
use chat_core::model::{MediaType, Purpose, Upload};
use chat_core::store::{AdminStore as _, DamageKind, MessageStore as _, UploadStore, Window};
use chat_store_mongo::MongoStore;
use futures_util::future::join_all;
use place::{Place, draft, group};

/// More than two pages of conversations, and more than one of uploads.
const CONVERSATIONS: usize = 110;
const UPLOADS: usize = 510;

fn ada() -> UserId {
    UserId::new("ada").unwrap()
}

async fn create_upload(store: &MongoStore) -> UploadId {
    let upload = Upload {
        id: UploadId::new(),
        owner: ada(),
        purpose: Purpose::Attachment,
        content_type: MediaType::Png,
        size: 1,
        width: Some(1),
        height: Some(1),
        name: None,
        has_thumbnail: false,
        url: None,
        created_at: Timestamp::now(),
    };
    UploadStore::create(store, &upload).await.unwrap();
    upload.id
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_page_is_erased() {
    let place = Place::new();
    let store = place.open().await;
    let ada = ada();
    let ids = join_all((0..CONVERSATIONS).map(|_| group(&store, &ada))).await;
    let drafts: Vec<_> = ids.iter().map(|id| draft(*id, &ada, "hello")).collect();
    let answers = store.append(&drafts).await.unwrap();
    assert!(answers.iter().all(Result::is_ok));
    let mut uploads = Vec::new();
    for _ in 0..UPLOADS / 30 {
        uploads.extend(join_all((0..30).map(|_| create_upload(&store))).await);
    }
    uploads.sort();

    // Somebody else's transaction is in the way of some pages: repeating takes the rest.
    let mut session = place::client().await.start_session().await.unwrap();
    place::begin_transaction(&mut session).await;
    let database = session.client().database(&place.name);
    let held = database.collection::<Document>("chat_conversations");
    let hold = held.update_many(doc! {}, doc! { "$inc": { "lock": 1_i64 } });
    hold.session(&mut session).await.unwrap();
    let refused = store.erase(&ada, Timestamp::now()).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused:?}");
    let damages = store.audit(10).await.unwrap();
    let left = |kind| damages.iter().any(|damage| damage.kind == kind);
    assert!(left(DamageKind::LeftAfterErasure), "{damages:?}");
    session.abort_transaction().await.unwrap();

    let erased = store.erase(&ada, Timestamp::now()).await.unwrap();
    let mut taken: Vec<UploadId> = erased.uploads.iter().map(|upload| upload.id).collect();
    taken.sort();
    assert_eq!(taken, uploads);
    let counts = (erased.conversations, erased.messages);
    assert_eq!(counts, (CONVERSATIONS as u64, CONVERSATIONS as u64));
    assert_eq!(store.audit(10).await.unwrap(), []);
    let history = store.history(ids[0], &ada, Window::Latest, 10).await;
    assert_eq!(history.unwrap(), None);
}
