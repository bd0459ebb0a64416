//! Cases of a [`UserStore`] alone: for hosts that bring their own user table and nothing else.
//!
//! The host's function is given the users to plant and answers with its store and the ids that it
//! gave them, in their order:
//!
//! ```
//! # use std::sync::Arc;
//! use chat_core::conformance::hosted_users::Planted;
//! # use chat_core::memory::MemoryStore;
//! # use chat_core::model::Profile;
//! # use chat_core::{id::UserId, store::UserStore};
//!
//! async fn planted(users: Vec<Planted>) -> (Arc<dyn UserStore>, Vec<Option<UserId>>, ()) {
//!     # let table = MemoryStore::new();
//!     # let mut ids = Vec::new();
//!     # for (number, user) in users.into_iter().enumerate() {
//!     #     let id = UserId::new(number.to_string()).unwrap();
//!     #     if !user.disabled {
//!     #         table.insert_user(Profile {
//!     #             id: id.clone(),
//!     #             username: Some(user.username),
//!     #             display_name: user.display_name,
//!     #             avatar: None,
//!     #             avatar_url: None,
//!     #         });
//!     #     }
//!     #     ids.push((!user.disabled).then_some(id));
//!     # }
//!     // Insert them into a fresh table of your own.
//!     (Arc::new(table), ids, ())
//! }
//!
//! chat_core::user_store_conformance!(planted);
//! # fn main() {}
//! ```

use std::sync::Arc;

use crate::conformance::fixtures::user;
use crate::id::UserId;
use crate::model::Profile;
use crate::store::{UserQuery, UserStore};

/// A user to plant. The host gives the id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// Unique: lower-case ASCII letters, digits and dots. A host without such names drops it.
    pub username: String,
    /// The name to show; any text.
    pub display_name: String,
    /// Whether the user is disabled. A host that disables nobody leaves such a user out, and says
    /// `None` in place of the id.
    pub disabled: bool,
}

/// A planted table: the store, and the users' ids in the order they were given.
type Table = (Arc<dyn UserStore>, Vec<Option<UserId>>);

/// Names with signs that are special to some database, and what they must not be taken for.
const DISPLAY_NAMES: [&str; 20] = [
    "100% Ada",
    "100 Ada",
    "under_score",
    "underXscore",
    "back\\slash",
    "star*",
    "star",
    "question?",
    "dot.dot",
    "dotXdot",
    "O'Brien",
    "\"quoted\"",
    "'; drop table users; --",
    "{\"$ne\":null}",
    "$1 ?1 :1 @1",
    "[a-z]",
    "(((a+)+)+)+$",
    "Zoë 😀",
    "\u{202e}right to left",
    "MiXeD CaSe",
];

/// The users that every case finds: some disabled, some with names that look like queries.
#[must_use]
pub fn population() -> Vec<Planted> {
    let names = DISPLAY_NAMES.iter().map(|name| (*name).to_owned());
    let plain = (0..13).map(|n| format!("Plain {n}"));
    let planted = |(n, display_name): (usize, String)| Planted {
        username: format!("user.{n:02}"),
        display_name,
        disabled: n >= 30,
    };
    names.chain(plain).enumerate().map(planted).collect()
}

/// All pages of a search, as ids.
async fn pages(users: &dyn UserStore, text: Option<&str>, limit: usize) -> Vec<UserId> {
    let (mut found, mut cursor): (Vec<UserId>, Option<String>) = (Vec::new(), None);
    loop {
        let query = UserQuery {
            text,
            cursor: cursor.as_deref(),
            limit,
        };
        let page = users.search(&query).await.unwrap();
        assert!(page.items.len() <= limit, "at most {limit}: {page:?}");
        assert!(!page.items.is_empty() || page.next.is_none(), "{page:?}");
        found.extend(page.items.into_iter().map(|profile| profile.id));
        assert!(found.len() <= 100, "the cursors come to an end: {found:?}");
        match page.next {
            Some(next) => cursor = Some(next),
            None => return found,
        }
    }
}

/// The ids of enabled users with a display name that holds `text`, sorted.
fn expected(ids: &[Option<UserId>], text: &str) -> Vec<UserId> {
    let text = text.to_ascii_lowercase();
    let mut expected: Vec<UserId> = population()
        .into_iter()
        .zip(ids)
        .filter(|(user, _)| !user.disabled)
        .filter(|(user, _)| user.display_name.to_ascii_lowercase().contains(&text))
        .filter_map(|(_, id)| id.clone())
        .collect();
    expected.sort();
    expected
}

/// Known users come once, disabled ones too, unknown ones not at all.
pub async fn known_users_are_found_once((users, ids): &Table) {
    let known: Vec<UserId> = ids.iter().flatten().cloned().collect();
    let mut asked = known.clone();
    asked.extend(known.iter().take(5).cloned());
    asked.extend([user("nobody"), user("' or 1=1 --"), user("%"), user("-1")]);
    let found = users.find(&asked).await.unwrap();
    let mut found: Vec<UserId> = found.into_iter().map(|profile| profile.id).collect();
    found.sort();
    let mut known = known;
    known.sort();
    assert_eq!(found, known);
    assert_eq!(users.find(&[]).await.unwrap(), []);
}

