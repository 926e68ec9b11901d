//! Mail: the outbox, the worker that empties it, and the ways out.
//!
//! An act calls `enqueue` inside its own transaction; nothing else it can do sends mail. The worker
//! of any replica claims a row, renders it, hands it to the `Mailer` and writes down what came of
//! it, erasing the sealed secret in the same statement. This module knows no other module of its rank or above, so what a mail
//! says comes in as plain values (`Details`).

mod by_hand;
mod cancel;
mod carried;
mod delivery_error;
mod failing;
mod inlined;
mod lifetimes;
mod list;
mod logo;
mod mailer;
mod noted;
mod outbox;
mod placeholders;
mod progress;
mod retry;
mod send_test;
mod shown;
mod store;
mod templates;
mod test_email;
pub mod texts;
pub mod transport;
mod values;
mod words;
mod worker;

use serde::{Deserialize, Serialize};

/// The order's name in cursors.
pub const ORDER: &str = "mail";

pub use cancel::{Uncancellable, cancel};
pub use carried::MailSecret;
pub use delivery_error::DeliveryError;
pub use failing::{AddressFailure, clear_address, clear_failure, failures};
pub use list::{DeliveryFilter, count, count_by_user, find_by_id, find_many, list, list_by_user};
pub use logo::Logo;
pub use mailer::{Mailer, OutgoingEmail, SendError, Sending};
pub use outbox::{NewEmail, PLAIN_MAIL_LIFETIME, enqueue, sweep};
pub use placeholders::{Placeholder, placeholders, sample};
pub use progress::{Progress, progress};
pub use retry::{Remedy, Unretryable, retry};
pub use send_test::{SendTest, send_test};
pub use shown::shown;
pub use store::forget_user;
pub use store::texts as own_texts;
pub use store::withdraw::withdraw_secrets;
pub use templates::{LOCALES, Templates};
pub use test_email::test_email;
pub use texts::{TemplatePart, TemplateProblem, TemplateText};
pub use words::{RenderError, Rendered, Site, Words};
pub use worker::{Worker, backoff};

use crate::types::clock::Timestamp;
use crate::types::ids::{MailDeliveryId, UserId};

/// The closed list of mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// To a new user, with the first password.
    Welcome,
    /// With a new password set by an administrator.
    NewPassword,
    /// With a link, and perhaps a code, by which the user chooses a new password.
    PasswordResetLink,
    /// Says that the password was changed by an administrator or with a link, without any password.
    PasswordChanged,
    /// Says that the user changed the password, without any password in it.
    PasswordChangedByYou,
    /// Says where to sign in, to somebody who asked for a link and has no password here.
    SignInElsewhere,
    /// Says that sign-ins failed, and that the account waits or its password is stopped.
    AccountLocked,
    /// Says that the password is blocked, because the user said that somebody else had changed it.
    NotMeConfirmation,
    /// Says that an administrator disabled the account.
    AccountDisabled,
    /// Says, at the old address, that mail goes to another one now.
    EmailChanged,
    /// Says that an administrator changed the username, the role, or by what the account is recognised.
    AccountChanged,
    /// For trying out the settings.
    Test,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Welcome,
        Self::NewPassword,
        Self::PasswordResetLink,
        Self::PasswordChanged,
        Self::PasswordChangedByYou,
        Self::SignInElsewhere,
        Self::AccountLocked,
        Self::NotMeConfirmation,
        Self::AccountDisabled,
        Self::EmailChanged,
        Self::AccountChanged,
        Self::Test,
    ];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Welcome => "WELCOME",
            Self::NewPassword => "NEW_PASSWORD",
            Self::PasswordResetLink => "PASSWORD_RESET_LINK",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::PasswordChangedByYou => "PASSWORD_CHANGED_BY_YOU",
            Self::SignInElsewhere => "SIGN_IN_ELSEWHERE",
            Self::AccountLocked => "ACCOUNT_LOCKED",
            Self::NotMeConfirmation => "NOT_ME_CONFIRMATION",
            Self::AccountDisabled => "ACCOUNT_DISABLED",
            Self::EmailChanged => "EMAIL_CHANGED",
            Self::AccountChanged => "ACCOUNT_CHANGED",
            Self::Test => "TEST",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How far a mail has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryStatus {
    /// Waiting for its first or next attempt.
    Queued,
    /// A worker holds it.
    Sending,
    /// The mail server took it.
    Sent,
    /// Given up.
    Failed,
    /// Taken off the queue by an administrator.
    Cancelled,
    /// Not sent in time: what it carries would no longer work.
    Expired,
    /// The mail server's last answer was lost; it may or may not have arrived. While
    /// `next_attempt_at` is set, it is tried once more under the same `Message-ID`.
    Unknown,
}

