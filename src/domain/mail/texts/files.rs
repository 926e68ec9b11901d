//! Texts in `[mail] templates_dir`: the same folders as the built-in ones, read and checked at the start.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use super::{TemplatePart, TemplateText, check};
use crate::domain::mail::templates::{Templates, folder};
use crate::domain::mail::{LOCALES, Logo, MailKind, Site};
use crate::platform::settings::Settings;
use crate::types::locale::canonical_locale;

/// The folder of each kind, by its kind.
pub const FOLDERS: [(MailKind, &str); MailKind::ALL.len()] = {
    let mut found = [(MailKind::Test, ""); MailKind::ALL.len()];
    let mut at = 0;
    #[expect(clippy::indexing_slicing, reason = "checked when this is compiled")]
    while at < found.len() {
        let kind = MailKind::ALL[at];
        found[at] = (kind, folder(kind));
        at += 1;
    }
    found
};

/// What is wrong with the files, each with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenFiles(pub Vec<String>);

impl std::error::Error for BrokenFiles {}

impl fmt::Display for BrokenFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "mail templates (mail.templates_dir) cannot be used; mend or remove them:\n{}",
            self.0.join("\n")
        )
    }
}

impl Templates {
    /// The built-in templates, what the folder in the settings puts in their place, and the logo.
    pub fn read(settings: &Settings) -> Result<Self, BrokenFiles> {
        let logo = Logo::of(&settings.server);
        let logo = logo.map_err(|error| BrokenFiles(vec![error]))?;
        Ok(Self::of_folder(settings)?.with_logo(logo))
    }

    fn of_folder(settings: &Settings) -> Result<Self, BrokenFiles> {
        let Some(folder) = &settings.mail.templates_dir else {
            return Self::new().map_err(|error| BrokenFiles(vec![error.to_string()]));
        };
        let mut found = Found::default();
        found.folder(folder, "");
        let (texts, parts) = found.sorted();
        if !found.problems.is_empty() {
            return Err(BrokenFiles(found.problems));
        }
        let templates = Self::with_files(parts, texts)
            .map_err(|error| BrokenFiles(vec![format!("{}: {error}", folder.display())]))?;
        let problems = templates.problems_of_files(folder, Site::from(&settings.server));
        if problems.is_empty() {
            Ok(templates)
        } else {
            Err(BrokenFiles(problems))
        }
    }

    /// `Why:` with a layout of one's own the built-in texts are other mails than before.
    fn problems_of_files(&self, root: &Path, site: Site<'_>) -> Vec<String> {
        let mut problems = Vec::new();
        for (kind, name) in FOLDERS {
            let built_in = LOCALES.into_iter().filter(|_| self.has_own_parts());
            let built_in = built_in.filter_map(|locale| {
                Some((locale, self.built_in_text(kind, locale)?, "built in: "))
            });
            let own = self
                .files_of(kind)
                .map(|(locale, text)| (locale, text.clone(), ""));
            for (locale, text, prefix) in built_in.chain(own) {
                for problem in check(self, site, (kind, locale), &text) {
                    let path = root.join(name).join(locale).join(problem.part.file());
                    problems.push(format!(
                        "{prefix}{}:{}:{}: {}",
                        path.display(),
                        problem.line,
                        problem.column,
                        problem.message
                    ));
                }
            }
        }
        problems.sort();
        problems
    }
}

/// Texts by kind and language.
pub type Texts = HashMap<(MailKind, String), TemplateText>;
/// Shared templates by name.
pub type Parts = BTreeMap<String, String>;

/// Where a text stands, and its parts.
type Folder = (PathBuf, Vec<(TemplatePart, String)>);

/// Files by their name below the folder.
#[derive(Default)]
struct Found {
    files: BTreeMap<String, (PathBuf, String)>,
    problems: Vec<String>,
}

impl Found {
    fn folder(&mut self, path: &Path, below: &str) {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                return self.problems.push(format!("{}: {error}", path.display()));
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // What editors and version control leave behind.
            if name.starts_with('.') || name.ends_with('~') || name == "README.md" {
                continue;
            }
            let full = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            if entry.path().is_dir() {
                if full.split('/').count() < 3 {
                    self.folder(&entry.path(), &full);
                } else {
                    self.stray(&entry.path());
                }
            } else {
                self.file(entry.path(), full);
            }
        }
    }

    fn file(&mut self, path: PathBuf, name: String) {
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                self.files.insert(name, (path, text.replace("\r\n", "\n")));
            }
            Err(error) => self.problems.push(format!("{}: {error}", path.display())),
        }
    }

    fn stray(&mut self, path: &Path) {
        self.problems.push(format!(
            "{}: is no template. There are layout.html, parts.html, footer/LANGUAGE.txt and .html, and \
             KIND/LANGUAGE/subject.txt, body.txt and body.html, as `keydesk mail templates export` writes them",
            path.display()
        ));
    }

    fn sorted(&mut self) -> (Texts, Parts) {
        let (mut texts, mut parts) = (Texts::new(), Parts::new());
        let mut folders: BTreeMap<(String, String), Folder> = BTreeMap::new();
        for (name, (path, text)) in std::mem::take(&mut self.files) {
            let pieces: Vec<&str> = name.split('/').collect();
            match pieces.as_slice() {
                ["layout.html" | "parts.html"] | ["footer", _] => {
                    parts.insert(name, text);
                }
                [kind, locale, file] => {
                    let part = TemplatePart::ALL
                        .into_iter()
                        .find(|part| part.file() == *file);
                    let Some(part) = part else {
                        self.stray(&path);
                        continue;
                    };
                    let key = ((*kind).to_owned(), (*locale).to_owned());
                    let parent = path.parent().map(Path::to_path_buf).unwrap_or_default();
                    let entry = folders.entry(key).or_insert_with(|| (parent, Vec::new()));
                    entry.1.push((part, text));
                }
                _ => self.stray(&path),
            }
        }
        for ((kind, locale), (path, files)) in folders {
            let kind = FOLDERS.iter().find(|(_, name)| *name == kind);
            let is_usual = canonical_locale(&locale).is_some_and(|usual| usual == locale);
            let (Some((kind, _)), true) = (kind, is_usual) else {
                self.stray(&path);
                continue;
            };
            if let Some(text) = self.whole(&path, files) {
                texts.insert((*kind, locale), text);
            }
        }
        (texts, parts)
    }

    fn whole(&mut self, path: &Path, files: Vec<(TemplatePart, String)>) -> Option<TemplateText> {
        let mut files: HashMap<TemplatePart, String> = files.into_iter().collect();
        for part in TemplatePart::ALL {
            if !files.contains_key(&part) {
                let path = path.join(part.file());
                self.problems
                    .push(format!("{}: is missing", path.display()));
            }
        }
        let text = TemplateText {
            subject: files.remove(&TemplatePart::Subject)?,
            text_body: files.remove(&TemplatePart::Text)?,
            html_body: files.remove(&TemplatePart::Html)?,
        };
        Some(text.with_plain_line_ends())
    }
}

/// Reads the texts in a folder, and the layout, parts and footers beside them, without checking them: for an
/// import.
pub fn read_texts(folder: &Path) -> Result<(Texts, Parts), BrokenFiles> {
    let mut found = Found::default();
    found.folder(folder, "");
    let sorted = found.sorted();
    if found.problems.is_empty() {
        Ok(sorted)
    } else {
        Err(BrokenFiles(found.problems))
    }
}
