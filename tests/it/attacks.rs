//! The running program under requests that nobody sends by mistake. After each group it is alive,
//! answers, and has not grown.

mod documents;
mod files;
mod hosts;
mod requests;
mod slow;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::program::{Installation, Process};

/// Longer than any deadline of the program.
const PATIENCE: Duration = Duration::from_mins(1);
/// Longest answer to a refused request, in bytes.
const MOST_BYTES: usize = 64 * 1024;
/// How much the program may grow under attack, in KiB.
const MOST_GROWTH: u64 = 50 * 1024;

/// A running program, and how large it was before.
struct Target {
    desk: Installation,
    process: Process,
    key: String,
    resident: u64,
}

/// What came back over a connection of its own.
#[derive(Debug)]
struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A reset after the answer is no fault.
        drop(stream.read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.unwrap_or_default(),
            text: body.to_owned(),
        }
    }

    fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    fn code(&self) -> String {
        let body = self.body();
        let code = body["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_default().to_owned()
    }

    /// A status and a code, an answer of bounded size, and nothing that was executed or quoted.
    fn assert_refused(&self, what: &str, status: u16, codes: &[&str]) {
        let text: String = self.text.chars().take(2000).collect();
        assert_eq!(self.status, status, "{what}: {text}");
        let code = self.code();
        assert!(codes.contains(&code.as_str()), "{what}: {code:?} {text}");
        assert!(self.text.len() <= MOST_BYTES, "{what}: {}", self.text.len());
        assert!(self.body().get("data").is_none(), "{what}: {text}");
        for planted in ["planted-secret", "Did you mean"] {
            assert!(!self.text.contains(planted), "{what}: {text}");
        }
    }
}

impl Target {
    fn start() -> Self {
        let more = vec![("KEYDESK_TELEMETRY__FILTER", "info".to_owned())];
        Self::of(Installation::new(more))
    }

    fn of(desk: Installation) -> Self {
        let process = desk.serve();
        let key = desk.key();
        let mut target = Self {
            desk,
            process,
            key,
            resident: 0,
        };
        target.answers();
        target.resident = target.resident();
        target
    }

    fn connect(&self) -> TcpStream {
        let address = SocketAddr::from(([127, 0, 0, 1], self.desk.port));
        let stream = TcpStream::connect(address).expect("connected");
        let limit = stream.set_read_timeout(Some(PATIENCE));
        limit.expect("a limit");
        stream
    }

    /// Sends bytes as they are.
    fn send(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let head = format!("{head}host: a\r\nconnection: close\r\n\r\n");
        // The program may answer and close before it has read everything.
        drop(stream.write_all(head.as_bytes()));
        drop(stream.write_all(body));
        Answer::read(&mut stream)
    }

    /// Posts a body, with the key or without.
    fn post(&self, path: &str, key: Option<&str>, body: &Value) -> Answer {
        let body = body.to_string();
        let key = key.map_or(String::new(), |key| {
            format!("authorization: Bearer {key}\r\n")
        });
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/json\r\n{key}\
             accept: application/graphql-response+json\r\ncontent-length: {}\r\n",
            body.len()
        );
        self.send(&head, body.as_bytes())
    }

    fn answers(&self) {
        let wish = json!({ "query": "{ viewer { role } }" });
        let answer = self.post("/graphql", Some(&self.key), &wish);
        assert_eq!(
            answer.body()["data"]["viewer"]["role"],
            "OWNER",
            "{answer:?}"
        );
    }

    /// KiB in memory.
    fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("a process");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        number.expect("a number")
    }

    fn assert_well(mut self) {
        assert!(self.process.is_alive(), "the program has ended");
        self.answers();
        let (before, after) = (self.resident, self.resident());
        assert!(
            after <= before + MOST_GROWTH,
            "{before} KiB before, {after} KiB after"
        );
    }
}
