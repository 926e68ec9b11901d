//! Callers who take their time, with the program's own deadlines.

use std::io::Write as _;
use std::net::TcpStream;

use super::{Answer, Target};

/// Bodies under way of one network at most: an eighth of 512.
const BODIES: usize = 64;
const PARALLEL: usize = 300;

fn begun(target: &Target, text: &str) -> TcpStream {
    let mut stream = target.connect();
    stream.write_all(text.as_bytes()).expect("sent");
    stream
}

/// `Why:` one test, so that everything waits for the same ten seconds.
#[test]
fn slow_senders_are_cut_and_those_too_many_are_refused_at_once() {
    let target = Target::start();
    let half_a_head = "POST /graphql HTTP/1.1\r\nhost: a\r\nx-slow: ";
    let beginnings = ["", "GET /", half_a_head, "PRI * HTTP/2.0\r\n"];
    let mut silent: Vec<TcpStream> = beginnings
        .iter()
        .cycle()
        .take(40)
        .map(|text| begun(&target, text))
        .collect();
    let half_a_body = "POST /public/graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
                       content-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
    let mut slow: Vec<TcpStream> = (0..PARALLEL).map(|_| begun(&target, half_a_body)).collect();
    for path in ["/livez", "/readyz"] {
        let head = format!("GET {path} HTTP/1.1\r\n");
        assert_eq!(target.send(&head, b"").status, 200, "{path} under load");
    }
    let answers: Vec<Answer> = slow.iter_mut().map(Answer::read).collect();
    let count = |status: u16| {
        let such = answers.iter().filter(|answer| answer.status == status);
        such.count()
    };
    assert_eq!((count(408), count(503)), (BODIES, PARALLEL - BODIES));
    for answer in &answers {
        let code = if answer.status == 408 {
            "REQUEST_TIMEOUT"
        } else {
            "OVERLOADED"
        };
        answer.assert_refused("a slow body", answer.status, &[code]);
    }
    for stream in &mut silent {
        assert!(Answer::read(stream).text.is_empty());
    }
    target.assert_well();
}
