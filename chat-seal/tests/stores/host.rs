//! A host that appends in a transaction of its own.

use crate::support::{draft, found, group, history, postgres, postgres_url, sealed};

use sqlx::{Connection as _, PgConnection};

#[tokio::test]
async fn what_a_host_appends_in_its_transaction_is_sealed_too() {
    let (inner, _) = postgres().await;
    let store = sealed(inner.clone());
    let id = group(&store).await;
    let drafts = [store.seal(&draft(id, "your order is on its way", "1"))];
    let mut connection = PgConnection::connect(&postgres_url()).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let answers = inner.append_in(&mut transaction, &drafts).await.unwrap();
    transaction.commit().await.unwrap();
    let appended = answers.into_iter().next().unwrap().unwrap();

    let appended = store.open(appended).unwrap();

    assert_eq!(appended.message.text, "your order is on its way");
    assert_eq!(
        history(&store, id).await.unwrap(),
        ["your order is on its way"]
    );
    assert_eq!(found(&store, id, "order").await, 1);
    assert!(history(&inner, id).await.unwrap()[0].starts_with('\u{1}'));
}
