//! `keydesk permissions`: the one table of rights, read from `actor.rs`.

use clap::Args;
use serde_json::{Value, json};

use super::failure::Failure;
use super::output::{print, print_json};
use crate::types::actor::{Permission, Role};

/// Prints who may do what.
#[derive(Args, Debug)]
pub(super) struct Permissions {
    /// Print JSON.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print Markdown, as it stands in docs/security.md.
    #[arg(long)]
    markdown: bool,
}

/// A head and rows of as many cells.
struct Table(Vec<Vec<String>>);

impl Permissions {
    pub(super) fn run(&self) -> Result<(), Failure> {
        if self.json {
            return print_json(&as_json());
        }
        let written = [rights(), ranks()].map(|table| {
            if self.markdown {
                table.markdown()
            } else {
                table.aligned()
            }
        });
        print(&written.join("\n\n"))
    }
}

/// What a right is for. A new one stops the build here, and with it reaches the table.
const fn meaning(permission: Permission) -> &'static str {
    match permission {
        Permission::UsersRead => "read users and their sessions",
        Permission::UsersWrite => "create, change, disable and enable users",
        Permission::UsersUnlock => "lift the lock after failed sign-ins",
        Permission::UsersDelete => "delete and restore users",
        Permission::PasswordsReset => "reset passwords, demand a change",
        Permission::SessionsRevoke => "end sessions, forget trusted devices",
        Permission::SessionsIntrospect => "ask whether a token is of a session that works",
        Permission::ApiKeysRead => "read API keys, without their secrets",
        Permission::ApiKeysManage => "create, change and revoke API keys",
        Permission::AuditRead => "read the audit trail",
        Permission::MailRead => "read mail deliveries and templates",
        Permission::MailWrite => "retry and cancel mail, send test mail",
        Permission::MailTemplatesWrite => "change the texts of mail",
        Permission::SettingsRead => "read facts about the server",
    }
}

/// A role's place from below: whoever is higher may act on whoever is lower.
fn rank(role: Role) -> usize {
    Role::ALL.iter().filter(|other| **other <= role).count()
}

fn holds(role: Role, permission: Permission) -> bool {
    role.permissions().contains(&permission)
}

/// Whether a person of this role may act on others of the other one.
fn manages(actor: Role, target: Role) -> bool {
    actor.manages(actor.permissions(), target)
}

/// A row: two words, and one cell for each role.
fn row(first: &str, second: &str, cell: impl Fn(Role) -> String) -> Vec<String> {
    let words = [first.to_owned(), second.to_owned()];
    words.into_iter().chain(Role::ALL.map(cell)).collect()
}

fn mark(is_so: bool) -> String {
    if is_so { "yes" } else { "" }.to_owned()
}

fn rights() -> Table {
    let head = row("permission", "allows to", |role| role.name().to_owned());
    let ranks = row("rank", "act on lower ranks", |role| rank(role).to_string());
    let rights = Permission::ALL.map(|permission| {
        row(permission.name(), meaning(permission), |role| {
            mark(holds(role, permission))
        })
    });
    Table([head, ranks].into_iter().chain(rights).collect())
}

fn ranks() -> Table {
    let head = row("role", "may act on", |role| role.name().to_owned());
    let rows =
        Role::ALL.map(|actor| row(actor.name(), "→", |target| mark(manages(actor, target))));
    Table([vec![head], rows.to_vec()].concat())
}

impl Table {
    fn markdown(&self) -> String {
        let cell = |text: &String| match text.as_str() {
            "" => " |".to_owned(),
            text => format!(" {text} |"),
        };
        let line = |cells: &Vec<String>| {
            let cells: String = cells.iter().map(cell).collect();
            format!("|{cells}")
        };
        let mut lines: Vec<String> = self.0.iter().map(line).collect();
        let columns = self.0.first().map_or(0, Vec::len);
        lines.insert(1, format!("|{}", "---|".repeat(columns)));
        lines.join("\n")
    }

    fn aligned(&self) -> String {
        let columns = self.0.first().map_or(0, Vec::len);
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|cells| cells.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |cells: &Vec<String>| {
            let padded = cells
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:width$}"));
            let line = padded.collect::<Vec<_>>().join("  ");
            line.trim_end().to_owned()
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn as_json() -> Value {
    let permissions = Permission::ALL
        .map(|permission| json!({ "name": permission.name(), "allowsTo": meaning(permission) }));
    let roles = Role::ALL.map(|role| {
        let held = role.permissions().iter().map(|held| held.name());
        let below = Role::ALL
            .into_iter()
            .filter(|other| manages(role, *other))
            .map(Role::name);
        json!({
            "name": role.name(),
            "rank": rank(role),
            "permissions": held.collect::<Vec<_>>(),
            "mayActOn": below.collect::<Vec<_>>(),
        })
    });
    json!({ "permissions": permissions, "roles": roles })
}
