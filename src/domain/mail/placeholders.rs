//! What can be filled into each mail, as people who write templates read it, with a sample of each.
//!
//! The values themselves are made in `values.rs`; a test holds the two together.

use std::time::Duration;

use super::carried::Load;
use super::{AccountChanges, Details, MailKind, MailSecret, WantedBy};
use crate::types::clock::Timestamp;
use crate::types::secret::Secret;

/// Something a template can have filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// Name to write between double braces.
    pub name: &'static str,
    /// What will stand there.
    pub description: &'static str,
    /// What stands there in previews.
    pub example: &'static str,
    /// Whether a template without it is refused.
    pub is_required: bool,
    /// Whether nobody but the mail's reader may see it: it may stand only as text, or as the whole
    /// address of a link.
    pub is_secret: bool,
}

const fn plain(
    name: &'static str,
    description: &'static str,
    example: &'static str,
) -> Placeholder {
    Placeholder {
        name,
        description,
        example,
        is_required: false,
        is_secret: false,
    }
}

const fn secret(
    name: &'static str,
    description: &'static str,
    example: &'static str,
    is_required: bool,
) -> Placeholder {
    Placeholder {
        is_required,
        is_secret: true,
        ..plain(name, description, example)
    }
}

const ALWAYS: [Placeholder; 7] = [
    plain(
        "site_name",
        "What the site calls itself (server.site_name).",
        "Keydesk",
    ),
    plain(
        "public_url",
        "Where people reach the site (server.public_url); nothing where that is not set.",
        "https://id.example.org/",
    ),
    plain(
        "support_email",
        "Where people turn for help (server.support_email); nothing where that is not set.",
        "help@example.org",
    ),
    plain("locale", "Language of the mail.", "en"),
    plain("username", "Name for signing in.", "ada"),
    plain(
        "display_name",
        "Full name, or else the username.",
        "Ada Lovelace",
    ),
    plain(
        "happened_at",
        "When it happened, in the user's time zone.",
        "2026-11-21 14:00 UTC",
    ),
];

const PASSWORD: Placeholder = secret("password", "The new password.", "sample-pass-word-42", true);
const LINK: Placeholder = secret(
    "link",
    "The link by which a new password is chosen; works once.",
    "https://id.example.org/reset/sample-token",
    true,
);
const NOT_ME: Placeholder = secret(
    "link",
    "The link of “this was not me”; nothing where none could be made.",
    "https://id.example.org/not-me/sample-token",
    true,
);
const CODE: Placeholder = secret(
    "code",
    "Eight digits that stand for the link; nothing where there are none.",
    "0123 4567",
    false,
);
const MUST_CHANGE: Placeholder = plain(
    "must_change",
    "Whether another password must be chosen at the next sign-in; for {% if must_change %}.",
    "true",
);
const WORKS_UNTIL: Placeholder = plain(
    "works_until",
    "Until when the password or the link works; nothing where that has no end.",
    "2026-11-21 14:20 UTC",
);
const LIFETIME: Placeholder = plain("lifetime", "The same in words.", "20 minutes");
const CODE_UNTIL: Placeholder = plain(
    "code_until",
    "Until when the code works.",
    "2026-11-21 14:10 UTC",
);
const CODE_LIFETIME: Placeholder = plain("code_lifetime", "The same in words.", "10 minutes");
const ASKED: Placeholder = plain(
    "asked",
    "Whether the user asked for it, and no administrator; for {% if asked %}.",
    "true",
);
const PASSWORD_ENDED: Placeholder = plain(
    "password_ended",
    "Whether the old password opens nothing any more; for {% if password_ended %}.",
    "false",
);
const BY_LINK: Placeholder = plain(
    "by_link",
    "Whether whoever held a link did it, and no administrator; for {% if by_link %}.",
    "false",
);
const ELSEWHERE: Placeholder = plain(
    "elsewhere",
    "Where the password is kept: LDAP, OIDC or SAML.",
    "LDAP",
);
const FORGOT_URL: Placeholder = plain(
    "forgot_url",
    "The page where a new password is asked for; nothing where public_url is not set.",
    "https://id.example.org/forgot",
);
const DISABLED_UNTIL: Placeholder = plain(
    "works_until",
    "When the account opens again by itself; nothing where it does not.",
    "2026-11-28 14:00 UTC",
);
const NEW_ADDRESS: Placeholder = plain(
    "new_address",
    "The new address, masked; nothing where there is none any more.",
    "a***@example.org",
);
const NEW_USERNAME: Placeholder = plain(
    "new_username",
    "The new username; nothing where it stayed.",
    "countess",
);
const NEW_ROLE: Placeholder = plain(
    "new_role",
    "The new role; nothing where it stayed.",
    "HELPDESK",
);
const IDENTITY_CHANGED: Placeholder = plain(
    "identity_changed",
    "Whether the account is bound to another identity of another system, or to none any more; for {% if identity_changed %}.",
    "true",
);
const SOURCE_CHANGED: Placeholder = plain(
    "source_changed",
    "Whether the password is kept somewhere else now; for {% if source_changed %}.",
    "true",
);
const VERIFICATION_CHANGED: Placeholder = plain(
    "verification_changed",
    "Whether the address counts as verified now, or no longer does; for {% if verification_changed %}.",
    "true",
);

