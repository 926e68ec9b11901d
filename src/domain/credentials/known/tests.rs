use std::collections::BTreeSet;

use super::super::folding;
use super::{Filter, build, phrases};

fn shipped() -> Filter<'static> {
    Filter::shipped().expect("the file that the program carries is whole")
}

/// The same texts in every run: letters and digits drawn from a counter.
fn drawn(seed: u64, length: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(LETTERS[usize::try_from(state % 36).expect("small")])
        })
        .collect()
}

#[test]
fn at_most_one_in_a_hundred_thousand_others_is_taken_for_known() {
    let filter = shipped();
    let forms: BTreeSet<String> = (0..1_000_000).map(|seed| drawn(seed, 16)).collect();
    assert!(forms.len() > 999_000, "{} different ones", forms.len());
    let found = forms.iter().filter(|form| filter.contains(form)).count();
    assert!(found <= 10, "{found} of {} random forms", forms.len());
    // What is looked up of one password is a few forms of it.
    let looked_up: usize = (0..2_000)
        .map(|seed| folding::undecorated(&drawn(seed, 16)).len())
        .sum();
    assert!(looked_up < 2_000 * 5, "{looked_up} forms of 2000 passwords");
}

#[test]
fn the_file_has_two_mebibytes_at_most() {
    let size = include_bytes!("../../../../assets/passwords/known.bloom").len();
    assert!(
        (1_000_000..=2 * 1024 * 1024).contains(&size),
        "{size} bytes"
    );
}

#[test]
fn every_phrase_and_every_long_run_of_its_words_is_known() {
    let list = include_str!("../../../../assets/passwords/phrases.txt");
    let parts = phrases(list);
    assert!(parts.len() > 3_000, "{} parts", parts.len());
    for part in [
        "thequickbrownfoxjumps",
        "correcthorsebatterystaple",
        "horsebatterystaple",
    ] {
        assert!(parts.contains(part), "{part}");
    }
    let unknown: Vec<_> = parts
        .iter()
        .filter(|part| part.chars().count() >= 15)
        .filter(|part| {
            let forms = folding::undecorated(part);
            let is_simple = |form: &String| super::super::patterns::is_simple(form);
            !shipped().contains_any(&forms) && !forms.iter().any(is_simple)
        })
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn a_new_filter_finds_what_it_was_made_of_and_leaves_out_what_is_found_without() {
    let words = [
        "moonlight77",
        "Moonlight 77!",
        "m00nl1ght77",
        "tangerine-boat",
        "tangerine boat 99",
        "short",
        "password2024",
    ];
    let built = build(
        words.into_iter(),
        ["boat", "sunny", "x1y2z3", "it"].into_iter(),
    )
    .expect("built");
    assert_eq!((built.refused, built.entries), (6, 6));
    let again = build(words.into_iter(), ["sunny", "boat"].into_iter()).expect("built");
    assert_eq!(again.bytes, built.bytes);
    let filter = Filter::read(&built.bytes).expect("a filter");
    for found in [
        "moonlight77",
        "Tangerine Boat 2024!",
        "T4ngerine_boat",
        "Sunny boat!",
        "boatmoonlight77",
    ] {
        assert!(filter.contains_any(&folding::undecorated(found)), "{found}");
    }
    assert!(!filter.contains_any(&folding::undecorated("tangerine boats")));
    assert!(Filter::read(b"KDKNOWN1").is_none() && Filter::read(b"KDKNOWN2\x01\xff").is_none());
}
