//! Bare programs to be measured against: the least that can answer with the same page. No keys, no
//! rights, no limits, no audit.

use async_graphql::connection::{Connection, Edge, EmptyFields, OpaqueCursor, query};
use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Schema, SimpleObject};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use sea_orm::sqlx;
use sea_orm::{ConnectOptions, Database, DatabaseBackend, DatabaseConnection, EntityTrait};
use serde::Serialize;
use uuid::Uuid;

#[expect(unreachable_pub, reason = "the derive wants its types public")]
mod user {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub username: String,
        pub email: Option<String>,
        pub name: Option<String>,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(SimpleObject, Serialize, Clone)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    username: String,
    email: Option<String>,
    name: Option<String>,
    created_at: String,
}

impl User {
    fn new(
        id: Uuid,
        username: String,
        email: Option<String>,
        name: Option<String>,
        at: i64,
    ) -> Self {
        Self {
            id: format!("user_{}", id.simple()),
            username,
            email,
            name,
            created_at: moment(at),
        }
    }
}

fn moment(millis: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000);
    at.expect("a moment")
        .format(&time::format_description::well_known::Rfc3339)
        .expect("a text")
}

struct Query;

type Cursor = OpaqueCursor<(i64, Uuid)>;

#[Object]
impl Query {
    async fn users(
        &self,
        ctx: &Context<'_>,
        first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<Connection<Cursor, User, EmptyFields, EmptyFields>> {
        use sea_orm::QueryOrder as _;
        let db = ctx.data_unchecked::<DatabaseConnection>();
        query(
            after,
            None,
            Some(first),
            None,
            |after: Option<Cursor>, _before, first, _last| async move {
                let wanted = first.unwrap_or(50);
                let mut list = user::Entity::find()
                    .order_by_desc(user::Column::CreatedAt)
                    .cursor_by((user::Column::CreatedAt, user::Column::Id));
                if let Some(OpaqueCursor(place)) = after {
                    list.before(place);
                }
                let rows = list.desc().first(wanted as u64 + 1).all(db).await?;
                let mut page = Connection::new(false, rows.len() > wanted);
                page.edges.extend(rows.into_iter().take(wanted).map(|row| {
                    let cursor = OpaqueCursor((row.created_at, row.id));
                    let node = User::new(row.id, row.username, row.email, row.name, row.created_at);
                    Edge::new(cursor, node)
                }));
                Ok::<_, async_graphql::Error>(page)
            },
        )
        .await
    }
}

type Bare = Schema<Query, EmptyMutation, EmptySubscription>;

async fn graphql(
    State((schema, _)): State<(Bare, DatabaseConnection)>,
    Json(request): Json<async_graphql::Request>,
) -> Json<async_graphql::Response> {
    Json(schema.execute(request).await)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    cursor: String,
    node: User,
}

type Row = (Uuid, String, Option<String>, Option<String>, i64);

const PAGE: &str = "SELECT id, username, email, name, created_at FROM users \
     ORDER BY created_at DESC, id DESC LIMIT 51";

/// The same page by the driver alone, without GraphQL.
async fn driver(State((_, db)): State<(Bare, DatabaseConnection)>) -> Json<serde_json::Value> {
    let rows: Vec<Row> = if db.get_database_backend() == DatabaseBackend::Postgres {
        let pool = db.get_postgres_connection_pool();
        sqlx::query_as(PAGE).fetch_all(pool).await
    } else {
        let pool = db.get_sqlite_connection_pool();
        sqlx::query_as(PAGE).fetch_all(pool).await
    }
    .expect("a page");
    let edges: Vec<Written> = rows
        .into_iter()
        .take(50)
        .map(|(id, username, email, name, at)| Written {
            cursor: format!("{}{at:016x}", id.simple()),
            node: User::new(id, username, email, name, at),
        })
        .collect();
    let page = serde_json::json!({ "hasNextPage": true });
    Json(serde_json::json!({ "data": { "users": { "edges": edges, "pageInfo": page } } }))
}

/// Serves until it is killed.
pub(crate) async fn serve(url: &str, port: u16) {
    let mut options = ConnectOptions::new(url.to_owned());
    options
        .max_connections(if url.starts_with("sqlite") { 4 } else { 10 })
        .test_before_acquire(false)
        .sqlx_logging(false);
    let db = Database::connect(options).await.expect("a database");
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription)
        .data(db.clone())
        .finish();
    let router = Router::new()
        .route("/graphql", post(graphql))
        .route("/driver", get(driver))
        .with_state((schema, db));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .expect("a port");
    axum::serve(listener, router).await.expect("serving");
}
