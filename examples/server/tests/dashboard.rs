//! What is measured: the dashboard in `deploy/grafana` shows it, and `docs/nodes.md` tells it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

#[test]
fn the_dashboard_shows_nothing_that_is_not_measured() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/chat.json")).unwrap();
    let sources = sources();

    let shown = names(&dashboard);

    assert!(shown.len() > 10, "{shown:?}");
    for name in shown {
        assert!(sources.contains(&format!("\"{name}\"")), "{name}");
    }
}

#[test]
fn the_table_tells_everything_that_is_measured_and_nothing_else() {
    let page = read("docs/nodes.md");
    let rows = page.lines().filter(|line| line.starts_with("| `chat_"));
    let cells = rows.flat_map(|row| row.split(" | ").next());
    let told: BTreeSet<_> = cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(|name| name.split('{').next().unwrap().to_owned())
        .collect();
    let sources = sources();
    let measured: BTreeSet<_> = ["counter!(", "gauge!(", "histogram!("]
        .iter()
        .flat_map(|noted| sources.split(noted).skip(1))
        .filter_map(|rest| rest.trim_start().strip_prefix("\"chat_"))
        .map(|rest| format!("chat_{}", rest.split('"').next().unwrap()))
        .collect();

    assert!(measured.len() > 15, "{measured:?}");
    assert_eq!(told, measured);
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sources of every crate that measures.
fn sources() -> String {
    let mut sources = String::new();
    for folder in [
        "chat-core/src",
        "chat-seal/src",
        "chat-transport-warp/src",
        "examples/server/src",
    ] {
        gather(&root().join(folder), &mut sources);
    }
    sources
}

/// The names of all that the panels ask for.
fn names(dashboard: &Value) -> BTreeSet<String> {
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut names = BTreeSet::new();
    for target in targets {
        let words = target["expr"].as_str().unwrap();
        let words = words.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        for word in words.filter(|word| word.starts_with("chat_")) {
            let series = ["_bucket", "_sum", "_count"];
            let name = series.iter().find_map(|end| word.strip_suffix(end));
            names.insert(name.unwrap_or(word).to_owned());
        }
    }
    names
}

fn gather(folder: &Path, sources: &mut String) {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        paths.push(entry.unwrap().path());
    }
    for path in paths {
        if path.is_dir() {
            gather(&path, sources);
        } else {
            sources.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
