//! `docs/protocol.md` tells every code.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chat_core::protocol::Code;

#[test]
fn the_protocol_tells_every_code_with_its_status_and_what_to_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol.md");
    let page = fs::read_to_string(path).unwrap();
    let (_, table) = page.split_once("\n## Codes\n").unwrap();
    let table = table.split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let told: BTreeMap<&str, u16> = rows
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let [code, status, meaning, act] = cells[..] else {
                panic!("not four cells: {row}");
            };
            assert!(!meaning.is_empty() && !act.is_empty(), "{row}");
            (code.trim_matches('`'), status.parse().unwrap())
        })
        .collect();

    let there_are = Code::ALL.iter().map(|code| (code.as_str(), code.status()));

    assert_eq!(told, there_are.collect());
}
