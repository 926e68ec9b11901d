//! An event with every column as it is stored, and the mac over them.

use uuid::Uuid;

use super::Outcome;
use super::record::Event;
use crate::platform::keyring::{Keyring, Purpose};
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{AuditEventId, UserId};

/// One stored event, its texts as they stand.
///
/// `Why:` actions, kinds and codes are texts here. An event outlives the release that knew its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub id: AuditEventId,
    /// What was done.
    pub action: String,
    /// What came of it.
    pub outcome: String,
    /// Why nothing came of it.
    pub error_code: Option<String>,
    /// What kind of actor did it.
    pub actor_kind: String,
    /// Who did it, where the actor has an identity.
    pub actor_id: Option<Uuid>,
    /// The actor's name at that time.
    pub actor_label: String,
    /// To which user.
    pub user: Option<UserId>,
    /// The name at that time of what it was done to.
    pub target_label: Option<String>,
    /// Fields that changed, as JSON.
    pub changes: String,
    /// The note the actor gave.
    pub reason: Option<String>,
    /// The interface.
    pub via: String,
    /// The request.
    pub request_id: Option<String>,
    /// The client's network address.
    pub ip_address: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// When.
    pub occurred_at: Timestamp,
    /// The mac of all of the above. `None` for events from before there were macs, and for forged ones.
    pub mac: Option<Vec<u8>>,
    /// Its place in the chain. `None` until it is sealed.
    pub sequence: Option<i64>,
    /// The chain up to here. `None` until it is sealed.
    pub chain_hash: Option<Vec<u8>>,
}

impl Row {
    /// A new event with its mac, not yet sealed.
    pub(super) fn new(
        keys: &Keyring,
        now: Timestamp,
        actor: &Actor,
        event: Event,
        (outcome, error_code): (Outcome, Option<&str>),
    ) -> Result<Self, Internal> {
        let changes = serde_json::to_string(&event.changes)
            .map_err(Internal::while_doing("writing an audit event's changes"))?;
        let row = Self {
            id: AuditEventId::new(now),
            action: event.action.name().to_owned(),
            outcome: outcome.name().to_owned(),
            error_code: error_code.map(str::to_owned),
            actor_kind: actor.kind_name().to_owned(),
            actor_id: actor.id(),
            actor_label: actor.label.clone(),
            user: event.user,
            target_label: event.target_label,
            changes,
            reason: event.reason,
            via: actor.origin.via.name().to_owned(),
            request_id: actor.origin.request_id.clone(),
            ip_address: actor.origin.ip_address.clone(),
            user_agent: actor.origin.user_agent.clone(),
            occurred_at: now,
            mac: None,
            sequence: None,
            chain_hash: None,
        };
        Ok(row.with_mac(keys))
    }

    pub(super) fn with_mac(mut self, keys: &Keyring) -> Self {
        self.mac = Some(self.expected_mac(keys).to_vec());
        self
    }

    /// What the mac must be if the server wrote the row and nobody changed it.
    pub(super) fn expected_mac(&self, keys: &Keyring) -> [u8; 32] {
        keys.tag(Purpose::AuditEvent, &self.encoded())
    }

    /// Whether the row is as the server wrote it.
    pub fn is_whole(&self, keys: &Keyring) -> bool {
        self.mac.as_deref() == Some(&self.expected_mac(keys)[..])
    }

    /// `Shape:` the columns in the order of the table without the sealing job's, each as `Encoding` writes
    /// it. A column that is added must be added here, under another label of the key.
    fn encoded(&self) -> Vec<u8> {
        let mut encoding = Encoding::default();
        let optional = |uuid: Option<Uuid>| uuid.map(Uuid::into_bytes);
        encoding
            .value(self.id.uuid().as_bytes())
            .value(self.action.as_bytes())
            .value(self.outcome.as_bytes())
            .optional(self.error_code.as_deref().map(str::as_bytes))
            .value(self.actor_kind.as_bytes())
            .optional(optional(self.actor_id).as_ref().map(<[u8; 16]>::as_slice))
            .value(self.actor_label.as_bytes())
            .optional(
                optional(self.user.map(UserId::uuid))
                    .as_ref()
                    .map(<[u8; 16]>::as_slice),
            )
            .optional(self.target_label.as_deref().map(str::as_bytes))
            .value(self.changes.as_bytes())
            .optional(self.reason.as_deref().map(str::as_bytes))
            .value(self.via.as_bytes())
            .optional(self.request_id.as_deref().map(str::as_bytes))
            .optional(self.ip_address.as_deref().map(str::as_bytes))
            .optional(self.user_agent.as_deref().map(str::as_bytes))
            .value(&self.occurred_at.as_millis().to_be_bytes());
        encoding.0
    }
}

