//! The branches of a text that no sample reaches, because a condition compares what a user is called or has.
//!
//! `Why:` `{% if username == "olga" %}` around something broken would pass every sample, and fail for one
//! user alone. So each side of such a condition is tried by writing `true` or `false` in its place, and the
//! same in those around it.

use minijinja::machinery::{Span, ast, parse};
use minijinja::syntax::SyntaxConfig;

use super::{TemplatePart, TemplateProblem, TemplateText, position};

/// Most conditions of a part that compare.
///
/// `Why:` each is tried twice, on every mail that makes a difference.
const MOST_COMPARISONS: usize = 12;

/// A condition and what it is taken to be.
type Forced = (Span, bool);

/// The text once for each side of each condition that compares, with that side taken.
///
/// Errors: a part compares too often.
pub(super) fn all(text: &TemplateText) -> Result<Vec<TemplateText>, TemplateProblem> {
    let mut found = Vec::new();
    for part in TemplatePart::ALL {
        let source = text.part(part);
        let mut finder = Finder::default();
        // What does not read was refused before.
        if let Ok(ast::Stmt::Template(template)) =
            parse(source, part.file(), SyntaxConfig::default())
        {
            finder.statements(&template.children);
        }
        if let Some(span) = finder.comparisons.get(MOST_COMPARISONS) {
            let (line, column) = position(source, span.start_offset as usize);
            let message = format!("A part has at most {MOST_COMPARISONS} conditions that compare.");
            return Err(TemplateProblem {
                part,
                line,
                column,
                message,
            });
        }
        for path in &finder.paths {
            let mut changed = text.clone();
            let place = match part {
                TemplatePart::Subject => &mut changed.subject,
                TemplatePart::Text => &mut changed.text_body,
                TemplatePart::Html => &mut changed.html_body,
            };
            *place = with(source, path);
            found.push(changed);
        }
    }
    Ok(found)
}

/// `Order:` from the end, so that places before it stay what they are.
fn with(source: &str, path: &[Forced]) -> String {
    let mut path = path.to_vec();
    path.sort_by_key(|(span, _)| std::cmp::Reverse(span.start_offset));
    let mut source = source.to_owned();
    for (span, value) in path {
        let range = beginning(&source, span)..span.end_offset as usize;
        if source.get(range.clone()).is_some() {
            // As long as it was, where it can be, so that columns stay right.
            let width = range.len();
            source.replace_range(range, &format!("{value:<width$}"));
        }
    }
    source
}

/// Where a condition begins.
///
/// `Why:` the parser takes what stands before an expression of two operands into its span: the word `if`, or a
/// bracket.
fn beginning(source: &str, span: Span) -> usize {
    let whole = source.get(span.start_offset as usize..span.end_offset as usize);
    let whole = whole.unwrap_or_default();
    let is_word =
        |rest: &str| rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
    let mut rest = whole;
    for before in ["elif", "if"] {
        if let Some(after) = rest.strip_prefix(before)
            && !is_word(after)
        {
            rest = after.trim_start();
            break;
        }
    }
    // A bracket that is closed in the span belongs to the condition.
    let opened = |text: &str| text.matches('(').count() > text.matches(')').count();
    while let Some(after) = rest.strip_prefix('(')
        && opened(rest)
    {
        rest = after.trim_start();
    }
    span.start_offset as usize + whole.len() - rest.len()
}

/// Conditions that compare, and the way to each side of them.
#[derive(Default)]
struct Finder {
    comparisons: Vec<Span>,
    around: Vec<Forced>,
    paths: Vec<Vec<Forced>>,
}

impl Finder {
    fn statements(&mut self, list: &[ast::Stmt<'_>]) {
        for statement in list {
            match statement {
                ast::Stmt::Template(inner) => self.statements(&inner.children),
                ast::Stmt::Block(block) => self.statements(&block.body),
                ast::Stmt::IfCond(choice) => {
                    self.choice(
                        &choice.expr,
                        |finder| finder.statements(&choice.true_body),
                        |finder| finder.statements(&choice.false_body),
                    );
                }
                ast::Stmt::EmitExpr(shown) => self.shown(&shown.expr),
                // The rest holds no conditions, or was refused before (`language.rs`).
                _ => {}
            }
        }
    }

    fn shown(&mut self, expression: &ast::Expr<'_>) {
        match expression {
            ast::Expr::IfExpr(choice) => {
                self.choice(&choice.test_expr, |_finder| (), |_finder| ());
            }
            ast::Expr::Call(call) => {
                for argument in &call.args {
                    if let ast::CallArg::Pos(one) = argument {
                        self.shown(one);
                    }
                }
            }
            _ => {}
        }
    }

    fn choice(
        &mut self,
        condition: &ast::Expr<'_>,
        when_true: impl FnOnce(&mut Self),
        when_false: impl FnOnce(&mut Self),
    ) {
        if is_asked(condition) {
            when_true(self);
            when_false(self);
            return;
        }
        let span = condition.span();
        self.comparisons.push(span);
        self.side((span, true), when_true);
        self.side((span, false), when_false);
    }

    fn side(&mut self, forced: Forced, body: impl FnOnce(&mut Self)) {
        self.around.push(forced);
        self.paths.push(self.around.clone());
        body(self);
        self.around.pop();
    }
}

/// Whether a condition asks for nothing but what is there, which the samples have both ways.
fn is_asked(condition: &ast::Expr<'_>) -> bool {
    use ast::{BinOpKind, Expr};
    match condition {
        Expr::Var(_) => true,
        Expr::UnaryOp(one) => is_asked(&one.expr),
        Expr::Test(test) => is_asked(&test.expr),
        Expr::BinOp(one) => {
            matches!(one.op, BinOpKind::ScAnd | BinOpKind::ScOr)
                && is_asked(&one.left)
                && is_asked(&one.right)
        }
        _ => false,
    }
}
