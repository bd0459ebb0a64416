//! A store that has messages already when keys come to it.

use chat_core::memory::MemoryStore;
use chat_core::model::Refusal;
use chat_core::store::AdminStore;

use crate::support::{draft, edit, found, group, history, sealed, send};

#[tokio::test]
async fn messages_from_before_are_read_edited_and_sent_again() {
    let plain = MemoryStore::new();
    let store = sealed(plain.clone());
    let id = group(&store).await;
    let first = draft(id, "from before", "1");
    let (sent, _) = send(&plain, &first).await.unwrap();

    assert_eq!(history(&store, id).await.unwrap(), ["from before"]);
    store.check().await.unwrap();
    let (again, is_new) = send(&store, &first).await.unwrap();
    assert!(!is_new && again == sent);
    let other = draft(id, "something else", "1");
    assert_eq!(send(&store, &other).await, Err(Refusal::ClientIdReused));
    assert!(!edit(&store, &sent, "from before").await.changed);

    assert!(edit(&store, &sent, "from after").await.changed);
    assert!(!edit(&store, &sent, "from after").await.changed);
    assert_eq!(history(&store, id).await.unwrap(), ["from after"]);
    assert!(history(&plain, id).await.unwrap()[0].starts_with('\u{1}'));
    assert!(!send(&store, &first).await.unwrap().1);
}

#[tokio::test]
async fn messages_from_before_are_found_once_they_are_rekeyed() {
    let plain = MemoryStore::new();
    let store = sealed(plain.clone());
    let id = group(&store).await;
    let first = draft(id, "from before", "1");
    send(&plain, &first).await.unwrap();
    let (gone, _) = send(&plain, &draft(id, "gone", "2")).await.unwrap();
    edit(&store, &gone, "edited").await;
    let before = plain.texts(None, 10).await.unwrap();
    assert_eq!(found(&store, id, "before").await, 0);

    let done = store.rekey(None, 10).await.unwrap();

    assert_eq!((done.read, done.changed, done.left), (2, 2, 0));
    assert_eq!(found(&store, id, "before").await, 1);
    assert_eq!(
        history(&store, id).await.unwrap(),
        ["from before", "edited"]
    );
    assert!(!send(&store, &first).await.unwrap().1);
    // What was first said can be guessed from a plain digest: none is left.
    let after = plain.texts(None, 10).await.unwrap();
    for (before, after) in before.iter().zip(&after) {
        assert_ne!(before.fingerprint, after.fingerprint);
    }
    assert_eq!(store.rekey(None, 10).await.unwrap().changed, 0);
    assert_eq!(store.audit(10).await.unwrap(), []);
}
