//! Cases of an [`Authenticator`]: who is believed, who is not, and what is said of it.
//!
//! A host enrols with a function that makes an [`Issuer`] of its credentials.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::auth::{AuthError, Authenticator, Credential, Identity};

/// How soon an ended session is refused.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

/// Whoever issues the credentials that an [`Authenticator`] knows, with users of its own.
pub trait Issuer: Send + Sync {
    /// The authenticators of two nodes over the same users. Tickets are good at the first.
    fn nodes(&self) -> [Arc<dyn Authenticator>; 2];

    /// A new token of a new session, and whom it stands for.
    fn token(&self) -> impl Future<Output = (String, Identity)> + Send;

    /// A token that was good and has expired; none for those whose tokens never do.
    fn expired(&self) -> impl Future<Output = Option<String>> + Send;

    /// A new ticket of this session; none for those without tickets.
    fn ticket(&self, identity: &Identity) -> impl Future<Output = Option<String>> + Send;

    /// Tokens that look right and were never issued, or not for this: signed by another key, made
    /// for another audience, of another kind.
    fn forged(&self) -> impl Future<Output = Vec<String>> + Send;

    /// Ends the session of these tokens.
    fn revoke(&self, identity: &Identity) -> impl Future<Output = ()> + Send;

    /// Lets so much time pass: an `advance` of tokio's paused clock, or a sleep.
    fn pass(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// Every way that a text may be shown.
fn ways(text: &str) -> [Credential<'_>; 3] {
    [
        Credential::Bearer(text),
        Credential::Cookie(text),
        Credential::Ticket(text),
    ]
}

async fn assert_refused(node: &dyn Authenticator, credential: Credential<'_>, why: &str) {
    let answer = node.authenticate(credential).await;
    let refused = matches!(answer, Err(AuthError::Invalid));
    assert!(refused, "{why}, as {credential:?}: {answer:?}");
}

/// A token tells who shows it, on every node and as often as it is shown.
pub async fn a_token_tells_whose_it_is<I: Issuer>(issuer: &I) {
    let (ada, bob) = (issuer.token().await, issuer.token().await);
    for _ in 0..2 {
        for node in issuer.nodes() {
            for (token, whose) in [&ada, &bob] {
                for shown in [Credential::Bearer(token), Credential::Cookie(token)] {
                    assert_eq!(node.authenticate(shown).await.unwrap(), *whose);
                }
            }
        }
    }
}

/// An expired token is told from one that is not valid: its client knows to fetch another.
pub async fn an_expired_token_is_told<I: Issuer>(issuer: &I) {
    let Some(expired) = issuer.expired().await else {
        return;
    };
    for node in issuer.nodes() {
        for shown in [Credential::Bearer(&expired), Credential::Cookie(&expired)] {
            let answer = node.authenticate(shown).await;
            assert!(matches!(answer, Err(AuthError::Expired)), "{answer:?}");
        }
        assert_refused(&*node, Credential::Ticket(&expired), "expired").await;
    }
}

/// What looks like a token and is none is refused, whichever way it comes.
pub async fn a_forged_token_is_refused<I: Issuer>(issuer: &I) {
    for node in issuer.nodes() {
        for forged in issuer.forged().await {
            for shown in ways(&forged) {
                assert_refused(&*node, shown, "forged").await;
            }
        }
    }
}

/// A text that nobody issued is refused: empty, an id, a name, a query, a megabyte.
pub async fn what_nobody_issued_is_refused<I: Issuer>(issuer: &I) {
    let (_, identity) = issuer.token().await;
    let login = identity.login.map(|login| login.to_string());
    let texts = [
        String::new(),
        " ".to_owned(),
        "\0".to_owned(),
        "null".to_owned(),
        "..".to_owned(),
        "' or 1=1 --".to_owned(),
        "{\"$ne\":null}".to_owned(),
        "токен 😀".to_owned(),
        // {"alg":"none"} and nothing.
        "eyJhbGciOiJub25lIn0.e30.".to_owned(),
        "a".repeat(1 << 20),
        identity.user.to_string(),
        login.unwrap_or_default(),
    ];
    for node in issuer.nodes() {
        for text in &texts {
            for shown in ways(text) {
                let start: String = text.chars().take(40).collect();
                assert_refused(&*node, shown, &format!("{start:?}")).await;
            }
        }
    }
}

/// No character of a token may differ, be missing or be added.
pub async fn a_changed_token_is_refused<I: Issuer>(issuer: &I) {
    let (token, _) = issuer.token().await;
    let [node, _] = issuer.nodes();
    let signs: Vec<char> = token.chars().collect();
    let changed = (0..signs.len()).map(|at| {
        let mut signs = signs.clone();
        // Another letter in any case, and other bits where letters stand for bits.
        signs[at] = match signs[at] {
            'a' | 'A' => 'Q',
            _ => 'A',
        };
        signs.into_iter().collect::<String>()
    });
    let cut = |at: usize| signs.iter().take(at).collect::<String>();
    let others = [
        cut(signs.len() - 1),
        cut(signs.len() / 2),
        signs.iter().skip(1).collect(),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}A"),
        format!("{token}\0"),
        format!("{token}\n{token}"),
        format!("{token}.{token}"),
        format!("Bearer {token}"),
    ];
    for changed in changed.chain(others) {
        assert_ne!(changed, token);
        let why = format!("{token:?} changed to {changed:?}");
        assert_refused(&*node, Credential::Bearer(&changed), &why).await;
    }
    node.authenticate(Credential::Bearer(&token)).await.unwrap();
}

/// A token is no ticket and a ticket no token: a URL's secret opens nothing else.
pub async fn a_token_is_no_ticket<I: Issuer>(issuer: &I) {
    let (token, identity) = issuer.token().await;
    let [node, _] = issuer.nodes();
    assert_refused(&*node, Credential::Ticket(&token), "a token").await;
    if let Some(ticket) = issuer.ticket(&identity).await {
        assert_refused(&*node, Credential::Bearer(&ticket), "a ticket").await;
        assert_refused(&*node, Credential::Cookie(&ticket), "a ticket").await;
    }
}

/// A ticket is good once, however many show it at the same moment.
pub async fn a_ticket_is_good_once<I: Issuer>(issuer: &I) {
    let (_, identity) = issuer.token().await;
    let Some(ticket) = issuer.ticket(&identity).await else {
        return;
    };
    let [node, _] = issuer.nodes();
    let (one, two) = tokio::join!(
        node.authenticate(Credential::Ticket(&ticket)),
        node.authenticate(Credential::Ticket(&ticket)),
    );
    let good: Vec<Identity> = [one, two].into_iter().flatten().collect();
    assert_eq!(good.len(), 1, "{good:?}");
    assert_eq!(
        (&good[0].user, good[0].login),
        (&identity.user, identity.login)
    );
    assert_refused(&*node, Credential::Ticket(&ticket), "used").await;
}

/// Five seconds after its session was ended a token is refused on every node, even on those that
/// took it a moment before; others of the same issuer go on.
pub async fn an_ended_session_is_refused_on_every_node<I: Issuer>(issuer: &I) {
    let ((ended, identity), (other, bob)) = (issuer.token().await, issuer.token().await);
    for node in issuer.nodes() {
        node.authenticate(Credential::Bearer(&ended)).await.unwrap();
    }

    issuer.revoke(&identity).await;
    issuer.pass(REVOKED_WITHIN).await;

    for node in issuer.nodes() {
        assert_refused(&*node, Credential::Bearer(&ended), "its session ended").await;
        assert_refused(&*node, Credential::Cookie(&ended), "its session ended").await;
        let answer = node.authenticate(Credential::Bearer(&other)).await;
        assert_eq!(answer.unwrap(), bob);
    }
}

/// A ticket ends with the session that asked for it.
pub async fn a_ticket_ends_with_its_session<I: Issuer>(issuer: &I) {
    let (_, identity) = issuer.token().await;
    let Some(ticket) = issuer.ticket(&identity).await else {
        return;
    };
    issuer.revoke(&identity).await;
    issuer.pass(REVOKED_WITHIN).await;
    let [node, _] = issuer.nodes();
    assert_refused(&*node, Credential::Ticket(&ticket), "its session ended").await;
}

/// Neither an error, with all its sources, nor a log says anything of a credential.
pub async fn nothing_is_said_of_a_credential<I: Issuer>(issuer: &I) {
    let (good, identity) = issuer.token().await;
    let mut texts = issuer.forged().await;
    texts.push(format!("{good}A"));
    texts.extend(issuer.expired().await);
    texts.extend(issuer.ticket(&identity).await);
    texts.push(good);
    let said = Said::default();
    for node in issuer.nodes() {
        for text in &texts {
            for shown in ways(text) {
                let answer = node.authenticate(shown).with_subscriber(said.clone()).await;
                said.write(&format!("{shown:?} "));
                if let Err(error) = answer {
                    said.write(&spelt_out(&error));
                }
            }
        }
    }
    let said = said.0.lock().unwrap();
    for text in &texts {
        assert!(!said.contains(text.as_str()), "{text:?} is in {said:?}");
    }
}

/// An error as it is shown and as it is logged, with its sources.
fn spelt_out(error: &AuthError) -> String {
    let mut text = format!("{error:?}");
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        write!(text, " {error}").unwrap();
        next = error.source();
    }
    text
}

/// Everything that is logged, in one text.
#[derive(Debug, Clone, Default)]
struct Said(Arc<Mutex<String>>);

impl Said {
    fn write(&self, text: &str) {
        self.0.lock().unwrap().push_str(text);
    }
}

impl Visit for &Said {
    fn record_debug(&mut self, _field: &Field, value: &dyn std::fmt::Debug) {
        self.write(&format!("{value:?} "));
    }
}

impl Subscriber for Said {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut &*self);
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}
