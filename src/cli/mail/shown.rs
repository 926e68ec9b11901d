//! A mail as the command line shows one.

use serde_json::{Value, json};

use crate::cli::near::{did_you_mean, near};
use crate::cli::output::one_line;
use crate::domain::mail::{
    Attempt, AttemptOutcome, Delivery, DeliveryStatus, MailKind, TemplateSource,
};
use crate::types::clock::Timestamp;

/// Reads one of the names of the API, in either case.
fn read<T>(text: &str, known: &[&str], parse: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    let name = text.to_uppercase().replace('-', "_");
    parse(&name).ok_or_else(|| {
        let meant = did_you_mean(&near(&name, known));
        format!("it is one of {}{meant}", known.join(", ")).to_lowercase()
    })
}

/// Reads a state.
pub(super) fn read_status(text: &str) -> Result<DeliveryStatus, String> {
    let known = DeliveryStatus::ALL.map(DeliveryStatus::name);
    read(text, &known, DeliveryStatus::parse)
}

/// Reads a kind.
pub(super) fn read_kind(text: &str) -> Result<MailKind, String> {
    read(text, &MailKind::ALL.map(MailKind::name), MailKind::parse)
}

/// One line of a list.
pub(super) fn line(delivery: &Delivery) -> String {
    let words = delivery.last_error.as_deref().map(one_line);
    format!(
        "{}  {}  {:9} {:23} {}{}",
        delivery.id,
        delivery.created_at.to_rfc3339(),
        delivery.status.name(),
        delivery.kind.name(),
        one_line(&delivery.recipient),
        words.map(|words| format!("  {words}")).unwrap_or_default()
    )
}

/// Every field, by the names of the API.
pub(super) fn to_json(delivery: &Delivery, now: Timestamp) -> Value {
    let moment = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
    let locale = delivery.written_locale.as_ref();
    json!({
        "id": delivery.id.to_string(),
        "kind": delivery.kind.name(),
        "status": delivery.status.name(),
        "recipient": delivery.recipient,
        "user": delivery.user.map(|user| user.to_string()),
        "wantedLocale": delivery.wanted_locale,
        "locale": locale.unwrap_or(&delivery.wanted_locale),
        "templateSource": delivery.template_source.map(TemplateSource::name),
        "carriesSecret": delivery.had_secret,
        "attemptCount": delivery.attempt_count,
        "lastError": delivery.last_error,
        "nextAttemptAt": moment(delivery.next_attempt_at),
        "expiresAt": delivery.expires_at.to_rfc3339(),
        "isRetryable": delivery.is_retryable(now),
        "isCancellable": delivery.is_cancellable(),
        "requestedByLabel": delivery.requested_by_label,
        "messageId": delivery.message_id,
        "createdAt": delivery.created_at.to_rfc3339(),
        "sentAt": moment(delivery.sent_at),
    })
}

/// One try, by the names of the API.
pub(super) fn attempt_json(attempt: &Attempt) -> Value {
    json!({
        "startedAt": Timestamp::from_millis(attempt.started_at_millis).to_rfc3339(),
        "server": attempt.server,
        "outcome": attempt.outcome.map(outcome),
        "words": attempt.words,
        "durationMilliseconds": attempt.took_millis,
    })
}

/// One try in a line.
pub(super) fn attempt_line(attempt: &Attempt) -> String {
    let took = attempt.took_millis;
    format!(
        "{:22} {}  {} {}{}{}",
        "attempt",
        Timestamp::from_millis(attempt.started_at_millis).to_rfc3339(),
        attempt.outcome.map_or("STOPPED", outcome),
        one_line(&attempt.server),
        took.map(|millis| format!(" in {millis} ms"))
            .unwrap_or_default(),
        attempt
            .words
            .as_deref()
            .map(|words| format!(": {}", one_line(words)))
            .unwrap_or_default()
    )
}

const fn outcome(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Taken => "TAKEN",
        AttemptOutcome::Postponed => "POSTPONED",
        AttemptOutcome::Refused => "REFUSED",
        AttemptOutcome::Lost => "LOST",
    }
}
