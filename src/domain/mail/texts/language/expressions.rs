//! What stands between `{{` and `}}`, and behind `if`.

use minijinja::machinery::ast::{self, BinOpKind, CallArg, Expr, UnaryOpKind};

use super::{FILTERS, Reader, Use};

impl Reader<'_> {
    fn no_expression(&mut self, expression: &Expr<'_>) {
        let message = format!(
            "A mail cannot compute: this {} is neither a placeholder, nor a filter on one, nor a macro of \
             parts.html.",
            expression.description()
        );
        self.refuse(expression.span().start_offset as usize, message);
    }

    /// What is put into the mail.
    pub(super) fn shown(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Var(one) => self.variable(one.id, one.span(), Use::Shown),
            Expr::Call(call) => self.call(call, expression),
            Expr::IfExpr(choice) => {
                self.condition(&choice.test_expr);
                self.worked(&choice.true_expr);
                choice.false_expr.iter().for_each(|one| self.worked(one));
            }
            _ => self.worked(expression),
        }
    }

    /// What is changed or compared: never a secret.
    fn worked(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Const(_) => {}
            Expr::Var(one) => self.variable(one.id, one.span(), Use::Worked),
            Expr::Filter(filter) => self.filter(filter, expression),
            Expr::List(list) if list.items.iter().all(|one| matches!(one, Expr::Const(_))) => {}
            Expr::Tuple(list) if list.items.iter().all(|one| matches!(one, Expr::Const(_))) => {}
            _ => self.no_expression(expression),
        }
    }

    fn filter(&mut self, filter: &ast::Filter<'_>, whole: &Expr<'_>) {
        if !FILTERS.contains(&filter.name) {
            let message = format!(
                "The filter `{}` cannot be used in a mail. There are {}.",
                filter.name,
                FILTERS.join(", ")
            );
            self.refuse(whole.span().start_offset as usize, message);
        }
        match &filter.expr {
            Some(inner) => self.worked(inner),
            None => self.no_expression(whole),
        }
        for argument in &filter.args {
            match argument {
                CallArg::Pos(one) => self.worked(one),
                _ => self.no_expression(whole),
            }
        }
    }

    /// A macro of `parts.html`, which shows what it is given and nothing else.
    fn call(&mut self, call: &ast::Call<'_>, whole: &Expr<'_>) {
        let name = match &call.expr {
            Expr::Var(one) if self.imported.iter().any(|known| known == one.id) => one.id,
            Expr::Var(one) => {
                let message = format!(
                    "There is no macro `{}` here. Write {{% from \"parts.html\" import … %}} before it; \
                     parts.html has {}.",
                    one.id,
                    self.shared.macros.join(", ")
                );
                return self.refuse(one.span().start_offset as usize, message);
            }
            _ => return self.no_expression(whole),
        };
        for argument in &call.args {
            match argument {
                CallArg::Pos(Expr::Call(_)) => self.no_expression(whole),
                CallArg::Pos(one) => self.shown(one),
                _ => {
                    let message = format!("Give `{name}` its values in order, without names.");
                    self.refuse(whole.span().start_offset as usize, message);
                }
            }
        }
    }

    /// What an `if` asks.
    pub(super) fn condition(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Var(one) => self.variable(one.id, one.span(), Use::Asked),
            Expr::UnaryOp(one) if matches!(one.op, UnaryOpKind::Not) => self.condition(&one.expr),
            Expr::BinOp(one) => match one.op {
                BinOpKind::ScAnd | BinOpKind::ScOr => {
                    self.condition(&one.left);
                    self.condition(&one.right);
                }
                BinOpKind::Eq
                | BinOpKind::Ne
                | BinOpKind::Lt
                | BinOpKind::Lte
                | BinOpKind::Gt
                | BinOpKind::Gte
                | BinOpKind::In => {
                    self.worked(&one.left);
                    self.worked(&one.right);
                }
                _ => self.no_expression(expression),
            },
            Expr::Compare(one) => {
                self.worked(&one.expr);
                one.ops.iter().for_each(|next| self.worked(&next.expr));
            }
            Expr::Test(test) if test.args.is_empty() && TESTS.contains(&test.name) => {
                self.condition(&test.expr);
            }
            _ => self.worked(expression),
        }
    }
}

/// Tests that ask whether something is there.
const TESTS: [&str; 5] = ["defined", "undefined", "none", "true", "false"];
