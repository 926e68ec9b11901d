//! More connections than the process may have files open, and what still works meanwhile.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::PATIENCE;
use crate::support::network::connect_from;
use crate::support::program::{Installation, text};

/// Files that the process may have open.
const FILES: u32 = 128;

/// A connection that is kept from one request to the next.
struct Kept(TcpStream);

impl Kept {
    /// The status and the body, or nothing when the connection was closed.
    async fn ask(&mut self, line: &str, headers: &str, body: &str) -> Option<(String, String)> {
        let request = format!(
            "{line} HTTP/1.1\r\nhost: a\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.write_all(request.as_bytes()).await.ok()?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let byte = timeout(PATIENCE, self.0.read_u8()).await;
            head.push(char::from(byte.expect("in time").ok()?));
        }
        let mut lines = head.lines();
        let length = lines.find_map(|line| line.strip_prefix("content-length: "));
        let length = length.expect("a length").parse().expect("a number");
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        let status = head.get(9..12).expect("a status").to_owned();
        Some((status, String::from_utf8(body).expect("a text")))
    }

    async fn is_ready(&mut self) -> bool {
        let answer = self.ask("GET /readyz", "", "").await;
        answer.is_some_and(|(status, _)| status == "200")
    }

    async fn queue_mail(&mut self, key: &str) {
        let query = "mutation { sendTestEmail(input: { recipient: \"you@example.org\" }) \
                     { errors { code } } }";
        let body = json!({ "query": query }).to_string();
        let headers = format!("authorization: Bearer {key}\r\ncontent-type: application/json\r\n");
        let answer = self.ask("POST /graphql", &headers, &body).await;
        let (status, body) = answer.expect("an answer");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(status, "200", "{body}");
        assert_eq!(body["data"]["sendTestEmail"]["errors"], json!([]), "{body}");
    }
}

fn mails(desk: &Installation) -> usize {
    std::fs::read_dir(desk.path("mailbox")).map_or(0, Iterator::count)
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < end, "waited in vain for {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_connections_leaves_files_for_mail_database_and_callers_who_are_in() {
    let desk = Installation::new(vec![
        ("KEYDESK_TELEMETRY__FILTER", "info".to_owned()),
        ("KEYDESK_MAIL__TRANSPORT__KIND", "file".to_owned()),
        ("KEYDESK_MAIL__TRANSPORT__DIRECTORY", "mailbox".to_owned()),
    ]);
    let mut process = desk.serve_with_files(FILES);
    let key = desk.key();
    let address = SocketAddr::from(([127, 0, 0, 1], desk.port));
    let mut kept = Kept(connect_from([127, 200, 0, 1], address).await);
    assert!(kept.is_ready().await);

    // From many networks, so that no share of one keeps them out; no more than the system's queue takes.
    let mut flood = Vec::new();
    for network in 1..=30 {
        for _ in 0..4 {
            flood.push(connect_from([127, network, 0, 1], address).await);
        }
    }
    for _ in 0..3 {
        let before = mails(&desk);
        kept.queue_mail(&key).await;
        assert!(kept.is_ready().await);
        until("a mail", async || {
            // Asked meanwhile, or the connection would be idle.
            kept.is_ready().await && mails(&desk) > before
        })
        .await;
    }
    drop(flood);
    until("a new connection", async || {
        Kept(connect_from([127, 201, 0, 1], address).await)
            .is_ready()
            .await
    })
    .await;
    assert!(process.is_alive());
    let said = text(&desk.path("stderr"));
    assert!(!said.contains("could not be taken"), "{said}");
    assert!(!said.contains("Too many open files"), "{said}");
    assert!(said.contains("connections=46"), "{said}");
    assert!(said.contains("LimitNOFILE"), "{said}");
}

#[test]
fn a_hangup_does_not_end_the_server() {
    let desk = Installation::new(vec![]);
    let mut process = desk.serve();
    let pid = i32::try_from(process.id()).expect("a number");
    let pid = rustix::process::Pid::from_raw(pid).expect("a process");
    for _ in 0..2 {
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).expect("sent");
    }
    crate::support::program::wait_for("a line of log", || {
        let said = text(&desk.path("stderr"));
        said.contains("SIGHUP is ignored").then_some(())
    });
    assert!(process.is_alive());
    let key = desk.key();
    let answer = desk.ask(&key, "{ viewer { role } }", &json!({}));
    assert_eq!(
        answer.expect("an answer")["data"]["viewer"]["role"],
        "OWNER"
    );
}
