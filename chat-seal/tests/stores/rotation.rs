//! Another key comes to what is stored, while people write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_core::id::ConversationId;
use chat_core::model::Message;
use chat_core::store::{AdminStore, ConversationStore, MessageStore};
use chat_seal::Sealed;

use crate::support::{
    A, B, INDEX, draft, edit, found, group, history, mongo, postgres, send, sqlite, with,
};

/// How many messages there are when the key comes.
const MANY: usize = 60;

/// Rekeys everything, page by page; how many texts it changed.
async fn rekey<S: AdminStore>(store: &Sealed<S>) -> u64 {
    let (mut changed, mut before) = (0, None);
    loop {
        let page = store.rekey(before, 7).await.unwrap();
        assert_eq!(page.left, 0);
        changed += page.changed;
        before = page.next;
        if before.is_none() {
            return changed;
        }
    }
}

/// Edits one message after the other until told to stop; the last text of each.
async fn write<S: MessageStore>(
    store: Sealed<S>,
    sent: Vec<Message>,
    stop: Arc<AtomicBool>,
) -> Vec<String> {
    let mut texts: Vec<String> = sent.iter().map(|message| message.text.clone()).collect();
    for round in 0.. {
        for (message, text) in sent.iter().zip(&mut texts).skip(round % 3).step_by(3) {
            *text = format!("edited {round}");
            edit(&store, message, text).await;
        }
        if stop.load(Ordering::Acquire) {
            break;
        }
    }
    texts
}

async fn a_key_is_replaced_while_people_write<S>(inner: S)
where
    S: MessageStore + ConversationStore + AdminStore + Clone,
{
    let old = with(inner.clone(), A, INDEX);
    let id: ConversationId = group(&old).await;
    let mut sent = Vec::new();
    for n in 0..MANY {
        let said = draft(id, &format!("said {n}"), &n.to_string());
        // Some are from before there were keys.
        let sender = if n % 4 == 0 {
            send(&inner, &said).await
        } else {
            send(&old, &said).await
        };
        sent.push(sender.unwrap().0);
    }
    let heads = inner.heads(&[id]).await.unwrap();

    let both = with(inner.clone(), &format!("{B},{A}"), INDEX);
    let stop = Arc::new(AtomicBool::new(false));
    let busy: Vec<Message> = sent.iter().step_by(5).cloned().collect();
    let writer = tokio::spawn(write(both.clone(), busy, Arc::clone(&stop)));
    let changed = rekey(&both).await;
    stop.store(true, Ordering::Release);
    let edited = writer.await.unwrap();

    assert!(changed as usize >= MANY - edited.len(), "{changed}");
    assert_eq!(rekey(&both).await, 0, "all is done");
    let new = with(inner.clone(), B, INDEX);
    let mut expected: Vec<String> = sent.iter().map(|message| message.text.clone()).collect();
    for (place, text) in edited.into_iter().enumerate() {
        expected[place * 5] = text;
    }
    assert_eq!(history(&new, id).await.unwrap(), expected);
    let said = expected.iter().filter(|text| text.starts_with("said"));
    assert_eq!(found(&new, id, "said").await, said.count());
    assert_eq!(new.audit(10).await.unwrap(), []);
    let again = draft(id, "said 1", "1");
    assert!(!send(&new, &again).await.unwrap().1);
    // Only the edits took a rev.
    let last = &sent[1];
    let found = MessageStore::find(&new, id, &last.sender, last.id).await;
    let found = found.unwrap().unwrap();
    assert_eq!((found.rev, found.edited_at), (last.rev, None));
    assert!(inner.heads(&[id]).await.unwrap() >= heads);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_while_people_write_in_sqlite() {
    let (store, _folder) = sqlite().await;
    a_key_is_replaced_while_people_write(store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_while_people_write_in_postgres() {
    a_key_is_replaced_while_people_write(postgres().await.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_while_people_write_in_mongo() {
    let (store, _place) = mongo().await;
    a_key_is_replaced_while_people_write(store).await;
}
