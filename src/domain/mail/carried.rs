//! What a mail carries that nobody but its reader may see: a password, or a link and perhaps a code.
//!
//! It is sealed in the outbox as one text. Of a link that is the token and no address: where it leads is
//! known when the mail is rendered, from the settings of that moment.

mod quoted;

use super::MailKind;
use crate::platform::links::Page;
use crate::types::secret::Secret;

/// In the place of words that cannot be kept.
const NOT_KEPT: &str = "the server's words repeat what the mail carries and are not kept";

/// The secret of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailSecret {
    /// A password.
    Password(Secret),
    /// A link.
    Link {
        /// The token in it.
        token: Secret,
        /// Eight digits that stand for it.
        code: Option<Secret>,
    },
}

/// What a kind of mail carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// Nothing; a secret given all the same is left out.
    Nothing,
    /// A password, always.
    Password,
    /// A link to this page, always.
    Link(Page),
    /// A link to this page, if one could be made.
    MaybeLink(Page),
}

impl Load {
    pub(super) const fn of(kind: MailKind) -> Self {
        match kind {
            MailKind::Welcome | MailKind::NewPassword => Self::Password,
            MailKind::PasswordResetLink => Self::Link(Page::Reset),
            MailKind::PasswordChanged | MailKind::PasswordChangedByYou => {
                Self::MaybeLink(Page::NotMe)
            }
            MailKind::SignInElsewhere
            | MailKind::AccountLocked
            | MailKind::NotMeConfirmation
            | MailKind::AccountDisabled
            | MailKind::EmailChanged
            | MailKind::AccountChanged
            | MailKind::Test => Self::Nothing,
        }
    }
}

impl MailSecret {
    /// As one text, to be sealed. `Shape:` the password; or the token, and after a space the code.
    pub(super) fn pack(&self) -> Secret {
        match self {
            Self::Password(password) => password.clone(),
            Self::Link { token, code: None } => token.clone(),
            Self::Link {
                token,
                code: Some(code),
            } => Secret::new([token.expose(), code.expose()].join(" ")),
        }
    }

    /// Reads what `pack` made for a mail of that kind.
    pub(super) fn unpack(kind: MailKind, text: Secret) -> Self {
        if Load::of(kind) == Load::Password {
            return Self::Password(text);
        }
        let (token, code) = match text.expose().split_once(' ') {
            Some((token, code)) => (token, Some(code)),
            None => (text.expose(), None),
        };
        let own = |part: &str| Secret::new(part.to_owned());
        Self::Link {
            token: own(token),
            code: code.map(own),
        }
    }

    /// Takes the secret out of words that may quote the mail.
    ///
    /// Exact copies are cut out; words that repeat it in other letters are not kept, but for their codes.
    pub(super) fn erase_from(&self, words: &str) -> String {
        let (mut shown, mut rest) = (words.to_owned(), words.to_owned());
        let named = self.named();
        for (secret, name) in &named {
            shown = shown.replace(secret.expose(), name);
            rest = rest.replace(secret.expose(), " ");
        }
        let readings = quoted::readings(&rest);
        let repeats = |(secret, _): &(Secret, _)| quoted::repeats(&readings, secret.expose());
        if named.iter().any(repeats) {
            return [codes(words), NOT_KEPT].concat();
        }
        shown
    }

    /// Each secret in it, in the spellings of our mails, with what is shown in its place.
    fn named(&self) -> Vec<(Secret, &'static str)> {
        let mut named = match self {
            Self::Password(password) => vec![(password.clone(), "[password]")],
            Self::Link { token, code } => {
                let code = code.iter().flat_map(|code| [code.clone(), grouped(code)]);
                let token = (token.clone(), "[token]");
                std::iter::once(token)
                    .chain(code.map(|code| (code, "[code]")))
                    .collect()
            }
        };
        named.retain(|(secret, _)| !secret.expose().is_empty());
        named
    }
}

/// The codes that an answer begins with: `550 5.7.1 `.
fn codes(words: &str) -> &str {
    let is_number = |part: &str| part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let reply = |word: &str| word.len() == 3 && is_number(word);
    let enhanced = |word: &str| word.split('.').count() == 3 && word.split('.').all(is_number);
    let Some((first, rest)) = words.split_once([' ', '-']).filter(|(word, _)| reply(word)) else {
        return "";
    };
    let second = rest.split_once(' ').map(|(word, _)| word);
    let second = second.filter(|word| enhanced(word));
    let end = first.len() + 1 + second.map_or(0, |word| word.len() + 1);
    words.get(..end).unwrap_or_default()
}

/// Eight digits as people read them: `1234 5678`.
pub(super) fn grouped(code: &Secret) -> Secret {
    let code = code.expose();
    Secret::new(match code.split_at_checked(4) {
        Some((first, second)) => [first, second].join(" "),
        None => code.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn what_is_sealed_is_read_back_as_it_was() {
        let link = |code: Option<&str>| MailSecret::Link {
            token: secret("gJ0x-_a"),
            code: code.map(secret),
        };
        let password = MailSecret::Password(secret("two words 12345678"));
        for (kind, carried) in [
            (MailKind::Welcome, password.clone()),
            (MailKind::NewPassword, password),
            (MailKind::PasswordResetLink, link(None)),
            (MailKind::PasswordResetLink, link(Some("01234567"))),
            (MailKind::PasswordChanged, link(None)),
        ] {
            assert_eq!(MailSecret::unpack(kind, carried.pack()), carried);
        }
    }

    #[test]
    fn token_and_code_are_erased_each_by_itself_and_however_the_code_is_written() {
        let carried = MailSecret::Link {
            token: secret("gJ0x-_a"),
            code: Some(secret("01234567")),
        };
        let quoted = "554 no: https://id.example.org/reset/gJ0x-_a or 0123 4567 (01234567)";
        assert_eq!(
            carried.erase_from(quoted),
            "554 no: https://id.example.org/reset/[token] or [code] ([code])"
        );
        assert_eq!(
            carried.erase_from("only 0123 4567 here"),
            "only [code] here"
        );
    }
}