/// Writes values one after the other so that no two lists of values give the same bytes.
///
/// `Shape:` a 0 for a value that is absent; else a 1, eight bytes of length, and the value.
#[derive(Default)]
pub(super) struct Encoding(pub(super) Vec<u8>);

impl Encoding {
    pub(super) fn value(&mut self, value: &[u8]) -> &mut Self {
        self.0.push(1);
        self.0.extend((value.len() as u64).to_be_bytes());
        self.0.extend(value);
        self
    }

    pub(super) fn optional(&mut self, value: Option<&[u8]>) -> &mut Self {
        let Some(value) = value else {
            self.0.push(0);
            return self;
        };
        self.value(value)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn row() -> Row {
        Row {
            id: AuditEventId::from_uuid(Uuid::from_u128(1)),
            action: "user.created".to_owned(),
            outcome: "SUCCESS".to_owned(),
            error_code: None,
            actor_kind: "OPERATOR".to_owned(),
            actor_id: None,
            actor_label: "operator ada".to_owned(),
            user: None,
            target_label: None,
            changes: "[]".to_owned(),
            reason: None,
            via: "CLI".to_owned(),
            request_id: None,
            ip_address: None,
            user_agent: None,
            occurred_at: Timestamp::from_millis(1),
            mac: None,
            sequence: None,
            chain_hash: None,
        }
    }

    /// `Why:` the encoding is what every stored mac was made over; a change of it must be noticed.
    #[test]
    fn the_mac_of_a_known_event_stays_what_it_was() {
        let mac = row().expected_mac(&Keyring::new([7; 32]));
        let text = URL_SAFE_NO_PAD.encode(mac);
        assert_eq!(text, "1ob-mv7Yx6u4VgGwVdK1KvhcyuokZEQTBdSk0N32dq4");
    }

    #[test]
    fn every_column_but_those_of_sealing_is_under_the_mac() {
        let keys = Keyring::new([7; 32]);
        let whole = row().with_mac(&keys);
        assert!(whole.is_whole(&keys));
        let text = || Some("x".to_owned());
        let edits: [fn(&mut Row, Option<String>); 16] = [
            |row, _| row.id = AuditEventId::from_uuid(Uuid::from_u128(2)),
            |row, _| row.action.push('x'),
            |row, _| row.outcome.push('x'),
            |row, text| row.error_code = text,
            |row, _| row.actor_kind.push('x'),
            |row, _| row.actor_id = Some(Uuid::nil()),
            |row, _| row.actor_label.push('x'),
            |row, _| row.user = Some(UserId::from_uuid(Uuid::nil())),
            |row, text| row.target_label = text,
            |row, _| row.changes.push(' '),
            |row, text| row.reason = text,
            |row, _| row.via.push('x'),
            |row, text| row.request_id = text,
            |row, text| row.ip_address = text,
            |row, text| row.user_agent = text,
            |row, _| row.occurred_at = Timestamp::from_millis(2),
        ];
        for (index, edit) in edits.iter().enumerate() {
            let mut edited = whole.clone();
            edit(&mut edited, text());
            assert!(!edited.is_whole(&keys), "edit {index}");
        }
        let mut sealed = whole.clone();
        (sealed.sequence, sealed.chain_hash) = (Some(1), Some(vec![1]));
        assert!(sealed.is_whole(&keys));
        let without = Row { mac: None, ..whole };
        assert!(!without.is_whole(&keys));
    }

    #[test]
    fn a_text_cannot_move_from_one_column_to_the_next() {
        let mut one = Encoding::default();
        one.value(b"ab").optional(Some(b"c")).optional(None);
        let mut other = Encoding::default();
        other.value(b"ab").optional(None).optional(Some(b"c"));
        assert_ne!(one.0, other.0);
        let mut third = Encoding::default();
        third.value(b"a").optional(Some(b"bc")).optional(None);
        assert_ne!(one.0, third.0);
    }
}
