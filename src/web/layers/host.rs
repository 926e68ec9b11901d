//! One host name in each request, and only one.
//!
//! `Source:` RFC 9112, 3.2, and RFC 9113, 8.3.1. `Why:` a proxy and this server that read different names in
//! one request also disagree on whose request it is.

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, Version};
use axum::middleware::Next;
use axum::response::Response;

use super::super::refusal::Refusal;
use super::super::request_id::RequestId;

const BAD_HOST: Refusal = Refusal(
    StatusCode::BAD_REQUEST,
    "BAD_REQUEST",
    "Send exactly one Host header, with the name of this server.",
);

/// Refuses a request that names no host, two of them, or none that can be read.
pub(super) async fn require(request: Request, next: Next) -> Response {
    if names_one_host(&request) {
        return next.run(request).await;
    }
    BAD_HOST.answer(request.extensions().get::<RequestId>())
}

/// HTTP/1 names it in `Host`, HTTP/2 in the URI, perhaps in both. Only HTTP/1.0 may leave it out.
fn names_one_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let authority = request.uri().authority();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => false,
        (Some(host), None) => match (authority_in(host), authority) {
            (None, _) => false,
            (Some(host), Some(authority)) if request.version() >= Version::HTTP_2 => {
                host == *authority
            }
            (Some(_), _) => true,
        },
        (None, None) => match request.version() {
            Version::HTTP_09 | Version::HTTP_10 => true,
            Version::HTTP_11 => false,
            _ => authority.is_some(),
        },
    }
}

fn authority_in(host: &HeaderValue) -> Option<Authority> {
    let text = host.to_str().ok()?;
    let authority: Authority = text.parse().ok()?;
    (!text.contains('@') && !authority.host().is_empty()).then_some(authority)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(version: Version, uri: &str, hosts: &[&str]) -> Request {
        let mut request = Request::get(uri).version(version);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn http_1_1_needs_one_host_that_can_be_read() {
        for (hosts, is_good) in [
            (&["id.example.org"][..], true),
            (&["[::1]:8080"], true),
            (&[], false),
            (&["id.example.org", "id.example.org"], false),
            (&["a", "b"], false),
            (&[""], false),
            (&["a b"], false),
            (&["ada@id.example.org"], false),
            (&["id.example.org, evil.example"], false),
        ] {
            let request = request(Version::HTTP_11, "/", hosts);
            assert_eq!(names_one_host(&request), is_good, "{hosts:?}");
        }
        assert!(names_one_host(&request(Version::HTTP_10, "/", &[])));
        let two = request(Version::HTTP_10, "/", &["a", "a"]);
        assert!(!names_one_host(&two));
    }

    #[test]
    fn http_2_needs_one_name_wherever_it_stands() {
        for (uri, hosts, is_good) in [
            ("http://a.example/", &[][..], true),
            ("/", &["a.example"], true),
            ("http://a.example/", &["A.example"], true),
            ("http://a.example/", &["b.example"], false),
            ("/", &[], false),
            ("http://a.example/", &["a.example", "a.example"], false),
        ] {
            let request = request(Version::HTTP_2, uri, hosts);
            assert_eq!(names_one_host(&request), is_good, "{uri} {hosts:?}");
        }
    }
}
