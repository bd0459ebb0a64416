//! A small server that keeps what it is sent, and answers as it is told.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How a request is answered.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// With this status and header.
    Says(u16, Option<(&'static str, String)>),
    /// With this status and so many bytes.
    SaysAtLength(u16, usize),
    /// Never.
    Hangs,
}

/// A running server. Dropped, it is gone with its connections.
pub(crate) struct StandIn {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    _running: JoinSet<()>,
}

#[derive(Debug, Default)]
struct State {
    got: Vec<Request<Bytes>>,
    /// How the next requests are answered; 201 after that.
    answers: VecDeque<Answer>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, mut running) = (Arc::clone(&state), JoinSet::new());
        running.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                connections.spawn(serve(Arc::clone(&shared), socket));
            }
        });
        Self {
            url,
            state,
            _running: running,
        }
    }

    /// Has the next requests answered so.
    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.lock().unwrap().answers.extend(answers);
    }

    /// What it got since the last call.
    pub(crate) fn take(&self) -> Vec<Request<Bytes>> {
        std::mem::take(&mut self.state.lock().unwrap().got)
    }
}

async fn serve(state: Arc<Mutex<State>>, socket: TcpStream) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(answer(&state, request).await) }
    });
    let http = hyper::server::conn::http1::Builder::new();
    // That connections break is part of what is tried.
    let _ = http.serve_connection(TokioIo::new(socket), answer).await;
}

async fn answer(state: &Mutex<State>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let next = {
        let mut state = state.lock().unwrap();
        state.got.push(Request::from_parts(head, body));
        state.answers.pop_front()
    };
    let status = |status: u16| Response::builder().status(status);
    match next.unwrap_or(Answer::Says(201, None)) {
        Answer::Says(code, None) => status(code).body(Full::default()).unwrap(),
        Answer::Says(code, Some((name, value))) => {
            let answer = status(code).header(name, value);
            answer.body(Full::default()).unwrap()
        }
        Answer::SaysAtLength(code, length) => {
            let body = Bytes::from(vec![b'x'; length]);
            status(code).body(Full::new(body)).unwrap()
        }
        Answer::Hangs => std::future::pending().await,
    }
}
