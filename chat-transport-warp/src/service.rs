//! The routes as a tower service, for hosts of another framework.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use chat_core::chat::Chat;
use http::Request;
use hyper::body::{Body, Frame};
use sync_wrapper::SyncWrapper;
use tower_service::Service;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::config::TransportConfig;

/// All routes, as a tower service: what [`routes`](crate::routes) is for a host that is no warp application.
///
/// It answers `/api/v1/..`, `/livez` and `/readyz` below wherever it is mounted, as axum's `nest_service("/chat", ..)`
/// does, and says 404 to everything else. Sockets need a server that lets connections upgrade, as
/// [`serve_service`](crate::serve_service) and `axum::serve` do. Where the server is not ours, the host says where a
/// request comes from by a [`PeerAddr`](crate::listener::PeerAddr) in its extensions; without one the limits of an address
/// hold for all clients together.
#[must_use]
pub fn service(chat: Chat, config: TransportConfig) -> ChatService {
    ChatService {
        routes: crate::routes(chat, config),
    }
}

/// What [`service`] gives. Clones share it.
#[derive(Clone)]
pub struct ChatService {
    routes: BoxedFilter<(Response,)>,
}

impl fmt::Debug for ChatService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatService").finish_non_exhaustive()
    }
}

impl<B> Service<Request<B>> for ChatService
where
    B: Body + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let request = request.map(|body| Owned(SyncWrapper::new(Box::pin(body))));
        Box::pin(warp::service(self.routes.clone()).call(request))
    }
}

/// A body that only its owner ever looks at. warp asks for one that threads may share, which other frameworks' are not.
struct Owned<B>(SyncWrapper<Pin<Box<B>>>);

impl<B: Body> Body for Owned<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.0.get_mut().as_mut().poll_frame(context)
    }
}
