//! Fetching the issuer's published keys over HTTP.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;
use url::Url;

type Connector = HttpsConnector<HttpConnector>;

/// From the first look for the address to the last byte.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no whole answer within {} s", TIMEOUT.as_secs())]
    TimedOut,
    #[error("no connection: {0}")]
    Connection(String),
    /// A redirect too: keys come from the address the operator wrote.
    #[error("the answer is {0} and not 200")]
    Status(StatusCode),
    #[error("the answer is cut off or longer than {MAX_ANSWER} bytes")]
    Body,
}

/// Asks one address.
#[derive(Debug)]
pub(super) struct Fetcher {
    client: Client<Connector, Empty<Bytes>>,
    url: Url,
}

impl Fetcher {
    /// Trusts the machine's certificate authorities, or those of Mozilla where the machine has none.
    pub(super) fn new(url: Url) -> Self {
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
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(schemes.enable_http1().build());
        Self { client, url }
    }

    pub(super) async fn get(&self) -> Result<Bytes, FetchError> {
        timeout(TIMEOUT, self.ask())
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }

    async fn ask(&self) -> Result<Bytes, FetchError> {
        let request = Request::get(self.url.as_str())
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("keydesk/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .map_err(|error| FetchError::Connection(error.to_string()))?;
        let answer = self
            .client
            .request(request)
            .await
            .map_err(|error| FetchError::Connection(with_causes(&error)))?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|_cut_off_or_long| FetchError::Body)
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
