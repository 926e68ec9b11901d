//! `keydesk login-link`.

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::login::find_present;
use super::output::{note, print, print_json};
use super::when::When;
use crate::domain::access::idempotency::Answer;
use crate::domain::password_reset::{
    self, CreateLink, CreatedLink, HandedOver, LinkDelivery, OnUse,
};
use crate::domain::users::UserRef;
use crate::platform::app::App;
use crate::platform::qr;
use crate::platform::settings::os_user;
use crate::types::actor::Actor;

/// Makes a link by which a user chooses a new password, once, and is signed in with it; prints it.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a command line has switches; the command has enums"
)]
pub(super) struct LoginLink {
    /// Username, e-mail address or id.
    login: String,
    /// How long it works, from 1m to 24h.
    #[arg(long, default_value = "1h", value_parser = When::read)]
    expires: When,
    /// Make a code for reading out instead of an address.
    #[arg(long, conflicts_with = "qr")]
    code: bool,
    /// Do not sign the user in; they do that themselves with the password they chose.
    #[arg(long)]
    no_sign_in: bool,
    /// Page to go on to afterwards; one of security.recovery.redirect_urls.
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Draw the link as a QR code too.
    #[arg(long)]
    qr: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl LoginLink {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let actor = Actor::operator(&os_user());
        let user = find_present(app, &actor, &self.login).await?;
        let command = CreateLink {
            delivery: if self.code {
                LinkDelivery::Code
            } else {
                LinkDelivery::Link
            },
            on_use: if self.no_sign_in {
                OnUse::ChoosePassword
            } else {
                OnUse::SignIn
            },
            expires: Some(self.expires.span(app.clock.now())),
            redirect_url: self.redirect_url,
            reason: self.reason,
            ..CreateLink::plain(UserRef::Id(user.id))
        };
        let made = match password_reset::create_link(app, &actor, command).await? {
            Answer::Done(made) => made,
            Answer::Replay(_) => return Err(Failure::Ours("the link was made before".to_owned())),
        };
        if self.json {
            as_json(&made)?;
        } else {
            tell(&made)?;
        }
        match &made.handed_over {
            // On standard error, so that the link stays alone on standard output.
            HandedOver::Url(url) if self.qr => note(qr::for_terminal(url)?.expose()),
            HandedOver::Url(_) | HandedOver::Code { .. } => {}
        }
        Ok(())
    }
}

fn as_json(made: &CreatedLink) -> Result<(), Failure> {
    let (url, code, enter_at) = match &made.handed_over {
        HandedOver::Url(url) => (Some(url.expose()), None, None),
        HandedOver::Code { code, enter_at } => (None, Some(code.expose()), Some(enter_at)),
    };
    print_json(&json!({
        "id": made.link.id.to_string(),
        "userId": made.user.id.to_string(),
        "username": made.user.username,
        "url": url,
        "code": code,
        "enterCodeAt": enter_at,
        "signInOnUse": made.link.sign_in_on_use,
        "expiresAt": made.link.expires_at.to_rfc3339(),
    }))
}

fn tell(made: &CreatedLink) -> Result<(), Failure> {
    let where_to = match &made.handed_over {
        HandedOver::Url(url) => {
            print(url.expose())?;
            "whoever opens it".to_owned()
        }
        HandedOver::Code { code, enter_at } => {
            print(code.expose())?;
            format!("whoever types it in at {enter_at}")
        }
    };
    let and_then = if made.link.sign_in_on_use {
        " and is signed in"
    } else {
        ""
    };
    note(&format!(
        "for {}, once, until {}; {where_to} chooses the password{and_then}",
        made.user.username,
        made.link.expires_at.to_rfc3339()
    ));
    Ok(())
}
