use std::io::Write;

use super::*;
use crate::types::secret::Secret;

/// Some of those that no other rule knows.
const KNOWN: [&str; 10] = [
    "entertainer",
    "dreammaker",
    "rollerblade",
    "apocalyptica",
    "silmarillio",
    "wasteburnaby",
    "registered",
    "macpherson",
    "ghbdtndjdf",
    "odinochestvo",
];

fn rules(policy: &PasswordPolicy, text: &str, about: &[&str]) -> Vec<PasswordRule> {
    let password = Password::parse(Secret::new(text.to_owned())).unwrap();
    policy
        .judge(&password, about)
        .into_iter()
        .map(|violation| violation.rule)
        .collect()
}

/// The default without the estimate, so that one rule is seen at a time.
fn plain_policy() -> PasswordPolicy {
    PasswordPolicy {
        min_strength: 0,
        ..PasswordPolicy::default()
    }
}

#[test]
fn good_passwords_of_any_kind_are_taken() {
    let policy = PasswordPolicy {
        words: vec!["Keydesk".to_owned()],
        ..PasswordPolicy::default()
    };
    for text in [
        "violin marmalade turbine",
        "violin-marmalade-turbine",
        "k7mQz2vXp9RwT4nHsB",
        "anna likes keydesk and marmalade",
        "ねこがにわでねむっているあいだに",
    ] {
        assert_eq!(
            rules(&policy, text, &["anna", "anna@example.com"]),
            [],
            "{text}"
        );
    }
}

#[test]
fn all_broken_rules_are_told_at_once() {
    let policy = PasswordPolicy::default();
    let expected = [
        PasswordRule::MinLength,
        PasswordRule::MinStrength,
        PasswordRule::Common,
        PasswordRule::SimilarToUser,
    ];
    assert_eq!(rules(&policy, "Jessica1", &["jessica"]), expected);
}

#[test]
fn length_is_counted_in_code_points_and_told() {
    let policy = PasswordPolicy {
        max_length: 64,
        ..plain_policy()
    };
    let password = Password::parse(Secret::new("Zoe\u{308} 🐒 xv".to_owned())).unwrap();
    let expected = Violation::new(PasswordRule::MinLength, Some(15), Some(8));
    assert_eq!(policy.judge(&password, &[]), [expected]);
    let long = "violin marmalade turbine ".repeat(3);
    assert_eq!(rules(&policy, &long, &[]), [PasswordRule::MaxLength]);
}

#[test]
fn common_passwords_are_refused_in_any_dress() {
    for text in [
        "passwordpassword",
        "Passw0rd2024!!!",
        "jessica12345678",
        "1qaz2wsx3edc4rfv",
        "qwertyuiopasdfgh",
        "iloveyou iloveyou",
        "basketballbasketball",
        "ＰＡＳＳＷＯＲＤ11223344",
        "000000000000000",
    ] {
        assert_eq!(
            rules(&plain_policy(), text, &[]),
            [PasswordRule::Common],
            "{text}"
        );
    }
    let off = PasswordPolicy {
        reject_common: false,
        ..plain_policy()
    };
    assert_eq!(rules(&off, "passwordpassword", &[]), []);
}

#[test]
fn known_phrases_are_refused_by_default_joined_spaced_and_with_the_usual_endings() {
    let dressed = |phrase: &str| {
        [
            phrase.to_owned(),
            phrase.replace(' ', ""),
            phrase.replace(' ', "-"),
            phrase.to_uppercase(),
            format!("{phrase}!"),
            format!("{} 2024!", phrase.replace(' ', "_")),
            format!("1{}123", phrase.replace(' ', "")),
            phrase.replace('o', "0").replace('e', "3"),
        ]
    };
    for phrase in [
        "correct horse battery staple",
        "the quick brown fox jumps",
        "to be or not to be",
        "i forgot my password",
        "lorem ipsum dolor sit amet",
    ] {
        for text in dressed(phrase) {
            for policy in [PasswordPolicy::default(), plain_policy()] {
                let broken = rules(&policy, &text, &[]);
                assert!(broken.contains(&PasswordRule::Common), "{text}: {broken:?}");
            }
        }
    }
    let off = PasswordPolicy {
        reject_common: false,
        ..plain_policy()
    };
    assert_eq!(rules(&off, "correct horse battery staple", &[]), []);
}

