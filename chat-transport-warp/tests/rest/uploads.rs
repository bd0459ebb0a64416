//! Pictures: taking them, and giving them back safely.

use http::{Method, StatusCode};
use serde_json::json;
use warp::test::RequestBuilder;

use crate::support::{Answer, World, request};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0123456789";

pub(crate) fn part(name: &str, file: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: text/html\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

pub(crate) fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), b"--cut--\r\n".to_vec()].concat()
}

pub(crate) fn upload(token: &str, query: &str, body: &[u8]) -> RequestBuilder {
    request(Method::POST, token, &format!("/uploads{query}"))
        .header("content-type", "multipart/form-data; boundary=cut")
        .body(body)
}

async fn uploaded(world: &World, query: &str) -> Answer {
    let body = form(&[part("file", "a.png", PNG)]);
    let answer = world.send(upload("ada", query, &body)).await;
    answer.expect(StatusCode::CREATED);
    answer
}

fn path(upload: &Answer) -> String {
    format!("/{}", upload.text("url"))
}

#[tokio::test]
async fn a_picture_comes_back_as_it_was_and_can_do_nothing() {
    let world = World::new();

    let upload = uploaded(&world, "").await;
    let file = world.get("ada", &path(&upload)).await;
    let small = world
        .get("ada", &format!("{}/thumbnail", path(&upload)))
        .await;

    assert_eq!(upload.json["content_type"], "image/png");
    assert_eq!(upload.json["purpose"], "attachment");
    assert_eq!(file.expect(StatusCode::OK).bytes, PNG);
    assert_eq!(small.expect(StatusCode::OK).bytes, &PNG[..8]);
    for answer in [&file, &small] {
        assert_eq!(
            answer.header("content-type"),
            "image/png",
            "not what was declared"
        );
        assert_eq!(
            answer.header("content-disposition"),
            "inline; filename=\"a.png\""
        );
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("sandbox;")
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(
            answer.header("cache-control"),
            "private, max-age=31536000, immutable"
        );
    }
    assert_ne!(file.header("etag"), small.header("etag"));
}

