//! Texts of mails in a folder, so that they can live in version control.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::output::{note, one_line};
use crate::domain::mail::texts::{FOLDERS, Parts, read_texts};
use crate::domain::mail::{MailKind, TemplatePart, Templates};
use crate::domain::mail_templates::{self, TemplateError, TemplateFilter};
use crate::platform::app::App;
use crate::types::actor::Actor;

/// What to write.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    pub(super) built_in: bool,
    pub(super) all: bool,
}

fn name_of(kind: MailKind) -> &'static str {
    let found = FOLDERS.into_iter().find(|(known, _)| *known == kind);
    found.map_or("", |(_, name)| name)
}

pub(super) async fn export(
    app: &App,
    templates: &Templates,
    actor: &Actor,
    (folder, choice): (&Path, Choice),
) -> Result<(), Failure> {
    let texts = mail_templates::list(app, templates, actor, &TemplateFilter::default()).await?;
    let mut written = 0;
    for one in texts {
        let text = if choice.built_in {
            one.built_in
        } else {
            Some(one.in_use.text).filter(|_| one.in_use.locale == one.locale)
        };
        let Some(text) = text else { continue };
        for part in TemplatePart::ALL {
            let path = folder
                .join(name_of(one.kind))
                .join(&one.locale)
                .join(part.file());
            let end = if part == TemplatePart::Subject {
                "\n"
            } else {
                ""
            };
            write(&path, &format!("{}{end}", text.part(part)))?;
            written += 1;
        }
    }
    if choice.all {
        for (name, source) in templates.parts(choice.built_in) {
            write(&folder.join(name), &source)?;
            written += 1;
        }
    }
    note(&format!("wrote {written} files into {}", folder.display()));
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| Failure::Refused(format!("{}: {error}", path.display())))
}

/// Says which files an import does not take.
///
/// `Why:` not those that change nothing. An export with `--all` writes them whether or not anybody wants
/// other ones.
fn tell_left_out(templates: &Templates, parts: Parts) {
    let known: Parts = templates.parts(true).collect();
    let in_use: Parts = templates.parts(false).collect();
    let is_other = |(name, source): &(String, String)| {
        known.get(name) != Some(source) && in_use.get(name) != Some(source)
    };
    let names = parts.into_iter().filter(is_other);
    let names: Vec<String> = names.map(|(name, _)| one_line(&name)).collect();
    if !names.is_empty() {
        note(&format!(
            "not imported: {}. Layout, parts and footers are files alone: the folder in mail.templates_dir \
             takes them",
            names.join(", ")
        ));
    }
}

pub(super) async fn import(
    app: &App,
    templates: &Templates,
    actor: &Actor,
    (folder, is_dry): (&Path, bool),
) -> Result<(), Failure> {
    let (texts, parts) =
        read_texts(folder).map_err(|error| Failure::Refused(error.0.join("\n")))?;
    tell_left_out(templates, parts);
    if texts.is_empty() {
        let words = format!("{}: there are no texts", folder.display());
        return Err(Failure::Refused(words));
    }
    let imported = mail_templates::import(app, templates, actor, texts, is_dry).await;
    let imported = match imported {
        Ok(imported) => imported,
        Err(TemplateError::AllBroken(problems)) => {
            let lines = problems.into_iter().map(|(kind, locale, problem)| {
                let file = problem.part.file();
                let path = folder.join(name_of(kind)).join(locale).join(file);
                let (line, column) = (problem.line, problem.column);
                format!("{}:{line}:{column}: {}", path.display(), problem.message)
            });
            return Err(Failure::Refused(lines.collect::<Vec<_>>().join("\n")));
        }
        Err(error) => return Err(error.into()),
    };
    for (kind, locale) in &imported.changed {
        let word = if is_dry { "would change" } else { "changed" };
        note(&format!("{word} {} {locale}", kind.name()));
    }
    note(&format!(
        "{} changed, {} unchanged{}",
        imported.changed.len(),
        imported.unchanged,
        if is_dry { " (nothing was written)" } else { "" }
    ));
    Ok(())
}
