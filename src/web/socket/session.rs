//! One socket from its first message to its end.
//!
//! `Why:` each operation is a task of its own and hands over one answer at a time. A caller that does
//! not read makes them all wait where they hold no connection to the database, and is closed when
//! that takes too long. So nothing piles up, and nobody else waits.

mod clockwork;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tracing::Instrument as _;

use super::super::actor::Presented;
use super::super::graphql::Wish;
use super::super::request_id;
use super::Sockets;
use super::caller::Caller;
use super::messages::{self, Close, Incoming};
use super::operation::{self, Reply, Said, Say};
use super::permit::Permit;
use crate::types::actor::Origin;
use crate::types::secret::Secret;
use clockwork::{Clockwork, Due, Standing};

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

/// An operation that runs.
struct Operation {
    number: u64,
    task: AbortHandle,
}

/// Where a socket comes from, and the place it has.
pub(super) struct Visitor {
    pub(super) client: Option<IpAddr>,
    pub(super) permit: Permit,
}

/// A socket without its wire.
pub(super) struct Session {
    sockets: Sockets,
    origin: Origin,
    /// The key from the header of the upgrade.
    key: Option<Secret>,
    visitor: Visitor,
    caller: Option<Arc<Caller>>,
    operations: HashMap<String, Operation>,
    tasks: JoinSet<()>,
    started: u64,
    say: mpsc::Sender<Said>,
    said: mpsc::Receiver<Said>,
    clockwork: Clockwork,
}

impl Session {
    pub(super) fn new(
        sockets: Sockets,
        origin: Origin,
        key: Option<Secret>,
        visitor: Visitor,
    ) -> Self {
        let (say, said) = mpsc::channel(1);
        Self {
            clockwork: Clockwork::start(sockets.pace),
            sockets,
            origin,
            key,
            visitor,
            caller: None,
            operations: HashMap::new(),
            tasks: JoinSet::new(),
            started: 0,
            say,
            said,
        }
    }

    /// Speaks until one side ends it.
    pub(super) async fn run(mut self, mut wire: WebSocket) {
        let end = loop {
            if let Err(end) = Box::pin(self.step(&mut wire)).await {
                break end;
            }
        };
        self.tasks.shutdown().await;
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
            let _in_time = timeout(self.sockets.pace.send.min(FAREWELL), farewell).await;
        }
    }

    async fn step(&mut self, wire: &mut WebSocket) -> Result<(), End> {
        let app = self.sockets.endpoint.app().clone();
        let standing = match (&self.caller, self.operations.is_empty()) {
            (None, _) => Standing::Unknown,
            (Some(_), true) => Standing::Idle,
            (Some(_), false) => Standing::Busy,
        };
        tokio::select! {
            () = app.pubsub.ended() => Err(End::Said(Close::SHUTDOWN)),
            due = self.clockwork.next(standing) => {
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
            Some(said) = self.said.recv() => self.pass_on(wire, said).await,
        }
    }

    async fn look_after(&mut self, wire: &mut WebSocket, due: Due) -> Result<(), End> {
        match due {
            Due::Close(close) => Err(End::Said(close)),
            Due::Ping => self.send(wire, Message::Ping(Bytes::new())).await,
            Due::Check => {
                self.check();
                Ok(())
            }
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
            Incoming::Subscribe { id, payload } => self.subscribe(wire, (id, payload)).await,
        }
    }

    async fn init(&mut self, presented: Presented) -> Result<(), Close> {
        if self.caller.is_some() {
            return Err(Close::INIT_AGAIN);
        }
        let key = match presented {
            Presented::Key(key) | Presented::Cookie(key) => key,
            Presented::Malformed => return Err(Close::WRONG_KEY),
            Presented::Nothing => self.key.take().ok_or(Close::NO_KEY)?,
        };
        let app = self.sockets.endpoint.app();
        let caller = Caller::identify(app, key, self.origin.clone()).await?;
        if !self.visitor.permit.is_known {
            let permit = self.sockets.permits.known(self.visitor.client);
            self.visitor.permit = permit.ok_or(Close::FULL)?;
        }
        self.caller = Some(Arc::new(caller));
        Ok(())
    }

    async fn subscribe(
        &mut self,
        wire: &mut WebSocket,
        (id, wish): (String, Wish),
    ) -> Result<(), End> {
        let caller = self.caller.clone().ok_or(Close::BEFORE_INIT)?;
        if self.operations.contains_key(&id) {
            return Err(End::Said(Close::SAME_ID));
        }
        if self.operations.len() >= MAX_OPERATIONS {
            let message = format!("A socket runs at most {MAX_OPERATIONS} operations at once.");
            let request = request_id::make();
            let errors = operation::refusal(&request, "TOO_MANY_OPERATIONS", &message);
            return self.send_text(wire, messages::error(&id, &errors)).await;
        }
        while self.tasks.try_join_next().is_some() {}
        self.started += 1;
        let number = self.started;
        let say = Say::new(number, self.say.clone());
        let work = operation::run(self.sockets.endpoint.clone(), caller, wish, say);
        let task = self.tasks.spawn(work.in_current_span());
        self.operations.insert(id, Operation { number, task });
        Ok(())
    }

    async fn pass_on(&mut self, wire: &mut WebSocket, said: Said) -> Result<(), End> {
        let (number, reply) = match said {
            Said::Reply(number, reply) => (number, reply),
            Said::Close(close) => return Err(End::Said(close)),
        };
        let mut running = self.operations.iter();
        // Absent when the caller has ended it meanwhile.
        let Some((id, _)) = running.find(|(_, running)| running.number == number) else {
            return Ok(());
        };
        let id = id.clone();
        let text = match reply {
            Reply::Next(payload) => messages::next(&id, &payload),
            Reply::Error(errors) => {
                self.stop(&id);
                messages::error(&id, &errors)
            }
            Reply::Complete => {
                self.stop(&id);
                messages::complete(&id)
            }
        };
        self.send_text(wire, text).await
    }

    fn stop(&mut self, id: &str) {
        if let Some(operation) = self.operations.remove(id) {
            operation.task.abort();
            self.clockwork.worked();
        }
    }

    /// Asks for the caller's key beside what runs.
    fn check(&mut self) {
        let Some(caller) = self.caller.clone() else {
            return;
        };
        let (app, say) = (self.sockets.endpoint.app().clone(), self.say.clone());
        let work = async move {
            match caller.now(&app).await {
                // Nothing is sent now; the next check, or the next answer, asks again.
                Ok(_) | Err(Close::TRY_LATER) => {}
                Err(close) => drop(say.send(Said::Close(close)).await),
            }
        };
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(work.in_current_span());
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
