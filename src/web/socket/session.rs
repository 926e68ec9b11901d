//! One socket from its first message to its end: a single task, nothing queued but what runs.
//!
//! `Why:` a caller that does not read makes the task wait, and is closed when that takes too long. So
//! no answer waits in memory behind another.

mod clockwork;

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::stream::{AbortHandle, BoxStream, SelectAll, StreamExt as _, abortable, once};
use tokio::time::timeout;

use super::super::actor::Presented;
use super::super::graphql::Wish;
use super::Sockets;
use super::caller::Caller;
use super::messages::{self, Close, Incoming};
use super::operation::{self, Reply};
use crate::actor::Origin;
use crate::secret::Secret;
use clockwork::{Clockwork, Due};

/// Operations at once on one socket.
const MAX_OPERATIONS: usize = 20;
/// Longest wait for the caller's own farewell. Shorter than what is left at a stop.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why a socket ends.
enum End {
    /// Said to the caller.
    Said(Close),
    /// The caller is gone, or takes nothing.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Said(close)
    }
}

/// What an operation has to say, under its number.
type Said = (u64, Option<Reply>);

/// An operation that runs.
struct Operation {
    number: u64,
    is_subscription: bool,
    abort: AbortHandle,
}

/// A socket without its wire.
pub(super) struct Session {
    sockets: Sockets,
    origin: Origin,
    /// The key from the header of the upgrade.
    key: Option<Secret>,
    caller: Option<Caller>,
    operations: HashMap<String, Operation>,
    said: SelectAll<BoxStream<'static, Said>>,
    started: u64,
    clockwork: Clockwork,
}

impl Session {
    pub(super) fn new(sockets: Sockets, origin: Origin, key: Option<Secret>) -> Self {
        Self {
            clockwork: Clockwork::start(sockets.pace),
            sockets,
            origin,
            key,
            caller: None,
            operations: HashMap::new(),
            said: SelectAll::new(),
            started: 0,
        }
    }

    /// Speaks until one side ends it.
    pub(super) async fn run(mut self, mut wire: WebSocket) {
        let end = loop {
            if let Err(end) = Box::pin(self.step(&mut wire)).await {
                break end;
            }
        };
        // Whatever still runs is dropped with `self`, before the farewell.
        let pace = self.sockets.pace;
        drop(self);
        if let End::Said(Close(code, reason)) = end {
            let frame = CloseFrame {
                code,
                reason: reason.into(),
            };
            let farewell = async {
                // The caller's own farewell is waited for; a connection cut before it looks like a fault.
                if wire.send(Message::Close(Some(frame))).await.is_ok() {
                    while let Some(Ok(_)) = wire.recv().await {}
                }
            };
            let _in_time = timeout(pace.send.min(FAREWELL), farewell).await;
        }
    }

    async fn step(&mut self, wire: &mut WebSocket) -> Result<(), End> {
        let app = self.sockets.endpoint.app().clone();
        tokio::select! {
            () = app.live.ended() => Err(End::Said(Close::SHUTDOWN)),
            due = self.clockwork.next(self.caller.is_some(), self.operations.is_empty()) => {
                self.look_after(wire, due).await
            }
            message = wire.recv() => {
                self.clockwork.heard();
                match message {
                    Some(Ok(Message::Text(text))) => self.answer(wire, &text).await,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                    Some(Ok(Message::Binary(_))) => Err(End::Said(Close::BAD_MESSAGE)),
                    Some(Err(_)) => Err(End::Said(Close::BAD_FRAME)),
                    Some(Ok(Message::Close(_))) | None => Err(End::Gone),
                }
            }
            Some((number, reply)) = self.said.next() => self.pass_on(wire, number, reply).await,
        }
    }

    async fn look_after(&mut self, wire: &mut WebSocket, due: Due) -> Result<(), End> {
        match due {
            Due::Close(close) => Err(End::Said(close)),
            Due::Ping => self.send(wire, Message::Ping(Default::default())).await,
            Due::Check => match self.check().await {
                // Nothing is sent now; the next check, or the next answer, asks again.
                Ok(()) | Err(Close::TRY_LATER) => Ok(()),
                Err(close) => Err(End::Said(close)),
            },
        }
    }

