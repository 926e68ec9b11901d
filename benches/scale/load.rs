//! Load over HTTP/1.1 with kept connections, and what it found.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// One request as bytes, ready to be written.
pub(crate) type Bytes = Vec<u8>;

/// A POST of a JSON body.
pub(crate) fn post(path: &str, key: Option<&str>, body: &str) -> Bytes {
    let key = key.map_or(String::new(), |key| {
        format!("authorization: Bearer {key}\r\n")
    });
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n{key}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A GET.
pub(crate) fn get(path: &str) -> Bytes {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").into_bytes()
}

/// What a stretch of load found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// How long each good answer took, in the order of arrival.
    pub(crate) latencies: Vec<Duration>,
    /// Answers that were not 200.
    pub(crate) refused: usize,
    pub(crate) elapsed: Duration,
}

impl Found {
    /// Good answers per second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let place = (sorted.len() as f64 * share) as usize;
        sorted
            .get(place)
            .or(sorted.last())
            .copied()
            .unwrap_or_default()
    }
}

/// A stream from this address of this machine; each 127.x.y.0/24 is a network.
pub(crate) async fn open_from(source: [u8; 4], address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((source, 0)))?;
    socket.connect(address).await
}

/// One connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> std::io::Result<Self> {
        Self::open_from([127, 0, 0, 1], SocketAddr::from(([127, 0, 0, 1], port))).await
    }

    /// The same from another address of this machine.
    pub(crate) async fn open_from(source: [u8; 4], address: SocketAddr) -> std::io::Result<Self> {
        let stream = open_from(source, address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Sends one request; gives the status and the body.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> std::io::Result<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some((status, start, length)) = head(&self.buffer) {
                while self.buffer.len() < start + length {
                    self.more().await?;
                }
                return Ok((status, &self.buffer[start..start + length]));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> std::io::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// Status, start of the body, and its length.
fn head(bytes: &[u8]) -> Option<(u16, usize, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..end]).expect("a head in ASCII");
    let status = text[9..12].parse().expect("a status");
    let length = text.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length:")
            .map(|n| n.trim().parse().expect("a length"))
    });
    Some((status, end + 4, length.unwrap_or(0)))
}

/// Sends the requests in turn over some connections until the time is over.
pub(crate) async fn load(
    port: u16,
    requests: &[Bytes],
    connections: usize,
    time: Duration,
) -> Found {
    let start = Instant::now();
    let workers = (0..connections).map(|number| async move {
        let mut connection = Connection::open(port).await.expect("a connection");
        let (mut latencies, mut refused) = (Vec::new(), 0);
        let mut turn = number * requests.len() / connections;
        while start.elapsed() < time {
            let request = &requests[turn % requests.len()];
            turn += 1;
            let sent = Instant::now();
            match connection.ask(request).await.expect("an answer") {
                (200, _) => latencies.push(sent.elapsed()),
                _ => refused += 1,
            }
        }
        (latencies, refused)
    });
    let mut found = Found::default();
    for (latencies, refused) in futures_util::future::join_all(workers).await {
        found.latencies.extend(latencies);
        found.refused += refused;
    }
    found.elapsed = start.elapsed();
    found
}
