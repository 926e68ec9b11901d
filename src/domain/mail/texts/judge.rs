//! Renders a text with decoys in the place of secrets, and judges what comes out.

use super::check::is_refused;
use super::decoy::{self, Decoys};
use super::fault::Fault;
use super::language::needed;
use super::words::Bounds;
use super::{MOST_HTML, TemplatePart, TemplateProblem, TemplateText, html, position, words};
use crate::domain::mail::templates::{Broken, Filled, Templates};
use crate::domain::mail::{Details, MailKind, RenderError, Rendered, Site, Words, inlined, sample};

/// Longest subject, in characters, names aside.
const MOST_SUBJECT_CHARACTERS: usize = 200;
/// The same with names. `Why:` who has a long name gets the mail all the same; one name ten times is no subject.
const MOST_WITH_NAMES: usize = 1_000;

/// A text, and the mail it is to make.
#[derive(Clone, Copy)]
pub(super) struct Trial<'a> {
    pub(super) templates: &'a Templates,
    pub(super) site: Site<'a>,
    pub(super) words: Words<'a>,
    pub(super) text: &'a TemplateText,
}

/// What is wrong with what comes out. The secret of `words` has to be a decoy.
pub(super) fn judge(trial: &Trial<'_>) -> Vec<TemplateProblem> {
    let Trial {
        templates,
        site,
        words,
        text,
    } = *trial;
    let filled = match Filled::new(site, words, words.locale) {
        Ok(filled) => filled,
        Err(error) => return vec![whole(text, &error)],
    };
    let decoys = Decoys::of(words.kind, &filled.all);
    let rendered = match templates.compose_own(words, text, &filled) {
        Ok(rendered) => rendered,
        Err(broken) => return vec![unrendered(text, &broken)],
    };
    let bounds = Bounds {
        site: site.public_url,
        decoys: &decoys,
        names: vec![
            words.details.display_name.clone(),
            words.details.username.clone(),
            site.name.to_owned(),
        ],
    };
    let mut faults = read(&rendered, &bounds);
    faults.dedup();
    faults.into_iter().map(|fault| fault.placed(text)).collect()
}

fn read(rendered: &Rendered, bounds: &Bounds<'_>) -> Vec<Fault> {
    use TemplatePart::{Html, Subject, Text};
    let mut faults = words::judge(Subject, &rendered.subject, bounds);
    let subject = rendered.subject.as_str();
    if subject.trim().is_empty() || subject.contains(char::is_control) {
        let message = "The subject must be one line with something in it.";
        faults.push(Fault::new(Subject, message).traced("\n"));
    } else if without_names(subject, bounds).chars().count() > MOST_SUBJECT_CHARACTERS
        || subject.chars().count() > MOST_WITH_NAMES
    {
        let message = format!(
            "The subject comes out longer than {MOST_SUBJECT_CHARACTERS} letters, or than \
             {MOST_WITH_NAMES} with the longest names."
        );
        faults.push(Fault::new(Subject, message));
    }
    faults.extend(words::judge(Text, &rendered.text, bounds));
    let seen = html::judge(&rendered.html, bounds);
    let is_sound = seen.faults.is_empty();
    faults.extend(seen.faults);
    // What is not sound is not given to the last step, which trusts it.
    if is_sound {
        faults.extend(finished(rendered, bounds));
    }
    for (name, value) in &bounds.decoys.required {
        let branch = "It must be there in every branch, whatever is asked before it.";
        let missing = |part| Fault::new(part, format!("{} {branch}", needed(name)));
        if !rendered.text.contains(value) {
            faults.push(missing(Text).traced(format!("{{{{ {name}")));
        }
        if !seen.text.contains(value) && !seen.addresses.contains(value) {
            faults.push(missing(Html).traced(format!("{{{{ {name}")));
        }
    }
    faults
}

/// What is wrong with the HTML part as it goes out, its rules moved into the elements.
///
/// `Why:` the step reads and writes the whole mail, as a mail program will; words may have moved.
fn finished(rendered: &Rendered, bounds: &Bounds<'_>) -> Vec<Fault> {
    let fault = |message: String| vec![Fault::new(TemplatePart::Html, message)];
    match inlined::finish(rendered.clone()) {
        Err(_css) => fault("The style sheet cannot be read.".to_owned()),
        Ok(mail) if mail.html.len() >= MOST_HTML => fault(format!(
            "The HTML part comes out with {} bytes; Gmail cuts off what is longer than {MOST_HTML}.",
            mail.html.len()
        )),
        Ok(mail) => {
            let mut faults = html::judge(&mail.html, bounds).faults;
            faults.extend(turned(&mail, bounds));
            faults
        }
    }
}

/// Characters that turn the direction of writing and are of no name.
fn turned(rendered: &Rendered, bounds: &Bounds<'_>) -> Option<Fault> {
    use TemplatePart::{Html, Subject, Text};
    let parts = [
        (Subject, &rendered.subject),
        (Text, &rendered.text),
        (Html, &rendered.html),
    ];
    parts.into_iter().find_map(|(part, text)| {
        let text = without_names(text, bounds);
        let found = text
            .chars()
            .find(|letter| is_refused(*letter) && *letter != '\r')?;
        let message = format!(
            "The character U+{:04X} comes out; it cannot stand in a mail.",
            u32::from(found)
        );
        Some(Fault::new(part, message).traced("\\u").traced("&#"))
    })
}

fn without_names(text: &str, bounds: &Bounds<'_>) -> String {
    let names = bounds.names.iter().filter(|name| !name.is_empty());
    names.fold(text.to_owned(), |text, name| {
        text.replace(name.as_str(), "")
    })
}

fn whole(text: &TemplateText, error: &RenderError) -> TemplateProblem {
    Fault::new(TemplatePart::Text, error.to_string()).placed(text)
}

/// `Why:` a template of the layout may be what fails; then the place is where the text begins.
fn unrendered(text: &TemplateText, broken: &Broken) -> TemplateProblem {
    let source = text.part(broken.part);
    let is_here = broken.error.name() == Some(broken.name.as_str());
    let range = broken.error.range().filter(|_| is_here);
    let line_start = broken.error.line().filter(|_| is_here).map_or(0, |line| {
        let lines = source.split_inclusive('\n');
        lines.take(line.saturating_sub(1)).map(str::len).sum()
    });
    let (line, column) = position(source, range.map_or(line_start, |range| range.start));
    TemplateProblem {
        part: broken.part,
        line,
        column,
        message: format!("It does not render: {}.", broken.problem()),
    }
}

/// A text as somebody would read it, with a made-up secret, and what is wrong with it.
pub fn preview(
    templates: &Templates,
    site: Site<'_>,
    (kind, locale): (MailKind, &str),
    details: &Details,
    text: &TemplateText,
) -> (Option<Rendered>, Vec<TemplateProblem>) {
    let (_, secret) = sample(kind, crate::types::clock::Timestamp::from_millis(0));
    let words = Words {
        kind,
        locale,
        details,
        secret: secret.as_ref(),
    };
    let rendered = Filled::new(site, words, locale)
        .ok()
        .and_then(|filled| templates.compose_own(words, text, &filled).ok())
        .and_then(|rendered| inlined::finish(rendered).ok());
    let decoy = decoy::like(secret.as_ref());
    let trial = Trial {
        templates,
        site,
        words: Words {
            secret: decoy.as_ref(),
            ..words
        },
        text,
    };
    (rendered, judge(&trial))
}