    async fn answer(&mut self, wire: &mut WebSocket, text: &str) -> Result<(), End> {
        match Incoming::read(text)? {
            Incoming::ConnectionInit { payload } => {
                self.init(messages::key_in(payload)).await?;
                self.send_text(wire, messages::ack()).await
            }
            Incoming::Ping {} => self.send_text(wire, messages::pong()).await,
            Incoming::Pong {} => Ok(()),
            Incoming::Complete { id } => {
                self.stop(&id);
                Ok(())
            }
            Incoming::Subscribe { id, payload } => self.subscribe(wire, id, payload).await,
        }
    }

    async fn init(&mut self, presented: Presented) -> Result<(), Close> {
        if self.caller.is_some() {
            return Err(Close::INIT_AGAIN);
        }
        let key = match presented {
            Presented::Key(key) => key,
            Presented::Malformed => return Err(Close::WRONG_KEY),
            Presented::Nothing => self.key.take().ok_or(Close::NO_KEY)?,
        };
        let app = self.sockets.endpoint.app();
        let caller = Caller::identify(app, key, self.origin.clone()).await?;
        self.caller = Some(caller);
        Ok(())
    }

    async fn subscribe(&mut self, wire: &mut WebSocket, id: String, wish: Wish) -> Result<(), End> {
        let caller = self.caller.as_ref().ok_or(Close::BEFORE_INIT)?;
        if self.operations.contains_key(&id) {
            return Err(End::Said(Close::SAME_ID));
        }
        let actor = caller.now(self.sockets.endpoint.app()).await?;
        if self.operations.len() >= MAX_OPERATIONS {
            let request = actor.origin.request_id.unwrap_or_default();
            let message = format!("A socket runs at most {MAX_OPERATIONS} operations at once.");
            let errors = operation::refusal(&request, "TOO_MANY_OPERATIONS", &message);
            return self.send_text(wire, messages::error(&id, &errors)).await;
        }
        let running = operation::start(&self.sockets.endpoint, actor, wish);
        self.started += 1;
        let number = self.started;
        let replies = running.replies.map(move |reply| (number, Some(reply)));
        let to_the_end = replies.chain(once(async move { (number, None) }));
        let (said, abort) = abortable(to_the_end);
        self.said.push(said.boxed());
        let operation = Operation {
            number,
            is_subscription: running.is_subscription,
            abort,
        };
        self.operations.insert(id, operation);
        Ok(())
    }

    async fn pass_on(
        &mut self,
        wire: &mut WebSocket,
        number: u64,
        reply: Option<Reply>,
    ) -> Result<(), End> {
        let mut running = self.operations.iter();
        let Some((id, operation)) = running.find(|(_, running)| running.number == number) else {
            return Ok(());
        };
        let id = id.clone();
        if operation.is_subscription {
            // Asked after the answer was read, so none goes to a caller whose key had ended by then.
            self.check().await?;
        }
        let text = match reply {
            Some(Reply::Next(payload)) => messages::next(&id, &payload),
            Some(Reply::Error(errors)) => {
                self.stop(&id);
                messages::error(&id, &errors)
            }
            None => {
                self.stop(&id);
                messages::complete(&id)
            }
        };
        self.send_text(wire, text).await
    }

    fn stop(&mut self, id: &str) {
        if let Some(operation) = self.operations.remove(id) {
            operation.abort.abort();
            self.clockwork.worked();
        }
    }

    async fn check(&mut self) -> Result<(), Close> {
        match &self.caller {
            Some(caller) => caller.now(self.sockets.endpoint.app()).await.map(drop),
            None => Ok(()),
        }
    }

    async fn send_text(&mut self, wire: &mut WebSocket, text: String) -> Result<(), End> {
        self.send(wire, Message::Text(text.into())).await
    }

    async fn send(&mut self, wire: &mut WebSocket, message: Message) -> Result<(), End> {
        match timeout(self.sockets.pace.send, wire.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }
}
