use std::io::Write;

use tempfile::NamedTempFile;

use super::*;

fn hex(password: &str) -> String {
    let digits: Vec<String> = Sha1::digest(password)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    digits.concat()
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// A list in the published format, with counts of different lengths.
fn list(count: u32, line_end: &str) -> NamedTempFile {
    let mut lines: Vec<String> = (0..count)
        .map(|n| format!("{}:{}", hex(&format!("pw{n}")), u64::from(n).pow(3)))
        .collect();
    lines.sort();
    file(&(lines.join(line_end) + line_end))
}

fn refusal(text: &str) -> String {
    BreachedList::open(file(text).path())
        .expect_err("a refusal")
        .to_string()
}

#[test]
fn every_password_of_a_list_is_found_and_no_other() {
    for (count, line_end) in [
        (1, "\r\n"),
        (2, "\n"),
        (90, "\r\n"),
        (2500, "\r\n"),
        (2500, "\n"),
    ] {
        let file = list(count, line_end);
        let list = BreachedList::open(file.path()).unwrap();
        for n in 0..count {
            assert!(
                list.contains(&format!("pw{n}")).unwrap(),
                "pw{n} of {count}"
            );
            assert!(
                !list.contains(&format!("other{n}")).unwrap(),
                "other{n} of {count}"
            );
        }
    }
}

#[test]
fn a_last_line_without_its_end_and_small_letters_are_read() {
    let mut hashes = [hex("one").to_lowercase(), hex("two").to_lowercase()];
    hashes.sort();
    let file = file(&hashes.map(|hash| hash + ":1").join("\n"));
    let list = BreachedList::open(file.path()).unwrap();
    assert!(list.contains("one").unwrap() && list.contains("two").unwrap());
    assert!(!list.contains("three").unwrap());
}

#[test]
fn many_threads_read_one_list() {
    let file = list(2500, "\r\n");
    let list = BreachedList::open(file.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let list = &list;
            scope.spawn(move || {
                for n in (thread..2500).step_by(4) {
                    assert!(list.contains(&format!("pw{n}")).unwrap());
                }
            });
        }
    });
}

#[test]
fn a_file_of_another_kind_is_refused_with_the_reason() {
    assert!(refusal("").contains("at byte 0"));
    assert!(refusal("password\n123456\n").contains("40 hexadecimal digits"));
    let ntlm = "8846F7EAEE8FB117AD06BDD830B7586C:9\n";
    assert!(refusal(ntlm).contains("not NTLM"));
    let good = format!("{}:1\n", hex("one"));
    assert!(refusal(&format!("{good}{}\n", "x".repeat(300))).contains("at byte"));
    assert!(refusal(&good.replace(":1", "")).contains("a colon and a count"));
}

#[test]
fn a_list_in_another_order_is_refused() {
    let by_prevalence: Vec<String> = (0..2500)
        .map(|n| format!("{}:{}", hex(&format!("pw{n}")), 9000 - n))
        .collect();
    assert!(refusal(&by_prevalence.join("\n")).contains("not sorted by hash"));
}

#[test]
fn a_missing_file_is_named() {
    let error = BreachedList::open("/nowhere/pwned.txt")
        .expect_err("missing")
        .to_string();
    assert!(error.starts_with("cannot read the list of breached passwords /nowhere/pwned.txt"));
}

#[test]
fn a_file_overwritten_later_is_an_error_not_an_answer() {
    let file = list(2500, "\r\n");
    let list = BreachedList::open(file.path()).unwrap();
    std::fs::write(file.path(), "x".repeat(100_000)).unwrap();
    assert_eq!(
        list.contains("pw1").unwrap_err().kind(),
        io::ErrorKind::InvalidData
    );
}

#[test]
fn a_file_cut_short_later_is_an_error_not_an_answer() {
    let file = list(50, "\r\n");
    let list = BreachedList::open(file.path()).unwrap();
    file.as_file().set_len(100).unwrap();
    let error = list.contains("pw1").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}
