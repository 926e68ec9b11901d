//! What the operator changes about the pages: files that stand in place of the program's, and a logo.

use std::collections::BTreeMap;
use std::path::Path;

use super::language::Language;

/// A file in place of one of the program's, or the program's own.
#[derive(Clone, Debug)]
pub(super) struct Override {
    /// For people: the whole path of the operator's.
    pub(super) file: String,
    pub(super) source: String,
}

impl Override {
    pub(super) fn broken(&self, line: usize, problem: impl Into<String>) -> PagesError {
        PagesError {
            file: self.file.clone(),
            line: Some(line),
            problem: problem.into(),
        }
    }
}

/// Why the pages cannot be shown; names the file, the line where there is one, and what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{file}{}: {problem}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub(in crate::web) struct PagesError {
    file: String,
    line: Option<usize>,
    problem: String,
}

impl PagesError {
    pub(super) fn of_file(path: &Path, problem: &impl ToString) -> Self {
        Self {
            file: path.display().to_string(),
            line: None,
            problem: problem.to_string(),
        }
    }

    /// `Why:` the engine's own words repeat the name and the line.
    pub(super) fn of_template(file: &str, error: &minijinja::Error) -> Self {
        let detail = error.detail().unwrap_or_default();
        Self {
            file: file.to_owned(),
            line: error.line(),
            problem: format!("{}: {detail}", error.kind()),
        }
    }
}

/// The operator's files by name.
///
/// Errors: the folder or a file in it cannot be read, or a template or a list of texts has a name that
/// none of ours has, so that it would stand in for nothing.
pub(super) fn read(
    folder: &Path,
    templates: &[String],
) -> Result<BTreeMap<String, Override>, PagesError> {
    let unreadable = |error: std::io::Error| PagesError::of_file(folder, &error);
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| is_ours(name)).map(str::to_owned) else {
            continue;
        };
        let texts = Language::ALL.map(|language| format!("{}.ftl", language.tag()));
        if !templates.contains(&name) && !texts.contains(&name) {
            let known = [&texts[..], templates].concat().join(", ");
            let problem = format!("stands in for nothing; the names are {known}");
            return Err(PagesError::of_file(&path, &problem));
        }
        let source = std::fs::read_to_string(&path);
        let source = source.map_err(|error| PagesError::of_file(&path, &error))?;
        let file = path.display().to_string();
        files.insert(name, Override { file, source });
    }
    Ok(files)
}

/// Other files, such as a note on who changed what, may lie beside them.
fn is_ours(name: &str) -> bool {
    let name = Path::new(name);
    let ending = name.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("html" | "ftl"))
}
