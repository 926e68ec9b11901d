//! What every text may use: the blocks of the layout, the macros of the parts, the footers.

use minijinja::machinery::{ast, parse};
use minijinja::syntax::SyntaxConfig;

/// Names of what the shared templates offer.
#[derive(Clone, Debug, Default)]
pub(in crate::domain::mail) struct Shared {
    pub(super) blocks: Vec<String>,
    pub(super) macros: Vec<String>,
    pub(super) footers: Vec<String>,
}

impl Shared {
    /// Reads them from the templates by their names.
    pub(in crate::domain::mail) fn read<'a>(
        sources: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut shared = Self::default();
        for (name, source) in sources {
            let Ok(ast::Stmt::Template(template)) = parse(source, name, SyntaxConfig::default())
            else {
                continue;
            };
            match name {
                "layout.html" => blocks(&template.children, &mut shared.blocks),
                "parts.html" => macros(&template.children, &mut shared.macros),
                _ if name.starts_with("footer/") => shared.footers.push(name.to_owned()),
                _ => {}
            }
        }
        shared
    }
}

fn blocks(list: &[ast::Stmt<'_>], found: &mut Vec<String>) {
    for statement in list {
        match statement {
            ast::Stmt::Block(block) => {
                found.push(block.name.to_owned());
                blocks(&block.body, found);
            }
            ast::Stmt::IfCond(choice) => {
                blocks(&choice.true_body, found);
                blocks(&choice.false_body, found);
            }
            _ => {}
        }
    }
}

fn macros(list: &[ast::Stmt<'_>], found: &mut Vec<String>) {
    for statement in list {
        if let ast::Stmt::Macro(made) = statement {
            found.push(made.name.to_owned());
        }
    }
}