/// An id is known by its very text: `007` is not user 7, who would be two people in a conversation.
pub async fn an_id_is_known_by_its_very_text((users, ids): &Table) {
    let known: Vec<&UserId> = ids.iter().flatten().collect();
    for id in &known {
        let likely = ["0{}", "+{}", " {}", "{} ", "{}.0", "{}x", "\"{}\""];
        let likely = likely.map(|form| user(&form.replace("{}", id.as_str())));
        let likely: Vec<UserId> = likely
            .into_iter()
            .filter(|id| !known.contains(&id))
            .collect();
        assert_eq!(users.find(&likely).await.unwrap(), [], "like {id}");
    }
}

/// A profile shows the name to show, to the byte, and the user name if there are such names.
pub async fn profiles_show_the_names((users, ids): &Table) {
    for (planted, id) in population().into_iter().zip(ids) {
        let Some(id) = id else { continue };
        let found = users.find(std::slice::from_ref(id)).await.unwrap();
        let [profile] = <[Profile; 1]>::try_from(found).unwrap();
        assert_eq!(profile.id, *id);
        assert_eq!(profile.display_name, planted.display_name);
        if let Some(username) = profile.username {
            assert_eq!(username, planted.username);
        }
    }
}

/// Without a text everyone who is enabled is listed, exactly once, at any page size.
pub async fn pages_list_everyone_once((users, ids): &Table) {
    let everyone = expected(ids, "");
    let exact = everyone.len();
    for limit in [1, 7, exact - 1, exact, exact + 1, 1_000] {
        let mut found = pages(users.as_ref(), None, limit).await;
        found.sort();
        assert_eq!(found, everyone, "pages of {limit}");
    }
}

/// The order is the same each time.
pub async fn the_order_is_stable((users, _): &Table) {
    let whole = pages(users.as_ref(), None, 1_000).await;
    assert_eq!(pages(users.as_ref(), None, 1_000).await, whole);
    assert_eq!(pages(users.as_ref(), None, 4).await, whole);
}

/// Every sign means itself, and the last page says that it is the last.
pub async fn every_sign_means_itself((users, ids): &Table) {
    let signs = ["%", "_", "\\", "*", "?", ".", "'", "\"", "$", "[", "(", "+"];
    for text in DISPLAY_NAMES.into_iter().chain(signs) {
        let mut found = pages(users.as_ref(), Some(text), 2).await;
        found.sort();
        // A dot is in every planted user name.
        if text != "." {
            assert_eq!(found, expected(ids, text), "{text:?}");
        }
    }
    for text in ["%a%", "under%score", "a_a", ".*", "\\\\", "1 or 1"] {
        let found = pages(users.as_ref(), Some(text), 10).await;
        assert_eq!(found, [], "{text:?}");
    }
}

/// ASCII case makes no difference.
pub async fn ascii_case_makes_no_difference((users, ids): &Table) {
    for text in ["mixed case", "MIXED CASE", "PLAIN", "aDa", "BRIEN", "zoë"] {
        let mut found = pages(users.as_ref(), Some(text), 10).await;
        found.sort();
        assert_eq!(found, expected(ids, text), "{text:?}");
    }
}

/// User names are searched too, where the host has them.
pub async fn user_names_are_searched((users, ids): &Table) {
    let one = ids[1].clone().unwrap();
    let profile = users
        .find(std::slice::from_ref(&one))
        .await
        .unwrap()
        .remove(0);
    if profile.username.is_some() {
        assert_eq!(pages(users.as_ref(), Some("USER.01"), 10).await, [one]);
    }
}

/// A cursor from elsewhere gives the first page or an empty one, and no error.
pub async fn a_foreign_cursor_does_no_harm((users, _): &Table) {
    let first = |cursor| UserQuery {
        text: None,
        cursor,
        limit: 5,
    };
    let whole = users.search(&first(None)).await.unwrap();
    let long = "x".repeat(10_000);
    for cursor in ["zzzz", "~", "\u{10ffff}", &long] {
        let page = users.search(&first(Some(cursor))).await.unwrap();
        let fine = page.items.is_empty() || page == whole;
        assert!(fine, "{cursor:.20}: {page:?}");
    }
    for cursor in ["", "%", "' or 1=1 --", "-1", "{}", "\u{e9}"] {
        let page = users.search(&first(Some(cursor))).await.unwrap();
        assert!(page.items.len() <= 5, "{cursor:?}: {page:?}");
    }
}

/// Many callers at once get what one gets.
pub async fn callers_at_once_get_the_same((users, ids): &Table) {
    let everyone = expected(ids, "");
    let callers: Vec<_> = (1..=16)
        .map(|limit| {
            let users = Arc::clone(users);
            tokio::spawn(async move { pages(users.as_ref(), None, limit).await })
        })
        .collect();
    for caller in callers {
        let mut found = caller.await.unwrap();
        found.sort();
        assert_eq!(found, everyone);
    }
}
