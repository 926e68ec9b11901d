//! Identifiers: UUIDv7 inside, TypeID text (`user_01h455vb4pex5vsknk084sn02q`) at every surface.
//!
//! `Shape:` prefix, `_`, 26 characters of Crockford base32. A wrong prefix is refused before any
//! query is made.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use uuid::Uuid;

use crate::types::clock::Timestamp;
use crate::types::secret::random_bytes;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes 128 bits as 26 characters, most significant first.
fn encode(value: u128) -> String {
    (0..26)
        .rev()
        .map(|place| {
            let digit = usize::try_from((value >> (place * 5)) & 31).unwrap_or(0);
            ALPHABET.get(digit).copied().map_or('0', char::from)
        })
        .collect()
}

/// Reads what `encode` wrote; anything else, upper case included, is `None`.
fn decode(text: &str) -> Option<u128> {
    if text.len() != 26 || !text.starts_with(|first: char| ('0'..='7').contains(&first)) {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        Some((value << 5) | u128::try_from(digit).ok()?)
    })
}

/// Counts the ids of this process, from a random start.
static MADE: LazyLock<AtomicU32> =
    LazyLock::new(|| AtomicU32::new(u32::from_be_bytes(random_bytes::<4>())));

/// A new UUIDv7: sorts by time of making, and within a millisecond of one process by order of making.
///
/// `Shape:` 48 bits of milliseconds, 24 of a counter, 50 at random (RFC 9562 section 6.2, method 1).
/// `Why:` rows made by one act share a millisecond; lists must still show them in their order.
fn new_uuid(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    let [_, high, middle, low] = MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let random = random_bytes::<7>();
    let [first, rest @ ..] = random;
    // The library overwrites the first four bits with the version and the first two of the third
    // byte with the variant, so the counter steps around them.
    let head = [
        high >> 4,
        high << 4 | middle >> 4,
        (middle & 0x0f) << 2 | low >> 6,
        low << 2 | first & 0x03,
    ];
    let mut bytes = [0; 10];
    for (place, byte) in bytes.iter_mut().zip(head.into_iter().chain(rest)) {
        *place = byte;
    }
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

/// The part of an identifier before the `_`, for finding out what kind it claims to be.
pub fn prefix_of(text: &str) -> Option<&str> {
    text.rsplit_once('_').map(|(prefix, _)| prefix)
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What its text begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new one.
            pub fn new(now: Timestamp) -> Self {
                Self(new_uuid(now))
            }

            /// The smallest that can be made at this moment or later.
            pub fn earliest(at: Timestamp) -> Self {
                let millis = u64::try_from(at.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
            }

            /// Takes a column's value.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Gives a column's value.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Reads the text form; `None` for another kind's id and for anything malformed.
            pub fn parse(text: &str) -> Option<Self> {
                let (prefix, rest) = text.rsplit_once('_')?;
                if prefix != Self::PREFIX {
                    return None;
                }
                decode(rest).map(|value| Self(Uuid::from_u128(value)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}_{}", Self::PREFIX, encode(self.0.as_u128()))
            }
        }
    };
}

typed_id!(
    /// Names a user.
    UserId, "user"
);
typed_id!(
    /// Names an API key.
    ApiKeyId, "key"
);
typed_id!(
    /// Names a user to themselves.
    AccountId, "account"
);

typed_id!(
    /// Names a session.
    SessionId, "session"
);

typed_id!(
    /// Names a browser that an account knows again.
    DeviceId, "device"
);

typed_id!(
    /// Names one mail on its way to one address.
    MailDeliveryId, "mail"
);
typed_id!(
    /// Names a one-time link or a setup link.
    LinkId, "link"
);
typed_id!(
    /// Names an audit event.
    AuditEventId, "event"
);
typed_id!(
    /// Names a stored outcome of a request; never shown.
    OutcomeId, "outcome"
);
typed_id!(
    /// Names a request for a link until the worker has seen to it; never shown.
    ResetRequestId, "request"
);
typed_id!(
    /// Names one change of a mail's text; never shown.
    TextVersionId, "text"
);
typed_id!(
    /// Names one run of one worker, as the holder of leases.
    WorkerId, "worker"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_is_the_typeid_one() {
        // The example of the TypeID specification.
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let id = UserId::from_uuid(uuid);
        assert_eq!(id.to_string(), "user_01h455vb4pex5vsknk084sn02q");
        assert_eq!(UserId::parse("user_01h455vb4pex5vsknk084sn02q"), Some(id));
    }

    #[test]
    fn another_kind_and_a_malformed_one_are_refused() {
        for text in [
            "key_01h455vb4pex5vsknk084sn02q",
            "user_81h455vb4pex5vsknk084sn02q",
            "user_01h455vb4pex5vsknk084sn02",
            "user_01h455vb4pex5vsknk084sn02u",
            "user_01H455VB4PEX5VSKNK084SN02Q",
            "01h455vb4pex5vsknk084sn02q",
            "",
            "user_ééééééééééééé",
        ] {
            assert_eq!(UserId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ids_of_one_millisecond_sort_by_order_of_making() {
        let now = Timestamp::from_millis(1_000);
        let made: Vec<_> = (0..5_000).map(|_| UserId::new(now)).collect();
        // The counter wraps once in 16 million ids; a run across the wrap has one step down.
        let steps_down = made.windows(2).filter(|pair| pair[0] >= pair[1]).count();
        assert!(steps_down <= 1, "{steps_down}");
        assert_eq!(made[0].uuid().get_version_num(), 7);
    }

    #[test]
    fn ids_sort_by_time() {
        let early = UserId::new(Timestamp::from_millis(1_000));
        let late = UserId::new(Timestamp::from_millis(2_000));
        assert!(early.to_string() < late.to_string());
    }
}
