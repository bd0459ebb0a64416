//! Uploads.

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
        (b"%PDF-1.4".to_vec(), "unsupported_media"),
        (b"GIF89a<script>alert(1)</script>".to_vec(), "damaged_media"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "damaged_media"),
        (vec![0; (10 << 20) + 1], "too_large"),
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
    assert_eq!(read.headers()["content-disposition"], "inline");
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
