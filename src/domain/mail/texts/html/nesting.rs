//! How elements stand in each other.
//!
//! `Why:` whoever reads a mail mends what is not closed in order, and every reader in another way: words that
//! stood apart come together, and an element may be opened again and again. What is in order is read the same
//! by all of them. Depth and number are bounded, because the last step of a mail goes as deep as they do.

use super::super::TemplatePart::Html;
use super::super::fault::Fault;

/// Of ours the deepest is 14.
const MOST_DEPTH: usize = 40;
/// Of ours the longest has about 60.
const MOST_ELEMENTS: usize = 2_000;
const WITHOUT_END: [&str; 6] = ["br", "col", "hr", "img", "meta", "wbr"];

/// The elements that are open, of a whole mail or of a part that Outlook alone reads.
pub(super) struct Nesting {
    open: Vec<String>,
    elements: usize,
    is_whole: bool,
    is_broken: bool,
}

impl Nesting {
    pub(super) fn whole() -> Self {
        Self {
            open: Vec::new(),
            elements: 0,
            is_whole: true,
            is_broken: false,
        }
    }

    /// Of which another part closes what it opens.
    pub(super) fn part() -> Self {
        Self {
            is_whole: false,
            ..Self::whole()
        }
    }

    pub(super) fn open(&mut self, name: &str) -> Option<Fault> {
        self.elements += 1;
        if self.elements > MOST_ELEMENTS {
            let message = format!("A mail has at most {MOST_ELEMENTS} elements.");
            return self.broken(message, format!("<{name}"));
        }
        if WITHOUT_END.contains(&name) {
            return None;
        }
        self.open.push(name.to_owned());
        if self.open.len() > MOST_DEPTH {
            let message = format!("Elements stand in each other at most {MOST_DEPTH} deep.");
            return self.broken(message, format!("<{name}"));
        }
        None
    }

    pub(super) fn close(&mut self, name: &str) -> Option<Fault> {
        if !self.is_whole || self.open.last().is_some_and(|last| last == name) {
            self.open.pop();
            return None;
        }
        let message = match self.open.last() {
            Some(last) => format!("</{name}> comes before </{last}>; close elements in order."),
            None => format!("</{name}> closes nothing."),
        };
        self.broken(message, format!("</{name}"))
    }

    /// Errors: something is still open.
    pub(super) fn ended(mut self) -> Option<Fault> {
        let last = self.open.pop().filter(|_| self.is_whole)?;
        self.broken(format!("<{last}> is never closed."), format!("<{last}"))
    }

    /// The first fault alone; the others come of it.
    fn broken(&mut self, message: String, trace: String) -> Option<Fault> {
        let is_first = !std::mem::replace(&mut self.is_broken, true);
        is_first.then(|| Fault::new(Html, message).traced(trace))
    }
}
