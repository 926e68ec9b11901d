//! From hyper's requests to the router, counting the ones whose answer is not taken yet.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper::{Request, Response, StatusCode};
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;

use super::allowance::Allowance;
use super::counted::Counted;

/// Longest piece of an answer that is handed on at once, in bytes.
const PIECE: usize = 16 * 1024;

/// What one connection is served with.
#[derive(Clone)]
pub(super) struct Visit {
    router: TowerToHyperService<Router>,
    peer: SocketAddr,
    open: Arc<watch::Sender<usize>>,
    allowance: Allowance,
}

impl Visit {
    pub(super) fn new(
        router: Router,
        peer: SocketAddr,
        open: Arc<watch::Sender<usize>>,
        allowance: Allowance,
    ) -> Self {
        Self {
            router: TowerToHyperService::new(router),
            peer,
            open,
            allowance,
        }
    }
}

impl Service<Request<Incoming>> for Visit {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let open = Open::count(&self.open);
        let allowance = self.allowance.clone();
        allowance.request();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let request = request.map(|body| Counted::new(body, allowance.clone()));
        let answer = self.router.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                allowance.lift();
            }
            Ok(answer.map(|body| Answer {
                body,
                rest: Bytes::new(),
                allowance,
                _open: open,
            }))
        })
    }
}

/// One request, from its headers until its answer is handed on.
struct Open(Arc<watch::Sender<usize>>);

impl Open {
    fn count(open: &Arc<watch::Sender<usize>>) -> Self {
        open.send_modify(|count| *count += 1);
        Self(Arc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// The body of an answer in small pieces.
///
/// `Why:` a large file handed on whole would count as taken while most of it still waits to be sent,
/// and a slow reader would be cut as if the connection were idle.
pub(super) struct Answer {
    body: Body,
    rest: Bytes,
    allowance: Allowance,
    _open: Open,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                other => return Poll::Ready(other),
            }
        }
        let length = self.rest.len().min(PIECE);
        self.allowance.answer(length);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let waiting = self.rest.len() as u64;
        let of_body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower().saturating_add(waiting));
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(waiting));
        }
        hint
    }
}
