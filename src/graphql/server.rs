//! Facts about the running server.

use async_graphql::{Context, Object, SimpleObject};

use super::context::Reach as _;
use super::error::answer;
use super::scalars::DateTime;
use crate::platform::settings::TransportSettings;
use crate::types::actor::{Permission, ReadError};

/// Facts about the running server.
#[derive(SimpleObject)]
pub(crate) struct ServerInfo {
    /// Version of the server.
    version: &'static str,
    /// Kind of database: `sqlite` or `postgresql`.
    database: &'static str,
    /// When this process was started.
    started_at: DateTime,
    /// Whether there is a way of sending mail.
    is_mail_configured: bool,
}

/// The part of `Query` about the server.
#[derive(Default)]
pub(crate) struct ServerQuery;

#[Object]
impl ServerQuery {
    /// Facts about the running server, for support and for the portal's status page.
    ///
    /// Access: scope SETTINGS_READ.
    async fn server_info(&self, ctx: &Context<'_>) -> Option<ServerInfo> {
        let app = ctx.app();
        answer(
            ctx,
            ctx.actor()
                .require(Permission::SettingsRead)
                .map_err(ReadError::from),
        )?;
        Some(ServerInfo {
            version: env!("CARGO_PKG_VERSION"),
            database: app.db.kind(),
            started_at: DateTime(app.started_at),
            is_mail_configured: app.settings.mail.transport != TransportSettings::None,
        })
    }
}
