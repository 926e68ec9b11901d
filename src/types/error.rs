//! The failure that is ours: logged once at the interface, never shown to a caller.

use std::error::Error;
use std::fmt;

/// Something broke that no caller can mend: the database is gone, a template does not render.
///
/// Carries what was being done and the cause. An interface logs both together with the request id and
/// answers nothing but "internal error" and that id.
#[derive(Debug)]
pub struct Internal {
    doing: &'static str,
    cause: Box<dyn Error + Send + Sync>,
}

impl Internal {
    /// Wraps a cause; `doing` continues the sentence "while …".
    pub fn new(doing: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            doing,
            cause: cause.into(),
        }
    }

    /// For `map_err`: wraps whatever cause comes.
    pub fn while_doing<E>(doing: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        move |cause| Self::new(doing, cause)
    }
}

impl fmt::Display for Internal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "while {}: {}", self.doing, self.cause)
    }
}

impl Error for Internal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.cause.as_ref())
    }
}
