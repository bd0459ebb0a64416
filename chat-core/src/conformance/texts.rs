//! Cases of texts as they are kept: sealed ones, and other forms of them.

use crate::conformance::Ports;
use crate::conformance::fixtures::{at, draft, named, user};
use crate::conformance::races::rounds;
use crate::conformance::revisions::{edit, react};
use crate::id::ConversationId;
use crate::model::{
    Blind, Draft, KeptText, Message, Refusal, Retext, Revision, RevisionKind, words,
};
use crate::store::SearchQuery;

/// A sealed text, as a decorator gives it: found by nothing that is in it.
fn sealed(draft: Draft, word: &str) -> Draft {
    let blind = Blind {
        words: vec![word.to_owned()],
        fingerprint: [7; 16],
    };
    Draft {
        blind: Some(blind),
        ..draft
    }
}

/// The same text in another form.
fn other_form(from: &KeptText, text: &str) -> Retext {
    Retext {
        from: from.clone(),
        text: text.to_owned(),
        words: words(text),
        fingerprint: from.fingerprint,
    }
}

impl Ports {
    async fn found_by(&self, id: ConversationId, text: &str) -> Vec<Message> {
        let words = words(text);
        let query = SearchQuery {
            conversations: &[id],
            words: &words,
            before: None,
            limit: 10,
        };
        let found = self.messages.search(&user("ada"), &query).await;
        found.unwrap()
    }

    async fn kept(&self, message: &Message) -> KeptText {
        let all = self.admin.texts(None, 1_000).await.unwrap();
        let mut all = all.into_iter();
        all.find(|kept| kept.message == message.id).unwrap()
    }
}

/// A sealed text is found by the words given, also once it was reacted to, and told again by the digest given.
pub async fn a_sealed_text_is_found_by_the_words_given(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let first = sealed(named(draft(id, "ada", "cipher"), "c1"), "hello");
    let sent = ports.try_send(first.clone()).await.unwrap().message;
    let reacted = ports.revise(&sent, "ada", react("x")).await.unwrap();

    assert_eq!(ports.found_by(id, "hello").await, [reacted.message]);
    assert_eq!(ports.found_by(id, "cipher").await, []);
    // Sealed again, a text may look otherwise.
    let again = Draft {
        text: "other cipher".to_owned(),
        ..first.clone()
    };
    assert!(!ports.try_send(again).await.unwrap().is_new);
    let plain = Draft {
        blind: None,
        ..first
    };
    let refused = ports.try_send(plain).await;
    assert_eq!(refused, Err(Refusal::ClientIdReused));
}

/// So is an edited one, until it is deleted.
pub async fn a_sealed_edit_is_found_by_the_words_given(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let sent = ports.send(id, "ada", "hello").await;
    let revision = Revision {
        conversation: id,
        message: sent.id,
        actor: user("ada"),
        kind: edit("cipher"),
        at: at(2_000),
        max_reactions: 50,
        blind_words: Some(words("goodbye")),
    };
    let edited = ports.messages.revise(&revision).await.unwrap().unwrap();

    assert_eq!(ports.found_by(id, "goodbye").await, [edited.message]);
    for gone in ["hello", "cipher"] {
        assert_eq!(ports.found_by(id, gone).await, []);
    }
    let deleted = ports.revise(&sent, "ada", RevisionKind::Delete).await;
    assert!(deleted.unwrap().changed);
    assert_eq!(ports.found_by(id, "goodbye").await, []);
}

/// Of every message, whatever became of it.
pub async fn texts_come_newest_first_and_in_pages(ports: &Ports) {
    let ids = [
        ports.group("ada", &["bob"]).await,
        ports.group("bob", &["ada"]).await,
    ];
    let mut sent = Vec::new();
    for n in 0..5 {
        let sender = ["ada", "bob"][n % 2];
        sent.push(ports.send(ids[n % 2], sender, &n.to_string()).await);
    }
    let deleted = ports.revise(&sent[1], "bob", RevisionKind::Delete).await;
    sent[1] = deleted.unwrap().message;
    sent.sort_by_key(|message| std::cmp::Reverse(message.id));

    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = ports.admin.texts(before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        before = Some(last.message);
        all.extend(page);
    }

    let place = |m: &Message| (m.id, m.conversation, m.sender.clone(), m.text.clone());
    let expected: Vec<_> = sent.iter().map(place).collect();
    let place = |kept: KeptText| (kept.message, kept.conversation, kept.sender, kept.text);
    assert_eq!(all.into_iter().map(place).collect::<Vec<_>>(), expected);
    assert_eq!(ports.admin.texts(None, 0).await.unwrap(), []);
}

