//! Autobahn's cases, by the `kosoku` suite, against an echo made of the handshake, the upgrade and
//! the codec. `KOSOKU` names the program; without it, the one on the path.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::path::Path;
use std::process::Command;

use chat_transport_warp::ws::codec::{Decoder, Item, pong_frame};
use chat_transport_warp::ws::{handshake, upgrade};
use chat_transport_warp::{ListenerConfig, serve};
use http::{HeaderMap, Method, Response, Version};
use hyper::upgrade::OnUpgrade;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use warp::Filter;

/// The largest message of the cases is 16 MiB.
const MAX_MESSAGE: usize = 32 << 20;

/// A whole message in one unmasked frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(short @ 0..=125) => frame.push(u8::try_from(short).unwrap()),
        Ok(middle) => {
            frame.push(126);
            frame.extend(middle.to_be_bytes());
        }
        Err(_) => {
            frame.push(127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

async fn echo(mut stream: TcpStream, early: &[u8]) {
    let mut decoder = Decoder::new(MAX_MESSAGE).allow_binary();
    let mut input = early.to_vec();
    loop {
        let (mut answer, mut ended) = (Vec::new(), false);
        let decoded = decoder.decode(&mut input, |item| match item {
            Item::Text(text) => answer.extend(frame(0x81, text)),
            Item::Binary(bytes) => answer.extend(frame(0x82, bytes)),
            Item::Ping(payload) => answer.extend(pong_frame(payload)),
            Item::Pong => {}
            Item::Close(code) => {
                let code = code.map(u16::to_be_bytes);
                answer.extend(frame(0x88, code.as_ref().map_or(&[], |code| &code[..])));
                ended = true;
            }
        });
        if let Err(error) = decoded {
            answer.extend(frame(0x88, &error.close_code().as_u16().to_be_bytes()));
            ended = true;
        }
        if stream.write_all(&answer).await.is_err() || ended {
            // The peer may be gone already.
            let _ = stream.shutdown().await;
            return;
        }
        input.resize(64 << 10, 0);
        match stream.read(&mut input).await {
            Ok(0) | Err(_) => return,
            Ok(read) => input.truncate(read),
        }
    }
}

fn open(method: &Method, headers: &HeaderMap, on_upgrade: OnUpgrade) -> Response<String> {
    let accept = handshake::check(method, Version::HTTP_11, headers).unwrap();
    tokio::spawn(async move {
        if let Ok((upgrade::Stream::Tcp(stream), early)) = upgrade::accept(on_upgrade).await {
            echo(stream, &early).await;
        }
    });
    let response = Response::builder()
        .status(101)
        .header("upgrade", "websocket")
        .header("connection", "upgrade");
    response
        .header("sec-websocket-accept", accept)
        .body(String::new())
        .unwrap()
}

/// Every case's verdict in the report.
fn verdicts(report: &Path) -> Vec<(String, String)> {
    let index: Value =
        serde_json::from_slice(&std::fs::read(report.join("index.json")).unwrap()).unwrap();
    let agents = index.as_object().unwrap().values();
    let cases = agents.flat_map(|agent| agent.as_object().unwrap());
    let worst = |case: &Value| {
        format!(
            "{} {}",
            case["behavior"].as_str().unwrap(),
            case["behaviorClose"].as_str().unwrap()
        )
    };
    cases
        .map(|(name, case)| (name.clone(), worst(case)))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn autobahns_cases_pass() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let filter = warp::method()
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<OnUpgrade>())
        .map(|method, headers, on_upgrade| open(&method, &headers, on_upgrade));
    let config = ListenerConfig {
        max_per_address: 1_000,
        ..ListenerConfig::default()
    };
    tokio::spawn(serve(listener, filter, config, std::future::pending()));

    let report = tempfile::tempdir().unwrap();
    let folder = report.path().to_owned();
    let program = std::env::var("KOSOKU").unwrap_or_else(|_| "kosoku".to_owned());
    let run = tokio::task::spawn_blocking(move || {
        let mut suite = Command::new(&program);
        suite
            .args([
                "-m",
                "fuzzingclient",
                "-x",
                "12.*",
                "-x",
                "13.*",
                "-p",
                "4",
                "-o",
            ])
            .arg(&folder);
        suite.arg(format!("ws://{address}")).output()
    });
    let output = run
        .await
        .unwrap()
        .expect("KOSOKU or the path must have kosoku (PyPI: kosoku==0.1.0)");
    let verdicts = verdicts(report.path());

    assert!(
        verdicts.len() >= 300,
        "{} cases; {}",
        verdicts.len(),
        String::from_utf8_lossy(&output.stderr)
    );
    let good = |verdict: &str| {
        verdict
            .split(' ')
            .all(|word| matches!(word, "OK" | "NON-STRICT" | "INFORMATIONAL"))
    };
    let failed: Vec<_> = verdicts
        .iter()
        .filter(|(_, verdict)| !good(verdict))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    println!("{} cases", verdicts.len());
}
