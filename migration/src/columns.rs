//! One spelling for each kind of column on every database.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// Primary key made by the program.
pub(crate) fn id() -> ColumnDef {
    ColumnDef::new("id").uuid().not_null().primary_key().take()
}

/// Identifier of a row elsewhere.
pub(crate) fn reference(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().take()
}

/// Instant in Unix milliseconds; null when it has not come.
pub(crate) fn instant(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().take()
}

/// A number.
pub(crate) fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().take()
}

/// A text for people.
pub(crate) fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().take()
}

/// A yes or no.
pub(crate) fn flag(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

/// Bytes: a hash or a sealed value.
pub(crate) fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).binary().take()
}

/// A folded text that is compared and sorted byte by byte.
///
/// `Why:` PostgreSQL would sort it by the database's locale, SQLite by bytes; pages must not depend
/// on where they are read.
pub(crate) fn key(manager: &SchemaManager, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match manager.get_database_backend() {
        DatabaseBackend::Postgres => column.custom("text COLLATE \"C\""),
        _ => column.text(),
    };
    column.take()
}

/// A unique index.
pub(crate) fn unique(
    table: &'static str,
    name: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    index(table, name, columns).unique().take()
}

/// An index.
pub(crate) fn index(
    table: &'static str,
    name: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index.take()
}
