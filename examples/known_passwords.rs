//! Makes `assets/passwords/known.bloom` from lists of passwords, one a line, and from the phrases beside it.
//!
//! `cargo run --example known_passwords -- OUT PHRASES LIST…`, the first list in the order of frequency;
//! `.ci/known-passwords` fetches the lists.

use std::error::Error;
use std::io::Write as _;

use keydesk::domain::credentials::known::{build, phrases};

/// How many lines of the first list, the most frequent ones, are words as well.
const POPULAR: usize = 30_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(out), Some(list)) = (arguments.next(), arguments.next()) else {
        return Err("known_passwords OUT PHRASES LIST…".into());
    };
    let phrases = phrases(&std::fs::read_to_string(list)?);
    let mut lists = Vec::new();
    for path in arguments {
        lists.push(String::from_utf8_lossy(&std::fs::read(path)?).into_owned());
    }
    let listed = lists.iter().flat_map(|list| list.lines());
    let popular = lists.iter().take(1).flat_map(|list| list.lines());
    let built = build(
        listed.chain(phrases.iter().map(String::as_str)),
        popular.take(POPULAR),
    )?;
    std::fs::write(out, &built.bytes)?;
    writeln!(
        std::io::stderr(),
        "{} passwords, {} entries, {} bytes",
        built.refused,
        built.entries,
        built.bytes.len()
    )?;
    Ok(())
}
