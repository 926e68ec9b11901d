//! What must not come back or be mistaken: where a password came from, so that temporary and generated
//! ones take no place in its user's history; and what names look like (UTS 39).

use std::collections::BTreeMap;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend, Statement, Value};
use unicode_security::skeleton;

use crate::columns::{key, number, text};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261130_000016_look_alikes"
    }
}

/// `Why:` one statement each; SQLite adds one column at a time.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    let origin = || text("origin").not_null().default("CHOSEN").take();
    vec![("credentials", origin()), ("password_history", origin())]
}

/// A password with an end was set by an administrator and is to be replaced.
const TEMPORARY: &str = "UPDATE credentials SET origin = 'TEMPORARY' WHERE user_id IN \
                         (SELECT id FROM users WHERE password_expires_at IS NOT NULL)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            let addition = Table::alter().table(table).add_column(&mut column).take();
            manager.alter_table(addition).await?;
        }
        manager
            .get_connection()
            .execute_unprepared(TEMPORARY)
            .await?;
        manager.create_table(skeletons(manager)).await?;
        fill(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let removal = Table::drop().table("name_skeletons").take();
        manager.drop_table(removal).await?;
        for (table, column) in columns().into_iter().rev() {
            let removal = Table::alter()
                .table(table)
                .drop_column(column.get_column_name())
                .take();
            manager.alter_table(removal).await?;
        }
        Ok(())
    }
}

/// What names look like. A row belongs to one user whose name is not ASCII, or to `names` users whose names are.
fn skeletons(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("name_skeletons")
        .col(text("kind").not_null())
        .col(key(manager, "skeleton").not_null())
        .col(text("holder").not_null())
        .col(number("names").not_null())
        .primary_key(Index::create().col("kind").col("skeleton"))
        .take()
}

/// Users read at once.
const AT_ONCE: usize = 1_000;

/// Writes down the looks of all names there are: first of those in ASCII, then of the others, as far as nobody
/// else has them. `keydesk doctor` names the ones left over; nothing is refused here.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for ascii in [true, false] {
        let mut after = String::new();
        loop {
            let users = users(manager, &after).await?;
            let Some(last) = users.last() else { break };
            after.clone_from(&last.username_key);
            write(manager, &users, ascii).await?;
        }
    }
    Ok(())
}

struct User {
    holder: String,
    username: String,
    username_key: String,
    email: Option<String>,
    email_key: Option<String>,
}

async fn users(manager: &SchemaManager<'_>, after: &str) -> Result<Vec<User>, DbErr> {
    let db = manager.get_connection();
    let holder = match manager.get_database_backend() {
        DatabaseBackend::Postgres => "replace(CAST(id AS text), '-', '')",
        _ => "lower(hex(id))",
    };
    let sql = format!(
        "SELECT {holder} AS holder, username, username_key, email, email_key FROM users WHERE username_key > $1 \
         ORDER BY username_key LIMIT {AT_ONCE}"
    );
    let query = Statement::from_sql_and_values(manager.get_database_backend(), sql, [after.into()]);
    let rows = db.query_all_raw(query).await?;
    rows.iter()
        .map(|row| {
            Ok(User {
                holder: row.try_get("", "holder")?,
                username: row.try_get("", "username")?,
                username_key: row.try_get("", "username_key")?,
                email: row.try_get("", "email")?,
                email_key: row.try_get("", "email_key")?,
            })
        })
        .collect()
}

/// The rows of one kind of names: kind, look and holder, and how many names have it.
fn looks(users: &[User], ascii: bool) -> BTreeMap<(&'static str, String, String), i64> {
    let mut found = BTreeMap::new();
    let mut add = |kind, user: &User, (typed, key, domain): (&str, &str, &str)| {
        if key.is_ascii() != ascii {
            return;
        }
        let holder = if ascii {
            "ASCII".to_owned()
        } else {
            user.holder.clone()
        };
        let typed = skeleton(typed).collect::<String>().to_lowercase();
        let mut of_name: Vec<String> = [key, typed.as_str()]
            .iter()
            .map(|name| format!("{}{domain}", skeleton(name).collect::<String>()))
            .collect();
        of_name.dedup();
        for look in of_name {
            *found.entry((kind, look, holder.clone())).or_insert(0) += 1;
        }
    };
    for user in users {
        add("USERNAME", user, (&user.username, &user.username_key, ""));
        if let (Some(email), Some(key)) = (&user.email, &user.email_key) {
            let typed = email.split('@').next().unwrap_or_default();
            let (local, _) = key.split_once('@').unwrap_or((key, ""));
            let domain = key.strip_prefix(local).unwrap_or_default();
            add("ADDRESS", user, (typed, local, domain));
        }
    }
    found
}

async fn write(manager: &SchemaManager<'_>, users: &[User], ascii: bool) -> Result<(), DbErr> {
    let rows: Vec<_> = looks(users, ascii).into_iter().collect();
    // Four values each; both databases take more than 32 000.
    for chunk in rows.chunks(AT_ONCE) {
        let mut values: Vec<Value> = Vec::new();
        let mut places = Vec::new();
        for ((kind, look, holder), names) in chunk {
            let first = values.len() + 1;
            let numbers: Vec<_> = (first..first + 4)
                .map(|number| format!("${number}"))
                .collect();
            places.push(format!("({})", numbers.join(", ")));
            values.extend([
                (*kind).into(),
                look.clone().into(),
                holder.clone().into(),
                (*names).into(),
            ]);
        }
        let taken = if ascii {
            "DO UPDATE SET names = name_skeletons.names + excluded.names"
        } else {
            "DO NOTHING"
        };
        let sql = format!(
            "INSERT INTO name_skeletons (kind, skeleton, holder, names) VALUES {} ON CONFLICT (kind, skeleton) {taken}",
            places.join(", ")
        );
        let insertion = Statement::from_sql_and_values(manager.get_database_backend(), sql, values);
        manager.get_connection().execute_raw(insertion).await?;
    }
    Ok(())
}
