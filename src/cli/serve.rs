//! `keydesk serve`.

mod hangup;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::signals::stopping;
use super::{check_schema, open};
use crate::domain::bootstrap;
use crate::domain::mail::{Templates, Worker, transport};
use crate::platform::app::App;
use crate::platform::settings::{ServerSettings, Settings, TransportSettings};
use crate::web::{self, Drain, Routes, Shows};

/// How long requests in work may go on after a stop was asked for.
const DRAIN: Drain = Drain(Duration::from_secs(10));

/// Starts the server.
#[derive(Args, Debug)]
pub(super) struct Serve {
    /// Apply pending migrations first. Several replicas may do so at once.
    #[arg(long)]
    migrate: bool,
    /// Allow what must not face the internet: mail into files, and the mailbox, where `server.public_url` or
    /// `server.listen` is not loopback.
    #[arg(long)]
    development: bool,
}

impl Serve {
    pub(super) async fn run(self, settings: Settings) -> Result<(), Failure> {
        tokio::select! {
            served = Box::pin(self.serve(settings)) => served,
            never = hangup::ignore() => match never {},
        }
    }

    async fn serve(self, settings: Settings) -> Result<(), Failure> {
        let listen = settings.server.listen;
        let shows = self.shows(&settings)?;
        // Found wrong at the start, not at the first mail.
        let templates = Templates::read(&settings);
        let templates = Arc::new(templates.map_err(|error| Failure::Refused(error.to_string()))?);
        let app = open(settings).await?;
        if self.migrate {
            app.db.migrate_up().await?;
        }
        check_schema(&app).await?;
        // Found wrong at the start, not at the first password that is judged.
        crate::domain::credentials::policy(&app.settings)?;
        let router = web::router(&app, &templates, shows)?;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            Failure::Refused(format!(
                "cannot listen on {listen}: {error}; set server.listen"
            ))
        })?;
        note_unnamed_proxy(&app.settings.server);
        tracing::info!(%listen, database = app.db.kind(), "serving");
        if let Some(link) = bootstrap::open(&app).await? {
            // The one secret that is logged: there is nothing yet that it could open.
            tracing::warn!(
                until = link.expires_at.to_rfc3339(),
                "nobody has an account here yet; make the first owner with this link, once: {}",
                link.url.expose()
            );
        }
        let stop = CancellationToken::new();
        run((app, templates), (listener, router), (stop, DRAIN)).await
    }

    /// The mailbox is shown with the file transport and on a loopback address only, and while `public_url` is one
    /// too unless the operator develops.
    ///
    /// `Why:` a proxy on this machine makes every caller look local to the page's own guard.
    fn shows(&self, settings: &Settings) -> Result<Shows, Failure> {
        let server = &settings.server;
        let listens_here = server.listen.ip().is_loopback();
        let mailbox = match &settings.mail.transport {
            TransportSettings::File { directory, .. } if server.is_local() => Some(directory),
            TransportSettings::File { .. } if !self.development => {
                return Err(Failure::Refused(
                    "mail.transport.kind is \"file\", and server.listen or server.public_url is not a loopback \
                     address; passwords would pile up in a folder. Use smtp, or add --development to try \
                     things out"
                        .to_owned(),
                ));
            }
            TransportSettings::File { directory, .. } if listens_here => {
                tracing::warn!(
                    "/mailbox shows mails with passwords to everyone whom a proxy on this machine lets through"
                );
                Some(directory)
            }
            _ => None,
        };
        let mailbox = mailbox.cloned();
        Ok(Shows {
            playground: settings.server.playground,
            public_schema: self.development,
            mailbox,
            ..Shows::default()
        })
    }
}

/// Behind a proxy that is not named, everybody is one client.
fn note_unnamed_proxy(server: &ServerSettings) {
    let is_behind_proxy = server.listen.ip().is_loopback() && !server.is_local();
    if is_behind_proxy && server.trusted_proxies.is_empty() && server.network_share > 1 {
        tracing::warn!(
            "server.trusted_proxies is empty: everybody behind the proxy counts as one client, who gets a part of \
             this server only; name the proxy, or set server.network_share = 0"
        );
    }
}

/// Serves until the process is asked to stop.
pub(super) async fn run(
    (app, templates): (App, Arc<Templates>),
    (listener, router): (TcpListener, Routes),
    (stop, drain): (CancellationToken, Drain),
) -> Result<(), Failure> {
    let mailer = transport::from_settings(&app.settings.mail)?;
    let worker = mailer.map(|mailer| Worker::new(app.clone(), mailer, templates));
    let (asked, leaving) = (stop.clone(), app.leaving.clone());
    let grace = app.settings.server.stop_grace;
    let serving = web::serve(app, (listener, router), worker, (stop, drain));
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = stopping(&leaving, grace) => asked.cancel(),
    }
    Ok(serving.await?)
}
