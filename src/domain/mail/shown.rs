//! What a mail says, as administrators may see it: never what it carries.

use super::carried::Load;
use super::{
    Delivery, Details, MailSecret, Rendered, Site, TemplateSource, Templates, Words, texts,
};
use crate::platform::app::App;
use crate::types::error::Internal;
use crate::types::secret::Secret;

/// What stands in the place of a password, a code and the token of a link.
const MASK: &str = "••••••";

/// The mail with a mask in the place of its secret, by the texts of today. `None` when what it said is
/// erased, or a link has nowhere to lead.
pub async fn shown(
    app: &App,
    templates: &Templates,
    delivery: &Delivery,
) -> Result<Option<Rendered>, Internal> {
    let Some(details) = delivery.details.as_ref() else {
        return Ok(None);
    };
    let secret = masked(delivery, details);
    let locale = delivery.written_locale.as_ref();
    let words = Words {
        kind: delivery.kind,
        locale: locale.unwrap_or(&delivery.wanted_locale),
        details,
        secret: secret.as_ref(),
    };
    let site = Site::from(&app.settings.server);
    // Most mails are of the built-in texts; a list of them then asks the database for none.
    if delivery.template_source == Some(TemplateSource::BuiltIn) {
        return Ok(templates.render(site, words).ok());
    }
    let in_use = texts::in_use(app, templates, words.kind, words.locale).await?;
    let written = texts::write(templates, site, words, &in_use);
    Ok(written.ok().map(|written| written.content))
}

fn masked(delivery: &Delivery, details: &Details) -> Option<MailSecret> {
    let mask = || Secret::new(MASK.to_owned());
    let link = || MailSecret::Link {
        token: mask(),
        code: details.code_until_millis.map(|_until| mask()),
    };
    match Load::of(delivery.kind) {
        Load::Nothing => None,
        Load::Password => Some(MailSecret::Password(mask())),
        Load::Link(_) => Some(link()),
        Load::MaybeLink(_) => delivery.had_secret.then(link),
    }
}
