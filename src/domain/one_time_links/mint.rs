//! Making a link, inside the caller's transaction.

use std::time::Duration;

use super::{LinkOrigin, LinkPurpose, Maker, OneTimeLink, code, spoken, store};
use crate::platform::app::App;
use crate::platform::db::Txn;
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{LinkId, MailDeliveryId, UserId};
use crate::types::secret::Secret;

/// Shortest life of a link.
pub const MIN_LIFETIME: Duration = Duration::from_mins(1);
/// Longest life of a link. `Source:` NIST SP 800-63B-4 §4.2.1.2; what a notice carries is no way in, and
/// lives longer.
pub const MAX_LIFETIME: Duration = Duration::from_hours(24);

/// A link to be made.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// For whom.
    pub user: UserId,
    /// What it is good for.
    pub purpose: LinkPurpose,
    /// How it comes about.
    pub origin: LinkOrigin,
    /// How long it works.
    pub lifetime: Duration,
    /// What its holder holds.
    pub form: LinkForm,
    /// Whether its user is signed in once the new password is accepted.
    pub sign_in_on_use: bool,
    /// Where the user may go on to afterwards.
    pub redirect_url: Option<String>,
    /// The mail it goes out with.
    pub mail: Option<MailDeliveryId>,
    /// Whether earlier ones of the same purpose stop working.
    pub supersede: bool,
}

impl NewLink {
    /// The plain case: a link that takes the place of earlier ones.
    pub const fn plain(
        user: UserId,
        (purpose, origin): (LinkPurpose, LinkOrigin),
        lifetime: Duration,
    ) -> Self {
        Self {
            user,
            purpose,
            origin,
            lifetime,
            form: LinkForm::Link,
            sign_in_on_use: false,
            redirect_url: None,
            mail: None,
            supersede: true,
        }
    }
}

/// What the holder of a link holds.
#[derive(Clone, Debug)]
pub enum LinkForm {
    /// An address with a token in it.
    Link,
    /// A code of 16 characters, to be read out.
    Spoken,
    /// An address with a token, and eight digits beside it; one use ends both.
    LinkAndCode(Asked),
}

/// Who asked for a code; it is of use to nobody else.
#[derive(Clone, Debug)]
pub struct Asked {
    /// SHA-256 of what the asking client keeps.
    pub flow_hash: [u8; 32],
    /// The login it asked with, folded.
    pub login: String,
    /// How long the code works; the link may work longer.
    pub lifetime: Duration,
}

/// A link that was made.
#[derive(Clone, Debug)]
pub struct Minted {
    /// The link.
    pub link: OneTimeLink,
    /// Its token, this one time: 43 characters, or a code to be read out.
    pub token: Secret,
    /// The eight digits beside it, this one time.
    pub code: Option<Secret>,
}

/// What is stored of the eight digits.
pub(super) struct StoredCode {
    pub(super) flow_hash: [u8; 32],
    pub(super) mac: [u8; 32],
    pub(super) expires_at: Timestamp,
}

/// Makes a link and its token, which is given this one time. Earlier links of the same purpose and
/// user stop working where that is wanted.
///
/// `Why:` one that somebody asked for, perhaps a stranger, takes the place only of others that were asked
/// for, not of what an administrator handed over.
///
/// `Locks:` the caller holds the user's row, so that of two new links one is the newer.
pub async fn mint(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    new: NewLink,
    now: Timestamp,
) -> Result<Minted, Internal> {
    let (token, asked) = match new.form {
        LinkForm::Link => (Secret::random_token(), None),
        LinkForm::Spoken => (spoken::random(), None),
        LinkForm::LinkAndCode(asked) => (Secret::random_token(), Some(asked)),
    };
    let link = OneTimeLink {
        id: LinkId::new(now),
        user: new.user,
        purpose: new.purpose,
        made_by: Maker {
            kind: Some(actor.kind_name().to_owned()),
            id: actor.id(),
            label: Some(actor.label.clone()),
        },
        created_at: now,
        expires_at: now.plus(new.lifetime),
        used_at: None,
        superseded_at: None,
        revoked_at: None,
        revoked_why: None,
        origin: new.origin,
        sign_in_on_use: new.sign_in_on_use,
        redirect_url: new.redirect_url,
        opened_at: None,
        opened_by: None,
        mail: new.mail,
    };
    let (code, stored) = asked.map(|asked| short_code(app, &asked, now)).unzip();
    if new.supersede {
        store::supersede(txn, &link, now).await?;
    }
    store::insert(txn, &link, store::key_of(&app.keys, &token), stored).await?;
    Ok(Minted { link, token, code })
}

fn short_code(app: &App, asked: &Asked, now: Timestamp) -> (Secret, StoredCode) {
    let code = code::random();
    let stored = StoredCode {
        flow_hash: asked.flow_hash,
        mac: code::mac(&app.keys, asked.flow_hash, &asked.login, &code),
        expires_at: now.plus(asked.lifetime),
    };
    (code, stored)
}
