//! What is sent: multipart forms, whose files are read as they go out.

use std::error::Error;
use std::io;

use bytes::Bytes;
use chat_core::id::UploadId;
use chat_core::media::Content;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio_util::io::ReaderStream;

use crate::http::{PIECE, Sent, pieces};

/// A form with these fields, and a file if there is one.
pub(super) async fn post(
    url: &str,
    fields: &[(&str, String)],
    file: Option<&Content>,
) -> Result<Request<Sent>, Box<dyn Error + Send + Sync>> {
    let boundary = format!("chat-{}", UploadId::new());
    let mut head = String::new();
    for (name, value) in fields {
        head.push_str(&format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    let mut tail = format!("--{boundary}--\r\n");
    if file.is_some() {
        tail.insert_str(0, "\r\n");
        head.push_str(&format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
             content-type: application/octet-stream\r\n\r\n"
        ));
    }
    let size = (head.len() + tail.len()) as u64 + file.map_or(0, Content::size);
    let body = chunk(head).chain(bytes(file).await?).chain(chunk(tail));
    let body = StreamBody::new(body.map_ok(Frame::data).map_err(Into::into));
    let request = Request::builder()
        .method(Method::POST)
        .uri(url)
        .header(
            CONTENT_TYPE,
            format!("multipart/form-data; boundary={boundary}"),
        )
        .header(CONTENT_LENGTH, size)
        .body(body.boxed_unsync())?;
    Ok(request)
}

fn chunk(text: String) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::iter([Ok(text.into())])
}

async fn bytes(
    file: Option<&Content>,
) -> io::Result<stream::BoxStream<'static, io::Result<Bytes>>> {
    Ok(match file {
        None => stream::empty().boxed(),
        Some(Content::Bytes(bytes)) => pieces(bytes.clone()).boxed(),
        Some(Content::File(file)) => {
            let input = tokio::fs::File::open(file.path()).await?;
            ReaderStream::with_capacity(input, PIECE).boxed()
        }
    })
}
