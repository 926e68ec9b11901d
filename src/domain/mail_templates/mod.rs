//! The texts of mails as owners see and change them.
//!
//! A change is a new version, never an edit, so what was sent when can be told later. Owners alone may make
//! one, after showing again who they are: whoever writes the mail that carries a link could take the account.

mod change;
mod error;
mod import;
mod read;

pub use change::{MOST_LOCALES, NewText, reset, update};
pub use error::TemplateError;
pub use import::{Imported, import};
pub use read::{MailTemplate, Previewed, TemplateFilter, find, history, list, preview};
