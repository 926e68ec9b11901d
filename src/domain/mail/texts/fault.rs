//! What is wrong with a rendered mail, before it is known which line of the template made it.

use super::{TemplatePart, TemplateProblem, TemplateText, position};

/// Something wrong in what came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) part: TemplatePart,
    /// Holds no value of a user and no secret.
    pub(super) message: String,
    /// What to look for in the template, the surest first.
    pub(super) traces: Vec<String>,
}

impl Fault {
    pub(super) fn new(part: TemplatePart, message: impl Into<String>) -> Self {
        Self {
            part,
            message: message.into(),
            traces: Vec::new(),
        }
    }

    pub(super) fn traced(mut self, trace: impl Into<String>) -> Self {
        self.traces.push(trace.into());
        self
    }

    /// Finds the place in the template: the first trace that stands there, or else its beginning.
    pub(super) fn placed(self, text: &TemplateText) -> TemplateProblem {
        let source = text.part(self.part);
        let folded = source.to_ascii_lowercase();
        let offset = self
            .traces
            .iter()
            .filter(|trace| !trace.is_empty())
            .find_map(|trace| folded.find(&trace.to_ascii_lowercase()))
            .unwrap_or(0);
        let (line, column) = position(source, offset);
        TemplateProblem {
            part: self.part,
            line,
            column,
            message: self.message,
        }
    }
}