impl DeliveryStatus {
    /// Every status, in the order in which a mail reaches them.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
        Self::Unknown,
    ];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Sending => "SENDING",
            Self::Sent => "SENT",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Who wanted a mail to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WantedBy {
    /// An administrator.
    #[default]
    Administrator,
    /// Whoever asked for it in the user's name.
    User,
}

/// What was changed about an account, for the mail that says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountChanges {
    /// The new username, if it is another one.
    pub username: Option<String>,
    /// The new role by its name in the API, if it is another one.
    pub role: Option<String>,
    /// Whether the account is bound to another identity of another system, or to none any more.
    pub identity: bool,
    /// Whether the password is kept somewhere else.
    pub source: bool,
    /// Whether the address counts as verified, or no longer does.
    pub verification: bool,
}

/// What a mail says besides its secret. Kept in clear in the outbox, so it holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The user's name for signing in.
    pub username: String,
    /// The user's name for people.
    pub display_name: String,
    /// Whether the password must be changed at the next sign-in.
    pub must_change: bool,
    /// Until when the password or the link works, in Unix milliseconds.
    pub works_until_millis: Option<i64>,
    /// When it happened, in Unix milliseconds.
    pub happened_at_millis: i64,
    /// Whether whoever held a link did it, and no administrator. Absent in rows of older releases.
    #[serde(default)]
    pub by_link: bool,
    /// Until when the code beside a link works, in Unix milliseconds.
    #[serde(default)]
    pub code_until_millis: Option<i64>,
    /// Who wanted it.
    #[serde(default)]
    pub wanted_by: WantedBy,
    /// Whether the password no longer works until another one is chosen.
    #[serde(default)]
    pub password_ended: bool,
    /// Where the password is kept, by the name in the API, when not here.
    #[serde(default)]
    pub elsewhere: Option<String>,
    /// The zone in which times are told, by its IANA name; UTC without one.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The address that mail goes to from now on, masked.
    #[serde(default)]
    pub new_address: Option<String>,
    /// What was changed about the account.
    #[serde(default)]
    pub changed: AccountChanges,
}

/// Where the text of a mail comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateSource {
    /// The program.
    BuiltIn,
    /// A file in `[mail] templates_dir`.
    File,
    /// `updateMailTemplate` or `keydesk mail templates import`.
    Api,
}

impl TemplateSource {
    /// Every source; a later one goes before an earlier one.
    pub const ALL: [Self; 3] = [Self::BuiltIn, Self::File, Self::Api];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "BUILT_IN",
            Self::File => "FILE",
            Self::Api => "API",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// What came of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttemptOutcome {
    /// The mail server took the mail.
    Taken,
    /// Not now; perhaps later.
    Postponed,
    /// Never.
    Refused,
    /// The mail server's last answer was lost; it may have taken the mail.
    Lost,
}

/// One try to send a mail. Kept in clear in the outbox, so its words hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began, in Unix milliseconds.
    pub started_at_millis: i64,
    /// The mail server, or the folder.
    pub server: String,
    /// How long it took, in milliseconds. `None` when the process that made it was stopped.
    #[serde(default)]
    pub took_millis: Option<u64>,
    /// What came of it. `None` when the process that made it was stopped.
    #[serde(default)]
    pub outcome: Option<AttemptOutcome>,
    /// The mail server's last words, or what went wrong before there were any.
    #[serde(default)]
    pub words: Option<String>,
}

/// One mail on its way to one address, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its name.
    pub id: MailDeliveryId,
    /// Which mail.
    pub kind: MailKind,
    /// How far it has got.
    pub status: DeliveryStatus,
    /// Where it goes.
    pub recipient: String,
    /// To whom. `None` for test mail.
    pub user: Option<UserId>,
    /// The language that was wanted.
    pub wanted_locale: String,
    /// The language it was written in, by the nearest template there was. `None` before the first try.
    pub written_locale: Option<String>,
    /// Where its text came from. `None` before the first try.
    pub template_source: Option<TemplateSource>,
    /// Tries so far.
    pub attempt_count: u32,
    /// The tries, oldest first. Of a mail queued by an older release only the later ones.
    pub attempts: Vec<Attempt>,
    /// What it says besides its secret. `None` when that is erased, or written by a newer release.
    pub details: Option<Details>,
    /// Whether it carries, or carried, a password or a link.
    pub had_secret: bool,
    /// Whether what it carries is still here, sealed.
    pub keeps_secret: bool,
    /// The mail server's words when it last went wrong.
    pub last_error: Option<String>,
    /// When it is no longer worth sending.
    pub expires_at: Timestamp,
    /// When it will be tried again.
    pub next_attempt_at: Option<Timestamp>,
    /// The name at that time of whoever caused it.
    pub requested_by_label: String,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When the mail server took it.
    pub sent_at: Option<Timestamp>,
    /// `Message-ID` header, the same over all tries, without angle brackets.
    pub message_id: String,
}
