//! `keydesk mail templates`: the texts of mails.

mod folder;
mod shown;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;
use serde_json::Value;

use crate::cli::failure::Failure;
use crate::cli::login;
use crate::cli::output::{note, print, print_json};
use crate::domain::mail::texts::FOLDERS;
use crate::domain::mail::{MailKind, Templates};
use crate::domain::mail_templates::{self, NewText, TemplateFilter};
use crate::platform::app::App;
use crate::platform::settings::os_user;
use crate::types::actor::Actor;
use crate::types::locale::canonical_locale;

/// Lists, shows, exports, imports and previews the texts of mails.
#[derive(Subcommand, Debug)]
pub(in crate::cli) enum MailTemplatesCommand {
    /// Lists the texts with where each comes from.
    #[command(after_help = "Example: keydesk mail templates list --json")]
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints the templates in use for one kind and language.
    #[command(after_help = "Example: keydesk mail templates show welcome de")]
    Show {
        /// Kind of mail, as `list` shows it.
        #[arg(value_parser = read_kind)]
        kind: MailKind,
        /// Language; without it the default.
        locale: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Writes the texts in use into a folder, KIND/LANGUAGE/subject.txt, body.txt and body.html.
    #[command(after_help = "Example: keydesk mail templates export mail/")]
    Export {
        /// The folder; made if it is not there.
        folder: PathBuf,
        /// The texts the program came with, whatever is in use.
        #[arg(long)]
        built_in: bool,
        /// The layout, the parts and the footers too, for `mail.templates_dir`.
        #[arg(long)]
        all: bool,
    },
    /// Checks the texts in a folder and uses those that differ; none of them when one does not do.
    #[command(after_help = "Example: keydesk mail templates import mail/ --dry-run")]
    Import {
        /// The folder, as `export` writes it.
        folder: PathBuf,
        /// Only say what would change.
        #[arg(long)]
        dry_run: bool,
    },
    /// Goes back to the text of the file, or to the one the program came with.
    #[command(after_help = "Example: keydesk mail templates reset welcome de --reason \"typo\"")]
    Reset {
        /// Kind of mail.
        #[arg(value_parser = read_kind)]
        kind: MailKind,
        /// Language.
        locale: String,
        /// Note for the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Prints a mail as its reader would see it, with a made-up password or link.
    #[command(
        after_help = "Example: keydesk mail templates preview new_password de --html > x.html"
    )]
    Preview {
        /// Kind of mail.
        #[arg(value_parser = read_kind)]
        kind: MailKind,
        /// Language; without it the user's, or the default.
        locale: Option<String>,
        /// Username, e-mail address or id of whose names to fill in.
        #[arg(long, value_name = "LOGIN")]
        user: Option<String>,
        /// The HTML part instead of subject and text.
        #[arg(long)]
        html: bool,
    },
    /// Prints what can be filled into each kind of mail.
    #[command(after_help = "Example: keydesk mail templates placeholders --markdown")]
    Placeholders {
        /// Print Markdown, as it stands in docs/mail-templates.md.
        #[arg(long)]
        markdown: bool,
    },
}

/// A kind by its name in the API or by its folder.
fn read_kind(text: &str) -> Result<MailKind, String> {
    let found = FOLDERS
        .into_iter()
        .find(|(_, folder)| folder.eq_ignore_ascii_case(text));
    found.map(|(kind, _)| kind).ok_or_else(|| {
        let known = FOLDERS.map(|(_, folder)| folder).join(", ");
        format!("kinds are {known}")
    })
}

fn read_locale(text: &str) -> Result<String, Failure> {
    canonical_locale(text).ok_or_else(|| {
        Failure::Usage(format!(
            "{text} is no language tag; write one such as de or pt-BR"
        ))
    })
}

impl MailTemplatesCommand {
    /// Whether it only prints what the program knows.
    pub(in crate::cli) fn printed(&self) -> Option<String> {
        match self {
            Self::Placeholders { markdown } => Some(shown::all(*markdown)),
            _ => None,
        }
    }

    pub(in crate::cli) async fn run(self, app: &App) -> Result<(), Failure> {
        let actor = Actor::operator(&os_user());
        let templates =
            Templates::read(&app.settings).map_err(|error| Failure::Refused(error.to_string()))?;
        let templates = Arc::new(templates);
        match self {
            Self::Placeholders { markdown } => print(&shown::all(markdown)),
            Self::List { json } => {
                let all = mail_templates::list(app, &templates, &actor, &TemplateFilter::default())
                    .await?;
                if json {
                    return print_json(&Value::Array(all.iter().map(shown::to_json).collect()));
                }
                all.iter().try_for_each(|one| print(&shown::line(one)))
            }
            Self::Show { kind, locale, json } => {
                let locale = locale.as_deref().map(read_locale).transpose()?;
                let wanted = (kind, locale.as_deref());
                let one = mail_templates::find(app, &templates, &actor, wanted).await?;
                if json {
                    return print_json(&shown::to_json(&one));
                }
                note(&shown::line(&one));
                print(&shown::text(&one.in_use.text))
            }
            Self::Export {
                folder,
                built_in,
                all,
            } => {
                let choice = folder::Choice { built_in, all };
                folder::export(app, &templates, &actor, (&folder, choice)).await
            }
            Self::Import { folder, dry_run } => {
                folder::import(app, &templates, &actor, (&folder, dry_run)).await
            }
            Self::Reset {
                kind,
                locale,
                reason,
            } => {
                let locale = read_locale(&locale)?;
                let before =
                    mail_templates::find(app, &templates, &actor, (kind, Some(&locale))).await?;
                let new = NewText {
                    kind,
                    locale,
                    text: None,
                    if_version: None,
                    reason,
                };
                let one = mail_templates::reset(app, &templates, &actor, new, None).await?;
                let word = if one.version == before.version {
                    "unchanged: "
                } else {
                    ""
                };
                note(&format!("{word}{}", shown::line(&one)));
                Ok(())
            }
            Self::Preview {
                kind,
                locale,
                user,
                html,
            } => {
                let locale = locale.as_deref().map(read_locale).transpose()?;
                let wanted = (kind, locale);
                preview(app, &templates, &actor, wanted, (user, html)).await
            }
        }
    }
}

async fn preview(
    app: &App,
    templates: &Arc<Templates>,
    actor: &Actor,
    wanted: (MailKind, Option<String>),
    (user, html): (Option<String>, bool),
) -> Result<(), Failure> {
    let user = match user {
        Some(login) => {
            let found = login::find_present(app, actor, &login).await?;
            Some(crate::domain::users::UserRef::Id(found.id))
        }
        None => None,
    };
    let seen = Box::pin(mail_templates::preview(
        app,
        templates,
        actor,
        wanted,
        (None, user),
    ))
    .await?;
    let Some(seen) = seen else {
        return Err(Failure::Refused("there is no such user".to_owned()));
    };
    match seen.content {
        Some(mail) if html => print(&mail.html),
        Some(mail) => print(&format!("{}\n\n{}", mail.subject, mail.text)),
        None => {
            let lines = seen.problems.iter().map(|problem| {
                let (file, line, column) = (problem.part.file(), problem.line, problem.column);
                format!("{file}:{line}:{column}: {}", problem.message)
            });
            Err(Failure::Refused(lines.collect::<Vec<_>>().join("\n")))
        }
    }
}
