use std::collections::HashSet;

use super::*;

const CHARACTERS: Recipe = Recipe {
    style: Style::Characters,
    length: None,
};
const WORDS_RECIPE: Recipe = Recipe {
    style: Style::Words,
    length: None,
};

/// The rules that cost little, so that thousands of draws can be judged.
fn quick_policy() -> PasswordPolicy {
    PasswordPolicy {
        min_strength: 0,
        reject_common: false,
        ..PasswordPolicy::default()
    }
}

fn with_length(style: Style, length: u32) -> Recipe {
    Recipe {
        style,
        length: Some(length),
    }
}

#[test]
fn ten_thousand_draws_have_no_look_alikes_and_never_repeat() {
    let (mut seen, mut alphabet) = (HashSet::new(), HashSet::new());
    for _ in 0..10_000 {
        let drawn = generate(&CHARACTERS, &quick_policy(), &["anna"]).unwrap();
        assert_eq!(drawn.expose().len(), 20);
        assert!(
            !drawn
                .expose()
                .contains(['0', 'O', 'o', '1', 'I', 'i', 'l', '|'])
        );
        alphabet.extend(drawn.expose().chars());
        assert!(seen.insert(drawn.expose().to_owned()));
    }
    // 200 000 characters miss none of 55.
    assert_eq!(alphabet.len(), usize::try_from(ALPHABET_SIZE).unwrap());
    assert!(alphabet.iter().all(char::is_ascii_alphanumeric));
}

#[test]
fn every_draw_satisfies_the_whole_policy() {
    let policy = PasswordPolicy {
        min_strength: 4,
        ..PasswordPolicy::default()
    };
    let shortest = [
        with_length(Style::Characters, 15),
        with_length(Style::Words, 5),
    ];
    for recipe in [CHARACTERS, WORDS_RECIPE].iter().chain(&shortest) {
        for _ in 0..25 {
            let drawn = generate(recipe, &policy, &["anna", "anna@example.com"]).unwrap();
            let password = Password::parse(drawn).unwrap();
            assert_eq!(policy.judge(&password, &["anna", "anna@example.com"]), []);
        }
    }
}

#[test]
fn words_are_of_the_list_and_as_many_as_asked_for() {
    let list: HashSet<&str> = WORDS.iter().copied().collect();
    let plain: Vec<&str> = list
        .iter()
        .copied()
        .filter(|word| !word.contains('-'))
        .collect();
    assert!(plain.len() > 7000);
    let mut drawn_words = HashSet::new();
    for _ in 0..2000 {
        let drawn = generate(&with_length(Style::Words, 16), &quick_policy(), &[]).unwrap();
        let pieces: Vec<&str> = drawn.expose().split('-').collect();
        assert!(pieces.len() >= 16);
        drawn_words.extend(
            pieces
                .into_iter()
                .filter(|piece| list.contains(piece))
                .map(str::to_owned),
        );
    }
    // 32 000 draws: about 127 of 7776 words stay unseen when the draw is even.
    assert!(drawn_words.len() > 7500, "{}", drawn_words.len());
}

#[test]
fn the_list_has_7776_words_that_can_be_told_apart_when_joined() {
    let list: HashSet<&str> = WORDS.iter().copied().collect();
    assert_eq!((WORDS.len(), list.len()), (7776, 7776));
    assert_eq!(u32::try_from(list.len()), Ok(WORD_COUNT));
    let length = |word: &&str| u32::try_from(word.len()).unwrap();
    assert_eq!(WORDS.iter().map(length).min(), Some(SHORTEST_WORD));
    assert_eq!(WORDS.iter().map(length).max(), Some(LONGEST_WORD));
    for word in WORDS.iter().filter(|word| word.contains('-')) {
        assert!(word.split('-').any(|piece| !list.contains(piece)), "{word}");
    }
}

#[test]
fn every_word_is_drawn_equally_often() {
    let mut counts = std::collections::HashMap::new();
    for word in (0..=u16::MAX).filter_map(word_for) {
        *counts.entry(word).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 7776);
    assert!(counts.values().all(|count| *count == 8));
}

#[test]
fn lengths_out_of_bounds_are_refused_with_the_bounds() {
    let refusal = |recipe| {
        generate(&recipe, &quick_policy(), &[])
            .expect_err("a refusal")
            .to_string()
    };
    assert_eq!(
        refusal(with_length(Style::Characters, 14)),
        "Ask for 15 to 128 characters."
    );
    assert_eq!(
        refusal(with_length(Style::Characters, 129)),
        "Ask for 15 to 128 characters."
    );
    assert_eq!(
        refusal(with_length(Style::Words, 4)),
        "Ask for 5 to 16 words."
    );
    assert_eq!(
        refusal(with_length(Style::Words, u32::MAX)),
        "Ask for 5 to 16 words."
    );
    assert!(generate(&with_length(Style::Characters, 128), &quick_policy(), &[]).is_ok());
}

#[test]
fn the_policy_narrows_the_bounds_and_raises_the_default() {
    let policy = PasswordPolicy {
        min_length: 40,
        max_length: 110,
        ..quick_policy()
    };
    let length = |recipe| generate(&recipe, &policy, &[]).map(|drawn| drawn.expose().len());
    assert_eq!(length(CHARACTERS), Ok(40));
    let style = Style::Words;
    let expected = GeneratorError::LengthOutOfRange {
        style,
        least: 11,
        most: 11,
    };
    assert!(length(WORDS_RECIPE).is_ok_and(|length| length >= 40));
    assert_eq!(length(with_length(style, 10)), Err(expected));
}

#[test]
fn a_policy_nothing_satisfies_is_an_error_not_an_endless_loop() {
    let long = PasswordPolicy {
        min_length: 200,
        ..quick_policy()
    };
    let style = Style::Characters;
    let error = GeneratorError::PolicyTooStrict { style };
    assert_eq!(generate(&CHARACTERS, &long, &[]).err(), Some(error));
    let impossible = PasswordPolicy {
        min_strength: 5,
        ..quick_policy()
    };
    assert_eq!(generate(&CHARACTERS, &impossible, &[]).err(), Some(error));
}

#[test]
fn the_entropy_is_what_the_documentation_says() {
    let bits = |recipe| entropy_bits(&recipe).floor();
    let documented = [
        (CHARACTERS, 115.0),
        (with_length(Style::Characters, 15), 86.0),
        (WORDS_RECIPE, 77.0),
        (with_length(Style::Words, 5), 64.0),
    ];
    for (recipe, expected) in documented {
        assert!((bits(recipe) - expected).abs() < f64::EPSILON, "{recipe:?}");
    }
}
