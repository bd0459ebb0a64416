//! The operators' tool, as operators use it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use sqlx::ConnectOptions as _;
use tempfile::TempDir;

/// Names and values of settings.
type Settings<'a> = [(&'a str, &'a str)];

fn chatctl(folder: &Path, words: &[&str], input: &str) -> Output {
    chatctl_with(folder, &[], words, input)
}

fn chatctl_with(folder: &Path, settings: &Settings<'_>, words: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chatctl"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .envs(settings.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// What a command that succeeds prints.
fn done(folder: &TempDir, words: &[&str]) -> String {
    let output = chatctl(folder.path(), words, "");
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that fails says.
fn refused(folder: &TempDir, words: &[&str]) -> String {
    let output = chatctl(folder.path(), words, "");
    assert!(!output.status.success(), "{words:?}");
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

async fn damage(folder: &TempDir, statement: &'static str) {
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("data/chat.db"));
    let mut other = options.foreign_keys(false).connect().await.unwrap();
    sqlx::raw_sql(statement).execute(&mut other).await.unwrap();
}

/// How many steps the schema has, as the command says it of an empty folder.
fn steps(folder: &TempDir) -> usize {
    let said = done(folder, &["migrate", "version"]);
    let latest = said.trim_end().strip_prefix("version 0 of ");
    latest.and_then(|latest| latest.parse().ok()).expect(&said)
}

#[test]
fn the_schema_goes_up_and_down_by_version() {
    let folder = tempfile::tempdir().unwrap();
    let latest = steps(&folder);
    let number = latest.to_string();
    let at = |version: usize| format!("version {version} of {latest}\n");
    assert_eq!(done(&folder, &["migrate", "up"]), at(latest));
    done(&folder, &["seed", "2", "1", "1"]);
    assert_eq!(done(&folder, &["migrate", "force", "0"]), at(0));
    assert_eq!(done(&folder, &["migrate", "force", &number]), at(latest));
    assert_eq!(done(&folder, &["user", "list"]).lines().count(), 2);
    for version in (0..latest).rev() {
        assert_eq!(done(&folder, &["migrate", "down"]), at(version));
    }
    assert!(refused(&folder, &["migrate", "down"]).contains("nothing to take back"));
    assert_eq!(done(&folder, &["migrate", "goto", &number]), at(latest));
    assert_eq!(done(&folder, &["user", "list"]), "");
    for words in [
        ["migrate", "goto", "777"],
        ["migrate", "goto", "x"],
        ["migrate", "sideways", ""],
    ] {
        assert!(!refused(&folder, &words).is_empty());
    }
}

/// A newer build has been here: nothing is done to what is not understood.
#[tokio::test]
async fn a_schema_of_a_version_that_nobody_knows_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let latest = steps(&folder);
    done(&folder, &["seed", "2", "1", "1"]);
    let later = "insert into chat_steps select max(version) + 1, 'later', 0 from chat_steps";
    damage(&folder, later).await;
    let found = format!("version {} of {latest}\n", latest + 1);
    assert_eq!(done(&folder, &["migrate", "version"]), found);
    for words in [["migrate", "up"], ["migrate", "down"]] {
        assert!(
            refused(&folder, &words).contains("does not know"),
            "{words:?}"
        );
    }
    assert_eq!(done(&folder, &["user", "list"]).lines().count(), 2);
}

/// What works on what is kept.
const ON_DATA: [&[&str]; 11] = [
    &["user", "create", "ada", "ada@example.com"],
    &["user", "disable", "ada"],
    &["user", "enable", "ada"],
    &["user", "list"],
    &["user", "list", "ada"],
    &["export", "ada"],
    &["erase", "ada", "--yes"],
    &["rekey"],
    &["rekey", "--index"],
    &["rekey", "01900000-0000-7000-8000-000000000000"],
    &["verify"],
];

const SEALED: &Settings<'_> = &[
    (
        "CHAT_SEAL_KEYS",
        "a:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    ),
    (
        "CHAT_SEAL_INDEX_KEY",
        "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=",
    ),
];

/// Says on this store, with keys and without, that what works on what is kept needs a schema.
fn every_command_needs_a_schema(folder: &TempDir, store: &Settings<'_>, why: &str) {
    for (words, keys) in ON_DATA
        .iter()
        .flat_map(|words| [(words, SEALED), (words, &[])])
    {
        let settings = [store, keys].concat();
        let output = chatctl_with(folder.path(), &settings, words, "");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(why), "{store:?} {words:?}: {said}");
        assert!(said.contains("run `chatctl migrate up`"), "{said}");
        assert!(!output.status.success(), "{store:?} {words:?}");
        assert_eq!(output.stdout, b"", "{store:?} {words:?}");
    }
}

/// The address that a variable has of a server for tests.
fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} names no server: `cargo xtask services up` starts one")
    })
}

#[test]
fn what_needs_a_schema_says_so_on_every_store_that_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = format!("t{:x}_", uuid::Uuid::new_v4().as_u128() as u64);
    let (postgres, mongo) = (server("TEST_POSTGRES_URL"), server("TEST_MONGO_URL"));
    for url in ["sqlite:chat.db", &postgres, &mongo] {
        let store = [("CHAT_STORE_URL", url), ("CHAT_STORE_PREFIX", &prefix)];
        every_command_needs_a_schema(&folder, &store, "there is no schema yet");
        let version = chatctl_with(folder.path(), &store, &["migrate", "version"], "");
        assert!(version.stdout.starts_with(b"version 0 of "), "{url}");
    }
    let memory = [("CHAT_STORE_URL", "memory:")];
    let output = chatctl_with(folder.path(), &memory, &["verify"], "");
    assert_eq!(output.stdout, b"no damage found\n", "memory needs none");
}

