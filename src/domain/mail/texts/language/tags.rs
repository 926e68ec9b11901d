//! How much a template may hold, counted before it is parsed.
//!
//! `Why:` a chain of a thousand words makes a tree as deep, and whoever walks it runs out of stack.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// Most words in one tag.
const MOST_WORDS: usize = 60;
/// Most tags.
const MOST_TAGS: usize = 500;
/// Most `elif`, each of which stands inside the one before it.
const MOST_ELIF: usize = 30;

/// Where there is too much, and of what.
pub(super) fn too_much(source: &str) -> Option<(usize, String)> {
    let (mut tags, mut words, mut elifs) = (0, 0, 0);
    for read in tokenize(source, false, SyntaxConfig::default()) {
        // The parser says what does not read, and where.
        let Ok((token, span)) = read else { return None };
        let offset = span.start_offset as usize;
        match token {
            Token::VariableStart | Token::BlockStart => {
                tags += 1;
                words = 0;
            }
            Token::TemplateData(_) => {}
            Token::Ident("elif") => elifs += 1,
            _ => words += 1,
        }
        if tags > MOST_TAGS {
            return Some((offset, format!("A text has at most {MOST_TAGS} tags.")));
        }
        if words > MOST_WORDS {
            return Some((offset, format!("A tag has at most {MOST_WORDS} words.")));
        }
        if elifs > MOST_ELIF {
            return Some((offset, format!("A text has at most {MOST_ELIF} elif.")));
        }
    }
    None
}
