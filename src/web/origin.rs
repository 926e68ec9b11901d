//! Which web pages may open a socket, and which may use the cookie of a session.
//!
//! `Why:` a browser lets every page open sockets and send forms everywhere, with the cookies of whoever
//! they go to, and says only by this header whose page it is. Programs send none.

use axum::http::header::{HOST, HeaderMap, ORIGIN};
use url::Url;

use super::pages::loopback::is_loopback_authority;
use crate::platform::settings::ServerSettings;

/// Whether a request comes from a page of this server: only then a cookie counts (ASVS 3.5.1).
pub(super) fn is_own_page(headers: &HeaderMap, settings: &ServerSettings) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else {
        return false;
    };
    origin
        .to_str()
        .is_ok_and(|origin| is_own(origin, headers, settings))
}

/// Whether a socket may be opened: the request comes from no page, from a page of this server, or from one that settings allow.
pub(super) fn is_allowed(headers: &HeaderMap, settings: &ServerSettings) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let (first, more) = (origins.next(), origins.next());
    let Some(origin) = first else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    more.is_none()
        && (is_own(origin, headers, settings)
            || settings.cors_origins.iter().any(|named| named == origin))
}

/// Whether a request comes from a page of this server that was asked for by a loopback name.
///
/// `Source:` Fetch Metadata Request Headers, W3C: what a browser says first. Without a referrer it calls the
/// origin of a form `null`.
pub(super) fn is_local_page(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    if let Some(site) = sites.next() {
        return sites.next().is_none() && site == "same-origin";
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else {
        return false;
    };
    origin
        .to_str()
        .is_ok_and(|origin| is_local(origin, headers))
}

/// Whether an origin is this server's own.
pub(super) fn is_own(origin: &str, headers: &HeaderMap, settings: &ServerSettings) -> bool {
    is_ours(origin, settings.public_url.as_ref()) || is_local(origin, headers)
}

fn is_ours(origin: &str, public_url: Option<&Url>) -> bool {
    public_url.is_some_and(|url| url.origin().ascii_serialization() == origin)
}

/// A page of this server, asked for by a loopback name. Another name could be anybody's who points
/// it here (DNS rebinding).
fn is_local(origin: &str, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    host.to_str().is_ok_and(|host| {
        is_loopback_authority(host) && origin.strip_prefix("http://") == Some(host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::settings::Settings;

    fn allowed(host: &str, origins: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        for origin in origins {
            headers.append(ORIGIN, origin.parse().unwrap());
        }
        let toml = "[server]\npublic_url = \"https://id.example.org/\"\n\
                    cors_origins = [\"https://portal.example.org\"]\n";
        let settings = Settings::from_toml(toml).unwrap();
        is_allowed(&headers, &settings.server)
    }

    #[test]
    fn programs_send_no_origin() {
        assert!(allowed("id.example.org", &[]));
    }

    #[test]
    fn pages_of_this_server_are_allowed() {
        assert!(allowed("id.example.org", &["https://id.example.org"]));
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            assert!(allowed(host, &[&format!("http://{host}")]), "{host}");
        }
    }

    #[test]
    fn only_pages_of_this_server_use_its_cookie() {
        let settings = Settings::from_toml(
            "[server]\npublic_url = \"https://id.example.org/\"\n\
             cors_origins = [\"https://portal.example.org\"]\n",
        )
        .unwrap();
        let own = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "id.example.org".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            is_own_page(&headers, &settings.server)
        };
        assert!(own(Some("https://id.example.org")));
        for other in [None, Some("null"), Some("https://portal.example.org")] {
            assert!(!own(other), "{other:?}");
        }
    }

    #[test]
    fn pages_that_settings_name_are_allowed() {
        assert!(allowed("id.example.org", &["https://portal.example.org"]));
        assert!(!allowed("id.example.org", &["http://portal.example.org"]));
    }

    #[test]
    fn other_pages_are_not() {
        for origin in [
            "null",
            "",
            "https://example.org",
            "http://id.example.org",
            "https://id.example.org:444",
            "https://id.example.org.evil.test",
            "https://evil.test",
            "http://localhost:8080",
        ] {
            assert!(!allowed("127.0.0.1:8080", &[origin]), "{origin}");
        }
        let rebound = "http://evil.test:8080";
        assert!(!allowed("evil.test:8080", &[rebound]));
        let twice = ["https://id.example.org", "https://id.example.org"];
        assert!(!allowed("id.example.org", &twice));
    }
}
