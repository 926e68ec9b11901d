//! `keydesk doctor`: says what is wrong and how to mend it.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::exposure;
use super::failure::Failure;
use super::output::{print, print_json};
use crate::domain::access;
use crate::domain::mail::{self, Mailer, SendError, Templates, transport};
use crate::platform::app::App;
use crate::platform::db::SchemaFit;
use crate::platform::settings::{DEFAULTS, DkimSettings, MailSettings, Settings};
use crate::platform::telemetry;
use crate::types::address::domain_key;
use crate::types::clock::Clock;
use crate::web::{self, Shows};

/// Looks whether everything is there.
#[derive(Args, Debug)]
pub(super) struct Doctor {
    /// Send a test mail to this address.
    #[arg(long, value_name = "ADDRESS")]
    mail_to: Option<String>,
    /// Print every setting with its default and what it means, and look at nothing.
    #[arg(long)]
    defaults: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One thing looked at.
struct Finding {
    name: &'static str,
    /// What is fine, or what is wrong and how to mend it.
    state: Result<String, String>,
}

/// Difference between this machine's clock and the database's from which on it is worth mending.
const CLOCK_TOLERANCE_MILLIS: i64 = 2_000;

impl Doctor {
    pub(super) async fn run(self, file: Option<&Path>) -> Result<(), Failure> {
        if self.defaults {
            return print(DEFAULTS.trim_end());
        }
        let findings = self.look(file).await;
        let is_well = findings.iter().all(|finding| finding.state.is_ok());
        if self.json {
            print_json(&Value::Array(findings.iter().map(to_json).collect()))?;
        } else {
            findings
                .iter()
                .try_for_each(|finding| match &finding.state {
                    Ok(text) => print(&format!("ok       {:11} {text}", finding.name)),
                    Err(text) => print(&format!("PROBLEM  {:11} {text}", finding.name)),
                })?;
        }
        if is_well {
            Ok(())
        } else {
            Err(Failure::Refused("not everything is well".to_owned()))
        }
    }

    async fn look(&self, file: Option<&Path>) -> Vec<Finding> {
        let settings = match Settings::load(file) {
            Ok(settings) => settings,
            Err(error) => return vec![problem("settings", error.to_string())],
        };
        if let Err(problem_text) = telemetry::check(&settings.telemetry) {
            return vec![problem("settings", problem_text)];
        }
        let mut findings = vec![
            fine("settings", "read and consistent"),
            finding("files", exposure::secret_files(&settings)),
        ];
        let transport = exposure::database_transport(&settings);
        findings.extend(transport.map(|state| finding("transport", state)));
        if let Some(path) = settings
            .database
            .sqlite_path()
            .filter(|path| !path.exists())
        {
            // Looking must not make one.
            let text = format!(
                "there is no {}; `keydesk migrate up` makes it, or look at database.url",
                path.display()
            );
            findings.push(problem("database", text));
            return findings;
        }
        if let Some(path) = settings.key_path().filter(|path| !path.exists()) {
            let text = format!(
                "there is no {}; put back the one this database was made with. For a new database the first \
                 `keydesk migrate up` makes it",
                path.display()
            );
            findings.push(problem("key", text));
            return findings;
        }
        let app = match App::start(settings.clone(), Clock::system()).await {
            Ok(app) => app,
            Err(error) => {
                findings.push(problem("start", error.to_string()));
                return findings;
            }
        };
        findings.extend(self.look_at(&app).await);
        // The last one to close a SQLite database takes the files beside it away.
        if let Err(error) = app.db.clone().close().await {
            findings.push(problem("database", error.to_string()));
        }
        findings.extend(settings.mail.dkim.as_ref().map(dkim));
        findings.extend(return_path(&settings.mail));
        findings
    }

    async fn look_at(&self, app: &App) -> Vec<Finding> {
        let settings = &app.settings;
        let mut findings = vec![database(app).await];
        let schema = migrations(app).await;
        if schema.state.is_ok() {
            findings.push(key(app).await);
            findings.push(cleaning(app).await);
            findings.push(finding("names", exposure::names(app).await));
        }
        findings.push(schema);
        findings.push(clock(app).await);
        findings.push(match crate::domain::credentials::policy(settings) {
            Ok(_) => fine("policy", "the password rules can be applied"),
            Err(error) => problem("policy", error.to_string()),
        });
        match Templates::read(settings).map(Arc::new) {
            Ok(templates) => {
                findings.push(match web::router(app, &templates, Shows::default()) {
                    Ok(_router) => fine("pages", "templates, texts and logo can be shown"),
                    Err(error) => problem("pages", error.to_string()),
                });
                findings.push(fine("templates", "the texts of mails can be used"));
                findings.push(self.mail(app, &templates).await);
            }
            // Neither pages nor mail can be looked at before these are mended.
            Err(error) => findings.push(problem("templates", error.to_string())),
        }
        findings
    }