/// What can be filled into a kind of mail.
pub fn placeholders(kind: MailKind) -> Vec<Placeholder> {
    let own: &[Placeholder] = match kind {
        MailKind::Welcome | MailKind::NewPassword => {
            &[PASSWORD, MUST_CHANGE, WORKS_UNTIL, LIFETIME]
        }
        MailKind::PasswordResetLink => &[
            LINK,
            CODE,
            WORKS_UNTIL,
            LIFETIME,
            CODE_UNTIL,
            CODE_LIFETIME,
            ASKED,
            PASSWORD_ENDED,
        ],
        MailKind::PasswordChanged => &[NOT_ME, WORKS_UNTIL, LIFETIME, BY_LINK],
        MailKind::PasswordChangedByYou => &[NOT_ME, WORKS_UNTIL, LIFETIME],
        MailKind::SignInElsewhere => &[ELSEWHERE],
        MailKind::AccountLocked => &[PASSWORD_ENDED, FORGOT_URL],
        MailKind::NotMeConfirmation => &[FORGOT_URL],
        MailKind::AccountDisabled => &[DISABLED_UNTIL],
        MailKind::EmailChanged => &[NEW_ADDRESS],
        MailKind::AccountChanged => &[
            NEW_USERNAME,
            NEW_ROLE,
            IDENTITY_CHANGED,
            SOURCE_CHANGED,
            VERIFICATION_CHANGED,
        ],
        MailKind::Test => &[],
    };
    ALWAYS.iter().chain(own).copied().collect()
}

/// Made-up details and a made-up secret, for previews and test mail.
pub fn sample(kind: MailKind, now: Timestamp) -> (Details, Option<MailSecret>) {
    let after = |minutes: u64| Some(now.plus(Duration::from_mins(minutes)).as_millis());
    let made_up = |text: &str| Secret::new(text.to_owned());
    let link = |code: Option<&str>| MailSecret::Link {
        token: made_up("sample-token"),
        code: code.map(made_up),
    };
    let carried = match Load::of(kind) {
        Load::Nothing => None,
        Load::Password => Some(MailSecret::Password(made_up(PASSWORD.example))),
        Load::Link(_) => Some(link(Some("01234567"))),
        Load::MaybeLink(_) => Some(link(None)),
    };
    let details = Details {
        username: "ada".to_owned(),
        display_name: "Ada Lovelace".to_owned(),
        must_change: true,
        works_until_millis: after(20),
        happened_at_millis: now.as_millis(),
        code_until_millis: after(10),
        wanted_by: WantedBy::User,
        elsewhere: Some(ELSEWHERE.example.to_owned()),
        new_address: Some(NEW_ADDRESS.example.to_owned()),
        changed: AccountChanges {
            username: Some(NEW_USERNAME.example.to_owned()),
            role: Some(NEW_ROLE.example.to_owned()),
            identity: true,
            source: true,
            verification: true,
        },
        ..Details::default()
    };
    (details, carried)
}
