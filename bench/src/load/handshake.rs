//! The client's side of the upgrade.

use crate::Failure;

/// The example of RFC 6455: nothing is kept from anybody here, and the answer to it is known.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Answers with a longer head are refused.
const MAX_HEAD: usize = 16 << 10;

/// A request to upgrade; `headers` are further lines, each with its end.
pub(super) fn request(target: &str, port: u16, headers: &str) -> Vec<u8> {
    format!(
        "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{headers}\r\n"
    )
    .into_bytes()
}

/// How many bytes the answer's head has; none while it is not whole.
///
/// # Errors
/// If it is a refusal.
pub(super) fn answered(bytes: &[u8]) -> Result<Option<usize>, Failure> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return match bytes.len() > MAX_HEAD {
            true => Err("an answer without an end".into()),
            false => Ok(None),
        };
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    if !head.starts_with("HTTP/1.1 101") || !head.contains(ACCEPT) {
        return Err(format!("the upgrade was refused: {head}").into());
    }
    Ok(Some(end + 4))
}

#[cfg(test)]
mod tests {
    use super::{ACCEPT, answered};

    #[test]
    fn an_answer_is_waited_for_and_checked() {
        let good = format!("HTTP/1.1 101 Switching\r\nsec-websocket-accept: {ACCEPT}\r\n\r\nrest");
        assert_eq!(answered(&good.as_bytes()[..good.len() - 6]).unwrap(), None);
        let head = answered(good.as_bytes()).unwrap().unwrap();
        assert_eq!(&good[head..], "rest");
        for wrong in ["HTTP/1.1 403 Forbidden\r\n\r\n", "HTTP/1.1 101 Yes\r\n\r\n"] {
            assert!(answered(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
