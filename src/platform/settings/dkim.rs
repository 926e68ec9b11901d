//! `[mail.dkim]`.

use std::path::PathBuf;

use serde::Deserialize;

use super::{SettingsError, read_secret};
use crate::types::secret::Secret;

/// With what every mail is signed.
#[derive(Clone, Debug)]
pub struct DkimSettings {
    /// The domain that answers for the mail (`d=`).
    pub domain: String,
    /// The name of the key below `_domainkey` (`s=`).
    pub selector: String,
    /// The private key as PEM.
    pub key: Secret,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    domain: Option<String>,
    selector: Option<String>,
    key_file: Option<PathBuf>,
}

impl Raw {
    /// `None` when nothing is set.
    ///
    /// `Why:` the sender must be of the signing domain, or the signature vouches for nobody (RFC 7489,
    /// alignment).
    pub(super) fn check(self, sender: &str) -> Result<Option<DkimSettings>, SettingsError> {
        let key = read_secret("mail.dkim.key_file", None, self.key_file)?;
        let (domain, selector, key) = match (self.domain, self.selector, key) {
            (None, None, None) => return Ok(None),
            (Some(domain), Some(selector), Some(key)) => (domain, selector, key),
            _ => {
                return Err(SettingsError::value(
                    "mail.dkim",
                    "needs domain, selector and key_file together; give all three or none",
                ));
            }
        };
        if !is_name(&domain) || !is_name(&selector) {
            return Err(SettingsError::value(
                "mail.dkim",
                "domain and selector must be names as they stand in DNS, such as example.org and mail1",
            ));
        }
        let (domain, sender) = (domain.to_ascii_lowercase(), sender.to_ascii_lowercase());
        if sender != domain && !sender.ends_with(&format!(".{domain}")) {
            return Err(SettingsError::value(
                "mail.dkim.domain",
                "must be the domain of mail.from, or one above it",
            ));
        }
        Ok(Some(DkimSettings {
            domain,
            selector,
            key,
        }))
    }
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(domain: &str, selector: &str) -> Result<Option<DkimSettings>, SettingsError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let raw = Raw {
            domain: Some(domain.to_owned()),
            selector: Some(selector.to_owned()),
            key_file: Some(file.path().to_owned()),
        };
        raw.check("mail.example.org")
    }

    #[test]
    fn the_sender_is_of_the_signing_domain() {
        for domain in ["example.org", "Mail.Example.org"] {
            assert!(checked(domain, "mail1").unwrap().is_some(), "{domain}");
        }
        for domain in ["example.com", "x.mail.example.org", "ample.org", "", "a b"] {
            assert!(checked(domain, "mail1").is_err(), "{domain}");
        }
        assert!(checked("example.org", "a;b").is_err());
    }

    #[test]
    fn all_or_nothing() {
        assert!(Raw::default().check("example.org").unwrap().is_none());
        let raw = Raw {
            domain: Some("example.org".to_owned()),
            ..Raw::default()
        };
        assert!(raw.check("example.org").is_err());
    }
}
