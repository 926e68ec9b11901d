//! The messages of graphql-transport-ws, and the codes a socket is closed with.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::actor::{Presented, presented_text};
use super::super::graphql::Wish;

/// Longest id of an operation, in bytes.
const MAX_ID: usize = 128;

/// Code and reason. A reason has at most 123 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Close(pub(super) u16, pub(super) &'static str);

impl Close {
    pub(super) const IDLE: Self = Self(1000, "Idle.");
    pub(super) const SHUTDOWN: Self = Self(1001, "The server stops.");
    pub(super) const SILENT: Self = Self(1001, "No sign of life.");
    pub(super) const BAD_FRAME: Self = Self(1002, "Not a message of at most 64 KiB.");
    pub(super) const FULL: Self = Self(1013, "Too many sockets are open. Try again later.");
    pub(super) const TRY_LATER: Self = Self(1013, "The database does not answer.");
    pub(super) const BAD_MESSAGE: Self = Self(4400, "Not a message of graphql-transport-ws.");
    pub(super) const NO_KEY: Self = Self(
        4401,
        "Unauthorized: send {\"authorization\": \"Bearer kd_…\"} with connection_init.",
    );
    pub(super) const WRONG_KEY: Self = Self(
        4401,
        "Unauthorized: the key is unknown, revoked or expired.",
    );
    pub(super) const BEFORE_INIT: Self = Self(4401, "Unauthorized: send connection_init first.");
    pub(super) const OTHER_RIGHTS: Self = Self(4403, "Forbidden: the key's rights have changed.");
    pub(super) const INIT_TIMEOUT: Self = Self(4408, "Connection initialisation timeout");
    pub(super) const SAME_ID: Self = Self(4409, "Subscriber already exists");
    pub(super) const INIT_AGAIN: Self = Self(4429, "Too many initialisation requests");
}

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Ping {},
    Pong {},
    Subscribe {
        id: String,
        payload: Wish,
    },
    Complete {
        id: String,
    },
}

impl Incoming {
    /// `Why:` the parser's own words are dropped. They may quote a password.
    pub(super) fn read(text: &str) -> Result<Self, Close> {
        let message = serde_json::from_str(text).map_err(|_malformed| Close::BAD_MESSAGE)?;
        match &message {
            Self::Subscribe { id, .. } if id.is_empty() || id.len() > MAX_ID => {
                Err(Close::BAD_MESSAGE)
            }
            _ => Ok(message),
        }
    }
}

/// The key in the payload of `connection_init`.
pub(super) fn key_in(payload: Option<Map<String, Value>>) -> Presented {
    let is_named = |(name, _): &(String, Value)| name.eq_ignore_ascii_case("authorization");
    let mut found = payload.into_iter().flatten().filter(is_named);
    match (found.next(), found.next()) {
        (None, _) => Presented::Nothing,
        (Some((_, Value::String(text))), None) => presented_text(&text),
        _ => Presented::Malformed,
    }
}

pub(super) fn ack() -> String {
    json!({ "type": "connection_ack" }).to_string()
}

pub(super) fn pong() -> String {
    json!({ "type": "pong" }).to_string()
}

pub(super) fn complete(id: &str) -> String {
    json!({ "type": "complete", "id": id }).to_string()
}

/// `payload` is JSON text already.
pub(super) fn next(id: &str, payload: &str) -> String {
    let id = Value::from(id);
    format!(r#"{{"type":"next","id":{id},"payload":{payload}}}"#)
}

/// `errors` is JSON text already.
pub(super) fn error(id: &str, errors: &str) -> String {
    let id = Value::from(id);
    format!(r#"{{"type":"error","id":{id},"payload":{errors}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_fit_into_a_close_frame() {
        for close in [
            Close::IDLE,
            Close::SHUTDOWN,
            Close::SILENT,
            Close::BAD_FRAME,
            Close::TRY_LATER,
            Close::BAD_MESSAGE,
            Close::NO_KEY,
            Close::WRONG_KEY,
            Close::BEFORE_INIT,
            Close::OTHER_RIGHTS,
            Close::INIT_TIMEOUT,
            Close::SAME_ID,
            Close::INIT_AGAIN,
        ] {
            assert!(close.1.len() <= 123, "{close:?}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"type":"start","id":"1","payload":{"query":"{ a }"}}"#,
            r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{ a }"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"connection_init","payload":"kd_a"}"#,
        ] {
            assert_eq!(
                Incoming::read(text).err(),
                Some(Close::BAD_MESSAGE),
                "{text}"
            );
        }
        let long = format!(
            r#"{{"type":"subscribe","id":"{}","payload":{{"query":"{{a}}"}}}}"#,
            "i".repeat(129)
        );
        assert!(Incoming::read(&long).is_err());
    }

    #[test]
    fn the_key_is_found_under_either_name_and_only_once() {
        let key = |payload: Value| key_in(payload.as_object().cloned());
        assert!(matches!(
            key(json!({ "authorization": "Bearer kd_a" })),
            Presented::Key(_)
        ));
        assert!(matches!(
            key(json!({ "Authorization": "bearer kd_a" })),
            Presented::Key(_)
        ));
        assert!(matches!(
            key(json!({ "token": "kd_a" })),
            Presented::Nothing
        ));
        assert!(matches!(
            key(json!({ "authorization": "kd_a" })),
            Presented::Malformed
        ));
        assert!(matches!(
            key(json!({ "authorization": null })),
            Presented::Malformed
        ));
        let both = json!({ "authorization": "Bearer kd_a", "Authorization": "Bearer kd_b" });
        assert!(matches!(key(both), Presented::Malformed));
        assert!(matches!(key_in(None), Presented::Nothing));
    }
}
