//! Which releases may work on the schema: the oldest step that a program must know.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::columns::{key, text};

/// The one row there is.
const MIN_READER: &str = "min_reader";

/// What the schema demands of the programs that use it.
pub(crate) fn table(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("schema_requirements")
        .col(key(manager, "name").not_null().primary_key())
        .col(text("migration").not_null())
        .take()
}

/// Says that only programs which know this step can work on the schema.
///
/// `Why:` a step that only adds leaves it alone, so that replicas of the last release go on. One that
/// removes, renames or narrows names itself in `up`, and in `down` the one that was named before.
pub(crate) async fn set(manager: &SchemaManager<'_>, step: &str) -> Result<(), DbErr> {
    let row = Query::insert()
        .into_table("schema_requirements")
        .columns(["name", "migration"])
        .values_panic([MIN_READER.into(), step.into()])
        .on_conflict(
            OnConflict::column("name")
                .update_column("migration")
                .to_owned(),
        )
        .to_owned();
    manager.get_connection().execute(&row).await?;
    Ok(())
}
