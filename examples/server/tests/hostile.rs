//! Clients that do not behave, and what the others notice of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::Server;
use common::socket::{SOON, bearer, frame, shake};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// A GIF of one pixel.
const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b";

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < end, "{what} did not come about");
        sleep(Duration::from_millis(20)).await;
    }
}

fn open_files(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.pid()))
        .unwrap()
        .count()
}

fn open_sockets(server: &Server) -> usize {
    let files = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap();
    let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    links
        .filter(|link| link.to_string_lossy().starts_with("socket:"))
        .count()
}

/// Clock ticks that the server has computed for.
fn ticks(server: &Server) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let fields = stat.rsplit(") ").next().unwrap();
    let fields: Vec<u64> = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|n| n.parse().unwrap())
        .collect();
    fields.iter().sum()
}

fn address(server: &Server) -> String {
    server.base().replace("http://", "")
}

async fn is_alive(server: &Server) -> bool {
    let asked = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = asked.get(format!("{}/livez", server.base())).send();
    matches!(timeout(SOON, asked).await, Ok(Ok(answer)) if answer.status() == 200)
}

#[tokio::test]
async fn a_socket_whose_client_stops_sending_or_is_reset_is_cleaned_up() {
    let server = Server::start();
    let ada = server.user("ada").await;
    let mut watching = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    assert_eq!(watching.text().await["type"], "ready");
    let before = open_sockets(&server);

    let mut half = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    half.stream.shutdown().await.unwrap();
    while half.next().await.is_some() {}

    let mut reset = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    let whole = frame(0x81, br#"{"type":"ping"}"#);
    reset.send(&whole[..9]).await;
    // What was not read makes the end a reset.
    drop(reset);

    until("the end of both", || open_sockets(&server) <= before).await;
    watching
        .send(&frame(0x81, br#"{"type":"ping","id":"still"}"#))
        .await;
    while watching.text().await["id"] != "still" {}
}

#[tokio::test]
async fn a_resume_names_so_many_conversations_and_nothing_odd() {
    let server = Server::start();
    let ada = server.user("ada").await;
    let body = json!({"type": "group", "name": "n", "participant_ids": []});
    let group: Value = ada.post("conversations", &body).await.unwrap();
    let group = group["id"].as_str().unwrap();
    let mut socket = shake(&server, "", &[&bearer(&ada)]).await.unwrap();
    let ready = socket.text().await;
    let unknown = |count: usize| {
        let id = |_| (uuid::Uuid::now_v7().to_string(), json!(1));
        let revs: serde_json::Map<_, _> = (0..count).map(id).collect();
        json!({"type": "resume", "id": "r", "epoch": ready["epoch"], "revs": revs}).to_string()
    };
    let revs = |revs: &str| format!(r#"{{"type":"resume","id":"r","revs":{revs}}}"#);

    for (what, command, answered) in [
        ("501 conversations", unknown(501), "limit_exceeded"),
        (
            "a negative rev",
            revs(&format!(r#"{{"{group}":-1}}"#)),
            "invalid_type",
        ),
        (
            "a rev over 64 bits",
            revs(&format!(r#"{{"{group}":9223372036854775808}}"#)),
            "invalid_type",
        ),
        (
            "a rev in words",
            revs(&format!(r#"{{"{group}":"1"}}"#)),
            "invalid_type",
        ),
        ("a name that is no id", revs(r#"{"x":1}"#), "invalid_id"),
        ("a list", revs("[]"), "invalid_type"),
        ("500 conversations", unknown(500), "resumed"),
        (
            "one twice",
            revs(&format!(r#"{{"{group}":1,"{group}":1}}"#)),
            "resumed",
        ),
        (
            "one from the future",
            revs(&format!(r#"{{"{group}":999999999}}"#)),
            "resumed",
        ),
    ] {
        socket.send(&frame(0x81, command.as_bytes())).await;
        let answer = loop {
            let answer = socket.text().await;
            if matches!(answer["type"].as_str(), Some("resumed" | "error")) {
                break answer;
            }
        };
        let found = answer["code"].as_str().or(answer["type"].as_str());
        assert_eq!(found, Some(answered), "{what}: {answer}");
    }
}

#[tokio::test]
async fn a_server_without_file_handles_waits_and_recovers() {
    let server = Server::start();
    assert!(is_alive(&server).await);
    let few = open_files(&server) + 8;
    let limited = Command::new("prlimit")
        .arg(format!("--pid={}", server.pid()))
        .arg(format!("--nofile={few}:{few}"))
        .status();
    assert!(limited.unwrap().success());

    let mut open = Vec::new();
    for _ in 0..40 {
        open.push(TcpStream::connect(address(&server)).await.unwrap());
    }
    until("the last handle", || open_files(&server) >= few).await;
    let before = ticks(&server);
    sleep(Duration::from_secs(2)).await;
    let spent = ticks(&server) - before;
    drop(open);

    assert!(spent < 40, "{spent} ticks of 200 while it could only wait");
    assert!(is_alive(&server).await, "with handles again");
}

/// The first half of an upload, and the rest of it.
fn upload(server: &Server, token: &str, picture: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let part = "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.gif\"\r\n\r\n";
    let body = [part.as_bytes(), picture, b"\r\n--cut--\r\n"].concat();
    let head = format!(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary=cut\r\nContent-Length: {}\r\n\r\n",
        address(server),
        body.len(),
    );
    let mut whole = [head.as_bytes(), &body].concat();
    let rest = whole.split_off(whole.len() - picture.len() / 2 - 15);
    (whole, rest)
}

/// All files in a folder and those in it, with what is in them.
fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

#[tokio::test]
async fn a_kill_in_mid_upload_leaves_no_half_object() {
    let mut server = Server::start();
    let ada = server.user("ada").await;
    let token = ada.token().unwrap().to_owned();
    for round in 0..5 {
        let mut acknowledged = Vec::new();
        let mut halves = Vec::new();
        for _ in 0..3 {
            let (first, rest) = upload(&server, &token, GIF);
            let mut stream = TcpStream::connect(address(&server)).await.unwrap();
            stream.write_all(&first).await.unwrap();
            halves.push((stream, rest));
        }
        // One is done, one is being written, and one stays half.
        let (mut done, rest) = halves.remove(0);
        done.write_all(&rest).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            assert_ne!(
                timeout(SOON, done.read_buf(&mut answer))
                    .await
                    .unwrap()
                    .unwrap(),
                0
            );
        }
        let start = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap()
            + 4;
        let kept: Value = serde_json::from_slice(&answer[start..]).unwrap();
        acknowledged.push(kept["url"].as_str().unwrap().to_owned());
        let (written, rest) = &mut halves[0];
        written.write_all(rest).await.unwrap();
        sleep(Duration::from_millis(round)).await;

        server.kill();
        server.restart();

        let mut objects = files(&server.data().join("data/uploads"));
        // What says that the folder of unfinished uploads is in use.
        objects.retain(|(path, _)| !path.ends_with("lock"));
        assert!(
            objects.len() > usize::try_from(round).unwrap(),
            "{objects:?}"
        );
        for (path, bytes) in objects {
            assert_eq!(bytes, GIF, "{}", path.display());
        }
        for url in acknowledged {
            let url = format!("{}/api/v1/{url}", server.base());
            let asked = reqwest::Client::builder().no_proxy().build().unwrap();
            let read = asked.get(url).bearer_auth(&token).send().await.unwrap();
            assert_eq!(read.bytes().await.unwrap(), GIF);
        }
    }
}

/// How long 48 of 50 requests take at most of somebody who does nothing unusual; all succeed.
async fn usual(server: &Server, token: &str) -> Duration {
    let asked = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut took = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        let url = format!("{}/api/v1/users/me", server.base());
        let answer = asked.get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        took.push(begun.elapsed());
        sleep(Duration::from_millis(10)).await;
    }
    took.sort();
    took[47]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_logins_is_bounded_and_others_are_served() {
    let server = Server::start();
    let ada = server.user("ada").await;
    let before = server.resident_kib();
    let asked = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut storm = tokio::task::JoinSet::new();
    for n in 0..400 {
        let body = json!({"email": format!("nobody-{n}@example.com"), "password": "guessed wrong"});
        let login = asked.post(format!("{}/api/v1/auth/login", server.base()));
        storm.spawn(async move { login.json(&body).send().await.unwrap() });
    }
    let waited = usual(&server, ada.token().unwrap()).await;
    let more = server.resident_kib().saturating_sub(before) / 1024;
    let (mut refused, mut busy) = (0, 0);
    while let Some(answer) = storm.join_next().await {
        let answer = answer.unwrap();
        match answer.status().as_u16() {
            401 => refused += 1,
            429 | 503 => {
                assert!(answer.headers().contains_key("retry-after"));
                busy += 1;
            }
            other => panic!("answered {other}"),
        }
    }

    println!("{refused} refused, {busy} busy, {more} MiB more, others waited {waited:?} at most");
    assert!(busy > 0, "not all 400 at once");
    // Two passwords at once take 64 MiB each.
    assert!(more < 200, "{more} MiB more");
    assert!(waited < Duration::from_secs(1), "others waited {waited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_slow_clients_hold_nobody_up_and_are_let_go() {
    let server = Server::start();
    let ada = server.user("ada").await;
    let token = ada.token().unwrap();
    let before = open_sockets(&server);
    let head = format!(
        "Host: {}\r\nAuthorization: Bearer {token}\r\n",
        address(&server)
    );
    let half_a_head = format!("GET /api/v1/users HTTP/1.1\r\n{head}X-Slow:");
    let half_a_body = format!(
        "POST /api/v1/conversations HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{{"
    );
    let never_read = format!("GET /api/v1/openapi.json HTTP/1.1\r\n{head}\r\n").repeat(40);
    let starts = ["", &half_a_head, &half_a_body, &never_read, "GET /"];
    let mut slow = Vec::new();
    for start in starts.iter().cycle().take(500) {
        let mut stream = TcpStream::connect(address(&server)).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        slow.push(stream);
    }

    let waited = usual(&server, token).await;
    println!("others waited {waited:?} at most");
    assert!(waited < Duration::from_secs(1), "others waited {waited:?}");

    // Heads have ten seconds, bodies thirty, and who never reads twenty since the last that fit.
    let end = Instant::now() + Duration::from_secs(75);
    while open_sockets(&server) > before + 1 {
        let open = open_sockets(&server) - before;
        assert!(Instant::now() < end, "{open} are still open");
        sleep(Duration::from_millis(100)).await;
    }
    drop(slow);
}
