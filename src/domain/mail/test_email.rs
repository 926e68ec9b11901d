//! The mail for trying out the settings, with the text in use, sent straight away and not by the outbox.

use super::{Details, MailKind, OutgoingEmail, Templates, Words, texts};
use crate::platform::app::App;
use crate::types::address::EmailAddress;
use crate::types::ids::MailDeliveryId;

/// Renders a test mail to an address.
///
/// Errors: the address is none, the text in use cannot be read, or it does not render; the words say which.
pub async fn test_email(
    app: &App,
    templates: &Templates,
    address: &str,
) -> Result<OutgoingEmail, String> {
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
    let in_use = texts::in_use(app, templates, words.kind, words.locale)
        .await
        .map_err(|error| format!("its text cannot be read: {error}"))?;
    let site = templates.site(&app.settings.server);
    let written =
        texts::write(templates, site, words, &in_use).map_err(|error| error.to_string())?;
    Ok(OutgoingEmail {
        message_id: super::outbox::message_id(app, MailDeliveryId::new(now)),
        from: settings.from.clone(),
        reply_to: settings.reply_to.clone(),
        to: to.as_str().to_owned(),
        to_name: None,
        content: written.content,
        logo: templates.logo().cloned(),
        date: now,
    })
}
