//! Guard: the committed schemas are what the program prints.

use std::path::Path;

use keydesk::graphql;

fn assert_printed(printed: &str, file: &str, command: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let printed = format!("{}\n", printed.trim_end());
    if printed == committed {
        return;
    }
    let lines = printed.lines().zip(committed.lines());
    let first = lines.take_while(|(new, old)| new == old).count();
    panic!(
        "{file} is not what the program prints, from line {} on:\n  printed:   {:?}\n  committed: {:?}\n\
         Run `{command}` and commit the file.",
        first + 1,
        printed.lines().nth(first),
        committed.lines().nth(first),
    );
}

#[test]
fn the_committed_schema_is_the_printed_one() {
    let command = "cargo run -- schema > schema.graphql";
    assert_printed(&graphql::full_sdl(), "schema.graphql", command);
}

#[test]
fn the_committed_public_schema_is_the_printed_one() {
    let command = "cargo run -- schema --public > schema.public.graphql";
    assert_printed(&graphql::public_sdl(), "schema.public.graphql", command);
}
