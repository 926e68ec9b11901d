//! How the connection to the mail server is encrypted.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{Certificate, TlsParameters};

use crate::platform::settings::{SmtpSettings, SmtpTls};

/// How the connection is encrypted, with what that takes. STARTTLS is required, never a try.
pub(super) enum Encryption {
    None,
    Starttls(TlsParameters),
    Implicit(TlsParameters),
}

impl Encryption {
    /// `Source:` trust is in the certificates of the machine, as lettre's features give, and in the
    /// operator's own; the crypto is ring, which lettre finds by itself.
    pub(super) fn new(settings: &SmtpSettings, host: &str) -> Result<Self, Error> {
        let parameters = || {
            let mut builder = TlsParameters::builder(host.to_owned());
            if let Some(authorities) = &settings.authorities {
                builder = builder.add_root_certificate(Certificate::from_pem(authorities)?);
            }
            builder.build()
        };
        Ok(match settings.tls {
            SmtpTls::None => Self::None,
            SmtpTls::Starttls => Self::Starttls(parameters()?),
            SmtpTls::Implicit => Self::Implicit(parameters()?),
        })
    }
}
