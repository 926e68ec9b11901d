//! Asking another server over HTTP: one address, a time limit, a longest answer, and no redirects.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::USER_AGENT;
use hyper::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;
use url::Url;

type Connector = HttpsConnector<HttpConnector>;

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FetchLimits {
    /// From the first look for the address to the last byte.
    pub(crate) timeout: Duration,
    /// Longest answer, in bytes.
    pub(crate) longest: usize,
    /// How long a connection is kept for the next question; zero closes it.
    pub(crate) idle: Duration,
}

/// Why there is no answer. None of these quotes what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// Too slow.
    #[error("no whole answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// No connection, or it broke.
    #[error("no connection: {0}")]
    Connection(String),
    /// A redirect too: what is fetched comes from the address the operator wrote.
    #[error("the answer is {0} and not 200")]
    Status(u16),
    /// Not a whole answer.
    #[error("the answer is cut off or longer than {0} bytes")]
    Body(usize),
}

/// Asks one address. Clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    client: Client<Connector, Empty<Bytes>>,
    url: Url,
    limits: FetchLimits,
}

impl Fetcher {
    /// Trusts the machine's certificate authorities, or those of Mozilla where the machine has none.
    pub(crate) fn new(url: Url, limits: FetchLimits) -> Self {
        let roots = HttpsConnectorBuilder::new().with_native_roots();
        let builder = roots.unwrap_or_else(|error| {
            tracing::warn!(%error, "the machine has no certificate authorities; using Mozilla's");
            HttpsConnectorBuilder::new().with_webpki_roots()
        });
        let schemes = if url.scheme() == "https" {
            builder.https_only()
        } else {
            builder.https_or_http()
        };
        let kept = usize::from(!limits.idle.is_zero());
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits.idle)
            .pool_max_idle_per_host(kept)
            .build(schemes.enable_http1().build());
        Self {
            client,
            url,
            limits,
        }
    }

    /// The address itself.
    pub(crate) async fn get(
        &self,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Vec<u8>, FetchError> {
        self.get_below("", headers).await
    }

    /// The address with more at its end.
    pub(crate) async fn get_below(
        &self,
        end: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Vec<u8>, FetchError> {
        let limit = self.limits.timeout;
        timeout(limit, self.ask(end, headers))
            .await
            .unwrap_or(Err(FetchError::TimedOut(limit)))
    }

    async fn ask(
        &self,
        end: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Vec<u8>, FetchError> {
        let mut request = Request::get(format!("{}{end}", self.url))
            .header(USER_AGENT, concat!("keydesk/", env!("CARGO_PKG_VERSION")));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Empty::new())
            .map_err(|error| FetchError::Connection(error.to_string()))?;
        let answer = self
            .client
            .request(request)
            .await
            .map_err(|error| FetchError::Connection(with_causes(&error)))?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        let longest = self.limits.longest;
        let body = Limited::new(answer.into_body(), longest).collect().await;
        body.map(|body| body.to_bytes().to_vec())
            .map_err(|_cut_off_or_long| FetchError::Body(longest))
    }
}

/// The client's own words are "client error"; what helps stands below.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}
