//! Secrets that are given directly or by a file: one of the two, and the later source wins over both of an earlier one.

use config::builder::DefaultState;
use config::{Config, ConfigBuilder, ConfigError, Map, Source, Value, ValueKind};

use super::SettingsError;

/// The setting, and the one that names a file with its value.
const PAIRS: [(&str, &str); 3] = [
    ("database.url", "database.url_file"),
    ("security.key", "security.key_file"),
    ("mail.transport.password", "mail.transport.password_file"),
];

/// Takes out of what was read before what a source replaces by the other way of giving it.
pub(super) fn drop_beaten(
    mut before: ConfigBuilder<DefaultState>,
    source: &Config,
) -> Result<ConfigBuilder<DefaultState>, SettingsError> {
    for (name, by_file) in PAIRS {
        let beaten = match (is_given(source, name), is_given(source, by_file)) {
            (true, true) => {
                let problem = "is given directly and by file; remove one";
                return Err(SettingsError::value(name, problem));
            }
            (true, false) => by_file,
            (false, true) => name,
            (false, false) => continue,
        };
        before = before.add_source(Without(beaten));
    }
    Ok(before)
}

fn is_given(source: &Config, name: &str) -> bool {
    let value = source.get::<Value>(name);
    value.is_ok_and(|value| value.kind != ValueKind::Nil)
}

/// Takes one setting away again.
#[derive(Clone, Debug)]
struct Without(&'static str);

impl Source for Without {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let nothing = Value::new(None, ValueKind::Nil);
        Ok(Map::from([(self.0.to_owned(), nothing)]))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::platform::settings::{Settings, SettingsError, from_variables};

    const DIRECT: &str = "postgres://direct@db/keydesk";

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn read(toml: &str, variables: &[(&str, &str)]) -> Result<String, SettingsError> {
        let toml = file(toml);
        let owned = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = from_variables(owned.collect());
        let settings = Settings::read(Some(toml.path()), Some(environment))?;
        Ok(settings.database.url.expose().to_owned())
    }

    #[test]
    fn the_environment_wins_over_the_file_whichever_way_each_gives_the_address() {
        let kept = file("postgres://kept@db/keydesk\n");
        let kept = kept.path().to_str().unwrap();
        let direct = format!("[database]\nurl = \"{DIRECT}\"");
        let by_file = format!("[database]\nurl_file = \"{kept}\"");
        let url =
            |toml: &str, variable: &str, value: &str| read(toml, &[(variable, value)]).unwrap();
        assert_eq!(url(&by_file, "KEYDESK_DATABASE__URL", DIRECT), DIRECT);
        let read_from_file = url(&direct, "KEYDESK_DATABASE__URL_FILE", kept);
        assert_eq!(read_from_file, "postgres://kept@db/keydesk");
        assert_eq!(read(&by_file, &[]).unwrap(), "postgres://kept@db/keydesk");
        assert_eq!(read(&direct, &[]).unwrap(), DIRECT);
        assert_eq!(read("", &[]).unwrap(), "sqlite:keydesk.sqlite");
    }

    #[test]
    fn a_secret_that_one_source_gives_both_ways_is_refused() {
        let pairs = [
            (
                "[database]\nurl = \"sqlite:a\"\nurl_file = \"b\"",
                "database.url",
            ),
            ("[security]\nkey = \"a\"\nkey_file = \"b\"", "security.key"),
            (
                "[mail.transport]\npassword = \"a\"\npassword_file = \"b\"",
                "mail.transport.password",
            ),
        ];
        for (toml, name) in pairs {
            let refused = read(toml, &[]).unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
            assert!(refused.contains("remove one"), "{refused}");
        }
        let both = [
            ("KEYDESK_DATABASE__URL", "sqlite:a"),
            ("KEYDESK_DATABASE__URL_FILE", "b"),
        ];
        let refused = read("", &both).unwrap_err().to_string();
        assert!(refused.contains("remove one"), "{refused}");
    }

    /// The guard of the list above: whatever has a twin with `_file` must be in it.
    #[test]
    fn every_setting_that_can_be_given_by_file_is_known_here() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform/settings");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            let fields = text.lines().filter_map(|line| {
                let (name, kind) = line.trim().split_once(": ")?;
                kind.starts_with("Option<").then_some(name)
            });
            let fields: Vec<&str> = fields.collect();
            let twins = fields.iter().filter_map(|name| name.strip_suffix("_file"));
            found.extend(
                twins
                    .filter(|name| fields.contains(name))
                    .map(str::to_owned),
            );
        }
        found.sort();
        let mut known = super::PAIRS.map(|(name, _)| name.rsplit('.').next().unwrap().to_owned());
        known.sort();
        assert_eq!(found, known);
    }
}
