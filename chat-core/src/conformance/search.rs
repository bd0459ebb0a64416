//! Cases of the search for messages.

use crate::conformance::Ports;
use crate::conformance::fixtures::{draft, user};
use crate::id::{ConversationId, MessageId};
use crate::model::{ChangeKind, Message, words};
use crate::store::SearchQuery;

async fn found(
    ports: &Ports,
    viewer: &str,
    conversations: &[ConversationId],
    text: &str,
) -> Vec<String> {
    let page = search(ports, viewer, conversations, text, None, 100).await;
    page.into_iter().map(|message| message.text).collect()
}

async fn search(
    ports: &Ports,
    viewer: &str,
    conversations: &[ConversationId],
    text: &str,
    before: Option<MessageId>,
    limit: usize,
) -> Vec<Message> {
    let words = words(text);
    let query = SearchQuery {
        conversations,
        words: &words,
        before,
        limit,
    };
    ports.messages.search(&user(viewer), &query).await.unwrap()
}

/// A message is found by any of its words, and by several only if it has all.
pub async fn a_message_is_found_if_it_has_every_word(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    for text in [
        "The quick brown fox",
        "a brown bear",
        "foxes",
        "brown, fox-like",
    ] {
        ports.send(id, "ada", text).await;
    }
    assert_eq!(
        found(ports, "bob", &[id], "fox brown").await,
        ["brown, fox-like", "The quick brown fox"]
    );
    assert_eq!(found(ports, "bob", &[id], "bear").await, ["a brown bear"]);
    assert_eq!(found(ports, "bob", &[id], "bear fox").await, [""; 0]);
    assert_eq!(
        found(ports, "bob", &[id], "bro").await,
        [""; 0],
        "whole words"
    );
    assert_eq!(
        found(ports, "bob", &[id], "").await,
        [""; 0],
        "nothing is no word"
    );
}

/// Case, accents and compatibility forms make no difference, in any script.
pub async fn case_and_accents_make_no_difference(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for text in [
        "Crème BRÛLÉE",
        "Привет мир",
        "東京タワー",
        "ｆｕｌｌ ＷＩＤＴＨ",
        "नमस्ते दुनिया",
        "Ⅷ ①",
        "ΟΔΟΣ",
    ] {
        ports.send(id, "ada", text).await;
    }
    for (asked, text) in [
        ("creme", "Crème BRÛLÉE"),
        ("brûlée CREME", "Crème BRÛLÉE"),
        ("ПРИВЕТ", "Привет мир"),
        ("京都東", ""),
        ("東京", "東京タワー"),
        ("full width", "ｆｕｌｌ ＷＩＤＴＨ"),
        ("नमस्ते", "नमस्ते दुनिया"),
        ("viii 1", "Ⅷ ①"),
        ("οδος", "ΟΔΟΣ"),
    ] {
        let found = found(ports, "ada", &[id], asked).await;
        assert_eq!(found.first().map_or("", String::as_str), text, "{asked}");
    }
}

/// What is hardly a letter or a digit, as one in a circle, is the same wherever it is kept: none is an error, or
/// splits a word in one place only.
pub async fn signs_that_are_like_letters_are_found(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let blocks = [
        '\u{2070}'..='\u{209f}',
        '\u{2150}'..='\u{218f}',
        '\u{2460}'..='\u{24ff}',
        '\u{3200}'..='\u{33ff}',
        '\u{1f100}'..='\u{1f1ff}',
    ];
    let signs: Vec<char> = blocks.into_iter().flatten().collect();
    let text_of = |signs: &[char]| signs.iter().map(|sign| format!("no{sign}le ")).collect();
    let texts: Vec<String> = signs.chunks(80).map(text_of).collect();
    let drafts: Vec<_> = texts.iter().map(|text| draft(id, "ada", text)).collect();
    assert!(ports.append(&drafts).await.iter().all(Result::is_ok));
    for text in &texts {
        let found = found(ports, "ada", &[id], text).await;
        assert!(found.contains(text), "{text}: {found:?}");
    }
    assert_eq!(found(ports, "ada", &[id], "zle").await, [""; 0]);
    let split = texts
        .iter()
        .filter(|text| words(text).contains(&"le".to_owned()));
    let split: Vec<&String> = split.rev().collect();
    assert_eq!(
        found(ports, "ada", &[id], "le")
            .await
            .iter()
            .collect::<Vec<_>>(),
        split
    );
}

/// Nothing that is asked for has a meaning of its own.
pub async fn a_search_for_signs_is_literal(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    ports.send(id, "ada", "plain words").await;
    for odd in [
        "*",
        "pla*",
        "\"",
        "plain\" OR \"x",
        "words:plain OR",
        "-plain x",
        "(",
        "plain & !words | x",
        "$where",
        "NEAR(plain words)",
        "NOT",
        "and or not near",
    ] {
        let literal = words(odd)
            .iter()
            .all(|word| ["plain", "words"].contains(&word.as_str()));
        let hits = found(ports, "ada", &[id], odd).await.len();
        assert_eq!(
            hits,
            usize::from(literal && !words(odd).is_empty()),
            "{odd}"
        );
    }
    ports.send(id, "ada", "not near; and: OR").await;
    assert_eq!(
        found(ports, "ada", &[id], "NOT NEAR AND or").await,
        ["not near; and: OR"]
    );
}

/// Strangers and former members find nothing, new ones nothing of before.
pub async fn only_what_a_member_may_read_is_found(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    ports.send(id, "ada", "word before").await;
    ports
        .change(id, "ada", ChangeKind::Add(vec![user("cyd")]))
        .await
        .unwrap();
    ports.send(id, "ada", "word after").await;
    ports.change(id, "bob", ChangeKind::Leave).await.unwrap();
    assert_eq!(
        found(ports, "ada", &[id], "word").await,
        ["word after", "word before"]
    );
    assert_eq!(found(ports, "cyd", &[id], "word").await, ["word after"]);
    assert_eq!(found(ports, "bob", &[id], "word").await, [""; 0]);
    assert_eq!(
        found(ports, "eve", &[id, ConversationId::new()], "word").await,
        [""; 0]
    );
}

/// Only the conversations asked for are searched; several come merged.
pub async fn only_the_conversations_asked_for_are_searched(ports: &Ports) {
    let (one, two) = (ports.group("ada", &[]).await, ports.group("ada", &[]).await);
    let three = ports.group("ada", &[]).await;
    for (id, text) in [
        (one, "word 1"),
        (two, "word 2"),
        (three, "word 3"),
        (one, "word 4"),
    ] {
        ports.send(id, "ada", text).await;
    }
    assert_eq!(
        found(ports, "ada", &[one], "word").await,
        ["word 4", "word 1"]
    );
    assert_eq!(
        found(ports, "ada", &[two, one], "word").await,
        ["word 4", "word 2", "word 1"]
    );
    assert_eq!(found(ports, "ada", &[], "word").await, [""; 0]);
}

/// Pages follow each other, newest first.
pub async fn pages_of_hits_give_each_once_newest_first(ports: &Ports) {
    let (one, two) = (ports.group("ada", &[]).await, ports.group("ada", &[]).await);
    let mut sent = Vec::new();
    for n in 0..25 {
        let id = if n % 3 == 0 { two } else { one };
        sent.push(ports.send(id, "ada", &format!("word {n}")).await.id);
    }
    sent.sort();
    sent.reverse();
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = search(ports, "ada", &[one, two], "word", before, 10).await;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        all.extend(page.into_iter().map(|message| message.id));
    }
    assert_eq!(all, sent);
}
