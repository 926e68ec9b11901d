//! A guard for pages that are for the developer at this machine alone.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::http::header::{FORWARDED, HOST, HeaderName, VIA};
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Answers 404 unless the caller is on this machine and asked for it by a loopback name.
///
/// Needs `into_make_service_with_connect_info::<SocketAddr>()`; without it everybody gets a 404.
/// `Why:` the peer address alone is not enough. A web page anywhere can give its own host name the
/// address 127.0.0.1 (DNS rebinding), and a proxy on this machine makes every caller look local.
pub async fn loopback_only(request: Request, next: Next) -> Response {
    if is_from_here(&request) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

fn is_from_here(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|ConnectInfo(address)| address.ip().to_canonical().is_loopback())
        && !is_forwarded(request)
        && is_asked_by_loopback_name(request)
}

fn is_forwarded(request: &Request) -> bool {
    [FORWARDED, VIA, X_FORWARDED_FOR, X_FORWARDED_HOST]
        .iter()
        .any(|name| request.headers().contains_key(name))
}

/// HTTP/1 says the name in `Host`, HTTP/2 in the URI; whatever is said must be a loopback name.
fn is_asked_by_loopback_name(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next(), request.uri().authority()) {
        (_, Some(_), _) | (None, None, None) => false,
        (host, None, authority) => {
            host.is_none_or(|host| host.to_str().is_ok_and(is_loopback_authority))
                && authority.is_none_or(|authority| is_loopback_authority(authority.as_str()))
        }
    }
}

/// Whether a name with or without a port names this machine to itself.
pub(in crate::web) fn is_loopback_authority(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else {
        return false;
    };
    if text.contains('@') {
        return false;
    }
    let host = authority.host();
    if let Some(inner) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return inner
            .parse::<Ipv6Addr>()
            .is_ok_and(|address| address.is_loopback());
    }
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn status(peer: Option<&str>, headers: &[(&str, &str)]) -> StatusCode {
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(peer) = peer {
            let address: SocketAddr = peer.parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(address));
        }
        let app: Router = Router::new()
            .route("/", get(async || "here"))
            .layer(from_fn(loopback_only));
        app.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn callers_on_this_machine_come_in() {
        for peer in [
            "127.0.0.1:5000",
            "127.9.9.9:5000",
            "[::1]:5000",
            "[::ffff:127.0.0.1]:5000",
        ] {
            let status = status(Some(peer), &[("host", "localhost:8080")]).await;
            assert_eq!(status, StatusCode::OK, "{peer}");
        }
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1",
            "127.0.0.2:8080",
            "[::1]:8080",
        ] {
            let status = status(Some("127.0.0.1:5000"), &[("host", host)]).await;
            assert_eq!(status, StatusCode::OK, "{host}");
        }
    }

    #[tokio::test]
    async fn callers_elsewhere_see_nothing() {
        let host = ("host", "localhost");
        for peer in [None, Some("192.168.1.9:5000"), Some("[2001:db8::1]:5000")] {
            assert_eq!(
                status(peer, &[host]).await,
                StatusCode::NOT_FOUND,
                "{peer:?}"
            );
        }
    }

    #[tokio::test]
    async fn other_names_see_nothing_even_on_this_machine() {
        let peer = Some("127.0.0.1:5000");
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "evil.example@localhost",
            "[::2]",
            "0x7f.1",
            "2130706433",
            "",
        ] {
            let status = status(peer, &[("host", host)]).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{host}");
        }
        assert_eq!(status(peer, &[]).await, StatusCode::NOT_FOUND);
        let two = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(status(peer, &two).await, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_proxy_on_this_machine_does_not_open_the_door() {
        for name in ["forwarded", "via", "x-forwarded-for", "x-forwarded-host"] {
            let headers = [("host", "localhost"), (name, "203.0.113.9")];
            assert_eq!(
                status(Some("127.0.0.1:5000"), &headers).await,
                StatusCode::NOT_FOUND
            );
        }
    }
}
