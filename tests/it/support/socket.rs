//! A server on a real port, and a client that speaks graphql-transport-ws with it.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use keydesk::web::{self, Drain, Pace, Shows};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use tokio_util::sync::CancellationToken;

use super::app::TestApp;
use super::network;
use super::waiting::eventually;

/// How long to wait for something to happen; a busy build machine is slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keydesk with every task that `serve` starts but the mail worker, on a port of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(desk: &TestApp) -> Self {
        Self::with(desk, Shows::default()).await
    }

    pub(crate) async fn at_pace(desk: &TestApp, pace: Pace) -> Self {
        let shows = Shows {
            pace,
            ..Shows::default()
        };
        Self::with(desk, shows).await
    }

    pub(crate) async fn with(desk: &TestApp, shows: Shows) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let router = web::router(&desk.app, &desk.templates(), shows).expect("a router");
        let stop = CancellationToken::new();
        let (app, asked) = (desk.app.clone(), stop.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let drain = Drain(PATIENCE);
            let served = web::serve(app, (listener, router), None, (asked, drain)).await;
            served.expect("the server runs");
        });
        Self {
            address,
            stop,
            tasks,
        }
    }

    /// Asks it to stop, without waiting.
    pub(crate) fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    /// Waits until it has stopped.
    pub(crate) async fn stopped(mut self) {
        let ended = timeout(PATIENCE, self.tasks.join_next()).await;
        ended.expect("in time").expect("a task").expect("no panic");
    }

    /// Tries to open a socket with these headers. Errors: the status of the refusal.
    pub(crate) async fn upgrade(&self, headers: &[(&str, &str)]) -> Result<Client, StatusCode> {
        Client::connect(self.address, headers).await
    }

    /// A socket that has said nothing yet.
    pub(crate) async fn open(&self) -> Client {
        let opened = self.upgrade(&[PROTOCOL]).await;
        opened.unwrap_or_else(|status| panic!("{status}"))
    }

    /// A socket of a caller who is known by this key.
    pub(crate) async fn sign_in(&self, key: &str) -> Client {
        let mut client = self.open().await;
        client.sign_in(key).await;
        client
    }
}

/// The header that asks for the protocol.
pub(crate) const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

/// One end of a socket. Dropped, its connection is cut without a word.
pub(crate) struct Client {
    wire: WebSocketStream<TcpStream>,
}

impl Client {
    /// Tries to open a socket with these headers. Errors: the status of the refusal.
    pub(crate) async fn connect(
        address: SocketAddr,
        headers: &[(&str, &str)],
    ) -> Result<Self, StatusCode> {
        Self::connect_from([127, 0, 0, 1], address, headers).await
    }

    /// The same from this address.
    pub(crate) async fn connect_from(
        source: [u8; 4],
        address: SocketAddr,
        headers: &[(&str, &str)],
    ) -> Result<Self, StatusCode> {
        let url = format!("ws://{address}/graphql/ws");
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in headers {
            let name: axum::http::HeaderName = name.parse().expect("a name");
            request
                .headers_mut()
                .insert(name, value.parse().expect("a value"));
        }
        let wire = network::connect_from(source, address).await;
        match client_async(request, wire).await {
            Ok((wire, _)) => Ok(Self { wire }),
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{headers:?}: {error}"),
        }
    }

    /// Says who is calling, and waits until that is accepted.
    pub(crate) async fn sign_in(&mut self, key: &str) {
        self.init(&format!("Bearer {key}")).await;
        assert_eq!(self.hear().await, json!({ "type": "connection_ack" }));
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.wire.send(message).await.expect("sent");
    }

    /// Says something that nobody may hear any more, or has room for.
    pub(crate) async fn try_say(&mut self, message: Value) -> Result<(), ()> {
        let message = Message::text(message.to_string());
        match timeout(Duration::from_secs(1), self.wire.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(()),
        }
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Says who is calling.
    pub(crate) async fn init(&mut self, authorization: &str) {
        let payload = json!({ "authorization": authorization });
        self.say(json!({ "type": "connection_init", "payload": payload }))
            .await;
    }

    /// Starts an operation.
    pub(crate) async fn start(&mut self, id: &str, document: &str, variables: Value) {
        let payload = json!({ "query": document, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
    }

    /// The next message, or the code and reason of the end.
    pub(crate) async fn next(&mut self) -> Result<Value, (u16, String)> {
        let end = Instant::now() + PATIENCE;
        loop {
            let message = timeout_at(end, self.wire.next()).await;
            return match message.expect("a message in time") {
                Some(Ok(Message::Text(text))) => Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(Some(frame)))) => {
                    Err((frame.code.into(), frame.reason.to_string()))
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(other)) => panic!("{other:?}"),
                Some(Err(_)) | None => Err((1006, String::new())),
            };
        }
    }

    /// The next message.
    pub(crate) async fn hear(&mut self) -> Value {
        let heard = self.next().await;
        heard.unwrap_or_else(|end| panic!("the socket was closed: {end:?}"))
    }

    /// The payload of the next answer of an operation.
    pub(crate) async fn answer(&mut self, id: &str) -> Value {
        let mut heard = self.hear().await;
        assert_eq!(
            (&heard["type"], &heard["id"]),
            (&json!("next"), &json!(id)),
            "{heard:#}"
        );
        heard["payload"].take()
    }

    /// The code of the error that ends an operation.
    pub(crate) async fn refusal(&mut self, id: &str) -> String {
        let heard = self.hear().await;
        assert_eq!(
            (&heard["type"], &heard["id"]),
            (&json!("error"), &json!(id)),
            "{heard:#}"
        );
        let code = heard["payload"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("{heard:#}")).to_owned()
    }

    /// How the socket ends, past whatever is said before.
    pub(crate) async fn end(&mut self) -> (u16, String) {
        let ending = async {
            loop {
                if let Err(end) = self.next().await {
                    return end;
                }
            }
        };
        let ended = timeout(PATIENCE, ending).await;
        ended.expect("the socket is closed in time")
    }

    /// The code with which it ends, when nothing is said before.
    pub(crate) async fn closed(&mut self) -> u16 {
        match self.next().await {
            Err((code, _)) => code,
            Ok(heard) => panic!("{heard:#}"),
        }
    }
}

/// Waits until something is true that nobody announces.
pub(crate) async fn until(what: &str, is_true: impl Fn() -> bool) {
    eventually(what, async || is_true()).await;
}
