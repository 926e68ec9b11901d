//! The address of a PostgreSQL server, or of several of which one takes changes.
//!
//! `Why:` the driver knows one server only, and passes over parameters that it does not know.

use url::form_urlencoded;

use crate::types::secret::Secret;

/// Parameters that the driver knows. `Source:` sqlx-postgres 0.9, `options/parse.rs`.
const KNOWN: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];
const ATTRIBUTES: &str = "target_session_attrs";

/// Where PostgreSQL is.
#[derive(Clone, Debug)]
pub struct PostgresServers {
    /// An address for each server, in the order given, with parameters of the driver only.
    pub urls: Vec<Secret>,
    /// Whether a server that takes no changes is passed over.
    pub wants_writable: bool,
}

/// Reads the address.
///
/// `Errors:` a sentence without any value of the address, which may hold a password.
pub(super) fn read(url: &str) -> Result<PostgresServers, String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("must begin with sqlite: or postgres://".to_owned());
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let (user, places) = match authority.rfind('@') {
        Some(at) => authority.split_at(at + 1),
        None => ("", authority),
    };
    let mut query = Query::read(query)?;
    let servers = if query.hosts.is_empty() {
        let places = places.split(',').map(str::to_owned);
        places.map(|place| (place, Vec::new())).collect()
    } else {
        query.servers(places)?
    };
    let urls: Vec<_> = servers
        .into_iter()
        .map(|(place, own)| {
            let mut text = form_urlencoded::Serializer::new(String::new());
            text.extend_pairs(query.others.iter().chain(&own));
            let parameters = text.finish();
            let mark = if parameters.is_empty() { "" } else { "?" };
            Secret::new(format!("{scheme}://{user}{place}{path}{mark}{parameters}"))
        })
        .collect();
    if urls.len() > 1 && !query.wants_writable {
        return Err(
            "names several servers; add target_session_attrs=read-write, so that the one that \
                    takes changes is used, or name one proxy that leads there (HAProxy: \
                    docs/operations.md, \"A PostgreSQL that fails over\")"
                .to_owned(),
        );
    }
    Ok(PostgresServers {
        urls,
        wants_writable: query.wants_writable,
    })
}

type Pair = (String, String);

/// What stands behind the question mark.
#[derive(Default)]
struct Query {
    hosts: Vec<String>,
    ports: Vec<String>,
    wants_writable: bool,
    others: Vec<Pair>,
}

impl Query {
    fn read(text: &str) -> Result<Self, String> {
        let mut query = Self::default();
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            match key.as_ref() {
                "host" => query.hosts = value.split(',').map(str::to_owned).collect(),
                "port" => query.ports = value.split(',').map(str::to_owned).collect(),
                ATTRIBUTES if matches!(value.as_ref(), "read-write" | "primary") => {
                    query.wants_writable = true;
                }
                ATTRIBUTES => {
                    return Err(format!(
                        "has a {ATTRIBUTES} other than read-write; Keydesk needs a server that takes \
                         changes"
                    ));
                }
                known if is_known(known) => query.others.push((key.into(), value.into())),
                unknown => return Err(unknown_parameter(unknown)),
            }
        }
        if query.hosts.is_empty() {
            match query.ports.as_slice() {
                [] => {}
                [port] => query.others.push(("port".to_owned(), port.clone())),
                _ => return Err("has several ports and no host parameter for them".to_owned()),
            }
        }
        Ok(query)
    }

    /// The servers of `host=a,b&port=1,2`, where one port is everybody's.
    fn servers(&mut self, place: &str) -> Result<Vec<(String, Vec<Pair>)>, String> {
        let ports = std::mem::take(&mut self.ports);
        if ports.len() > 1 && ports.len() != self.hosts.len() {
            return Err("has another number of ports than of hosts".to_owned());
        }
        let hosts = std::mem::take(&mut self.hosts).into_iter().enumerate();
        let servers = hosts.map(|(index, host)| {
            let port = ports.get(index).or(ports.first());
            let port = port.map(|port| ("port".to_owned(), port.clone()));
            let own = [("host".to_owned(), host)].into_iter().chain(port);
            (place.to_owned(), own.collect())
        });
        Ok(servers.collect())
    }
}

fn is_known(key: &str) -> bool {
    KNOWN.contains(&key) || key.starts_with("options[") && key.ends_with(']')
}

/// `Why:` what is no name may be a part of a password in which a `?` was not written as `%3F`.
fn unknown_parameter(key: &str) -> String {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    if key.len() <= 40 && key.chars().all(is_name) {
        format!("has the parameter {key}, which Keydesk does not know; take it out")
    } else {
        "has a parameter that Keydesk does not know; in a password, ? is written %3F, and / is %2F"
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(url: &str) -> Vec<String> {
        let servers = read(url).unwrap();
        let urls = servers.urls.iter();
        urls.map(|url| url.expose().to_owned()).collect()
    }

    #[test]
    fn one_server_is_left_as_it_is() {
        let one = "postgres://ada:p%40ss@[::1]:5433/desk?sslmode=verify-full&options%5Bgeqo%5D=off";
        assert_eq!(urls(one), [one]);
        let plain = "postgresql://127.0.0.1/desk";
        assert_eq!(urls(plain), [plain]);
        assert_eq!(
            urls("postgres:///desk?host=/run/postgresql&port=5433"),
            ["postgres:///desk?host=%2Frun%2Fpostgresql&port=5433"]
        );
    }

    #[test]
    fn several_servers_become_an_address_each() {
        let several = "postgres://ada@a:5433,b,[::1]:5434/desk?target_session_attrs=read-write";
        let expected = [
            "postgres://ada@a:5433/desk",
            "postgres://ada@b/desk",
            "postgres://ada@[::1]:5434/desk",
        ];
        assert_eq!(urls(several), expected);
        assert!(read(several).unwrap().wants_writable);
        let by_parameter = "postgres://ada@/desk?host=a,b&port=1,2&target_session_attrs=primary";
        let expected = [
            "postgres://ada@/desk?host=a&port=1",
            "postgres://ada@/desk?host=b&port=2",
        ];
        assert_eq!(urls(by_parameter), expected);
    }

    #[test]
    fn what_cannot_be_kept_is_refused_in_words_and_without_secrets() {
        let refused = |url: &str| read(url).unwrap_err();
        assert!(refused("postgres://a,b/desk").contains("target_session_attrs=read-write"));
        assert!(refused("postgres://a,b/desk").contains("HAProxy"));
        let keepalive = refused("postgres://a/desk?keepalives_idle=5");
        assert!(keepalive.contains("keepalives_idle"), "{keepalive}");
        assert!(refused("postgres://a/desk?target_session_attrs=any").contains("read-write"));
        assert!(refused("postgres://a/desk?host=a,b&port=1,2,3").contains("number of ports"));
        let secret = refused("postgres://ada:hush?hush!@a/desk");
        assert!(!secret.contains("hush"), "{secret}");
    }
}
