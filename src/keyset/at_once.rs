//! A page as one row: on SQLite the driver hands rows over one at a time, each with a switch of threads,
//! which costs more than reading them.

use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DatabaseBackend, EntityTrait, Iterable, QueryTrait,
    Select,
};
use serde::de::DeserializeOwned;

use crate::error::Internal;

/// Every row of a short list.
///
/// `Shape:` on SQLite an array of arrays of the columns in the entity's order, ids and bytes as
/// hexadecimal digits, flags as `true` and `false`.
pub(crate) async fn rows<E>(
    db: &impl ConnectionTrait,
    list: Select<E>,
) -> Result<Vec<E::Model>, Internal>
where
    E: EntityTrait,
    E::Model: DeserializeOwned,
{
    if db.get_database_backend() != DatabaseBackend::Sqlite {
        return Ok(list.all(db).await?);
    }
    let columns: Vec<String> = E::Column::iter().map(|column| cell(&column)).collect();
    let array = format!("json_group_array(json_array({}))", columns.join(", "));
    let query = Query::select()
        .expr(Expr::cust(array))
        .from_subquery(list.into_query(), Alias::new("page"))
        .take();
    let row = db.query_one(&query).await?;
    let row = row.ok_or_else(|| Internal::new("reading a page", "no row"))?;
    let text: String = row.try_get_by_index(0)?;
    serde_json::from_str(&text).map_err(Internal::while_doing("reading a page"))
}

fn cell<C: ColumnTrait>(column: &C) -> String {
    let name = format!("\"{}\"", column.as_str());
    match column.def().get_column_type() {
        ColumnType::Uuid | ColumnType::VarBinary(_) | ColumnType::Binary(_) | ColumnType::Blob => {
            format!("iif({name} IS NULL, NULL, hex({name}))")
        }
        ColumnType::Boolean => format!("json(iif({name}, 'true', 'false'))"),
        _ => name,
    }
}