#[test]
fn what_needs_a_schema_says_so_on_one_that_is_older_than_the_build() {
    let folder = tempfile::tempdir().unwrap();
    let before = (steps(&folder) - 1).to_string();
    done(&folder, &["migrate", "goto", &before]);
    every_command_needs_a_schema(&folder, &[], "the schema is older than this build");
}

#[test]
fn accounts_are_made_listed_and_disabled() {
    let folder = tempfile::tempdir().unwrap();
    done(&folder, &["migrate", "up"]);
    let create = |name: &str, password: &str| {
        chatctl(
            folder.path(),
            &["user", "create", name, &format!("{name}@example.com")],
            password,
        )
    };
    assert!(create("zoe", "a good password\n").status.success());
    assert!(
        !create("zoe", "a good password\n").status.success(),
        "the name is taken"
    );
    assert!(!create("yan", "short\n").status.success());
    let list = done(&folder, &["user", "list"]);
    assert!(list.contains(" zoe zoe\n"), "{list}");
    done(&folder, &["user", "disable", "zoe"]);
    assert_eq!(
        done(&folder, &["user", "list", "zo"]),
        "",
        "disabled users are not listed"
    );
    done(&folder, &["user", "enable", "zoe"]);
    assert_eq!(done(&folder, &["user", "list", "zo"]), list);
    assert!(refused(&folder, &["user", "disable", "nobody"]).contains("no such user"));
}

#[test]
fn all_of_a_user_is_given_and_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    done(&folder, &["seed", "5", "6", "300"]);
    let export: Value = serde_json::from_str(&done(&folder, &["export", "bob"])).unwrap();
    assert_eq!(export["account"]["username"], "bob");
    assert!(export["account"].get("password_hash").is_none());
    let messages = export["messages"].as_array().unwrap();
    assert!(
        messages.len() > 20
            && messages
                .iter()
                .all(|message| message["sender_id"] == export["user_id"])
    );
    assert_eq!(export["blocks"], serde_json::json!([]));
    assert_eq!(export["push_subscriptions"], serde_json::json!([]));
    assert!(!export["conversations"].as_array().unwrap().is_empty());
    assert_eq!(export["reactions"], serde_json::json!([]));

    assert!(refused(&folder, &["erase", "bob"]).contains("--yes"));
    let said = done(&folder, &["erase", "bob", "--yes"]);
    assert!(
        said.contains(&format!("{} messages", messages.len())),
        "{said}"
    );

    let id = export["user_id"].as_str().unwrap();
    let rest: Value = serde_json::from_str(&done(&folder, &["export", id])).unwrap();
    assert_eq!(rest["account"], Value::Null);
    assert_eq!(
        rest["messages"].as_array().unwrap().len(),
        messages.len(),
        "the places stay"
    );
    assert!(
        rest["messages"]
            .as_array()
            .unwrap()
            .iter()
            .all(|message| message["content"] == "")
    );
    assert_eq!(done(&folder, &["verify"]), "no damage found\n");
}

#[tokio::test]
async fn verify_names_the_damage_and_fails() {
    for (kind, statement) in [
        ("seq_gap", "delete from chat_messages where seq = 3"),
        (
            "doubled_client_id",
            "drop index chat_messages_client; update chat_messages set sender = 'a', client_id = 'b'",
        ),
        (
            "marker_past_head",
            "update chat_members set delivered = 10000",
        ),
        ("rev_past_head", "update chat_members set rev = 10000"),
        (
            "orphan_upload",
            "insert into chat_upload_links values (x'00', x'00', 1)",
        ),
        ("wrong_members", "update chat_members set active = 0"),
        (
            "left_after_erasure",
            "insert into chat_erasures select id, 0 from chat_accounts",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        done(&folder, &["seed", "3", "3", "30"]);
        assert_eq!(done(&folder, &["verify"]), "no damage found\n");
        damage(&folder, statement).await;
        let said = refused(&folder, &["verify"]);
        assert!(
            said.lines().any(|line| line.starts_with(kind)),
            "{kind}: {said}"
        );
    }
}

#[test]
fn what_is_not_a_command_is_refused_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    assert!(done(&folder, &["--help"]).contains("chatctl COMMAND"));
    for words in [
        &["migrat", "up"][..],
        &["user"],
        &["export"],
        &["seed", "many"],
    ] {
        assert!(refused(&folder, words).contains("--help"), "{words:?}");
    }
    let production = Command::new(env!("CARGO_BIN_EXE_chatctl"))
        .arg("seed")
        .current_dir(folder.path())
        .env_clear()
        .env("CHAT_PROFILE", "production")
        .env("CHAT_JWT_SECRET", "0123456789abcdef0123456789abcdef")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&production.stderr).contains("not in production"));
}

/// A store that this build does not have is named, with the feature that brings it.
#[test]
fn an_unknown_store_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_chatctl"))
        .args(["migrate", "version"])
        .current_dir(folder.path())
        .env_clear()
        .env("CHAT_STORE_URL", "oracle://x")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("CHAT_STORE_URL") && said.contains("postgres://"),
        "{said}"
    );
}
