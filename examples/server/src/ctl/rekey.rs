//! Bringing stored messages under the current keys.

use std::process::ExitCode;
use std::sync::Arc;

use chat_core::id::MessageId;
use chat_seal::Sealed;

use super::{CtlError, Outcome, print};
use crate::config::Config;
use crate::store;

/// How many messages are read at once; those of them that change do so in one transaction.
const PAGE: usize = 200;

/// How many messages pass before it is said how far it is.
const SAID_AFTER: u64 = 20_000;

/// Rekeys all messages, or those below one: newest first.
pub(super) async fn rekey(config: &Config, words: &[&str]) -> Outcome {
    let below: Option<MessageId> = match words {
        [] => None,
        [id] => Some(
            id.parse()
                .map_err(|_| CtlError::Message((*id).to_owned()))?,
        ),
        _ => return Err(CtlError::Usage(format!("rekey {}", words.join(" ")))),
    };
    let Some(keys) = &config.seal else {
        return Err(CtlError::Refused(
            "there are no keys: set CHAT_SEAL_KEYS and CHAT_SEAL_INDEX_KEY",
        ));
    };
    let store = Sealed::new(store::open_plain(config).await?, Arc::clone(keys));
    let (mut read, mut changed, mut left, mut before) = (0, 0, 0, below);
    loop {
        let page = store.rekey(before, PAGE).await?;
        read += page.read;
        changed += page.changed;
        left += page.left;
        before = page.next;
        let Some(next) = before else { break };
        if read % SAID_AFTER == 0 {
            print(&format!(
                "{read} messages; to go on from here: chatctl rekey {next}"
            ));
        }
    }
    let current = keys.current();
    print(&format!(
        "{read} messages: {changed} are sealed with {current} now, {left} are left"
    ));
    Ok(match left {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
