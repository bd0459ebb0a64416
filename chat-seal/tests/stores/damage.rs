//! Texts that were tampered with, and keys that are missing.

use std::error::Error as _;

use chat_core::id::ConversationId;
use chat_core::memory::MemoryStore;
use chat_core::model::{KeptText, Retext};
use chat_core::store::{AdminStore, DamageKind};
use chat_seal::{CheckError, Sealed, UnknownKey};

use crate::support::{
    A, B, INDEX, OTHER_A, OTHER_INDEX, draft, found, group, history, sealed, send, with,
};

/// A store with three sealed messages, and what it keeps, oldest first.
async fn written() -> (Sealed<MemoryStore>, ConversationId, Vec<KeptText>) {
    let store = sealed(MemoryStore::new());
    let id = group(&store).await;
    for text in ["one", "two", "three"] {
        send(&store, &draft(id, text, text)).await.unwrap();
    }
    let mut kept = store.inner().texts(None, 10).await.unwrap();
    kept.reverse();
    (store, id, kept)
}

async fn plant(store: &Sealed<MemoryStore>, from: &KeptText, text: &str) {
    let to = Retext {
        from: from.clone(),
        text: text.to_owned(),
        words: Vec::new(),
        fingerprint: from.fingerprint,
    };
    let planted = store.inner().replace_texts(&[to]).await.unwrap();
    assert_eq!(planted, 1);
}

#[tokio::test]
async fn a_text_that_was_tampered_with_is_told_and_takes_no_other_with_it() {
    let (store, id, kept) = written().await;
    let mut turned = kept[1].text.clone();
    let last = turned.pop().unwrap();
    turned.push(if last == 'A' { 'Q' } else { 'A' });
    for forged in [
        turned.as_str(),
        "\u{1}",
        "\u{1}1.a.",
        "\u{1}1.a.AAAA",
        "\u{1}2.a.AAAA",
    ] {
        let from = store.inner().texts(None, 10).await.unwrap().remove(1);
        plant(&store, &from, forged).await;
        let texts = history(&store, id).await.unwrap();
        assert_eq!(texts, ["one", "\u{fffd}", "three"], "{forged:?}");
        let damages = store.audit(10).await.unwrap();
        assert_eq!(damages.len(), 1);
        assert_eq!(damages[0].kind, DamageKind::UnreadableText);
        let place = format!("{} message {}", id, kept[1].message);
        assert!(damages[0].place.starts_with(&place), "{}", damages[0]);
    }
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_text_that_was_moved_to_another_message_does_not_open() {
    let (store, id, kept) = written().await;
    plant(&store, &kept[0], &kept[2].text).await;
    let texts = history(&store, id).await.unwrap();
    assert_eq!(texts, ["\u{fffd}", "two", "three"]);
    assert_eq!(store.audit(10).await.unwrap().len(), 1);
    assert_eq!(store.audit(0).await.unwrap(), []);
}

#[tokio::test]
async fn a_missing_key_is_an_error_and_not_another_text() {
    let (store, id, _) = written().await;
    let other = with(store.inner().clone(), B, INDEX);
    let error = history(&other, id).await.unwrap_err();
    let source = error.source().unwrap().downcast_ref::<UnknownKey>();
    assert_eq!(source.unwrap().name, "a");
    assert_eq!(other.audit(10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn keys_that_do_not_fit_are_told_before_anything_is_written() {
    let (store, id, _) = written().await;
    let check = async |keys, index| with(store.inner().clone(), keys, index).check().await;
    assert!(check(A, INDEX).await.is_ok());
    let both = format!("{B},{A}");
    assert!(check(&both, INDEX).await.is_ok());
    let missing = check(B, INDEX).await;
    assert!(matches!(missing, Err(CheckError::UnknownKey(name)) if name == "a"));
    let wrong = check(OTHER_A, INDEX).await;
    assert!(matches!(wrong, Err(CheckError::WrongKey(name)) if name == "a"));
    let wrong = check(A, OTHER_INDEX).await;
    assert!(matches!(wrong, Err(CheckError::WrongIndexKey)));

    // Brought under the other key of the index, it fits.
    let other = with(store.inner().clone(), A, OTHER_INDEX);
    assert_eq!(found(&other, id, "two").await, 0);
    assert_eq!(other.rekey(None, 10).await.unwrap().changed, 3);
    other.check().await.unwrap();
    assert_eq!(found(&other, id, "two").await, 1);
}
