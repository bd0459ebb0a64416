//! `chatctl`: what operators do to a store. It reads the same settings as the server, and works while
//! servers run.

mod person;
mod rekey;
mod seed;
mod users;

use std::process::ExitCode;
use std::sync::Arc;

use chat_core::store::{AdminStore as _, SchemaStore as _, StoreError};

use crate::config::Config;
use crate::run::Failure;
use crate::store::{self, Store};

const USAGE: &str = "\
What operators do to a store. The settings are those of the server: see `chat-server --help`.

Usage: chatctl COMMAND
  migrate up             bring the schema up to date; the server does so at every start
  migrate down           take one step back, and with it what that step brought
  migrate goto N         go up or down to version N; 0 deletes everything
  migrate version        say which version the schema is at, and which this build knows
  migrate force N        note version N and run nothing, after a repair by hand
  seed [USERS [CONVERSATIONS [MESSAGES]]]
                         make up users with the password `password-of-samples`, and what they write; not in production
  user create NAME EMAIL make an account; the password is read from standard input
  user disable USER      let a user no longer log in, and end the sessions
  user enable USER       take that back
  user list [TEXT]       list users, or those whose name has TEXT in it
  push-key               make a key for CHAT_PUSH_KEY
  export USER            all of one user, as JSON
  erase USER --yes       delete all of one user; messages stay as empty places
  rekey [--index] [ID]   seal all messages with the first of the keys, or those below the message ID, while servers run;
                         --index where the key of the index is another one, while none does
  verify                 look for damage: every line is one, and the exit code is 1 if there is any
USER is a user name or an id.
";

/// How many damages of a kind are shown.
const SHOWN: usize = 100;

/// What a command came to.
type Outcome = Result<ExitCode, CtlError>;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CtlError {
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("no such command: {0}; see --help")]
    Usage(String),
    #[error("{0} is no version")]
    Version(String),
    #[error("{0} is no id of a message")]
    Message(String),
    #[error("no such user: {0}")]
    NoUser(String),
    #[error("the account was not made: {0}")]
    Account(String),
    #[error("{0}")]
    Refused(&'static str),
    #[error("cannot write")]
    Output(#[from] std::io::Error),
    #[cfg(feature = "web-push")]
    #[error(transparent)]
    Key(#[from] chat_notify::InvalidSetting),
    #[error("cannot keep uploads")]
    Media(#[from] chat_core::media::MediaError),
}

/// Does what the command line asks for.
pub(crate) fn main(arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if matches!(words.as_slice(), [] | ["--help" | "-h" | "help", ..]) {
        print(USAGE.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    #[cfg(feature = "web-push")]
    if words == ["push-key"] {
        print(&chat_notify::PushKey::generate()?.secret());
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::load().map_err(Failure::from)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = store::open(&config).await?;
        run(&config, &store, &words).await
    })
}

async fn run(config: &Config, store: &Arc<dyn Store>, words: &[&str]) -> Outcome {
    check(config, store, words).await?;
    match words {
        ["migrate", rest @ ..] => migrate(store, rest).await?,
        ["seed", sizes @ ..] => seed::seed(config, store, sizes).await?,
        ["user", rest @ ..] => users::run(config, store, rest).await?,
        ["export", user] => person::export(store, user).await?,
        ["erase", user, "--yes"] => person::erase(config, store, user).await?,
        ["erase", _] => {
            return Err(CtlError::Refused(
                "erasing cannot be undone: add --yes if you mean it",
            ));
        }
        ["rekey", below @ ..] => return rekey::rekey(config, below).await,
        ["verify"] => return verify(store).await,
        _ => return Err(CtlError::Usage(words.join(" "))),
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses a command that needs what is not there: the schema that this build knows, and the keys of sealed messages.
async fn check(config: &Config, store: &Arc<dyn Store>, words: &[&str]) -> Result<(), CtlError> {
    let reads_texts = matches!(words, ["export", _] | ["verify"]);
    let needs_schema = reads_texts
        || matches!(
            words,
            ["user", _, ..] | ["erase", _, "--yes"] | ["rekey", ..]
        );
    if needs_schema {
        require_schema(store).await?;
    }
    if reads_texts && config.seal.is_none() {
        store::refuse_sealed(store).await?;
    }
    Ok(())
}

async fn require_schema(store: &Arc<dyn Store>) -> Result<(), CtlError> {
    let latest = store.steps().last().map_or(0, |step| step.version);
    match store.version().await? {
        0 if latest > 0 => Err(CtlError::Refused(
            "there is no schema yet: run `chatctl migrate up`",
        )),
        version if version < latest => Err(CtlError::Refused(
            "the schema is older than this build: run `chatctl migrate up`",
        )),
        _ => Ok(()),
    }
}

async fn migrate(store: &Arc<dyn Store>, words: &[&str]) -> Result<(), CtlError> {
    let number = |text: &str| text.parse().map_err(|_| CtlError::Version(text.to_owned()));
    match words {
        ["up"] => store.migrate().await?,
        ["down"] => match store.version().await? {
            0 => return Err(CtlError::Refused("there is nothing to take back")),
            version => store.goto(version - 1).await?,
        },
        ["goto", version] => store.goto(number(version)?).await?,
        ["force", version] => store.force(number(version)?).await?,
        ["version"] => {}
        _ => return Err(CtlError::Usage(format!("migrate {}", words.join(" ")))),
    }
    let latest = store.steps().last().map_or(0, |step| step.version);
    print(&format!("version {} of {latest}", store.version().await?));
    Ok(())
}

async fn verify(store: &Arc<dyn Store>) -> Outcome {
    let damages = store.audit(SHOWN).await?;
    for damage in &damages {
        print(&damage.to_string());
    }
    if damages.is_empty() {
        print("no damage found");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

#[expect(clippy::print_stdout, reason = "what a command prints is its result")]
fn print(line: &str) {
    println!("{line}");
}
