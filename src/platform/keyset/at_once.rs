//! A page as one row: on SQLite the driver hands rows over one at a time, each with a switch of threads,
//! which costs more than reading them.

use sea_orm::sea_query::SqliteQueryBuilder;
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DatabaseBackend, EntityTrait, Iterable, QuerySelect,
    QueryTrait, Select, Statement,
};
use serde::de::DeserializeOwned;

use crate::types::error::Internal;

/// Every row of a short list, or so many of it.
///
/// `Why:` the bound is written into the text. SQLite looks at the value of a bound `LIMIT` when it
/// plans, and therefore plans such a statement again for each value that is bound, equal or not.
///
/// `Shape:` on SQLite an array of arrays of the columns in the entity's order, ids and bytes as
/// hexadecimal digits, flags as `true` and `false`.
pub(crate) async fn rows<E>(
    db: &impl ConnectionTrait,
    list: Select<E>,
    most: Option<u64>,
) -> Result<Vec<E::Model>, Internal>
where
    E: EntityTrait,
    E::Model: DeserializeOwned,
{
    if db.get_database_backend() != DatabaseBackend::Sqlite {
        return Ok(list.limit(most).all(db).await?);
    }
    let columns: Vec<String> = E::Column::iter().map(|column| cell(&column)).collect();
    let (page, values) = list.into_query().build(SqliteQueryBuilder);
    let bound = most.map_or(String::new(), |most| format!(" LIMIT {most}"));
    let sql = format!(
        "SELECT json_group_array(json_array({})) FROM ({page}{bound}) AS page",
        columns.join(", ")
    );
    let statement = Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values);
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| Internal::new("reading a page", "no row"))?;
    let text: String = row.try_get_by_index(0)?;
    serde_json::from_str(&text).map_err(Internal::while_doing("reading a page"))
}

/// The row of a list that has one at most, because its condition is on a unique column.
///
/// `Why:` without the `LIMIT` that `one` would bind, for the reason above.
pub(crate) async fn only<E: EntityTrait>(
    db: &impl ConnectionTrait,
    list: Select<E>,
) -> Result<Option<E::Model>, Internal> {
    Ok(list.all(db).await?.into_iter().next())
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
