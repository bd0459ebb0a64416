//! Videos, sounds and other files: received into a folder, and given back in parts.

use std::ops::Range;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chat_core::media::{MediaError, MediaUploader, Object, ObjectKey, Reading};
use chat_core::memory::MemoryMedia;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, World, request};
use crate::uploads::{form, part, upload};

/// Bytes that begin as `magic` and are not all alike.
fn bytes(magic: &str, size: usize) -> Vec<u8> {
    let rest = (magic.len()..size).map(|n| (n % 251).to_le_bytes()[0]);
    magic.bytes().chain(rest).collect()
}

async fn send(world: &World, query: &str, name: &str, bytes: &[u8]) -> Answer {
    let body = form(&[part("file", name, bytes)]);
    world.send(upload("ada", query, &body)).await
}

fn path(upload: &Answer) -> String {
    format!("/{}", upload.text("url"))
}

/// What is in the folder where files are received.
fn received(folder: &Path) -> Vec<PathBuf> {
    let mut own = std::fs::read_dir(folder).unwrap().map(|own| own.unwrap());
    let own = own.find(|own| own.file_name() != "lock").unwrap().path();
    let files = std::fs::read_dir(own).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|file| !file.ends_with("lock"))
        .collect()
}

#[tokio::test]
async fn a_video_is_read_in_parts_by_those_it_was_sent_to() {
    let (world, folder) = World::taking_files(MemoryMedia::default()).await;
    let video = bytes("mp4", 150_000);

    let kept = send(&world, "", "holiday.mp4", &video).await;
    assert_eq!(
        kept.expect(StatusCode::CREATED).json["content_type"],
        "video/mp4"
    );
    assert_eq!(kept.json["size"], 150_000);
    assert_eq!(received(folder.path()), [] as [PathBuf; 0]);
    for absent in ["width", "height", "thumbnail_url"] {
        assert!(kept.json.get(absent).is_none(), "{absent}");
    }
    let messages = format!("{}/messages", world.group(&["bob"]).await);
    let sent = json!({"upload_ids": [kept.json["id"]], "message_type": "video"});
    let sent = world.post("ada", &messages, sent).await;
    let held = &sent.expect(StatusCode::CREATED).json["attachments"][0];
    assert_eq!(
        (&held["name"], &held["url"]),
        (&json!("holiday.mp4"), &kept.json["url"])
    );

    let whole = world.get("bob", &path(&kept)).await;
    assert_eq!(whole.expect(StatusCode::OK).bytes, video);
    assert_eq!(whole.header("content-length"), "150000");
    assert_eq!(whole.header("content-type"), "video/mp4");
    assert_eq!(
        whole.header("content-disposition"),
        "inline; filename=\"holiday.mp4\""
    );
    assert!(
        whole
            .header("content-security-policy")
            .starts_with("sandbox;")
    );
    let asked = request(Method::GET, "bob", &path(&kept)).header("range", "bytes=99990-100009");
    let part = world.send(asked).await;
    assert_eq!(
        part.expect(StatusCode::PARTIAL_CONTENT).bytes,
        video[99_990..100_010]
    );
    assert_eq!(part.header("content-range"), "bytes 99990-100009/150000");
    assert_eq!(part.header("content-length"), "20");
    world
        .get("cyd", &path(&kept))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_file_is_saved_and_never_shown() {
    let (world, _folder) = World::taking_files(MemoryMedia::default()).await;
    for (name, magic, content_type, disposition) in [
        (
            "Ré.html",
            "binary",
            "application/octet-stream",
            "attachment; filename=\"R_.html\"; filename*=UTF-8''R%C3%A9.html",
        ),
        (
            "a.svg",
            "txt <script>",
            "text/plain; charset=utf-8",
            "attachment; filename=\"a.svg\"",
        ),
    ] {
        let kept = send(&world, "", name, &bytes(magic, 5_000)).await;
        let file = world.get("ada", &path(&kept)).await;
        assert_eq!(
            file.expect(StatusCode::OK).header("content-type"),
            content_type
        );
        assert_eq!(file.header("content-disposition"), disposition);
        assert_eq!(file.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn every_kind_has_its_limit_and_what_is_beyond_leaves_nothing() {
    for (magic, limit) in [
        ("\u{89}", 4 << 10),
        ("mp3", 5 << 10),
        ("binary", 6 << 10),
        ("mp4", 200 << 10),
    ] {
        let (world, folder) = World::taking_files(MemoryMedia::default()).await;
        let file = |size| match magic {
            "\u{89}" => [b"\x89PNG", &bytes("", size - 4)[..]].concat(),
            _ => bytes(magic, size),
        };
        let fits = send(&world, "", "a", &file(limit)).await;
        assert_eq!(fits.expect(StatusCode::CREATED).json["size"], limit);
        let over = send(&world, "", "a", &file(limit + 1)).await;
        over.refused(413, "too_large");
        let small = send(&world, "", "a", &file(10)).await;
        small.expect(StatusCode::CREATED);
        assert_eq!(received(folder.path()), [] as [PathBuf; 0], "{magic}");
    }
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let (world, folder) = World::taking_files(MemoryMedia::default()).await;
    let video = part("file", "a.mp4", &bytes("mp4", 50_000));

    for markup in [&b"<html>"[..], &[b"<", &bytes("", 5_000)[..]].concat()] {
        let refused = send(&world, "", "a.txt", markup).await;
        refused.refused(415, "unsupported_media");
    }
    let avatar = send(&world, "?purpose=avatar", "a.mp4", &bytes("mp4", 50_000)).await;
    avatar.refused(415, "unsupported_media");
    for body in [
        video[..30_000].to_vec(),
        video.clone(),
        form(&[video.clone(), video.clone()]),
    ] {
        let broken = world.send(upload("ada", "", &body)).await;
        broken.refused(400, "bad_request");
    }

    assert_eq!(received(folder.path()), [] as [PathBuf; 0]);
    let mixed = World::new();
    let refused = send(&mixed, "", "a.mp4", &bytes("mp4", 5_000)).await;
    refused.refused(415, "unsupported_media");
}

#[tokio::test]
async fn files_of_several_kinds_make_a_message_a_file() {
    let (world, _folder) = World::taking_files(MemoryMedia::default()).await;
    let messages = format!("{}/messages", world.group(&["bob"]).await);
    let mut ids = Vec::new();
    for magic in ["mp4", "mp3", "mp3"] {
        let kept = send(&world, "", "a", &bytes(magic, 5_000)).await;
        ids.push(kept.json["id"].clone());
    }
    for (uploads, kind) in [
        (&ids[..1], "video"),
        (&ids[1..], "audio"),
        (&ids[..], "file"),
        (&[], "text"),
    ] {
        for asked in ["video", "audio", "file", "image", "text"] {
            let body = json!({"content": "look", "upload_ids": uploads, "message_type": asked});
            let sent = world.post("ada", &messages, body).await;
            match asked == kind {
                true => assert_eq!(sent.expect(StatusCode::CREATED).json["message_type"], kind),
                false => drop(sent.refused(400, "invalid_type")),
            }
        }
    }
}

/// A place that serves its objects itself, or fails.
#[derive(Debug)]
enum Elsewhere {
    Serves,
    Fails,
}

#[async_trait]
impl MediaUploader for Elsewhere {
    async fn put(&self, _object: &Object) -> Result<Option<String>, MediaError> {
        match self {
            Self::Serves => Ok(None),
            Self::Fails => Err(MediaError::unavailable("it is down")),
        }
    }

    async fn read(
        &self,
        _key: ObjectKey,
        _range: Option<Range<u64>>,
    ) -> Result<Option<Reading>, MediaError> {
        Err(MediaError::unavailable("nobody reads through here"))
    }

    async fn link(&self, key: ObjectKey) -> Result<Option<String>, MediaError> {
        Ok(Some(format!("https://bucket.example/{key}?signature=1")))
    }

    async fn delete(&self, _key: ObjectKey) -> Result<(), MediaError> {
        Ok(())
    }
}

#[tokio::test]
async fn who_may_read_is_sent_to_where_it_is_served_and_nobody_else() {
    let (world, _folder) = World::taking_files(Elsewhere::Serves).await;
    let kept = send(&world, "", "a.mp4", &bytes("mp4", 5_000)).await;

    let sent = world.get("ada", &path(&kept)).await;
    let stranger = world.get("bob", &path(&kept)).await;

    sent.expect(StatusCode::TEMPORARY_REDIRECT);
    let id = kept.text("id");
    let link = format!("https://bucket.example/original/{id}?signature=1");
    assert_eq!(sent.header("location"), link);
    assert_eq!(sent.header("cache-control"), "private, no-store");
    assert!(
        stranger
            .refused(404, "not_found")
            .header("location")
            .is_empty()
    );
}

#[tokio::test]
async fn a_place_that_fails_is_told_and_nothing_is_left() {
    let (world, folder) = World::taking_files(Elsewhere::Fails).await;

    let refused = send(&world, "", "a.mp4", &bytes("mp4", 50_000)).await;

    refused.refused(503, "storage_unavailable");
    assert_eq!(received(folder.path()), [] as [PathBuf; 0]);
    assert!(!refused.json.to_string().contains("it is down"));
}
