use std::collections::BTreeSet;
use std::path::Path;

use super::super::source::{entries, used};
use super::*;

/// The sources of the pages: their names and texts.
fn sources(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/pages/person");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|known| known == ending) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(found.len() > 5, "{folder}: {found:?}");
    found
}

fn keys(language: Language) -> BTreeSet<String> {
    entries(built_in(language)).into_keys().collect()
}

/// The keys that templates and code ask for.
fn wanted() -> BTreeSet<String> {
    let templates = sources("templates", "html");
    let mut wanted: BTreeSet<String> = templates
        .iter()
        .flat_map(|(_, source)| used(source))
        .map(|(_, key)| key)
        .collect();
    for (_, source) in sources("", "rs") {
        let named = source.split("fault(\"").skip(1);
        wanted.extend(named.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
    }
    wanted
}

#[test]
fn every_text_is_there_in_both_languages_asks_for_the_same_values_and_is_used() {
    let (english, german) = (built_in(Language::English), built_in(Language::German));
    let odd = keys(Language::English);
    let odd: Vec<_> = odd
        .symmetric_difference(&keys(Language::German))
        .cloned()
        .collect();
    assert_eq!(odd, [""; 0]);
    let german = entries(german);
    for (key, entry) in entries(english) {
        assert_eq!(entry.values, german[&key].values, "{key}");
    }
    let (known, wanted) = (keys(Language::English), wanted());
    let missing: Vec<_> = wanted.difference(&known).collect();
    let surplus: Vec<_> = known.difference(&wanted).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "{missing:?}, {surplus:?}"
    );
}

#[test]
fn no_text_of_a_template_is_outside_the_lists() {
    for (name, source) in sources("templates", "html") {
        let mut rest = source.as_str();
        let mut plain = String::new();
        while let Some(at) = rest.find(['<', '{']) {
            plain.push_str(&rest[..at]);
            let ends = ["{{", "{%", "{#", "<"].map(|start| {
                (
                    start,
                    match start {
                        "{{" => "}}",
                        "{%" => "%}",
                        "{#" => "#}",
                        _ => ">",
                    },
                )
            });
            let end = ends.iter().find(|(start, _)| rest[at..].starts_with(start));
            let end = end.unwrap_or_else(|| panic!("{name}: {}", &rest[at..])).1;
            rest = &rest[at..];
            rest = &rest[rest.find(end).expect("an end") + end.len()..];
        }
        plain.push_str(rest);
        // Commands and names of programs are the same in every language.
        let known = [
            "keydesk", "api-key", "create", "admin", "doctor", "GraphiQL",
        ];
        let odd: Vec<&str> = plain
            .split_whitespace()
            .filter(|word| word.contains(char::is_alphabetic))
            .filter(|word| !known.contains(word) && !word.starts_with("--"))
            // Attributes that a macro puts into a tag.
            .filter(|word| {
                !["aria-", "data-", "-"]
                    .iter()
                    .any(|start| word.starts_with(start))
            })
            .filter(|word| !["portal", "USERS_READ", "PASSWORDS_RESET"].contains(word))
            .collect();
        assert_eq!(odd, [""; 0], "{name}");
    }
}

#[test]
fn texts_are_plain_and_values_are_put_in_as_they_are_given() {
    let operators = Override {
        file: "de.ftl".to_owned(),
        source: "fault-empty = <b>Leer</b> & \"leer\"\nreset-for = { $username }!\n".to_owned(),
    };
    let phrases = Phrases::try_new(Language::German, Some(&operators)).unwrap();
    let mut values = FluentArgs::new();
    values.set("username", "<strong>ada</strong>");
    let html = |key| phrases.html(key, &values).unwrap();
    assert_eq!(
        html("fault-empty"),
        "&lt;b&gt;Leer&lt;&#x2f;b&gt; &amp; &quot;leer&quot;"
    );
    assert_eq!(html("reset-for"), "<strong>ada</strong>!");
    assert!(html("reset-save").contains("speichern"), "the others stay");
    assert_eq!(phrases.html("no-such-key", &values), None);
}

#[test]
fn a_broken_text_names_its_file_and_line() {
    for (source, words) in [
        ("# fine\nfault-empty = { $n\n", "de.ftl, line 2"),
        (
            "fault-empty = x\n\nreset-four = x\n",
            "de.ftl, line 3: no page has a text `reset-four`",
        ),
        (
            "reset-save = { $at }\n",
            "de.ftl, line 1: the text `reset-save` is not given `$at`",
        ),
    ] {
        let operators = Override {
            file: "de.ftl".to_owned(),
            source: source.to_owned(),
        };
        let refused = Phrases::try_new(Language::German, Some(&operators));
        let error = refused.err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn figures_choose_their_words() {
    let phrases = Phrases::try_new(Language::English, None).unwrap();
    let text = |n: i64| {
        let mut values = FluentArgs::new();
        values.set("n", n);
        phrases.html("rule-min-length", &values).unwrap()
    };
    assert!(
        text(1).starts_with("Use at least 1 character;"),
        "{}",
        text(1)
    );
    assert!(
        text(15).starts_with("Use at least 15 characters;"),
        "{}",
        text(15)
    );
}
