//! How the connection to the mail server is encrypted.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::TlsParameters;

use crate::settings::SmtpTls;

/// How the connection is encrypted, with what that takes. STARTTLS is required, never a try.
pub(super) enum Encryption {
    None,
    Starttls(TlsParameters),
    Implicit(TlsParameters),
}

impl Encryption {
    /// `Source:` trust is in the certificates of the machine and of Mozilla's list, as lettre's
    /// features give; the crypto is ring, which lettre finds by itself.
    pub(super) fn new(tls: SmtpTls, host: &str) -> Result<Self, Error> {
        Ok(match tls {
            SmtpTls::None => Self::None,
            SmtpTls::Starttls => Self::Starttls(TlsParameters::new(host.to_owned())?),
            SmtpTls::Implicit => Self::Implicit(TlsParameters::new(host.to_owned())?),
        })
    }
}
