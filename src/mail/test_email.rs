//! The mail for trying out the settings, sent straight away and not by the outbox.

use super::{Details, MailKind, OutgoingEmail, Templates, Words};
use crate::address::EmailAddress;
use crate::app::App;
use crate::ids::MailDeliveryId;

/// Renders a test mail to an address.
///
/// Errors: the address is none, or the templates do not render; the text says which.
pub fn test_email(app: &App, address: &str) -> Result<OutgoingEmail, String> {
    let to = EmailAddress::parse(address).map_err(|error| error.to_string())?;
    let now = app.clock.now();
    let settings = &app.settings.mail;
    let details = Details {
        happened_at_millis: now.as_millis(),
        ..Details::default()
    };
    let words = Words {
        kind: MailKind::Test,
        locale: &settings.default_locale,
        details: &details,
        secret: None,
    };
    let templates = Templates::read(&app.settings).map_err(|error| error.to_string())?;
    let content = templates
        .render(templates.site(&app.settings.server), words)
        .map_err(|error| error.to_string())?;
    Ok(OutgoingEmail {
        message_id: super::outbox::message_id(app, MailDeliveryId::new(now)),
        from: settings.from.clone(),
        reply_to: settings.reply_to.clone(),
        to: to.as_str().to_owned(),
        to_name: None,
        content,
        logo: templates.logo().cloned(),
        date: now,
    })
}