#[tokio::test]
async fn a_picture_is_for_those_who_were_sent_it() {
    let world = World::new();
    let upload = uploaded(&world, "").await;
    world
        .get("bob", &path(&upload))
        .await
        .refused(404, "not_found");
    world
        .get("", &path(&upload))
        .await
        .refused(401, "unauthenticated");

    let messages = format!("{}/messages", world.group(&["bob"]).await);
    let body = json!({"upload_ids": [upload.json["id"]]});
    let stolen = world.post("bob", &messages, body.clone()).await;
    let sent = world.post("ada", &messages, body).await;

    stolen.refused(400, "invalid_reference");
    assert_eq!(
        sent.expect(StatusCode::CREATED).json["message_type"],
        "image"
    );
    world
        .get("bob", &path(&upload))
        .await
        .expect(StatusCode::OK);
    world
        .get("cyd", &path(&upload))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn an_avatar_is_for_everyone_and_the_groups_picture() {
    let world = World::new();
    let group = world.group(&["bob"]).await;
    let avatar = uploaded(&world, "?purpose=avatar").await;
    let attachment = uploaded(&world, "?purpose=attachment").await;

    world
        .get("dan", &path(&avatar))
        .await
        .expect(StatusCode::OK);
    let wrong = world
        .patch("ada", &group, json!({"avatar_id": attachment.json["id"]}))
        .await;
    wrong.refused(400, "invalid_reference");
    let right = world
        .patch("ada", &group, json!({"avatar_id": avatar.json["id"]}))
        .await;
    assert_eq!(
        right.expect(StatusCode::OK).json["avatar_url"],
        avatar.json["url"]
    );
    let none = world.patch("ada", &group, json!({"avatar_id": null})).await;
    assert!(none.expect(StatusCode::OK).json.get("avatar_url").is_none());
}

#[tokio::test]
async fn a_known_picture_is_not_sent_again() {
    let world = World::new();
    let upload = uploaded(&world, "").await;
    let tag = world
        .get("ada", &path(&upload))
        .await
        .header("etag")
        .to_owned();
    for (known, status) in [
        (tag.clone(), 304),
        (format!("\"x\", W/{tag}"), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
    ] {
        let asked = request(Method::GET, "ada", &path(&upload)).header("if-none-match", &known);
        let answer = world.send(asked).await;
        assert_eq!(answer.status, status, "{known}");
        assert_eq!(answer.header("etag"), tag);
        assert_eq!(answer.bytes.is_empty(), status == 304);
    }
}

#[tokio::test]
async fn one_range_is_served_and_others_are_not() {
    let world = World::new();
    let upload = uploaded(&world, "").await;
    let get = |range: &str| request(Method::GET, "ada", &path(&upload)).header("range", range);

    let part = world.send(get("bytes=8-11")).await;
    assert_eq!(part.expect(StatusCode::PARTIAL_CONTENT).bytes, "0123");
    assert_eq!(part.header("content-range"), "bytes 8-11/18");
    for whole in ["bytes=0-1,3-4", "bytes=0-0,0-0,0-0", "lines=1-2", "bytes=x"] {
        let answer = world.send(get(whole)).await;
        assert_eq!(answer.expect(StatusCode::OK).bytes, PNG, "{whole}");
    }
    for outside in [
        "bytes=18-",
        "bytes=5-2",
        "bytes=18446744073709551616-",
        "bytes=-0",
    ] {
        let answer = world.send(get(outside)).await;
        answer.refused(416, "range_not_satisfiable");
        assert_eq!(answer.header("content-range"), "bytes */18", "{outside}");
    }
    let other = world
        .send(get("bytes=8-11").header("if-range", "\"x\""))
        .await;
    assert_eq!(other.expect(StatusCode::OK).bytes, PNG);
}

#[tokio::test]
async fn whatever_is_no_single_file_is_refused() {
    let world = World::new();
    let file = part("file", "a.png", PNG);
    for (body, why) in [
        (form(&[]), "no part"),
        (form(&[part("image", "a.png", PNG)]), "another name"),
        (form(&[file.clone(), file.clone()]), "two files"),
        (
            form(&vec![part("x", "a", b"x"); 10_000][..50]),
            "many parts",
        ),
        (file.clone(), "no end"),
        (b"--cut\r\n".to_vec(), "half a part"),
        (Vec::new(), "nothing"),
        (vec![b'x'; 1_000], "no multipart"),
    ] {
        let answer = world.send(upload("ada", "", &body)).await;
        assert_eq!(answer.status, 400, "{why}: {}", answer.json);
        answer.refused(400, "bad_request");
    }
    for kind in ["application/json", "multipart/form-data", "image/png", ""] {
        let asked = request(Method::POST, "ada", "/uploads").header("content-type", kind);
        let answer = world
            .send(asked.body(form(std::slice::from_ref(&file))))
            .await;
        answer.refused(415, "unsupported_media_type");
    }
    let html = form(&[part("file", "a.png", b"<html>")]);
    let answer = world.send(upload("ada", "", &html)).await;
    answer.refused(415, "unsupported_media");
    let answer = world.send(upload("ada", "?purpose=other", &html)).await;
    answer.refused(400, "invalid_query");
}

#[tokio::test]
async fn names_of_files_are_cleaned_and_decide_nothing() {
    let world = World::new();
    for (name, kept) in [
        ("../../x", "x"),
        ("con.html", "con.html"),
        (&"n".repeat(300), &"n".repeat(255)),
        ("\u{202e}gnp.exe", "gnp.exe"),
    ] {
        let body = form(&[part("file", name, PNG)]);
        let answer = world.send(upload("ada", "", &body)).await;
        answer.expect(StatusCode::CREATED);
        assert_eq!(answer.json["name"], kept);
        assert_eq!(answer.json["content_type"], "image/png");
    }
    let body = form(&[part("file", "..", PNG)]);
    let answer = world.send(upload("ada", "", &body)).await;
    assert!(
        answer
            .expect(StatusCode::CREATED)
            .json
            .get("name")
            .is_none()
    );
}

#[tokio::test]
async fn a_file_of_the_limit_is_taken_and_one_byte_more_is_not() {
    let world = World::new();
    let file = |size: usize| {
        let mut bytes = PNG.to_vec();
        bytes.resize(size, 0);
        form(&[part("file", "a.png", &bytes)])
    };

    let fits = world.send(upload("ada", "", &file(4 << 10))).await;
    let over = world.send(upload("ada", "", &file((4 << 10) + 1))).await;
    let huge = world.send(upload("ada", "", &file(1 << 20))).await;

    fits.expect(StatusCode::CREATED);
    over.refused(413, "too_large");
    huge.refused(413, "too_large");
}

#[tokio::test]
async fn the_hours_uploads_are_counted() {
    let world = World::new();
    for _ in 0..20 {
        uploaded(&world, "").await;
    }

    let body = form(&[part("file", "a.png", PNG)]);
    let answer = world.send(upload("ada", "", &body)).await;

    answer.refused(429, "quota_exceeded");
}
