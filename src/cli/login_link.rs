//! `keydesk login-link`.

use clap::Args;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::json;

use super::failure::Failure;
use super::login::find_present;
use super::output::{note, print, print_json};
use super::when::When;
use crate::actor::Actor;
use crate::app::App;
use crate::password_reset::{self, CreateLink, CreatedLink};
use crate::settings::os_user;
use crate::users::UserRef;

/// Makes a link by which a user chooses a new password, once, and prints it.
#[derive(Args, Debug)]
pub(super) struct LoginLink {
    /// Username, e-mail address or id.
    login: String,
    /// How long it works, from 1m to 24h.
    #[arg(long, default_value = "1h", value_parser = When::read)]
    expires: When,
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
            user: UserRef::Id(user.id),
            expires: Some(match self.expires {
                When::Away(span) => span,
                When::At(end) => app.clock.now().until(end),
            }),
            actor_password: None,
            reason: self.reason,
        };
        let made = password_reset::create_link(app, &actor, command).await?;
        if self.json {
            print_json(&json!({
                "id": made.id.to_string(),
                "userId": made.user.id.to_string(),
                "username": made.user.username,
                "url": made.url.expose(),
                "expiresAt": made.expires_at.to_rfc3339(),
            }))?;
        } else {
            print(made.url.expose())?;
            note(&format!(
                "for {}, once, until {}; whoever opens it chooses the password",
                made.user.username,
                made.expires_at.to_rfc3339()
            ));
        }
        if self.qr { draw(&made) } else { Ok(()) }
    }
}

/// On standard error, so that the link stays alone on standard output.
fn draw(made: &CreatedLink) -> Result<(), Failure> {
    let code = QrCode::new(made.url.expose().as_bytes())
        .map_err(|error| Failure::Ours(format!("the link does not fit a QR code: {error}")))?;
    // Light modules are drawn, dark ones left out: right on the dark ground most terminals have,
    // and read by most cameras on a light one too.
    let picture = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    note(&picture);
    Ok(())
}