    async fn mail(&self, app: &App, templates: &Templates) -> Finding {
        let mailer = match transport::from_settings(&app.settings.mail) {
            Ok(Some(mailer)) => mailer,
            Ok(None) => {
                let text = "no transport; set [mail.transport] before mail is wanted";
                return match self.mail_to {
                    Some(_) => problem("mail", text.to_owned()),
                    None => fine("mail", text),
                };
            }
            Err(error) => return problem("mail", error.to_string()),
        };
        let tried = match &self.mail_to {
            None => mailer.check().await,
            Some(address) => send_test((app, templates), mailer.as_ref(), address).await,
        };
        match tried {
            Ok(_words) if self.mail_to.is_some() => fine("mail", "the test mail was taken"),
            Ok(_words) => fine("mail", "the way out answers"),
            Err(error) => {
                let text = error.words();
                problem("mail", format!("{text}; look at [mail.transport]"))
            }
        }
    }
}

/// The record to be published, which no server is asked for here.
fn dkim(settings: &DkimSettings) -> Finding {
    let signer = match transport::Signer::new(settings) {
        Ok(signer) => signer,
        Err(error) => return problem("dkim", error.to_string()),
    };
    match signer.record() {
        Some((name, text)) => fine("dkim", &format!("publish {name} IN TXT \"{text}\"")),
        None => problem(
            "dkim",
            "the public half of the key cannot be written".to_owned(),
        ),
    }
}

/// A note where SPF, which is judged by the return path, says nothing of the sender people see.
fn return_path(mail: &MailSettings) -> Option<Finding> {
    let (from, back) = (mail.from.email.domain(), mail.return_path.as_ref()?);
    let signed = mail.dkim.iter().map(|dkim| dkim.domain.as_str());
    let mut speak = signed.chain([back.domain()]);
    if speak.any(|domain| organisation(domain) == organisation(from)) {
        return None;
    }
    let text = format!(
        "SPF speaks for {}, and people see {from}: DMARC passes only with a DKIM signature of {from},          by [mail.dkim] or by the mail server",
        back.domain()
    );
    Some(fine("return-path", &text))
}

/// `Why:` the last two labels and no list of public suffixes. Under `co.uk` too little is said, and nothing
/// wrong anywhere.
fn organisation(domain: &str) -> Vec<String> {
    let domain = domain_key(domain).unwrap_or_else(|_one_label| domain.to_lowercase());
    domain.rsplit('.').take(2).map(str::to_owned).collect()
}

async fn send_test(
    (app, templates): (&App, &Templates),
    mailer: &dyn Mailer,
    address: &str,
) -> Result<String, SendError> {
    let email = mail::test_email(app, templates, address).await;
    let email = email.map_err(SendError::Never)?;
    mailer.send(&email).await
}

async fn database(app: &App) -> Finding {
    match app.db.is_read_only().await {
        Ok(false) => fine("database", app.db.kind()),
        Ok(true) => problem(
            "database",
            "it is read-only: a standby, or default_transaction_read_only is on; name the primary in \
             database.url"
                .to_owned(),
        ),
        Err(error) => problem("database", format!("{error}; look at database.url")),
    }
}

async fn key(app: &App) -> Finding {
    match access::compare_server_key(app).await {
        Ok(()) => fine(
            "key",
            "the server key is the one this database was made with",
        ),
        Err(error) => problem("key", error.to_string()),
    }
}

async fn migrations(app: &App) -> Finding {
    match app.db.schema_state().await {
        Ok(state) => match state.fit() {
            SchemaFit::Exact => fine("migrations", "none pending"),
            SchemaFit::Newer => fine("migrations", &state.unknown_in_words()),
            SchemaFit::Pending => problem(
                "migrations",
                format!("{} pending; run `keydesk migrate up`", state.pending),
            ),
            SchemaFit::TooNew => problem(
                "migrations",
                format!("{}; use a newer program", state.unknown_in_words()),
            ),
        },
        Err(error) => problem("migrations", error.to_string()),
    }
}

/// `Why:` a step that fails is only in the log of the one process that did it.
async fn cleaning(app: &App) -> Finding {
    let steps = match access::cleanup::steps(app).await {
        Ok(steps) => steps,
        Err(error) => return problem("cleanup", error.to_string()),
    };
    let failing = steps.iter().filter(|step| step.failures > 0);
    let failing: Vec<_> = failing
        .map(|step| {
            let last = step.last_success_at.map_or("never done".to_owned(), |at| {
                format!("last done {}", at.to_rfc3339())
            });
            format!("`{}` failed {} time(s), {last}", step.name, step.failures)
        })
        .collect();
    if failing.is_empty() {
        return fine("cleanup", "no step failed the last time");
    }
    let text = format!(
        "{}; the log of the server that did it says why",
        failing.join(", ")
    );
    problem("cleanup", text)
}

async fn clock(app: &App) -> Finding {
    match app.db.align_clock(&app.clock).await {
        Ok(behind) if behind.abs() > CLOCK_TOLERANCE_MILLIS => {
            let text = format!("{behind} ms behind the database's; mend the time service (NTP)");
            problem("clock", text)
        }
        Ok(_) => fine("clock", "agrees with the database's"),
        Err(error) => problem("clock", error.to_string()),
    }
}

fn finding(name: &'static str, state: Result<String, String>) -> Finding {
    Finding { name, state }
}

fn fine(name: &'static str, text: &str) -> Finding {
    Finding {
        name,
        state: Ok(text.to_owned()),
    }
}

fn problem(name: &'static str, text: String) -> Finding {
    Finding {
        name,
        state: Err(text),
    }
}

fn to_json(finding: &Finding) -> Value {
    let (ok, text) = match &finding.state {
        Ok(text) => (true, text),
        Err(text) => (false, text),
    };
    json!({ "name": finding.name, "ok": ok, "text": text })
}
