//! Small servers that answer as the services do, check every signature as it is documented, and fail on demand.

pub(crate) mod cloudinary;
pub(crate) mod s3;
mod sigv4;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) type Body = BoxBody<Bytes, std::io::Error>;

/// How a stand-in fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It takes a request and never answers.
    Hangs,
    /// It answers with this status.
    Says(StatusCode),
    /// It sends to another server.
    Redirects(String),
    /// It answers as the page of a hotel's network does.
    ShowsPage,
    /// It reads half of a request and closes the connection.
    CutsRequests,
    /// It does what it is asked, sends half of the answer and closes the connection.
    CutsAnswers,
    /// It does what it is asked, sends half of the answer and stands still.
    StopsMidway,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) bytes: Bytes,
    pub(crate) headers: HeaderMap,
}

/// What a stand-in knows.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) objects: BTreeMap<String, Kept>,
    /// Pieces of what is not whole yet.
    pub(crate) unfinished: BTreeMap<String, BTreeMap<u32, Bytes>>,
    /// Requests whose signature was wrong.
    pub(crate) refused: Vec<String>,
    pub(crate) requests: usize,
}

/// A service.
pub(crate) trait Service: Send + Sync + 'static {
    /// Answers a whole request.
    fn answer(&self, state: &mut State, request: Request<Bytes>) -> Response<Bytes>;
}

/// A running stand-in. Dropped, it is gone with its connections.
pub(crate) struct StandIn {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
    fault: Arc<Mutex<Option<Fault>>>,
    _running: JoinSet<()>,
}

impl StandIn {
    pub(crate) async fn start(service: impl Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Arc::new(Server {
            service: Box::new(service),
            state: Arc::default(),
            fault: Arc::default(),
        });
        let (state, fault) = (Arc::clone(&server.state), Arc::clone(&server.fault));
        let mut running = JoinSet::new();
        running.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                connections.spawn(serve(Arc::clone(&server), socket));
            }
        });
        Self {
            url,
            state,
            fault,
            _running: running,
        }
    }

    /// From now on it fails so, or works.
    pub(crate) fn set(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap() = fault;
    }
}

struct Server {
    service: Box<dyn Service>,
    state: Arc<Mutex<State>>,
    fault: Arc<Mutex<Option<Fault>>>,
}

async fn serve(server: Arc<Server>, socket: TcpStream) {
    let answer = service_fn(move |request| {
        let server = Arc::clone(&server);
        async move { server.answer(request).await }
    });
    let http = hyper::server::conn::http1::Builder::new();
    // That connections break is what these servers are for.
    let _ = http.serve_connection(TokioIo::new(socket), answer).await;
}

/// Closes the connection.
#[derive(Debug, thiserror::Error)]
#[error("cut")]
struct Cut;

impl Server {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        self.state.lock().unwrap().requests += 1;
        let fault = self.fault.lock().unwrap().clone();
        let (head, mut body) = request.into_parts();
        match fault {
            Some(Fault::Hangs) => return std::future::pending().await,
            Some(Fault::CutsRequests) => {
                let _ = body.frame().await;
                return Err(Cut);
            }
            _ => {}
        }
        let Ok(body) = body.collect().await else {
            return Err(Cut);
        };
        let request = Request::from_parts(head, body.to_bytes());
        let made = |status| Response::builder().status(status);
        let answer = match &fault {
            Some(Fault::Says(status)) => made(*status).body("no".into()).unwrap(),
            Some(Fault::Redirects(to)) => {
                let made = made(StatusCode::TEMPORARY_REDIRECT).header(LOCATION, to);
                made.body(Bytes::new()).unwrap()
            }
            Some(Fault::ShowsPage) => {
                let made = made(StatusCode::OK).header(CONTENT_TYPE, "text/html");
                made.body("<html>Welcome! Please log in.</html>".into())
                    .unwrap()
            }
            _ => self
                .service
                .answer(&mut self.state.lock().unwrap(), request),
        };
        Ok(match fault {
            Some(Fault::CutsAnswers) => halved(answer, true),
            Some(Fault::StopsMidway) => halved(answer, false),
            _ => answer.map(|bytes| {
                Full::new(bytes)
                    .map_err(|never: Infallible| match never {})
                    .boxed()
            }),
        })
    }
}

/// Half of the answer, which says that it is whole.
fn halved(answer: Response<Bytes>, ends: bool) -> Response<Body> {
    let (mut head, bytes) = answer.into_parts();
    head.headers
        .insert(CONTENT_LENGTH, bytes.len().max(2).into());
    let half = bytes.slice(..bytes.len() / 2);
    let first = stream::iter([Ok(Frame::data(half))]);
    let cut = stream::iter([Err(std::io::Error::other("cut"))]);
    let body = match ends {
        true => BodyExt::boxed(StreamBody::new(first.chain(cut))),
        false => BodyExt::boxed(StreamBody::new(first.chain(stream::pending()))),
    };
    Response::from_parts(head, body)
}

/// An object, or the range of it that is asked for.
fn object(kept: &Kept, asked: &HeaderMap) -> Response<Bytes> {
    let size = kept.bytes.len();
    let range = asked.get(RANGE).map(|range| {
        let range = range.to_str().unwrap().strip_prefix("bytes=").unwrap();
        let (first, last) = range.split_once('-').unwrap();
        let last = last.parse().unwrap_or(usize::MAX);
        (
            first.parse::<usize>().unwrap(),
            last.min(size.saturating_sub(1)),
        )
    });
    let (mut answer, told) = match range {
        None => (Response::new(kept.bytes.clone()), None),
        Some((first, last)) if first < size => {
            let mut part = Response::new(kept.bytes.slice(first..=last));
            *part.status_mut() = StatusCode::PARTIAL_CONTENT;
            (part, Some(format!("bytes {first}-{last}/{size}")))
        }
        Some(_) => {
            let mut none = Response::new(Bytes::new());
            *none.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            (none, Some(format!("bytes */{size}")))
        }
    };
    let headers = answer.headers_mut();
    headers.extend(kept.headers.clone());
    headers.insert(ACCEPT_RANGES, "bytes".parse().unwrap());
    if let Some(told) = told {
        headers.insert(CONTENT_RANGE, told.parse().unwrap());
    }
    answer
}

fn status(status: StatusCode, body: &str) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap()
}
