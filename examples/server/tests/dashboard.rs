//! The dashboard in `deploy/grafana`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

#[test]
fn the_dashboard_shows_nothing_that_is_not_measured() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let dashboard = fs::read_to_string(root.join("deploy/grafana/chat.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let mut sources = String::new();
    for folder in [
        "chat-core/src",
        "chat-seal/src",
        "chat-transport-warp/src",
        "examples/server/src",
    ] {
        gather(&root.join(folder), &mut sources);
    }

    let shown = names(&dashboard);

    assert!(shown.len() > 10, "{shown:?}");
    for name in shown {
        assert!(sources.contains(&format!("\"{name}\"")), "{name}");
    }
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