#[test]
fn passwords_of_breaches_are_refused_in_any_dress() {
    let short = PasswordPolicy {
        min_length: 8,
        ..plain_policy()
    };
    for text in KNOWN {
        for dressed in [
            text.to_owned(),
            text.to_uppercase(),
            format!("{text}!"),
            format!("2024 {text}"),
        ] {
            assert_eq!(
                rules(&short, &dressed, &[]),
                [PasswordRule::Common],
                "{dressed}"
            );
        }
    }
}

#[test]
fn two_popular_words_joined_or_spaced_are_refused_by_default() {
    let words = [
        "password",
        "sunshine",
        "princess",
        "football",
        "superman",
        "baseball",
        "trustno1",
        "michelle",
        "butterfly",
        "computer",
        "whatever",
        "dragonfly",
    ];
    let policy = PasswordPolicy::default();
    for one in words {
        for other in words {
            for text in [
                format!("{one}{other}"),
                format!("{one} {other}"),
                format!("{one}{other}1!"),
            ] {
                assert_ne!(rules(&policy, &text, &[]), [], "{text}");
            }
        }
    }
}

#[test]
fn names_and_house_words_in_any_dress_are_refused() {
    let policy = PasswordPolicy {
        words: vec!["Initech Corp".to_owned()],
        ..plain_policy()
    };
    let about = [
        "wolfgang.ambros",
        "wolfgang@tonstudio.example",
        "Wolfgang Ambros",
    ];
    for text in [
        "wolfgang.ambros",
        "W0lfgang.Ambr0s!",
        "wolfgang@tonstudio.example",
        "ambroswolfgang99",
        "wolfgang-initech",
        "1987initechcorp1987",
        "TonstudioInitech",
    ] {
        assert_eq!(
            rules(&policy, text, &about),
            [PasswordRule::SimilarToUser],
            "{text}"
        );
    }
    assert_eq!(rules(&policy, "wolfgang hums at midnight", &about), []);
    let off = PasswordPolicy {
        reject_similar_to_user: false,
        ..policy
    };
    assert_eq!(rules(&off, "ambroswolfgang99", &about), []);
}

#[test]
fn what_is_easily_guessed_is_refused_with_the_score() {
    let password = Password::parse(Secret::new("iloveyoujessica".to_owned())).unwrap();
    let policy = PasswordPolicy::default();
    let found = policy.judge(&password, &[]);
    assert_eq!(
        found.first().map(|violation| violation.rule),
        Some(PasswordRule::MinStrength)
    );
    assert_eq!(
        found.first().and_then(|violation| violation.required),
        Some(3)
    );
    let only_strength_is_asked = PasswordPolicy {
        reject_common: false,
        ..plain_policy()
    };
    assert_eq!(only_strength_is_asked.judge(&password, &[]), []);
}

#[test]
fn breached_passwords_are_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    // SHA-1 of "violin marmalade turbine".
    file.write_all(b"EEF705530D9FAFA7DB37568581A54686952392E3:3\r\n")
        .unwrap();
    let list = BreachedList::open(file.path()).unwrap();
    let policy = PasswordPolicy {
        breached: Some(Arc::new(list)),
        ..plain_policy()
    };
    assert_eq!(
        rules(&policy, "violin marmalade turbine", &[]),
        [PasswordRule::Breached]
    );
    assert_eq!(rules(&policy, "violin marmalade turbines", &[]), []);
}

#[test]
fn descriptions_name_the_rules_that_apply() {
    let sentences = PasswordPolicy::default().descriptions();
    assert_eq!(sentences[0], "Use 15 to 1024 characters of any kind.");
    assert_eq!(sentences.len(), 5);
    let bare = PasswordPolicy {
        min_strength: 0,
        reject_common: false,
        reject_similar_to_user: false,
        history_count: 0,
        ..PasswordPolicy::default()
    };
    assert_eq!(bare.descriptions().len(), 1);
}
