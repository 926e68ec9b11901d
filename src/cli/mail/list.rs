//! `keydesk mail list` and `show`.

use clap::Args;
use serde_json::{Value, json};

use super::{read_id, shown};
use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{note, one_line, print, print_json};
use crate::cli::when::When;
use crate::domain::mail::{self, Delivery, DeliveryFilter, DeliveryStatus, MailKind, Templates};
use crate::platform::app::App;
use crate::platform::pagination::{MAX_SIZE, PageRequest};
use crate::types::actor::Actor;
use crate::types::address::{EmailAddress, domain_key};
use crate::types::ids::MailDeliveryId;

/// Which mails to list.
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// In this state: queued, sending, sent, failed, cancelled, expired or unknown; may be repeated.
    #[arg(long = "status", value_parser = shown::read_status)]
    statuses: Vec<DeliveryStatus>,
    /// Of this kind, such as new_password or password_reset_link; may be repeated.
    #[arg(long = "kind", value_parser = shown::read_kind)]
    kinds: Vec<MailKind>,
    /// To this address.
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
    /// To addresses at this domain.
    #[arg(long)]
    domain: Option<String>,
    /// To this user: username, e-mail address or id.
    #[arg(long)]
    user: Option<String>,
    /// Queued since then: 2026-12-01T09:00:00Z, or 30m, 1h, 7d ago.
    #[arg(long, value_name = "WHEN", value_parser = When::read)]
    since: Option<When>,
    /// Queued before then.
    #[arg(long, value_name = "WHEN", value_parser = When::read)]
    until: Option<When>,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = read_limit)]
    limit: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Which mail to show.
#[derive(Args, Debug)]
pub(in crate::cli) struct Show {
    /// Its id, as `list` shows it.
    #[arg(value_parser = read_id)]
    id: MailDeliveryId,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn read_limit(text: &str) -> Result<usize, String> {
    let limit = text.parse().ok().filter(|limit| *limit > 0);
    limit.ok_or_else(|| "write a number from 1 on".to_owned())
}

impl List {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let now = app.clock.now();
        let filter = self.filter(app, actor).await?;
        let mut request = PageRequest::first(MAX_SIZE);
        let mut found: Vec<Delivery> = Vec::new();
        let mut has_more = true;
        while has_more && found.len() <= self.limit {
            let page = mail::list(app, actor, &filter, &request).await?;
            request.after = page.rows.last().map(|row| row.position.clone());
            has_more = page.has_next && request.after.is_some();
            found.extend(page.rows.into_iter().map(|row| row.item));
        }
        if found.len() > self.limit {
            found.truncate(self.limit);
            note("there are more; raise --limit to see them");
        }
        if self.json {
            let mails = found.iter().map(|mail| shown::to_json(mail, now)).collect();
            return print_json(&Value::Array(mails));
        }
        if found.is_empty() {
            note("there is no such mail");
        }
        found.iter().try_for_each(|mail| print(&shown::line(mail)))
    }

    async fn filter(&self, app: &App, actor: &Actor) -> Result<DeliveryFilter, Failure> {
        let now = app.clock.now();
        let usage = |error: crate::types::address::AddressError| Failure::Usage(error.to_string());
        let recipient = self.recipient.as_deref().map(EmailAddress::parse);
        let recipient = recipient.transpose().map_err(usage)?;
        let domain = self.domain.as_deref().map(domain_key).transpose();
        let users = match &self.user {
            Some(user) => Some(vec![login::find(app, actor, user).await?.id]),
            None => None,
        };
        Ok(DeliveryFilter {
            kinds: (!self.kinds.is_empty()).then(|| self.kinds.clone()),
            statuses: (!self.statuses.is_empty()).then(|| self.statuses.clone()),
            recipient_key: recipient.map(|address| address.key().to_owned()),
            recipient_domain: domain.map_err(usage)?,
            users,
            from: self.since.map(|since| since.ago(now)),
            until: self.until.map(|until| until.ago(now)),
        })
    }
}

impl Show {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let found = mail::find_many(app, actor, &[self.id]).await?.pop();
        let delivery =
            found.ok_or_else(|| Failure::Refused("there is no mail with this id".to_owned()))?;
        let templates =
            Templates::read(&app.settings).map_err(|error| Failure::Refused(error.to_string()))?;
        let content = mail::shown(app, &templates, &delivery).await?;
        let mut value = shown::to_json(&delivery, app.clock.now());
        let Value::Object(fields) = &mut value else {
            return Ok(());
        };
        if self.json {
            let attempts = delivery.attempts.iter().map(shown::attempt_json).collect();
            fields.insert("attempts".to_owned(), attempts);
            let content = content.map(|content| {
                json!({
                    "subject": content.subject,
                    "textBody": content.text,
                    "htmlBody": content.html,
                })
            });
            fields.insert("content".to_owned(), content.into());
            return print_json(&value);
        }
        for (name, value) in fields.iter() {
            let text = match value {
                Value::Null => "-".to_owned(),
                Value::String(text) => one_line(text),
                other => other.to_string(),
            };
            print(&format!("{name:22} {text}"))?;
        }
        let attempts = delivery.attempts.iter();
        attempts
            .map(shown::attempt_line)
            .try_for_each(|line| print(&line))?;
        let Some(content) = content else {
            note("what it said is erased, or cannot be shown");
            return Ok(());
        };
        print(&format!("\nSubject: {}\n", content.subject))?;
        content
            .text
            .lines()
            .try_for_each(|line| print(&one_line(line)))
    }
}
