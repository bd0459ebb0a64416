//! Shell lines as people type them, run by a shell: the requests that a client of an earlier server has, and the tutorial's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::process::{Command, Output};

use common::Server;
use serde_json::Value;

const TUTORIAL: &str = include_str!("../../../docs/tutorial.md");

/// Where the lines think the server is.
const USUAL: [&str; 2] = ["http://localhost:8080", "http://127.0.0.1:8080"];

/// What another person registered; found again by a search.
const OTHER: &str = r#"curl -X POST http://localhost:8080/api/v1/auth/register \
  -H "Content-Type: application/json" \
  -d '{"username":"bob","email":"bob@example.com","password":"password123"}'"#;

/// The requests, as their document has them: `YOUR_TOKEN_HERE` and user 2 are what the reader fills in.
const REQUESTS: [&str; 4] = [
    r#"curl -X POST http://localhost:8080/api/v1/auth/register \
  -H "Content-Type: application/json" \
  -d '{"username":"alice","email":"alice@example.com","password":"password123"}'"#,
    r#"curl -X POST http://localhost:8080/api/v1/auth/login \
  -H "Content-Type: application/json" \
  -d '{"email":"alice@example.com","password":"password123"}'"#,
    r#"curl http://localhost:8080/api/v1/users \
  -H "Authorization: Bearer YOUR_TOKEN_HERE""#,
    r#"curl -X POST http://localhost:8080/api/v1/conversations \
  -H "Authorization: Bearer YOUR_TOKEN_HERE" \
  -H "Content-Type: application/json" \
  -d '{"type":"direct","participant_id":2}'"#,
];

#[tokio::test]
async fn the_requests_of_an_earlier_servers_clients_work_as_they_are_written() {
    let server = Server::start();
    let [register, login, users, create] = REQUESTS;
    let bob = json(&server, OTHER)["user"]["id"].clone();

    let registered = json(&server, register);
    assert_eq!(registered["user"]["username"], "alice");
    let logged_in = json(&server, login);
    let token = logged_in["token"].as_str().unwrap();
    let typed = |line: &str| line.replace("YOUR_TOKEN_HERE", token);
    let listed = json(&server, &typed(users));
    let ids = listed["items"].as_array().unwrap();
    assert!(ids.iter().any(|user| user["id"] == bob), "{listed}");
    let made = typed(create).replace(":2}", &format!(":{bob}}}"));
    let made = json(&server, &made);
    assert_eq!(made["type"], "direct", "{made}");
}

#[tokio::test]
async fn the_tutorials_lines_work_one_after_the_other() {
    let server = Server::start();
    let blocks = TUTORIAL.split("```sh\n").skip(1);
    let lines = blocks.map(|block| block.split("```").next().unwrap());
    // The first starts the server, the last talks to its socket.
    let script: Vec<_> = lines.filter(|block| block.contains("curl")).collect();
    assert!(script.len() >= 3, "{script:?}");
    let script = format!(
        "set -eu\n{}\ncurl -s $api/conversations/$id/messages -H \"Authorization: Bearer $bob\"",
        script.concat()
    );

    let shown = run(&server, &script);
    let history = shown.rsplit_once("{\"items\"").unwrap().1;

    let history: Value = serde_json::from_str(&format!("{{\"items\"{history}")).unwrap();
    let texts: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["content"])
        .collect();
    assert_eq!(texts, ["hello"]);
}

/// What a line prints, as JSON.
fn json(server: &Server, line: &str) -> Value {
    let printed = run(server, &format!("set -e\n{line} --silent"));
    serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{line}\n{printed}"))
}

/// What a script prints on the standard output.
fn run(server: &Server, script: &str) -> String {
    let here = server.base();
    let script = USUAL.iter().fold(script.to_owned(), |script, usual| {
        script.replace(usual, &here)
    });
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new("bash")
        .arg("-c")
        .arg(&script)
        .output()
        .unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{script}\n{stdout}\n{stderr}");
    stdout.into_owned()
}
