//! `keydesk user send-reset-email`, `links` and `revoke-links`.

use clap::Args;
use serde_json::{Value, json};

use super::failing;
use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{note, one_line, print, print_json};
use crate::cli::when::When;
use crate::domain::access::idempotency::Answer;
use crate::domain::one_time_links::{ClientClass, LinkFilter, LinkStatus, OneTimeLink};
use crate::domain::password_reset::{self, EarlierLinks, PresentPassword, RevokeLinks, SendLink};
use crate::domain::users::UserRef;
use crate::platform::app::App;
use crate::platform::pagination::{MAX_SIZE, PageRequest};
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::ids::LinkId;

/// Whom to mail a link.
#[derive(Args, Debug)]
pub(in crate::cli) struct SendResetEmail {
    /// Username, e-mail address or id.
    login: String,
    /// How long the link works, from 1m to 24h.
    #[arg(long, default_value = "1h", value_parser = When::read)]
    expires: When,
    /// Language of the mail; the user's own when omitted.
    #[arg(long)]
    locale: Option<String>,
    /// Page to go on to afterwards; one of security.recovery.redirect_urls.
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    /// Let earlier links go on working.
    #[arg(long)]
    keep_links: bool,
    /// Make the present password useless at once, and end every session.
    #[arg(long)]
    invalidate_password: bool,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Whose links to list.
#[derive(Args, Debug)]
pub(in crate::cli) struct Links {
    /// Username, e-mail address or id.
    login: String,
    /// Those too that no longer work.
    #[arg(long)]
    all: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Whose links to revoke.
#[derive(Args, Debug)]
pub(in crate::cli) struct RevokeTheirLinks {
    /// Username, e-mail address or id.
    login: String,
    /// Only this link; may be repeated. All that still work when omitted.
    #[arg(long = "link", value_name = "ID", value_parser = read_id)]
    links: Vec<LinkId>,
    /// Note for the audit trail.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn read_id(text: &str) -> Result<LinkId, String> {
    let said = "no id of a link; keydesk user links NAME lists them";
    LinkId::parse(text).ok_or_else(|| said.to_owned())
}

impl SendResetEmail {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let target = login::find_present(app, actor, &self.login).await?;
        let failure = failing::email_failure(app, &target).await?;
        let command = SendLink {
            user: UserRef::Id(target.id),
            expires: Some(self.expires.span(app.clock.now())),
            redirect_url: self.redirect_url,
            locale: self.locale,
            earlier: if self.keep_links {
                EarlierLinks::Kept
            } else {
                EarlierLinks::Superseded
            },
            present: if self.invalidate_password {
                PresentPassword::Blocked
            } else {
                PresentPassword::Kept
            },
            actor_password: None,
            reason: self.reason,
            once: None,
        };
        let sent = match password_reset::send_link(app, actor, command).await? {
            Answer::Done(sent) => sent,
            Answer::Replay(_) => {
                return Err(Failure::Ours("the mail was queued before".to_owned()));
            }
        };
        let ended = sent.revoked_sessions;
        if self.json {
            return print_json(&json!({
                "username": sent.user.username,
                "linkId": sent.link.id.to_string(),
                "mailId": sent.delivery.id.to_string(),
                "expiresAt": sent.link.expires_at.to_rfc3339(),
                "revokedSessions": ended,
                "emailFailure": failing::as_json(failure.as_ref()),
            }));
        }
        if let Some(failure) = &failure {
            failing::warn(&sent.user, failure);
        }
        note(&format!(
            "queued a mail with a link for {}, which works once, until {}; {ended} session(s) ended. A \
             running server sends it",
            sent.user.username,
            sent.link.expires_at.to_rfc3339()
        ));
        Ok(())
    }
}

impl Links {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let user = login::find(app, actor, &self.login).await?;
        let statuses = (!self.all).then(|| vec![LinkStatus::Active]);
        let (filter, now) = (LinkFilter { statuses }, app.clock.now());
        let mut request = PageRequest::first(MAX_SIZE);
        let mut shown = Vec::new();
        loop {
            let owner = [user.id.uuid()];
            let pages =
                password_reset::links_by_user(app, actor, &owner, &filter, &request).await?;
            let Some(page) = pages.into_values().next() else {
                break;
            };
            request.after = page.rows.last().map(|row| row.position.clone());
            let has_next = page.has_next && request.after.is_some();
            shown.extend(page.rows.into_iter().map(|row| row.item));
            if !has_next {
                break;
            }
        }
        if self.json {
            let links: Vec<Value> = shown.iter().map(|link| as_json(link, now)).collect();
            return print_json(&Value::Array(links));
        }
        if shown.is_empty() {
            note(&format!("{} has no such link", user.username));
        }
        shown.iter().try_for_each(|link| print(&line(link, now)))
    }
}

fn as_json(link: &OneTimeLink, now: Timestamp) -> Value {
    let moment = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
    json!({
        "id": link.id.to_string(),
        "status": link.status(now).name(),
        "origin": link.origin.name(),
        "createdBy": link.made_by.label,
        "createdAt": link.created_at.to_rfc3339(),
        "expiresAt": link.expires_at.to_rfc3339(),
        "openedAt": moment(link.opened_at),
        "openedBy": link.opened_by.map(ClientClass::name),
        "usedAt": moment(link.used_at),
        "supersededAt": moment(link.superseded_at),
        "revokedAt": moment(link.revoked_at),
        "signInOnUse": link.sign_in_on_use,
        "mailId": link.mail.map(|mail| mail.to_string()),
    })
}

fn line(link: &OneTimeLink, now: Timestamp) -> String {
    let maker = link
        .made_by
        .label
        .as_deref()
        .map_or_else(String::new, one_line);
    let opened = link.opened_at.map_or_else(String::new, |at| {
        let by = link.opened_by.map_or("UNKNOWN", ClientClass::name);
        format!(", opened {} by {by}", at.to_rfc3339())
    });
    format!(
        "{}  {:10}  {:14}  {} to {}  by {maker}{opened}",
        link.id,
        link.status(now).name(),
        link.origin.name(),
        link.created_at.to_rfc3339(),
        link.expires_at.to_rfc3339(),
    )
}

impl RevokeTheirLinks {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let target = login::find_present(app, actor, &self.login).await?;
        let command = RevokeLinks {
            user: UserRef::Id(target.id),
            only: (!self.links.is_empty()).then_some(self.links),
            reason: self.reason,
        };
        let (user, count) = password_reset::revoke_links(app, actor, command).await?;
        if self.json {
            let (username, changed) = (&user.username, count > 0);
            return print_json(
                &json!({ "username": username, "changed": changed, "revokedLinks": count }),
            );
        }
        note(&format!("revoked {count} link(s) of {}", user.username));
        Ok(())
    }
}
