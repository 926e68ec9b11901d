//! The one query on a table that the platform itself makes.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _};

use crate::platform::entities::schema_requirement::Entity;

/// The oldest step that a program must know to work on the schema, where the schema says so.
pub(super) async fn min_reader(db: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    let row = Entity::find_by_id("min_reader").one(db).await?;
    Ok(row.map(|row| row.migration))
}
