//! Bringing stored messages under the current keys.

use std::process::ExitCode;
use std::sync::Arc;

use chat_core::id::MessageId;
use chat_seal::{CheckError, Sealed};

use super::{CtlError, Outcome, print};
use crate::config::Config;
use crate::run::Failure;
use crate::store::{self, Store};

/// How many messages are read at once; those of them that change do so in one transaction.
const PAGE: usize = 200;

/// How many messages pass before it is said how far it is.
const SAID_AFTER: u64 = 20_000;

/// Says that the key of the index is meant to be another one.
const INDEX: &str = "--index";

/// Rekeys all messages, or those below one: newest first.
pub(super) async fn rekey(config: &Config, words: &[&str]) -> Outcome {
    let (other_index, words) = match words {
        [INDEX, rest @ ..] => (true, rest),
        words => (false, words),
    };
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
    try_keys(&store, other_index).await?;
    let (mut read, mut changed, mut left, mut damaged, mut before) = (0, 0, 0, 0, below);
    loop {
        let page = match store.rekey(before, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                if let Some(next) = before {
                    print(&format!("to go on from here: chatctl rekey {next}"));
                }
                return Err(error.into());
            }
        };
        read += page.read;
        changed += page.changed;
        left += page.left;
        damaged += page.damaged;
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
    if damaged > 0 {
        print(&format!(
            "{damaged} do not open: chatctl verify names them; delete them before their key is dropped"
        ));
    }
    Ok(match left + damaged {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// What is written under keys that are not the servers' is lost to them.
async fn try_keys(store: &Sealed<Arc<dyn Store>>, other_index: bool) -> Result<(), CtlError> {
    match store.check().await {
        Ok(()) => Ok(()),
        Err(CheckError::WrongIndexKey) if other_index => Ok(()),
        Err(CheckError::WrongIndexKey) => Err(CtlError::Refused(
            "CHAT_SEAL_INDEX_KEY is not the key that messages were indexed with: if it is to replace it, add --index",
        )),
        Err(error) => Err(Failure::from(error).into()),
    }
}
