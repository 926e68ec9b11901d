//! One's own account and its sessions, as their owner sees them.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};

use super::super::context::Reach as _;
use super::super::devices::TrustedDevice;
use super::super::enums::{SessionStatus, SessionTransport};
use super::super::error::internal;
use super::super::scalars::{DateTime, EmailAddress, Locale, moment};
use crate::domain::account::{self, AccountError};
use crate::domain::sessions::Session;
use crate::types::ids::{AccountId, SessionId};

/// The caller's own account, as its owner sees it. Has an ID of its own, different from the user's.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Account {
    /// ID of the account.
    id: ID,
    /// Name for signing in.
    username: String,
    /// E-mail address, if there is one.
    email: Option<EmailAddress>,
    /// Full name, if given.
    name: Option<String>,
    /// Language for mail. The default locale when null.
    locale: Option<Locale>,
    /// Zone in which mail tells times, by its IANA name. UTC when null.
    time_zone: Option<String>,
    /// Whether the password can be changed here.
    can_change_password: bool,
    /// Whether a new password has to be chosen before anything else.
    must_change_password: bool,
    /// When the password expires. Null when it does not.
    password_expires_at: Option<DateTime>,
    /// When the caller last signed in.
    last_sign_in_at: Option<DateTime>,
    #[graphql(skip)]
    behind: account::Account,
}

impl From<account::Account> for Account {
    fn from(account: account::Account) -> Self {
        let user = account.user.clone();
        Self {
            id: AccountId::from_uuid(user.id.uuid()).to_string().into(),
            username: user.username,
            email: user.email.map(EmailAddress),
            name: user.name,
            locale: user.locale.map(Locale),
            time_zone: user.time_zone,
            can_change_password: account.can_change_password(),
            must_change_password: user.must_change_password,
            password_expires_at: moment(user.password_expires_at),
            last_sign_in_at: moment(user.last_sign_in_at),
            behind: account,
        }
    }
}

#[ComplexObject]
impl Account {
    /// The caller's sessions that work, last used first, 50 at most. In a session with `mustChangePassword`
    /// that session alone.
    async fn sessions(&self, ctx: &Context<'_>) -> Vec<AccountSession> {
        let current = Some(self.behind.session);
        let of_this = |session| AccountSession::seen_from(session, current);
        match account::list_own_sessions(ctx.app(), &self.behind).await {
            Ok(found) => found.into_iter().map(of_this).collect(),
            // The rest of the account, perhaps with a token that is shown once, must not go with it.
            Err(AccountError::Internal(cause)) => internal(ctx, &cause).unwrap_or_default(),
            Err(_denied) => Vec::new(),
        }
    }

    /// Browsers that have signed in to the account before, last used first, 50 at most. None in a session with
    /// `mustChangePassword`.
    async fn trusted_devices(&self, ctx: &Context<'_>) -> Vec<TrustedDevice> {
        match account::list_own_devices(ctx.app(), &self.behind).await {
            Ok(found) => found.into_iter().map(Into::into).collect(),
            Err(AccountError::Internal(cause)) => internal(ctx, &cause).unwrap_or_default(),
            Err(_denied) => Vec::new(),
        }
    }
}

/// One of the caller's own sessions.
pub(crate) struct AccountSession {
    session: Session,
    is_current: bool,
}

impl AccountSession {
    /// As it is seen from the session with that id.
    pub(super) fn seen_from(session: Session, current: Option<SessionId>) -> Self {
        Self {
            is_current: current == Some(session.id),
            session,
        }
    }
}

/// A browser or program in which the caller is signed in. Its token is not here.
#[Object]
impl AccountSession {
    /// ID of the session, for `revokeOwnSession`.
    async fn session_id(&self) -> ID {
        self.session.id.to_string().into()
    }

    /// Whether it still works.
    async fn status(&self, ctx: &Context<'_>) -> SessionStatus {
        let app = ctx.app();
        let settings = &app.settings.security.sessions;
        self.session.status(settings, app.clock.now()).into()
    }

    /// Whether it is the one in which the account is looked at.
    async fn is_current(&self) -> bool {
        self.is_current
    }

    /// How the client holds on to it.
    async fn transport(&self) -> SessionTransport {
        self.session.transport.into()
    }

    /// Address it was opened from.
    async fn ip_address(&self) -> Option<&str> {
        self.session.ip_address.as_deref()
    }

    /// Program it was opened with, as that program named itself.
    async fn user_agent(&self) -> Option<&str> {
        self.session.user_agent.as_deref()
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime {
        DateTime(self.session.created_at)
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> DateTime {
        DateTime(self.session.last_used_at)
    }

    /// When it ends by itself if it is not used again.
    async fn expires_at(&self, ctx: &Context<'_>) -> DateTime {
        let settings = &ctx.app().settings.security.sessions;
        DateTime(self.session.expires_at(settings))
    }

    /// When it was ended early. Null when it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        moment(self.session.ended_at)
    }
}
