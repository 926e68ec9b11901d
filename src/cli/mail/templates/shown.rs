//! Texts of mails as they are printed.

use serde_json::{Value, json};

use crate::domain::mail::{MailKind, Placeholder, TemplateText, placeholders};
use crate::domain::mail_templates::MailTemplate;
use crate::types::clock::Timestamp;

pub(super) fn line(one: &MailTemplate) -> String {
    let changed = match (&one.updated_at, &one.updated_by_label) {
        (Some(at), Some(who)) => {
            format!("  version {} of {} by {who}", one.version, at.to_rfc3339())
        }
        _ => String::new(),
    };
    let nearest = if one.in_use.locale == one.locale {
        String::new()
    } else {
        format!(" ({})", one.in_use.locale)
    };
    format!(
        "{:<24} {:<6} {:<8}{nearest}{changed}",
        one.kind.name(),
        one.locale,
        one.in_use.source.name()
    )
}

pub(super) fn text(text: &TemplateText) -> String {
    format!(
        "{}\n\n{}\n\n{}",
        text.subject,
        text.text_body.trim_end(),
        text.html_body.trim_end()
    )
}

pub(super) fn to_json(one: &MailTemplate) -> Value {
    let text = |text: &TemplateText| {
        json!({
            "subject": text.subject,
            "textBody": text.text_body,
            "htmlBody": text.html_body,
        })
    };
    json!({
        "kind": one.kind.name(),
        "locale": one.locale,
        "contentLocale": one.in_use.locale,
        "source": one.in_use.source.name(),
        "isCustomized": one.is_customized(),
        "content": text(&one.in_use.text),
        "version": one.version,
        "updatedAt": one.updated_at.map(Timestamp::to_rfc3339),
        "updatedByLabel": one.updated_by_label,
    })
}

/// A section for each kind.
fn of_kind(kind: MailKind, markdown: bool) -> String {
    let rows = placeholders(kind).into_iter();
    if markdown {
        let head = format!(
            "### {}\n\n| placeholder | what stands there | example | |\n|---|---|---|---|",
            kind.name()
        );
        let rows = rows.map(|one| {
            let (name, what, example) = (one.name, one.description, one.example);
            format!("| `{name}` | {what} | `{example}` | {} |", marks(&one))
        });
        return std::iter::once(head)
            .chain(rows)
            .collect::<Vec<_>>()
            .join("\n");
    }
    let rows = rows.map(|one| format!("  {:<16} {} {}", one.name, one.description, marks(&one)));
    let rows: Vec<String> = rows.map(|row| row.trim_end().to_owned()).collect();
    format!("{}\n{}", kind.name(), rows.join("\n"))
}

fn marks(one: &Placeholder) -> &'static str {
    match (one.is_required, one.is_secret) {
        (true, true) => "required, secret",
        (true, false) => "required",
        (false, true) => "secret",
        (false, false) => "",
    }
}

/// Everything that can be filled in.
pub(super) fn all(markdown: bool) -> String {
    MailKind::ALL
        .map(|kind| of_kind(kind, markdown))
        .join("\n\n")
}
