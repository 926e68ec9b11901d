//! What stands between `{%` and `%}`.

use minijinja::machinery::{Span, ast};

use super::{Reader, TemplatePart, Use};

impl Reader<'_> {
    pub(super) fn statements(&mut self, list: &[ast::Stmt<'_>]) {
        for statement in list {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &ast::Stmt<'_>) {
        use ast::Stmt;
        match statement {
            Stmt::Template(inner) => self.statements(&inner.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(shown) => self.shown(&shown.expr),
            Stmt::IfCond(choice) => {
                self.condition(&choice.expr);
                self.statements(&choice.true_body);
                self.statements(&choice.false_body);
            }
            Stmt::Block(block) => self.block(block.name, block.span(), &block.body),
            Stmt::Extends(extends) => self.extends(&extends.name),
            Stmt::FromImport(import) => self.import(import),
            Stmt::Include(include) => self.include(include),
            Stmt::ForLoop(one) => self.no(one.span(), "for"),
            Stmt::WithBlock(one) => self.no(one.span(), "with"),
            Stmt::Set(one) => self.no(one.span(), "set"),
            Stmt::SetBlock(one) => self.no(one.span(), "set"),
            Stmt::AutoEscape(one) => self.no(one.span(), "autoescape"),
            Stmt::FilterBlock(one) => self.no(one.span(), "filter"),
            Stmt::Import(one) => self.no(one.span(), "import"),
            Stmt::Macro(one) => self.no(one.span(), "macro"),
            Stmt::CallBlock(one) => self.no(one.span(), "call"),
            Stmt::Do(one) => self.no(one.span(), "do"),
        }
    }

    fn no(&mut self, span: Span, word: &str) {
        let message = format!(
            "`{word}` cannot be used in a mail. There are if, elif, else, and in the HTML part extends, \
             block, from … import and include."
        );
        self.refuse(span.start_offset as usize, message);
    }

    fn is_html(&self) -> bool {
        self.part == TemplatePart::Html
    }

    fn block(&mut self, name: &str, span: Span, body: &[ast::Stmt<'_>]) {
        if !self.is_html() {
            return self.no(span, "block");
        }
        if !self.shared.blocks.iter().any(|known| known == name) {
            let message = format!(
                "The layout has no block `{name}`; it has {}.",
                self.shared.blocks.join(", ")
            );
            self.refuse(span.start_offset as usize, message);
        }
        self.statements(body);
    }

    fn extends(&mut self, name: &ast::Expr<'_>) {
        if !self.is_html() {
            return self.no(name.span(), "extends");
        }
        if text(name).as_deref() != Some("layout.html") {
            let message = "A mail can extend \"layout.html\" and nothing else.".to_owned();
            self.refuse(name.span().start_offset as usize, message);
        }
    }

    fn import(&mut self, import: &ast::FromImport<'_>) {
        let offset = import.expr.span().start_offset as usize;
        if !self.is_html() {
            return self.no(import.expr.span(), "from");
        }
        if text(&import.expr).as_deref() != Some("parts.html") {
            let message = "A mail can import from \"parts.html\" and nothing else.".to_owned();
            return self.refuse(offset, message);
        }
        for (name, alias) in &import.names {
            let offset = name.span().start_offset as usize;
            let (ast::Expr::Var(name), None) = (name, alias) else {
                self.refuse(offset, "Import macros under their own names.".to_owned());
                continue;
            };
            let id = name.id.to_owned();
            if !self.shared.macros.contains(&id) {
                let known = self.shared.macros.join(", ");
                self.refuse(offset, format!("parts.html has no `{id}`; it has {known}."));
            } else if self.placeholders.iter().any(|known| known.name == id) {
                let message = format!("`{id}` is a placeholder of this mail; use another macro.");
                self.refuse(offset, message);
            } else {
                self.imported.push(id);
            }
        }
    }

    fn include(&mut self, include: &ast::Include<'_>) {
        let name = text(&include.name).unwrap_or_default();
        let end = if self.is_html() { ".html" } else { ".txt" };
        let known = self.shared.footers.iter();
        let mut known = known.filter(|known| known.ends_with(end));
        let is_fine = self.part != TemplatePart::Subject && !include.ignore_missing;
        if !(is_fine && known.any(|known| *known == name)) {
            let offset = include.name.span().start_offset as usize;
            let names = self
                .shared
                .footers
                .iter()
                .filter(|known| known.ends_with(end));
            let names: Vec<_> = names.map(String::as_str).collect();
            let message = match self.part {
                TemplatePart::Subject => "A subject includes nothing.".to_owned(),
                _ => format!("Only a footer can be included: {}.", names.join(", ")),
            };
            self.refuse(offset, message);
        }
    }

    /// Asks for a placeholder by its name alone.
    pub(super) fn variable(&mut self, name: &str, span: Span, what: Use) {
        self.placeholder(name, span.start_offset as usize, what);
    }
}

/// A text as it stands there.
fn text(expression: &ast::Expr<'_>) -> Option<String> {
    match expression {
        ast::Expr::Const(constant) => constant.value.as_str().map(str::to_owned),
        _ => None,
    }
}
