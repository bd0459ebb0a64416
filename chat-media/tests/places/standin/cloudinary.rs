//! As much of Cloudinary as objects need.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Kept, Service, State, object, status};

/// The service at this address, whose one account is `demo`.
pub(crate) struct Cloudinary;

pub(crate) const ACCOUNT: &str = "cloudinary://1234:s3cret@demo/chat/media";

impl Service for Cloudinary {
    fn answer(&self, state: &mut State, request: Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path().to_owned();
        if request.method() == Method::GET {
            return match state.objects.get(&path) {
                Some(kept) => object(kept, request.headers()),
                None => status(StatusCode::NOT_FOUND, ""),
            };
        }
        let (fields, file) = form(&request);
        if !is_signed(&fields) {
            state.refused.push(path);
            return status(
                StatusCode::UNAUTHORIZED,
                r#"{"error":{"message":"Invalid Signature"}}"#,
            );
        }
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let ["v1_1", "demo", resource, action] = parts[..] else {
            return status(StatusCode::NOT_FOUND, "{}");
        };
        let id = &fields["public_id"];
        let key = format!("/demo/{resource}/upload/{id}");
        match action {
            "upload" => {
                let bytes = file.unwrap();
                let size = bytes.len();
                let mut headers = HeaderMap::new();
                headers.insert(CONTENT_TYPE, "application/octet-stream".parse().unwrap());
                state.objects.insert(key.clone(), Kept { bytes, headers });
                let host = request.headers()["host"].to_str().unwrap();
                let taken = json!({
                    "public_id": id, "bytes": size, "resource_type": resource,
                    "secure_url": format!("http://{host}{key}"),
                });
                status(StatusCode::OK, &taken.to_string())
            }
            "destroy" => {
                let result = match state.objects.remove(&key) {
                    Some(_) => "ok",
                    None => "not found",
                };
                status(StatusCode::OK, &json!({"result": result}).to_string())
            }
            _ => status(StatusCode::NOT_FOUND, "{}"),
        }
    }
}

/// Fields by name, and the file.
fn form(request: &Request<Bytes>) -> (BTreeMap<String, String>, Option<Bytes>) {
    let content_type = request.headers()[CONTENT_TYPE].to_str().unwrap();
    let boundary = content_type.split_once("boundary=").unwrap().1;
    let body = request.body();
    let delimiter = format!("--{boundary}").into_bytes();
    let (mut fields, mut file) = (BTreeMap::new(), None);
    for part in split(body, &delimiter) {
        let Some(end) = find(part, b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&part[..end]).unwrap();
        let value = &part[end + 4..part.len() - 2];
        let name = head
            .split("name=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        match name {
            "file" => file = Some(body.slice_ref(value)),
            name => {
                let value = String::from_utf8(value.to_vec()).unwrap();
                fields.insert(name.to_owned(), value);
            }
        }
    }
    (fields, file)
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + bytes[from..].iter().position(|byte| *byte == part[0])?;
        if bytes[at..].starts_with(part) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn split<'a>(mut bytes: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = find(bytes, delimiter) {
        parts.push(&bytes[..at]);
        bytes = &bytes[at + delimiter.len()..];
    }
    parts
}

/// All but the file, the key and the signature itself, sorted, joined, with the secret behind, no older than an hour.
fn is_signed(fields: &BTreeMap<String, String>) -> bool {
    let unsigned = [
        "api_key",
        "signature",
        "file",
        "cloud_name",
        "resource_type",
    ];
    let pairs: Vec<String> = fields
        .iter()
        .filter(|(name, _)| !unsigned.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let digest = Sha256::digest(format!("{}s3cret", pairs.join("&")));
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let told: u64 = fields["timestamp"].parse().unwrap();
    fields["signature"] == digest && fields["api_key"] == "1234" && now.abs_diff(told) < 3_600
}
