//! Uploads.

use std::io::Write as _;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::common::Server;
use crate::support::{Api, problem, refused};

#[tokio::test]
async fn uploads_are_checked_and_read_by_those_who_may() {
    let server = Server::start();
    let api = Api::of(&server);
    let (ada, bob, eve) = (
        server.user("ada").await,
        server.user("bob").await,
        server.user("eve").await,
    );
    let upload = async |bytes: Vec<u8>, field: &'static str| {
        let part = reqwest::multipart::Part::bytes(bytes)
            .file_name("../../x.png")
            .mime_str("image/png")
            .unwrap();
        let form = reqwest::multipart::Form::new().part(field, part);
        api.http
            .post(format!("{}/uploads", api.base))
            .bearer_auth(ada.token().unwrap())
            .multipart(form)
            .send()
            .await
            .unwrap()
    };
    for (bytes, code) in [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            "unsupported_media",
        ),
        (b"<html><script>1</script>".to_vec(), "unsupported_media"),
        (b"GIF89a<script>alert(1)</script>".to_vec(), "damaged_media"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "damaged_media"),
        (
            [&b"\xff\xd8\xff"[..], &vec![0; 10 << 20]].concat(),
            "too_large",
        ),
        (vec![0; (50 << 20) + 1], "too_large"),
    ] {
        assert_eq!(problem(upload(bytes, "file").await).await.1, code);
    }
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xfe\x06secret\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;PK\x03\x04 tail".to_vec();
    assert_eq!(
        problem(upload(gif.clone(), "other").await).await,
        refused(400, "bad_request")
    );
    let kept: Value = upload(gif, "file").await.json().await.unwrap();
    let (id, path) = (
        kept["id"].as_str().unwrap(),
        format!("/{}", kept["url"].as_str().unwrap()),
    );
    assert_eq!(
        api.get(&path, bob.token().unwrap()).await.status(),
        404,
        "not sent yet"
    );

    let direct: Value = api
        .post(
            "/conversations",
            ada.token(),
            &json!({"type": "direct", "participant_id": bob.user()}),
        )
        .await
        .json()
        .await
        .unwrap();
    let messages = format!("/conversations/{}/messages", direct["id"].as_str().unwrap());
    assert_eq!(
        api.post(
            &messages,
            ada.token(),
            &json!({"upload_ids": [id], "message_type": "image"})
        )
        .await
        .status(),
        201
    );
    assert_eq!(
        problem(
            api.post(&messages, bob.token(), &json!({"upload_ids": [id]}))
                .await
        )
        .await,
        refused(400, "invalid_reference"),
        "not his"
    );
    let read = api.get(&path, bob.token().unwrap()).await;
    assert_eq!(read.headers()["content-type"], "image/gif");
    assert_eq!(
        read.headers()["content-disposition"],
        "inline; filename=\"x.png\""
    );
    assert!(
        read.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("sandbox")
    );
    let bytes = read.bytes().await.unwrap();
    assert!(
        !bytes.windows(6).any(|part| part == b"secret")
            && !bytes.windows(4).any(|part| part == b"tail")
    );
    assert_eq!(api.get(&path, eve.token().unwrap()).await.status(), 404);
    let part = api
        .send(
            Method::GET,
            &path,
            &[
                ("authorization", &format!("Bearer {}", bob.token().unwrap())),
                ("range", "bytes=0-5"),
            ],
            "",
        )
        .await;
    assert_eq!(
        (part.status().as_u16(), part.bytes().await.unwrap().as_ref()),
        (206, &b"GIF89a"[..])
    );
}

/// An MP4 of so many bytes, as far as its first bytes tell.
fn video(size: usize) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41".to_vec();
    let rest = bytes.len()..size;
    bytes.extend(rest.map(|n| (n % 251).to_le_bytes()[0]));
    bytes
}

#[tokio::test]
async fn a_video_of_many_megabytes_is_kept_and_read_in_parts() {
    let server = Server::start();
    let (api, ada) = (Api::of(&server), server.user("ada").await);
    let bytes = video(30 << 20);
    let part = reqwest::multipart::Part::bytes(bytes.clone()).file_name("film.mp4");
    let form = reqwest::multipart::Form::new().part("file", part);
    let sent = api
        .http
        .post(format!("{}/uploads", api.base))
        .bearer_auth(ada.token().unwrap())
        .multipart(form)
        .send()
        .await
        .unwrap();
    let kept: Value = sent.json().await.unwrap();
    assert_eq!(
        (&kept["content_type"], &kept["name"]),
        (&json!("video/mp4"), &json!("film.mp4"))
    );
    let path = format!("/{}", kept["url"].as_str().unwrap());

    let token = format!("Bearer {}", ada.token().unwrap());
    let from = (30 << 20) - 1_000;
    let range = format!("bytes={from}-");
    let headers = [("authorization", token.as_str()), ("range", &range)];
    let end = api.send(Method::GET, &path, &headers, "").await;
    assert_eq!(end.status(), 206);
    assert!(end.bytes().await.unwrap() == bytes[from..]);
    let whole = api.get(&path, ada.token().unwrap()).await;
    assert!(whole.bytes().await.unwrap() == bytes);
    assert_eq!(incoming(&server), 0);
}

/// How many files are coming in, of servers that run or ran.
fn incoming(server: &Server) -> usize {
    let folders = std::fs::read_dir(server.data().join("data/incoming")).unwrap();
    // What is no folder is the lock of all.
    let folders = folders.filter_map(|folder| std::fs::read_dir(folder.unwrap().path()).ok());
    folders
        .flatten()
        .filter(|file| file.as_ref().unwrap().file_name() != "lock")
        .count()
}

#[tokio::test]
async fn nothing_is_left_of_an_upload_that_a_crash_cut_off() {
    let mut server = Server::start();
    let ada = server.user("ada").await;
    let head = format!(
        "POST /api/v1/uploads HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: multipart/form-data; boundary=cut\r\ncontent-length: 10000000\r\n\r\n\
         --cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
        ada.token().unwrap()
    );
    let address = server.base().replace("http://", "");
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(&video(1 << 20)).unwrap();
    let begun = Instant::now();
    while incoming(&server) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing came in");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    server.kill();
    assert_eq!(incoming(&server), 1, "as it was at the crash");
    server.restart();

    assert_eq!(incoming(&server), 0);
    assert!(!server.data().join("data/uploads/original").exists());
}
