//! Guard: no loop of a test waits for ever.

use std::path::Path;

use super::assert_none;
use super::sources::texts_below;

/// What ends a loop that waits: a deadline, with a message or with one outside, or a number.
const ENDS: [&str; 6] = [
    "assert!",
    "panic!",
    "timeout",
    "Instant::now() <",
    "let left =",
    "< ENDLESS",
];

/// Loops that wait without an end, by their first lines. A loop waits when it sleeps, or when it asks again
/// and again for what somebody else does. One without a way out waits for nothing: whoever began it ends it.
fn endless(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let start = line.trim_start();
        let asks = start.starts_with("while ") && !start.starts_with("while let ");
        if !asks && start != "loop {" {
            continue;
        }
        let indent = line.len() - start.len();
        let is_end = |line: &&&str| line.trim() == "}" && line.len() - 1 == indent;
        let length = lines[number..].iter().position(|line| is_end(&line));
        let block = lines[number..number + length.unwrap_or(0)].join("\n");
        let sleeps = block.contains("sleep(") || block.contains("yield_now");
        let has_way_out = asks || block.contains("break") || block.contains("return");
        let waits = (sleeps && has_way_out) || (asks && block.contains(".await"));
        if waits && !ENDS.iter().any(|end| block.contains(end)) {
            found.push(format!("{}: {start}", number + 1));
        }
    }
    found
}

#[test]
fn no_loop_of_a_test_waits_for_ever() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut faults = Vec::new();
    for (path, text) in texts_below(&tests) {
        let found = endless(&text).into_iter();
        faults.extend(found.map(|line| format!("{}:{line}", path.display())));
    }
    assert_none("waits without an end; `eventually` has one", &faults);
}

#[test]
fn an_endless_loop_would_be_seen() {
    let waiting = |inside: &str| {
        endless(&format!(
            "fn f() {{\n    while !done().await {{\n        {inside}\n    }}\n}}"
        ))
    };
    assert_eq!(waiting("sleep(SHORT).await;"), ["2: while !done().await {"]);
    assert_eq!(waiting("failed += 1;"), ["2: while !done().await {"]);
    assert_eq!(waiting("assert!(tries < 20);"), [""; 0]);
    let asking = |inside: &str| {
        endless(&format!(
            "    loop {{\n        {inside}\n        tokio::task::yield_now().await;\n    }}"
        ))
    };
    assert_eq!(asking("if done() { break; }"), ["1: loop {"]);
    assert_eq!(asking("attack().await;"), [""; 0]);
}
