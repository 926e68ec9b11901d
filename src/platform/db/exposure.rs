//! What somebody on the way to PostgreSQL could read or change.

use std::str::FromStr as _;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::platform::settings::DatabaseSettings;

/// How well the way to the database is guarded, as the settings have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A file, a socket or an address of this machine.
    Local,
    /// Encrypted, and the server's certificate is verified.
    Verified,
    /// Encrypted to whoever answers; the `sslmode`.
    Unverified(&'static str),
    /// In clear, or in clear as soon as somebody on the way wants it; the `sslmode`.
    Plain(&'static str),
}

/// What `sslmode` and the host of `database.url` come to. `None` when the address does not read.
pub fn transport(settings: &DatabaseSettings) -> Option<Transport> {
    if settings.sqlite_path().is_some() {
        return Some(Transport::Local);
    }
    let options = PgConnectOptions::from_str(settings.url.expose()).ok()?;
    if options.get_socket().is_some() || is_this_machine(options.get_host()) {
        return Some(Transport::Local);
    }
    Some(match options.get_ssl_mode() {
        PgSslMode::VerifyFull => Transport::Verified,
        PgSslMode::VerifyCa => Transport::Unverified("verify-ca"),
        PgSslMode::Require => Transport::Unverified("require"),
        PgSslMode::Prefer => Transport::Plain("prefer"),
        PgSslMode::Allow => Transport::Plain("allow"),
        PgSslMode::Disable => Transport::Plain("disable"),
    })
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let ip = address.parse::<std::net::IpAddr>();
    host.starts_with('/') || host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::settings::Settings;

    fn of(url: &str) -> Option<Transport> {
        let toml = format!("[database]\nurl = \"{url}\"");
        transport(&Settings::from_toml(&toml).unwrap().database)
    }

    #[test]
    fn only_a_verified_certificate_guards_the_way_to_another_machine() {
        let away = |mode: &str| {
            of(&format!(
                "postgres://desk:x@db.example.org/desk?sslmode={mode}"
            ))
        };
        assert_eq!(away("verify-full"), Some(Transport::Verified));
        assert_eq!(away("require"), Some(Transport::Unverified("require")));
        assert_eq!(away("prefer"), Some(Transport::Plain("prefer")));
        assert_eq!(away("disable"), Some(Transport::Plain("disable")));
        for url in [
            "sqlite:desk.sqlite",
            "postgres://desk@127.0.0.1:5432/desk",
            "postgres://desk@localhost/desk?sslmode=disable",
            "postgres://desk@[::1]/desk",
            "postgres://desk@%2Fvar%2Frun%2Fpostgresql/desk",
            "postgres:///desk?host=/var/run/postgresql",
        ] {
            assert_eq!(of(url), Some(Transport::Local), "{url}");
        }
    }
}
