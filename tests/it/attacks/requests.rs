//! What is not a request for GraphQL.

use super::Target;

const JSON: &str = "content-type: application/json\r\n";
const WISH: &str = "{\"query\":\"{__typename}\"}";
const MIB: usize = 1024 * 1024;

fn sized(more: &str, length: usize) -> String {
    format!("POST /graphql HTTP/1.1\r\n{more}content-length: {length}\r\n")
}

#[test]
fn other_methods_and_types_are_refused() {
    let target = Target::start();
    for method in ["GET", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"] {
        for path in ["/graphql?query={__typename}", "/public/graphql"] {
            let head = format!("{method} {path} HTTP/1.1\r\n{JSON}content-length: 24\r\n");
            let answer = target.send(&head, WISH.as_bytes());
            answer.assert_refused(method, 405, &["METHOD_NOT_ALLOWED"]);
        }
    }
    let twice = format!("{JSON}{JSON}");
    for types in [
        "",
        "content-type: text/plain\r\n",
        "content-type: multipart/form-data; boundary=x\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
        "content-type: application/json; charset=utf-7\r\n",
        &twice,
        "content-type: application/json\r\ncontent-type: text/plain\r\n",
    ] {
        let answer = target.send(&sized(types, WISH.len()), WISH.as_bytes());
        answer.assert_refused(types, 415, &["UNSUPPORTED_MEDIA_TYPE"]);
    }
    target.assert_well();
}

#[test]
fn bodies_that_are_no_request_are_refused() {
    let target = Target::start();
    let batch = format!("[{WISH},{WISH}]");
    let deep = format!(
        "{{\"query\":\"{{__typename}}\",\"variables\":{{\"a\":{}1{}}}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let gzip = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56, 0x2a, 0x2c, 0x4d, 0x2d, 0xaa, 0x54, 0xb2,
        0x52, 0xaa, 0x8e, 0x8f, 0x2f, 0xa9, 0x2c, 0x48, 0xcd, 0x4b, 0xcc, 0x4d, 0xad, 0x55, 0xaa,
        5, 0,
    ];
    let bodies: [(&str, &[u8]); 11] = [
        ("empty", b""),
        ("half an object", b"{\"query\":\"planted-secret"),
        ("an array", batch.as_bytes()),
        ("a text", b"\"planted-secret\""),
        ("another field", b"{\"qeury\":\"planted-secret\"}"),
        ("a wrong type", b"{\"query\":[\"planted-secret\"]}"),
        (
            "variables in a list",
            b"{\"query\":\"{a}\",\"variables\":[]}",
        ),
        ("a NUL", b"\0{\"query\":\"{a}\"}\0"),
        ("invalid UTF-8", b"{\"query\":\"planted-secret\xff\xfe\"}"),
        ("100 000 levels", deep.as_bytes()),
        ("gzip", &gzip),
    ];
    for (what, body) in bodies {
        for more in [JSON, &format!("{JSON}content-encoding: gzip\r\n")] {
            let answer = target.send(&sized(more, body.len()), body);
            answer.assert_refused(what, 400, &["BAD_REQUEST"]);
        }
    }
    target.assert_well();
}

#[test]
fn a_byte_over_a_mebibyte_is_refused_with_a_length_and_without() {
    let target = Target::start();
    let mut body = WISH.to_owned();
    body.push_str(&" ".repeat(MIB + 1 - WISH.len()));
    let chunked = format!("POST /graphql HTTP/1.1\r\n{JSON}transfer-encoding: chunked\r\n");
    let pieces = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for _ in 0..20 {
        let answer = target.send(&sized(JSON, body.len()), body.as_bytes());
        answer.assert_refused("a length", 413, &["PAYLOAD_TOO_LARGE"]);
        let answer = target.send(&chunked, pieces.as_bytes());
        answer.assert_refused("no length", 413, &["PAYLOAD_TOO_LARGE"]);
    }
    target.assert_well();
}

#[test]
fn what_is_no_http_is_answered_and_closed() {
    let target = Target::start();
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n", "a".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\n{}", "x: y\r\n".repeat(5000));
    for (head, statuses) in [
        ("planted-secret\r\n", &[400][..]),
        ("GET / HTTP/9.9\r\n", &[400, 505]),
        ("GET / HTTP/1.1\r\nx y\r\n", &[400]),
        ("POST / HTTP/1.1\r\ncontent-length: x\r\n", &[400]),
        (
            "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n",
            &[400],
        ),
        (&long, &[431]),
        (&many, &[431]),
    ] {
        let answer = target.send(head, b"");
        let what: String = head.chars().take(60).collect();
        assert!(statuses.contains(&answer.status), "{what}: {answer:?}");
        assert!(!answer.text.contains("planted"), "{answer:?}");
    }
    target.assert_well();
}
