//! A schema that was filled before a step: the step makes up for it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics"
)]

mod common;

use chat_core::id::Timestamp;
use chat_core::store::{AdminStore as _, ConversationStore as _, SchemaStore as _};
use common::{fresh, group, user};

#[tokio::test]
async fn memberships_of_before_are_counted() {
    let store = fresh().await;
    for members in [["ada", "bob"], ["ada", "eve"]] {
        group(&store, &members).await;
    }
    let at = Timestamp::now();
    store.erase(&user("eve"), at).await.unwrap();

    store.goto(1).await.unwrap();
    store.migrate().await.unwrap();

    let asked = ["ada", "bob", "eve"].map(user);
    let mut counts = store.join_counts(&asked).await.unwrap();
    counts.sort();
    assert_eq!(counts, [(user("ada"), 2), (user("bob"), 1)]);
    assert_eq!(store.audit(10).await.unwrap(), []);
}