/// No client is told of it.
pub async fn another_form_of_a_text_is_no_edit(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let first = named(draft(id, "ada", "hello there"), "c1");
    let sent = ports.try_send(first.clone()).await.unwrap().message;
    let sent = ports.revise(&sent, "ada", react("x")).await.unwrap();
    let sent = sent.message;
    let heads = ports.messages.heads(&[id]).await.unwrap();

    let kept = ports.kept(&sent).await;
    let to = [other_form(&kept, "cipher text")];
    assert_eq!(ports.admin.replace_texts(&to).await.unwrap(), 1);

    let now = Message {
        text: "cipher text".to_owned(),
        ..sent.clone()
    };
    assert_eq!(ports.message(&sent, "ada").await, Some(now.clone()));
    assert_eq!(ports.messages.heads(&[id]).await.unwrap(), heads);
    assert_eq!(ports.found_by(id, "cipher").await, [now]);
    assert_eq!(ports.found_by(id, "hello").await, []);
    assert!(!ports.try_send(first).await.unwrap().is_new);
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
}

/// A retry is compared with it.
pub async fn another_form_of_a_text_may_bring_another_digest(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    let first = named(draft(id, "ada", "hello"), "c1");
    let sent = ports.try_send(first.clone()).await.unwrap().message;
    let kept = ports.kept(&sent).await;
    let to = Retext {
        fingerprint: [7; 16],
        ..other_form(&kept, "cipher")
    };
    assert_eq!(ports.admin.replace_texts(&[to]).await.unwrap(), 1);

    let refused = ports.try_send(first.clone()).await;
    assert_eq!(refused, Err(Refusal::ClientIdReused));
    let again = ports.try_send(sealed(first, "hello")).await.unwrap();
    assert!(!again.is_new && again.message.id == sent.id);
}

/// Each message for itself.
pub async fn a_text_that_is_another_by_now_is_not_replaced(ports: &Ports) {
    let id = ports.group("ada", &["bob"]).await;
    let edited = ports.send(id, "ada", "one").await;
    let stays = ports.send(id, "ada", "two").await;
    let erased = named(draft(id, "bob", "three"), "c1");
    let erased = ports.try_send(erased).await.unwrap().message;
    let mut all = Vec::new();
    for message in [&edited, &stays, &erased] {
        all.push(other_form(&ports.kept(message).await, "other"));
    }
    ports.revise(&edited, "ada", edit("new")).await.unwrap();
    ports.admin.erase(&user("bob"), at(9)).await.unwrap();

    assert_eq!(ports.admin.replace_texts(&all).await.unwrap(), 1);
    assert_eq!(ports.admin.replace_texts(&all).await.unwrap(), 0);

    let texts = ports.texts(id, "ada").await;
    assert_eq!(texts, ["new", "other", ""]);
    assert_eq!(ports.found_by(id, "other").await.len(), 1);
    assert_eq!(ports.admin.audit(10).await.unwrap(), []);
    assert_eq!(ports.admin.replace_texts(&[]).await.unwrap(), 0);
}

/// Whichever is first, what was written last by a person stays.
pub async fn another_form_never_overwrites_an_edit_at_once(ports: &Ports) {
    let id = ports.group("ada", &[]).await;
    for round in 0..rounds() {
        let sent = ports.send(id, "ada", "before").await;
        let to = other_form(&ports.kept(&sent).await, "before otherwise");
        let raced = sent.clone();
        ports
            .race(3, move |ports, n| {
                let (sent, to) = (raced.clone(), to.clone());
                async move {
                    match n {
                        0 => drop(ports.admin.replace_texts(&[to]).await.unwrap()),
                        1 => drop(ports.revise(&sent, "ada", react("x")).await.unwrap()),
                        _ => drop(ports.revise(&sent, "ada", edit("after")).await.unwrap()),
                    }
                }
            })
            .await;
        let now = ports.message(&sent, "ada").await.unwrap();
        assert_eq!(now.text, "after", "round {round}");
        assert_eq!(ports.found_by(id, "before").await, [], "round {round}");
        let deleted = ports.revise(&sent, "ada", RevisionKind::Delete).await;
        deleted.unwrap();
    }
}
