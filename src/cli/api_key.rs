//! `keydesk api-key`.

use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::failure::Failure;
use super::output::{print, print_json};
use super::when::span;
use crate::domain::access::{self, ApiKey, NewApiKey};
use crate::platform::app::App;
use crate::platform::settings::os_user;
use crate::types::actor::{Actor, Permission, Role};
use crate::types::clock::Timestamp;
use crate::types::ids::ApiKeyId;

/// Makes, lists and revokes API keys.
#[derive(Subcommand, Debug)]
pub(super) enum ApiKeyCommand {
    /// Makes a key and prints it, this one time.
    #[command(
        after_help = "Example: keydesk api-key create --name portal --scope USERS_READ \
                            --scope PASSWORDS_RESET --expires 90d"
    )]
    Create {
        /// What to call it.
        #[arg(long)]
        name: String,
        /// What it may do; may be given several times, or `all`.
        #[arg(long = "scope", required = true, value_name = "SCOPE", value_parser = read_scopes)]
        scopes: Vec<Scopes>,
        /// Its rank: it acts on users below this role, or on anyone as `owner`.
        #[arg(long, default_value = "admin", value_parser = read_role)]
        rank: Role,
        /// How long it works, such as 12h or 90d; `never` for no end.
        #[arg(long, default_value = "90d", value_parser = read_span)]
        expires: Span,
        /// Where it may be used from: an address or a range such as 10.0.0.0/8; may be given several
        /// times. Without it, from anywhere.
        #[arg(long = "allow-network", value_name = "NETWORK")]
        networks: Vec<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists keys, ended ones included; never their secrets.
    #[command(after_help = "Example: keydesk api-key list --json")]
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a key useless, at once and for good.
    #[command(after_help = "Example: keydesk api-key revoke key_01h455vb4pex5vsknk084sn02q")]
    Revoke {
        /// The key's id, as `list` shows it.
        id: String,
        /// Note for the audit trail.
        #[arg(long)]
        reason: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// One or all scopes.
#[derive(Clone, Debug)]
pub(super) struct Scopes(Vec<Permission>);

/// A length of time, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(Option<Duration>);

fn read_scopes(text: &str) -> Result<Scopes, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Scopes(Permission::ALL.to_vec()));
    }
    Permission::parse(text)
        .map(|scope| Scopes(vec![scope]))
        .ok_or_else(|| {
            let known = Permission::ALL.map(Permission::name).join(", ");
            format!("scopes are {known}, or all")
        })
}

pub(super) fn read_role(text: &str) -> Result<Role, String> {
    let known = || Role::ALL.map(Role::name).join(", ").to_lowercase();
    Role::parse(text).ok_or_else(|| format!("roles are {}", known()))
}

fn read_span(text: &str) -> Result<Span, String> {
    if text == "never" {
        return Ok(Span(None));
    }
    let refused = || "write a number and m, h, d or w, such as 90d, or never".to_owned();
    span(text).map(|span| Span(Some(span))).ok_or_else(refused)
}

impl ApiKeyCommand {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let actor = Actor::operator(&os_user());
        match self {
            Self::Create {
                name,
                scopes,
                rank,
                expires,
                networks,
                json,
            } => {
                let mut scopes: Vec<_> = scopes.into_iter().flat_map(|some| some.0).collect();
                scopes.sort_unstable();
                scopes.dedup();
                let expires_at = expires.0.map(|span| app.clock.now().plus(span));
                let new = NewApiKey {
                    name,
                    scopes,
                    role: rank,
                    expires_at,
                    networks,
                };
                let (key, secret) = access::create(app, &actor, new).await?;
                if json {
                    let mut value = to_json(&key, app.clock.now());
                    if let Value::Object(map) = &mut value {
                        map.insert("secret".to_owned(), secret.expose().into());
                    }
                    print_json(&value)
                } else {
                    print(secret.expose())
                }
            }
            Self::List { json } => {
                let now = app.clock.now();
                let keys = access::all(app, &actor).await?;
                if json {
                    let keys = keys.iter().map(|key| to_json(key, now)).collect();
                    return print_json(&Value::Array(keys));
                }
                keys.iter().try_for_each(|key| print(&line(key, now)))
            }
            Self::Revoke { id, reason, json } => {
                let id = ApiKeyId::parse(&id);
                let key = access::revoke(app, &actor, id, reason.as_deref()).await?;
                if json {
                    print_json(&to_json(&key, app.clock.now()))
                } else {
                    print(&format!("revoked {} ({})", key.id, key.name))
                }
            }
        }
    }
}

fn status(key: &ApiKey, now: Timestamp) -> &'static str {
    key.status(now).name()
}

fn scopes(key: &ApiKey) -> Vec<&'static str> {
    key.scopes.iter().map(|scope| scope.name()).collect()
}

fn line(key: &ApiKey, now: Timestamp) -> String {
    let end = key
        .expires_at
        .map_or_else(|| "no end".to_owned(), Timestamp::to_rfc3339);
    format!(
        "{}  {}…  {}  {}  {}  {}  {}",
        key.id,
        key.prefix,
        status(key, now),
        key.role().name(),
        end,
        scopes(key).join(","),
        key.name
    )
}

fn to_json(key: &ApiKey, now: Timestamp) -> Value {
    json!({
        "id": key.id.to_string(),
        "name": key.name,
        "prefix": key.prefix,
        "status": status(key, now),
        "rank": key.role().name(),
        "scopes": scopes(key),
        "allowedNetworks": key.networks.names(),
        "createdBy": key.creator.as_ref().map(|creator| creator.id.to_string()),
        "createdAt": key.created_at.to_rfc3339(),
        "expiresAt": key.expires_at.map(Timestamp::to_rfc3339),
        "lastUsedAt": key.last_used_at.map(Timestamp::to_rfc3339),
        "lastUsedIpAddress": key.last_used_ip_address,
        "revokedAt": key.revoked_at.map(Timestamp::to_rfc3339),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_or_refused_with_an_example() {
        assert_eq!(
            read_span("90d").unwrap().0,
            Some(Duration::from_hours(24 * 90))
        );
        assert_eq!(read_span("never").unwrap().0, None);
        for text in ["", "d", "90", "90x", "90dd", "-1d"] {
            assert!(read_span(text).unwrap_err().contains("90d"), "{text}");
        }
    }
}
