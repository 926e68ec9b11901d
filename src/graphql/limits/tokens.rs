//! Counting the tokens of a document without parsing it.

/// Counts tokens, but not beyond `most` + 1.
///
/// `Why:` a parser, and the validation behind it, may take far longer than linear time on hostile
/// text. This takes one step for each byte, and never counts fewer tokens than the grammar does.
pub(super) fn count(document: &str, most: usize) -> usize {
    let mut rest = document.as_bytes();
    let mut tokens = 0;
    while let Some((first, behind)) = rest.split_first() {
        rest = match first {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                rest = behind;
                continue;
            }
            b'#' => {
                rest = from(behind, behind.iter().position(|byte| is_line_end(*byte)));
                continue;
            }
            b'"' => match rest.strip_prefix(b"\"\"\"") {
                Some(block) => behind_block(block),
                None => behind_string(behind),
            },
            b'.' => rest.strip_prefix(b"...").unwrap_or(behind),
            byte if is_word(*byte) => from(behind, behind.iter().position(|byte| !is_word(*byte))),
            _ => behind,
        };
        tokens += 1;
        if tokens > most {
            break;
        }
    }
    tokens
}

fn from(bytes: &[u8], place: Option<usize>) -> &[u8] {
    place.and_then(|place| bytes.get(place..)).unwrap_or(&[])
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// A letter of a name or a number. A byte outside ASCII is part of neither, and counts for itself.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-')
}

/// What follows a string. One that does not end on its line ends there.
fn behind_string(mut rest: &[u8]) -> &[u8] {
    while let Some((byte, behind)) = rest.split_first() {
        rest = match byte {
            b'"' => return behind,
            b'\\' => behind.get(1..).unwrap_or(&[]),
            byte if is_line_end(*byte) => return rest,
            _ => behind,
        };
    }
    rest
}

fn behind_block(mut rest: &[u8]) -> &[u8] {
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(b"\"\"\"") {
            return behind;
        }
        rest = rest
            .strip_prefix(b"\\\"\"\"")
            .unwrap_or(rest.get(1..).unwrap_or(&[]));
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_of_token_counts_once() {
        for (text, tokens) in [
            ("", 0),
            (" ,\n\t", 0),
            ("# { a b c }\n", 0),
            ("{ a }", 3),
            ("{a(b:\"x y { } \\\" z\"){c}}", 11),
            ("{ a(b: \"\"\"block \" \\\"\"\" { }\"\"\") }", 8),
            ("query Q($n:Int=-12.5e+3){...F @skip(if:true)}", 23),
            ("\u{e9}", 2),
            ("\"open", 1),
        ] {
            assert_eq!(count(text, 1000), tokens, "{text}");
        }
    }

    #[test]
    fn counting_stops_behind_the_limit() {
        assert_eq!(count(&"{".repeat(100_000), 1000), 1001);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,200}") {
            let tokens = count(&text, usize::MAX);
            prop_assert!(tokens <= text.len());
        }

        /// Words between spaces are at least as many tokens, whatever stands in them.
        #[test]
        fn words_are_never_undercounted(words in proptest::collection::vec("[a-z0-9{}():!$@|&=]{1,8}", 0..50)) {
            prop_assert!(count(&words.join(" "), usize::MAX) >= words.len());
        }
    }
}
