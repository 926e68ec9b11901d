//! Who counts as the caller, case by case.

use axum::http::HeaderMap;

use super::*;

const PROXIES: [&str; 3] = ["10.0.0.0/8", "fd00::/8", "192.0.2.7/32"];

fn found(trusted: &[&str], peer: &str, lines: &[(&'static str, &str)]) -> String {
    let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        headers.append(*name, value);
    }
    client(peer.parse().unwrap(), &headers, &trusted).to_string()
}

#[test]
fn the_rightmost_stranger_of_x_forwarded_for_is_the_caller() {
    for (peer, hops, caller) in [
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
        (
            "10.0.0.1",
            "1.1.1.1, 203.0.113.5, 10.9.9.9,192.0.2.7",
            "203.0.113.5",
        ),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.5:4711", "203.0.113.5"),
        ("10.0.0.1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", "[2001:db8::5]", "2001:db8::5"),
        ("10.0.0.1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("10.0.0.1", "203.0.113.5, ::ffff:10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"),
        ("::ffff:10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("fd00::1", "2001:db8::5, fd00::2", "2001:db8::5"),
        ("192.0.2.7", "203.0.113.5", "203.0.113.5"),
        // From a stranger nothing is read.
        ("192.0.2.8", "203.0.113.5", "192.0.2.8"),
        ("2001:db8::9", "203.0.113.5", "2001:db8::9"),
    ] {
        let lines = [("x-forwarded-for", hops)];
        assert_eq!(found(&PROXIES, peer, &lines), caller, "{peer}: {hops}");
    }
}

#[test]
fn nothing_is_read_beyond_a_hop_that_cannot_be_read() {
    for (hops, caller) in [
        ("", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("203.0.113.5, unknown", "10.0.0.1"),
        ("203.0.113.5,", "10.0.0.1"),
        ("203.0.113.5, , 10.0.0.2", "10.0.0.2"),
        ("203.0.113.5, ä, 10.0.0.2", "10.0.0.1"),
        ("203.0.113.5, 10.0.0.2 10.0.0.3", "10.0.0.1"),
        ("203.0.113.5, 010.0.0.2", "10.0.0.1"),
        ("203.0.113.5, 10.0.0.2:99999", "10.0.0.1"),
        ("203.0.113.5, fe80::1%eth0", "10.0.0.1"),
        ("203.0.113.5, [10.0.0.2]", "10.0.0.1"),
        ("203.0.113.5, \"10.0.0.2\"", "10.0.0.1"),
    ] {
        let lines = [("x-forwarded-for", hops)];
        assert_eq!(found(&PROXIES, "10.0.0.1", &lines), caller, "{hops}");
    }
}

#[test]
fn without_a_trusted_proxy_no_header_is_read() {
    for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        let lines = [(name, "for=203.0.113.5")];
        assert_eq!(found(&[], "10.0.0.1", &lines), "10.0.0.1");
        let lines = [(name, "203.0.113.5")];
        assert_eq!(found(&[], "127.0.0.1", &lines), "127.0.0.1");
    }
}

#[test]
fn several_lines_are_one_list() {
    let lines = [
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-for", "203.0.113.5, 10.0.0.3"),
        ("x-forwarded-for", "10.0.0.2"),
    ];
    assert_eq!(found(&PROXIES, "10.0.0.1", &lines), "203.0.113.5");
}

#[test]
fn forwarded_is_read_too() {
    for (hops, caller) in [
        ("for=203.0.113.5", "203.0.113.5"),
        ("For=203.0.113.5;proto=https;by=10.0.0.1", "203.0.113.5"),
        ("proto=https; for=\"203.0.113.5:80\"", "203.0.113.5"),
        ("for=1.1.1.1, for=\"[2001:db8::5]:443\"", "2001:db8::5"),
        ("for=203.0.113.5, for=10.0.0.2", "203.0.113.5"),
        ("for=203.0.113.5, for=_hidden", "10.0.0.1"),
        ("for=203.0.113.5, for=unknown, for=10.0.0.2", "10.0.0.2"),
        ("for=203.0.113.5, proto=https", "10.0.0.1"),
        ("for=203.0.113.5;for=10.0.0.2", "10.0.0.1"),
        ("for=\"203.0.113.5", "10.0.0.1"),
        ("for=\"a, for=1.1.1.1\", for=203.0.113.5", "203.0.113.5"),
    ] {
        let lines = [("forwarded", hops)];
        assert_eq!(found(&PROXIES, "10.0.0.1", &lines), caller, "{hops}");
    }
}

#[test]
fn both_headers_at_once_are_not_believed() {
    let lines = [
        ("x-forwarded-for", "203.0.113.5"),
        ("forwarded", "for=203.0.113.6"),
    ];
    assert_eq!(found(&PROXIES, "10.0.0.1", &lines), "10.0.0.1");
}

#[test]
fn a_thousand_hops_are_not_followed_to_their_end() {
    let hops = format!("203.0.113.5{}", ", 10.0.0.2".repeat(1000));
    let lines = [("x-forwarded-for", hops.as_str())];
    assert_eq!(found(&PROXIES, "10.0.0.1", &lines), "10.0.0.2");
}
