//! The mails a text is tried on: every condition both ways, with and without what may be missing.

use super::decoy;
use crate::domain::mail::carried::Load;
use crate::domain::mail::{Details, MailKind, MailSecret, WantedBy, placeholders, sample};
use crate::types::clock::Timestamp;

/// One mail to try a text on.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) details: Details,
    pub(super) secret: Option<MailSecret>,
    /// Whether the site has an address.
    pub(super) has_url: bool,
    /// Whether names are as long and as harmful as they can be.
    pub(super) is_hostile: bool,
}

/// Longest names of people (`username.rs`, `users/input.rs`).
const MOST_USERNAME: usize = 64;
const MOST_NAME: usize = 200;
/// A name that would break out of an attribute without quotes, and of a text without escaping.
const HOSTILE: &str = "a b=c \"'> <b>&{{x}}";

/// Every mail of a kind that makes a difference.
pub(super) fn all(kind: MailKind, now: Timestamp) -> Vec<Sample> {
    let (details, secret) = sample(kind, now);
    let mut samples = vec![Sample {
        details,
        secret: decoy::like(secret.as_ref()),
        has_url: true,
        is_hostile: false,
    }];
    let named = placeholders(kind);
    let has = |name: &str| named.iter().any(|one| one.name == name);
    for (name, change) in CHANGES {
        if has(name) {
            double(&mut samples, change);
        }
    }
    if matches!(Load::of(kind), Load::MaybeLink(_)) {
        double(&mut samples, |sample| sample.secret = None);
    }
    if matches!(Load::of(kind), Load::Nothing | Load::Password) {
        double(&mut samples, |sample| sample.has_url = false);
    }
    double(&mut samples, |sample| {
        let long = |most| HOSTILE.chars().cycle().take(most).collect::<String>();
        sample.details.username = long(MOST_USERNAME);
        sample.details.display_name = long(MOST_NAME);
        sample.is_hostile = true;
    });
    samples
}

type ChangeOf = fn(&mut Sample);

const CHANGES: [(&str, ChangeOf); 14] = [
    ("must_change", |sample| sample.details.must_change ^= true),
    ("password_ended", |sample| {
        sample.details.password_ended ^= true;
    }),
    ("by_link", |sample| sample.details.by_link ^= true),
    ("asked", |sample| {
        sample.details.wanted_by = WantedBy::Administrator;
    }),
    ("code", |sample| {
        if let Some(MailSecret::Link { code, .. }) = &mut sample.secret {
            *code = None;
        }
        sample.details.code_until_millis = None;
    }),
    ("works_until", |sample| {
        sample.details.works_until_millis = None;
    }),
    ("new_address", |sample| sample.details.new_address = None),
    ("new_username", |sample| {
        sample.details.changed.username = None;
    }),
    ("new_role", |sample| sample.details.changed.role = None),
    ("identity_changed", |sample| {
        sample.details.changed.identity ^= true;
    }),
    ("source_changed", |sample| {
        sample.details.changed.source ^= true;
    }),
    ("verification_changed", |sample| {
        sample.details.changed.verification ^= true;
    }),
    ("elsewhere", |sample| {
        sample.details.elsewhere = Some("SAML".to_owned());
    }),
    ("elsewhere", |sample| sample.details.elsewhere = None),
];

fn double(samples: &mut Vec<Sample>, change: ChangeOf) {
    let mut others = samples.clone();
    others.iter_mut().for_each(change);
    samples.append(&mut others);
}
