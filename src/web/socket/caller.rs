//! Who is at the other end: asked at the beginning, at each operation, and before each answer.

use super::super::actor::authenticate;
use super::super::request_id;
use super::messages::Close;
use crate::platform::app::App;
use crate::types::actor::{Actor, Origin};
use crate::types::secret::Secret;

/// A caller whose key was good when last asked.
pub(super) struct Caller {
    key: Secret,
    actor: Actor,
}

impl Caller {
    pub(super) async fn identify(app: &App, key: Secret, origin: Origin) -> Result<Self, Close> {
        let actor = actor(app, &key, origin).await?;
        Ok(Self { key, actor })
    }

    /// The caller as of now, under a request id of its own.
    ///
    /// Errors: the reason to close the socket.
    pub(super) async fn now(&self, app: &App) -> Result<Actor, Close> {
        let mut origin = self.actor.origin.clone();
        origin.request_id = Some(request_id::make());
        let now = actor(app, &self.key, origin).await?;
        let is_same = now.kind == self.actor.kind
            && now.role == self.actor.role
            && now.permissions == self.actor.permissions
            && now.is_restricted() == self.actor.is_restricted();
        if is_same {
            Ok(now)
        } else {
            Err(Close::OTHER_RIGHTS)
        }
    }
}

async fn actor(app: &App, key: &Secret, origin: Origin) -> Result<Actor, Close> {
    match authenticate(app, key, origin).await {
        Ok(Some(actor)) => Ok(actor),
        Ok(None) => Err(Close::WRONG_KEY),
        Err(error) => {
            if !crate::platform::db::is_outage(&error) {
                tracing::error!(%error, "an API key could not be checked");
            }
            Err(Close::TRY_LATER)
        }
    }
}
