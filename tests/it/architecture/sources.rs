//! The sources as text, with the little parsing that the guards need.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folders of `src` that hold modules. The interfaces `graphql`, `web` and `cli` are a module each.
const LAYERS: [&str; 4] = ["types", "platform", "domain", "jobs"];

/// One file of `src`.
pub(super) struct Source {
    /// From the repository's root, with slashes.
    pub(super) path: String,
    /// The first folder below `src`, if it holds modules.
    pub(super) layer: Option<String>,
    /// The first name below the layer, or below `src`.
    pub(super) module: String,
    /// Without lines that are comments.
    pub(super) code: String,
    pub(super) line_count: usize,
}

/// Every file of `src`.
pub(super) fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for (path, text) in texts_below(&root.join("src")) {
        let below = path.strip_prefix(root).expect("below the root");
        sources.push(Source::new(&below.to_string_lossy(), &text));
    }
    assert!(sources.len() > 100, "only {} sources found", sources.len());
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Every file of Rust below a folder, with its text.
pub(super) fn texts_below(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut texts = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                texts.push((path, text));
            }
        }
    }
    texts
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let path = path.replace('\\', "/");
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let layer = parts.first().filter(|first| LAYERS.contains(first));
        let module = parts.get(usize::from(layer.is_some()));
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        Self {
            layer: layer.map(|layer| (*layer).to_owned()),
            module: module
                .expect("below src")
                .trim_end_matches(".rs")
                .to_owned(),
            code: text.lines().filter(is_code).collect::<Vec<_>>().join("\n"),
            line_count: text.lines().count(),
            path,
        }
    }

    /// Whether it lists the modules of the crate or of a layer.
    pub(super) fn is_list(&self) -> bool {
        ["lib", "mod"].contains(&self.module.as_str())
    }

    /// Whether `super` in it is no module, but the crate or a layer.
    pub(super) fn is_face(&self) -> bool {
        let depth = self.path.split('/').count() - usize::from(self.layer.is_some());
        depth == 2 || (depth == 3 && self.path.ends_with("/mod.rs"))
    }

    pub(super) fn is_store(&self) -> bool {
        self.path.ends_with("/store.rs") || self.path.contains("/store/")
    }

    /// The modules that are named, this one included.
    pub(super) fn modules_used(&self) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        // The program names its library from outside.
        for root in ["crate", "keydesk"] {
            used.extend(self.names_from(root));
            for layer in LAYERS {
                used.extend(self.names_from(&format!("{root}::{layer}")));
            }
        }
        used.retain(|name| !LAYERS.contains(&name.as_str()));
        used
    }

    /// The first names after `<root>::`, with those of a group in braces.
    pub(super) fn names_from(&self, root: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for rest in self.after(root) {
            match rest.strip_prefix('{') {
                Some(group) => names.extend(first_names(group)),
                None => names.extend(first_word(rest)),
            }
        }
        names
    }

    /// Whether a path begins with this crate.
    pub(super) fn uses_crate(&self, name: &str) -> bool {
        self.after(name).next().is_some()
    }

    fn after<'a>(&'a self, root: &str) -> impl Iterator<Item = &'a str> {
        let start = format!("{root}::");
        let length = start.len();
        let found: Vec<usize> = self.code.match_indices(&start).map(|(at, _)| at).collect();
        found.into_iter().filter_map(move |at| {
            let before = self.code[..at].chars().next_back();
            let is_inside =
                before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '"');
            (!is_inside).then(|| &self.code[at + length..])
        })
    }
}

fn first_word(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// The first name of each entry of a group, up to its closing brace.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut entries, mut entry) = (0_usize, Vec::new(), String::new());
    for letter in group.chars() {
        match letter {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => entries.push(std::mem::take(&mut entry)),
            _ if depth == 0 => entry.push(letter),
            _ => {}
        }
    }
    entries.push(entry);
    let words = entries.iter().filter_map(|entry| first_word(entry.trim()));
    words.collect()
}

#[test]
fn edges_are_found_in_every_spelling() {
    let text = "use crate::domain::{audit, mail::{self, Words}, users};\n\
                use crate::graphql;\n\
                // use crate::domain::comment;\n\
                fn f(txn: &crate::platform::db::Txn) { notcrate::domain::no(); }\n\
                pub(in crate::domain::room) fn g() {}\n";
    let source = Source::new("src/domain/room/file.rs", text);
    let expected = ["audit", "db", "graphql", "mail", "room", "users"];
    let found = source.modules_used();
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    assert_eq!(source.module, "room");
    assert_eq!(source.layer.as_deref(), Some("domain"));
    let source = Source::new("src/graphql/file.rs", "");
    assert_eq!((source.layer, source.module), (None, "graphql".to_owned()));
}

#[test]
fn crates_are_told_from_modules_of_the_same_name() {
    let source = Source::new("src/a.rs", "use std::time::Duration; use sea_orm::DbErr;");
    assert!(source.uses_crate("sea_orm"));
    assert!(!source.uses_crate("time"));
}
