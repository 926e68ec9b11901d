//! Secrets that look like the real ones and open nothing, for judging a text.
//!
//! `Why:` what is judged is a mail with decoys in it. So no fault can quote a real secret, and a
//! password that happens to read like a part of the page is no fault.

use minijinja::Value;

use crate::domain::mail::{MailKind, MailSecret, placeholders};
use crate::types::secret::{Secret, random_bytes};

/// A secret of the same shape.
pub(super) fn like(secret: Option<&MailSecret>) -> Option<MailSecret> {
    secret.map(|secret| match secret {
        MailSecret::Password(_) => MailSecret::Password(word()),
        MailSecret::Link { code, .. } => MailSecret::Link {
            token: word(),
            code: code.as_ref().map(|_| digits()),
        },
    })
}

fn word() -> Secret {
    let hex = random_bytes::<12>().map(|byte| format!("{byte:02x}"));
    Secret::new(format!("decoy{}", hex.concat()))
}

fn digits() -> Secret {
    let digits = random_bytes::<8>().map(|byte| char::from(b'0' + byte % 10));
    Secret::new(digits.iter().collect())
}

/// The decoys as they stand in a mail.
#[derive(Clone, Debug, Default)]
pub(super) struct Decoys {
    pub(super) link: Option<String>,
    /// Every one with the name of its placeholder, the link too.
    pub(super) all: Vec<(&'static str, String)>,
    /// Those without which the mail is of no use.
    pub(super) required: Vec<(&'static str, String)>,
}

impl Decoys {
    /// Reads them from what a template has filled in.
    pub(super) fn of(kind: MailKind, values: &Value) -> Self {
        let mut decoys = Self::default();
        for placeholder in placeholders(kind).into_iter().filter(|one| one.is_secret) {
            let value = values.get_attr(placeholder.name).ok();
            let Some(text) = value.as_ref().and_then(Value::as_str) else {
                continue;
            };
            let named = (placeholder.name, text.to_owned());
            if placeholder.name == "link" {
                decoys.link = Some(text.to_owned());
            }
            if placeholder.is_required {
                decoys.required.push(named.clone());
            }
            decoys.all.push(named);
        }
        decoys
    }

    /// The one that stands in a text.
    ///
    /// `Why:` by its end too, because the slashes of a link are escaped where nobody reads them back.
    pub(super) fn within(&self, text: &str) -> Option<&(&'static str, String)> {
        let end = |value: &'_ str| value.rsplit('/').next().map(str::to_owned);
        self.all
            .iter()
            .find(|(_, value)| end(value).is_some_and(|end| text.contains(&end)))
    }
}
