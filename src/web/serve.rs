//! Running: the listener and every task beside it, ended together.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::admission::Admission;
use super::descriptors;
use super::limits::Limits;
use super::listener::listen;
use crate::domain::mail::Worker;
use crate::jobs::{audit_sealing, change_poller, cleanup, heartbeat, reset_requests};
use crate::platform::app::App;
use crate::platform::db::is_outage;
use crate::platform::pubsub::PubSub;
use crate::types::error::Internal;

/// How long requests in work may go on after a stop was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Drain(pub Duration);

/// How often the distance to the database's clock is measured again.
const ALIGN_EVERY: Duration = Duration::from_secs(30);

/// Serves until `stop`, with the outbox worker, the cleanup and the clock beside it.
pub async fn serve(
    app: App,
    (listener, router): (TcpListener, Router),
    worker: Option<Worker>,
    (stop, drain): (CancellationToken, Drain),
) -> Result<(), Internal> {
    let settings = Arc::clone(&app.settings);
    let mut tasks = JoinSet::new();
    if let Some(worker) = worker {
        let stop = stop.clone();
        tasks.spawn(async move { worker.run(stop).await });
    }
    tasks.spawn(heartbeat::run(app.clone(), stop.clone()));
    tasks.spawn(cleanup::run(app.clone(), stop.clone()));
    tasks.spawn(change_poller::run(app.clone(), stop.clone()));
    tasks.spawn(audit_sealing::run(app.clone(), stop.clone()));
    tasks.spawn(reset_requests::run(app.clone(), stop.clone()));
    tasks.spawn(end_sockets(app.pubsub.clone(), stop.clone()));
    if let Some(issuer) = app.issuer.clone() {
        tasks.spawn(issuer.keep_fresh(app.clock.clone(), stop.clone()));
    }
    tasks.spawn(align(app, stop.clone()));

    let usual = Limits::default();
    let limits = Limits {
        connections: descriptors::connections(&settings, usual.connections),
        ..usual
    };
    let admission = Admission::new(limits, &settings.server);
    listen(listener, router, admission, (stop.clone(), drain)).await;
    stop.cancel();
    // Each task looks at `stop`; what a task leaves behind, its lease gives to another one.
    let _timed_out = timeout(drain.0, async {
        while tasks.join_next().await.is_some() {}
    })
    .await;
    Ok(())
}

/// `Why:` the server does not wait for connections that were upgraded.
async fn end_sockets(pubsub: PubSub, stop: CancellationToken) {
    stop.cancelled().await;
    pubsub.end().await;
}

async fn align(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(ALIGN_EVERY) => {}
        }
        if let Err(error) = app.db.align_clock(&app.clock).await
            && !is_outage(&error)
        {
            tracing::warn!(%error, "the database's clock could not be read");
        }
    }
}
