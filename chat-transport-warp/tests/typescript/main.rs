//! The TypeScript types and tables of `chat-client-js` are what the Rust types give.
//!
//! `cargo xtask types` runs this with `WRITE_TYPES` set, which writes the files instead of comparing them.
#![cfg(feature = "accounts")]
#![expect(
    clippy::unwrap_used,
    reason = "what tests share fails a test as they do"
)]

mod render;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chat_core::accounts::{AccountStores, Accounts, AccountsConfig, Keys, PasswordCost};
use chat_core::chat::Chat;
use chat_core::memory::MemoryStore;
use chat_core::protocol::{CloseCode, Code};
use chat_transport_warp::{TransportConfig, routes};
use serde_json::{Value, json};

/// The document of a server with everything.
async fn document() -> Value {
    let store = MemoryStore::new();
    let chat = Chat::builder(store.clone(), store.clone()).build();
    let stores = AccountStores {
        accounts: Arc::new(store.clone()),
        logins: Arc::new(store),
    };
    let rules = AccountsConfig {
        password_cost: PasswordCost::fast_for_tests(),
        allow_weak_cost: true,
        ..AccountsConfig::default()
    };
    let keys = Keys::new(*b"1f3a9c7e5b2d8f60a4c8e1739bd5f260", Vec::new()).unwrap();
    let accounts = Accounts::new(stores, rules, &keys, Arc::new(chat.clone())).unwrap();
    let routes = routes(chat, TransportConfig::with_accounts(accounts));
    let asked = warp::test::request().path("/api/v1/openapi.json");
    serde_json::from_slice(asked.reply(&routes).await.body()).unwrap()
}

/// Compares with the committed file, or writes it.
fn check(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../chat-client-js");
    let path = path.join(file);
    if std::env::var_os("WRITE_TYPES").is_some() {
        fs::write(&path, made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differs = made
        .lines()
        .zip(committed.lines())
        .find(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "chat-client-js/{file} is not what the Rust types give; run `cargo xtask types`. First difference: {differs:?}"
    );
}

#[tokio::test]
async fn the_typescript_types_are_those_of_the_wire() {
    check("types/wire.d.ts", &render::types(&document().await));
}

#[test]
fn the_tables_of_codes_are_those_of_the_wire() {
    let closes = CloseCode::ALL
        .iter()
        .map(|code| (code.as_u16(), code.reason(), code.may_reconnect()));
    let retryable = Code::ALL
        .iter()
        .filter(|code| code.is_retryable())
        .map(|code| code.as_str());
    check("src/codes.js", &render::codes(closes, retryable));
}

#[test]
fn schemas_become_types() {
    for (schema, expected) in [
        (json!({"$ref": "#/components/schemas/Seq"}), "Seq"),
        (json!({"type": ["string", "null"]}), "string | null"),
        (json!({"type": "integer", "format": "int64"}), "number"),
        (json!({"enum": ["a", "b"]}), "'a' | 'b'"),
        (
            json!({"type": "array", "items": {"enum": [1, 2]}}),
            "(1 | 2)[]",
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "boolean"}}),
            "Record<string, boolean>",
        ),
        (
            json!({"allOf": [{"$ref": "#/x/A"}, {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}]}),
            "A & {\n  b: string;\n}",
        ),
        (json!({}), "unknown"),
    ] {
        assert_eq!(render::expression(&schema, 0), expected, "{schema}");
    }
}
