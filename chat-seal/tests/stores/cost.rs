//! What sealing costs, as a ratio: run it alone, with `--nocapture`.

use std::time::{Duration, Instant};

use chat_core::id::ConversationId;
use chat_core::model::Draft;
use chat_core::store::{ConversationStore, MessageStore, Window};

use crate::support::{group, sealed, sqlite, user};

/// Batches of a busy server, and pages that are read.
const BATCHES: usize = 60;
const BATCH: usize = 32;
const PAGES: usize = 300;

async fn append(store: &impl MessageStore, id: ConversationId) -> Duration {
    let text = "the quick brown fox jumps over the lazy dog, and over this one";
    let begun = Instant::now();
    for _ in 0..BATCHES {
        let drafts = std::iter::repeat_with(|| Draft::text(id, user("ada"), text));
        let drafts: Vec<Draft> = drafts.take(BATCH).collect();
        let answers = store.append(&drafts).await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
    }
    begun.elapsed()
}

async fn read(store: &impl MessageStore, id: ConversationId) -> Duration {
    let ada = user("ada");
    let begun = Instant::now();
    for _ in 0..PAGES {
        let page = store.history(id, &ada, Window::Latest, 50).await.unwrap();
        assert_eq!(page.unwrap().len(), 50);
    }
    begun.elapsed()
}

async fn both(store: &(impl MessageStore + ConversationStore)) -> [Duration; 2] {
    let id = group(store).await;
    [append(store, id).await, read(store, id).await]
}

#[tokio::test]
async fn sealing_is_measured() {
    let (store, _folder) = sqlite().await;
    both(&store).await;
    let plain = both(&store).await;
    let sealed = both(&sealed(store)).await;
    let ratio = |n: usize| sealed[n].as_secs_f64() / plain[n].as_secs_f64();
    println!(
        "append {:.2}, history {:.2} of what it takes without",
        ratio(0),
        ratio(1)
    );
}
