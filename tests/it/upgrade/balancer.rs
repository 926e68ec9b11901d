//! A tiny load balancer: asks `/readyz`, and hands requests to those that are ready, in turns. It tries
//! nothing again.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

/// Waits for something to become true.
pub(super) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let end = Instant::now() + Duration::from_mins(2);
    while !is_so().await {
        assert!(Instant::now() < end, "waited in vain: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[derive(Default)]
pub(super) struct Balancer {
    servers: Mutex<Vec<(SocketAddr, bool)>>,
    next: AtomicUsize,
}

impl Balancer {
    pub(super) fn add(&self, address: SocketAddr) {
        self.servers.lock().expect("whole").push((address, false));
    }

    pub(super) fn forget(&self, address: SocketAddr) {
        let mut servers = self.servers.lock().expect("whole");
        servers.retain(|(known, _)| *known != address);
    }

    pub(super) fn is_ready(&self, address: SocketAddr) -> bool {
        let servers = self.servers.lock().expect("whole");
        servers.contains(&(address, true))
    }

    /// Asks everybody again and again.
    pub(super) async fn look_after(self: std::sync::Arc<Self>) {
        loop {
            let servers = self.servers.lock().expect("whole").clone();
            for (address, _) in servers {
                let answer = exchange(address, "GET /readyz HTTP/1.1\r\n", "").await;
                let is_ready = answer.is_ok_and(|(status, _)| status == 200);
                let mut servers = self.servers.lock().expect("whole");
                let known = servers.iter_mut().find(|(known, _)| *known == address);
                if let Some(known) = known {
                    known.1 = is_ready;
                }
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The answer of the next server in turn, if it is a whole one.
    pub(super) async fn post(&self, key: &str, body: &Value) -> Result<Value, String> {
        let ready: Vec<_> = {
            let servers = self.servers.lock().expect("whole");
            let ready = servers.iter().filter(|(_, is_ready)| *is_ready);
            ready.map(|(address, _)| *address).collect()
        };
        let turn = self.next.fetch_add(1, Ordering::SeqCst);
        let address = ready
            .get(turn % ready.len().max(1))
            .ok_or("nobody is ready")?;
        let body = body.to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        let (status, text) = exchange(*address, &head, &body).await?;
        if status != 200 {
            return Err(format!("{status}: {text}"));
        }
        serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
    }
}

async fn exchange(address: SocketAddr, head: &str, body: &str) -> Result<(u16, String), String> {
    let broken = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).await.map_err(broken)?;
    let request = format!("{head}host: {address}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.map_err(broken)?;
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    let (_, text) = answer.split_once("\r\n\r\n").ok_or("half an answer")?;
    Ok((status.ok_or("no status")?, text.to_owned()))
}
