//! One's own sessions and trusted devices, as the page of the account shows them.

use minijinja::{Value, context};

use super::visit::Visit;
use crate::domain::account::{self, Account, AccountError};
use crate::domain::sessions::{Device, Session};

/// What names a browser in the text by which it names itself; the first that fits.
const PROGRAMS: [(&str, &str); 7] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];
/// The same of systems.
const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// The sessions for the template, last used first.
pub(super) async fn of(visit: &Visit, account: &Account) -> Result<Vec<Value>, AccountError> {
    let found = account::list_own_sessions(visit.app(), account).await?;
    Ok(found
        .iter()
        .map(|session| shown(session, account))
        .collect())
}

fn shown(session: &Session, account: &Account) -> Value {
    let named = session.user_agent.as_deref().unwrap_or_default();
    context! {
        id => session.id.to_string(),
        is_current => session.id == account.session,
        program => first(&PROGRAMS, named),
        system => first(&SYSTEMS, named),
        address => session.ip_address.as_deref(),
        created_at => session.created_at.to_rfc3339(),
        last_used_at => session.last_used_at.to_rfc3339(),
    }
}

/// The browsers that the account knows, for the template, last used first.
pub(super) async fn devices_of(
    visit: &Visit,
    account: &Account,
) -> Result<Vec<Value>, AccountError> {
    let found = account::list_own_devices(visit.app(), account).await?;
    Ok(found.iter().map(device).collect())
}

fn device(device: &Device) -> Value {
    let named = device.user_agent.as_deref().unwrap_or_default();
    context! {
        id => device.id.to_string(),
        program => first(&PROGRAMS, named),
        system => first(&SYSTEMS, named),
        address => device.ip_address.as_deref(),
        created_at => device.created_at.to_rfc3339(),
        last_used_at => device.last_used_at.to_rfc3339(),
    }
}

fn first(known: &[(&str, &'static str)], named: &str) -> Option<&'static str> {
    let fits = known.iter().find(|(part, _)| named.contains(part));
    fits.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart_as_far_as_that_helps() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                    Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0";
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1";
        for (named, program, system) in [
            (firefox, Some("Firefox"), Some("Linux")),
            (edge, Some("Edge"), Some("Windows")),
            (phone, Some("Safari"), Some("iPhone")),
            ("portal", None, None),
            ("", None, None),
        ] {
            assert_eq!(first(&PROGRAMS, named), program, "{named}");
            assert_eq!(first(&SYSTEMS, named), system, "{named}");
        }
    }
}
