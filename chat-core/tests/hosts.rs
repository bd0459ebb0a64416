//! What a host with a front end of its own asks of the chat: whole lists, rooms, pictures within JSON.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::sync::Arc;
use std::time::Duration;

use chat_core::accounts::{
    AccountStores, Accounts, AccountsConfig, Keys, PasswordCost, Registration,
};
use chat_core::auth::{Authenticator as _, Credential};
use chat_core::chat::{Chat, Error, Room};
use chat_core::id::UserId;
use chat_core::memory::MemoryStore;
use chat_core::model::{Draft, Profile, Purpose, Refusal};
use chat_core::protocol::{Code, Limits};
use chat_core::store::{MessageStore as _, UserStore};

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// A chat with pages of four, and these users.
fn open(names: &[&str]) -> (Chat, MemoryStore) {
    let store = MemoryStore::new();
    for name in names {
        store.insert_user(Profile::new(user(name), *name));
    }
    let limits = Limits {
        max_page: 4,
        page: 4,
        image_bytes: 9,
        group_members: 3,
        ..Limits::default()
    };
    let chat = Chat::builder(store.clone(), store.clone()).limits(limits);
    (chat.build(), store)
}

#[tokio::test]
async fn the_latest_messages_come_whole_and_oldest_first() {
    let (chat, store) = open(&["ada", "bob"]);
    let direct = chat.create_direct(&user("ada"), &user("bob")).await;
    let direct = direct.unwrap().conversation.id;
    let said = |number: i64| Draft::text(direct, user("ada"), number.to_string());
    for (sent, most, expected) in [
        (0, 9, 0..0),
        (3, 9, 1..4),
        (4, 9, 1..5),
        (5, 9, 1..6),
        (12, 0, 0..0),
        (12, 6, 7..13),
        (12, 8, 5..13),
        (12, 100, 1..13),
    ] {
        let there = chat.latest_messages(&user("ada"), direct, 100).await;
        let there = i64::try_from(there.unwrap().len()).unwrap();
        let drafts: Vec<Draft> = (there + 1..=sent).map(said).collect();
        store.append(&drafts).await.unwrap();

        let found = chat.latest_messages(&user("bob"), direct, most).await;

        let found: Vec<i64> = found.unwrap().iter().map(|one| one.seq.get()).collect();
        assert_eq!(found, expected.collect::<Vec<_>>(), "{sent} {most}");
    }
    let refused = chat.latest_messages(&user("cyd"), direct, 9).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotMember))));
}

#[tokio::test]
async fn all_users_are_listed_once_and_no_more_than_wanted() {
    let names: Vec<String> = (0..9).map(|number| format!("user{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (chat, _) = open(&names);
    for (most, expected) in [(100, 9), (9, 9), (8, 8), (5, 5), (4, 4), (0, 0)] {
        let found = chat.all_users(&user("user0"), most).await.unwrap();
        let found: Vec<String> = found.iter().map(|one| one.id.to_string()).collect();
        assert_eq!(found, names[..expected], "{most}");
    }
}

#[tokio::test]
async fn a_room_lets_users_in_and_out_and_nobody_can_send_anybody_away() {
    let (chat, _) = open(&["ada", "bob", "cyd"]);
    let [ada, bob, cyd] = ["ada", "bob", "cyd"].map(user);
    let room = Room::create(&chat, user("house"), "Lobby").await.unwrap();

    room.admit(&ada).await.unwrap();
    room.admit(&ada).await.unwrap();
    room.admit(&bob).await.unwrap();
    let full = room.admit(&cyd).await;
    assert!(
        matches!(full, Err(Error::Refused(Refusal::Full))),
        "{full:?}"
    );
    let outsider = room.say(&cyd, "let me in").await;
    assert!(matches!(outsider, Err(Error::Refused(Refusal::NotMember))));
    assert_eq!(room.say(&ada, "hello").await.unwrap().message.text, "hello");
    let removed = chat.remove_member(&bob, room.id(), &ada).await;
    assert!(matches!(removed, Err(Error::Refused(Refusal::Forbidden))));

    room.dismiss(&ada).await.unwrap();
    room.dismiss(&ada).await.unwrap();
    Room::of(&chat, user("house"), room.id())
        .admit(&cyd)
        .await
        .unwrap();
    let details = room.details().await.unwrap();
    let members = details.members.iter().map(|member| member.user.as_str());
    assert_eq!(members.collect::<Vec<_>>(), ["bob", "cyd", "house"]);
    assert_eq!(details.conversation.last_seq.get(), 1);
}

#[tokio::test]
async fn a_picture_within_json_is_refused_with_a_code_before_it_is_decoded() {
    let (chat, _) = open(&["ada"]);
    for (uri, code) in [
        ("http://example.com/a.png", Code::UnsupportedMedia),
        ("data:image/png;base64,*", Code::UnsupportedMedia),
        ("data:image/png;base64,AAAAAAAAAAAAAAAA", Code::TooLarge),
        // What fits goes on, and nothing is taken here.
        ("data:image/png;base64,AAAAAAAAAAAA", Code::NotFound),
    ] {
        let ada = user("ada");
        let kept = chat.upload_data_uri(&ada, Purpose::Attachment, uri);
        assert_eq!(kept.await.unwrap_err().code(), code, "{uri}");
    }
}

#[tokio::test]
async fn a_login_without_refresh_lives_as_long_as_its_token_and_ends_by_it() {
    let (chat, store) = open(&[]);
    let life = Duration::from_secs(7 * 86_400);
    let config = AccountsConfig {
        password_cost: PasswordCost::fast_for_tests(),
        allow_weak_cost: true,
        ..AccountsConfig::default().without_refresh(life)
    };
    let accounts = Accounts::new(
        AccountStores::of(store.clone()),
        config,
        &Keys::random(),
        Arc::new(chat),
    );
    let wish = Registration {
        username: "ada".to_owned(),
        email: "ada@example.com".to_owned(),
        password: "correct heron".to_owned(),
        phone: None,
        display_name: None,
    };

    let accounts = accounts.unwrap();
    let begun = accounts.register(wish, None).await.unwrap();

    assert_eq!(begun.access_expires_in, life.as_secs());
    assert!(life.as_secs() - begun.refresh_expires_in <= 60);
    let token = begun.access_token.as_str();
    let ask = || accounts.authenticate(Credential::Cookie(token));
    accounts.logout_by_access("nonsense").await.unwrap();
    assert!(ask().await.is_ok());
    accounts.logout_by_access(token).await.unwrap();
    accounts.logout_by_access(token).await.unwrap();
    assert!(ask().await.is_err());
    let known = store.profile(&begun.account.id).unwrap();
    store.remove_user(&known.id);
    assert_eq!(store.profile(&known.id), Some(known), "an account stays");
}

#[tokio::test]
async fn an_inserted_user_is_known_until_removed() {
    let (_, store) = open(&["ada"]);
    assert_eq!(store.profile(&user("ada")).unwrap().display_name, "ada");

    store.remove_user(&user("ada"));

    assert_eq!(store.profile(&user("ada")), None);
    let found = UserStore::find(&store, &[user("ada")]).await.unwrap();
    assert_eq!(found, []);
}
