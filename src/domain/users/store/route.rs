//! How a list is read: along the index of its order, or from the few rows that a condition leaves.
//!
//! A condition that holds for most users is best looked at while walking in order: a page is full soon.
//! One that holds for few is best looked up in its own index, and the few rows sorted. Which it is, a
//! short look at the index tells, before the list is read; the planners of the databases guess, and
//! guess wrong where it costs most.

use sea_orm::sea_query::{
    Alias, Condition, Expr, Query, SelectStatement, SimpleExpr, SubQueryStatement, UnionType,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseBackend, IntoSimpleExpr};

use super::filter::{escaped, within};
use crate::domain::users::search::{Needle, needle};
use crate::domain::users::{AuthenticationSource, UserFilter, UserStatus};
use crate::platform::entities::user::{Column, Entity};
use crate::types::actor::Role;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// Most rows that are looked up and sorted.
///
/// `Why:` with so many among 1 000 000 users, walking to a page of 100 passes 20 000 rows on average.
/// Looking up touches 5 000, but in no order and with a sort; the two were taken for about equal.
const FEW: u64 = 5_000;
/// Trigrams of a needle that are asked for; the list's own condition looks at the rest.
const TRIGRAMS: usize = 24;

/// A condition with an index of its own.
struct Lead {
    /// The ids behind it; no fewer than the filter leaves.
    ids: SelectStatement,
    /// Says more cheaply whether they are few, where counting would be dear.
    guess: Option<SimpleExpr>,
    /// The condition, where its index also holds the order of creation.
    in_creation_order: Option<Condition>,
}

/// What to add to a list's conditions.
///
/// `Order:` one statement at most before the list's own, and none for a list without conditions.
pub(super) async fn choose(
    db: &impl ConnectionTrait,
    filter: &UserFilter,
    now: Timestamp,
    sorted_by: Option<Column>,
) -> Result<Option<Condition>, Internal> {
    let backend = db.get_database_backend();
    let mut leads = leads(backend, filter, now);
    if leads.is_empty() {
        return Ok(None);
    }
    let mut look = Query::select();
    for (number, lead) in leads.iter().enumerate() {
        look.expr_as(rows_behind(lead), Alias::new(format!("lead{number}")));
    }
    let row = db.query_one(&look).await?;
    let row =
        row.ok_or_else(|| Internal::new("looking how many users a filter leaves", "no row"))?;
    let mut best: Option<(u64, usize)> = None;
    for number in 0..leads.len() {
        let rows = u64::try_from(row.try_get_by_index::<i64>(number)?).unwrap_or(0);
        if rows <= FEW && best.is_none_or(|(fewest, _)| rows < fewest) {
            best = Some((rows, number));
        }
    }
    if let Some((_, number)) = best {
        let lead = leads.swap_remove(number);
        return Ok(Some(Condition::all().add(among(backend, lead.ids))));
    }
    let by_creation = matches!(sorted_by, Some(Column::CreatedAt));
    let ordered = leads.into_iter().find_map(|lead| lead.in_creation_order);
    Ok(ordered.filter(|_| by_creation))
}

fn rows_behind(lead: &Lead) -> SimpleExpr {
    if let Some(guess) = &lead.guess {
        return guess.clone();
    }
    let few = lead.ids.clone().limit(FEW + 1).take();
    let count = Query::select()
        .expr(Expr::cust("COUNT(*)"))
        .from_subquery(few, Alias::new("few"))
        .take();
    one_value(count)
}

fn one_value(query: SelectStatement) -> SimpleExpr {
    SimpleExpr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(query)))
}

/// `Why:` PostgreSQL would take a plain `IN` for a join, and its order is then the planner's to choose.
fn among(backend: DatabaseBackend, ids: SelectStatement) -> SimpleExpr {
    if backend == DatabaseBackend::Postgres {
        Expr::cust_with_expr(r#""users"."id" = ANY(ARRAY $1)"#, one_value(ids))
    } else {
        Column::Id.in_subquery(ids)
    }
}

fn leads(backend: DatabaseBackend, filter: &UserFilter, now: Timestamp) -> Vec<Lead> {
    if filter.ids.is_some() {
        // At most a hundred rows by their key; nothing is better.
        return Vec::new();
    }
    let mut leads = Vec::new();
    if let Some(needle) = filter.search.as_deref().and_then(needle) {
        leads.push(if backend == DatabaseBackend::Postgres {
            search_postgres(&needle)
        } else {
            search_sqlite(&needle)
        });
    }
    leads.extend(states(filter, now));
    leads.extend(kinds(filter));
    leads.extend(times(filter));
    leads
}

fn lead(condition: Condition, in_creation_order: bool) -> Lead {
    let ids = Query::select()
        .column(Column::Id)
        .from(Entity)
        .cond_where(condition.clone())
        .take();
    Lead {
        ids,
        guess: None,
        in_creation_order: in_creation_order.then_some(condition),
    }
}

/// Spelled as the index is, letter by letter.
fn spelled(condition: &'static str) -> Condition {
    Condition::all().add(Expr::cust(condition))
}

fn states(filter: &UserFilter, now: Timestamp) -> Option<Lead> {
    let statuses = filter.statuses.as_deref()?;
    let mut each = Vec::new();
    for status in statuses {
        each.push(lead(state(*status, now)?, *status != UserStatus::Locked));
    }
    let mut one = each.pop()?;
    for other in each {
        // Not OR: SQLite would read the whole table for it.
        one.ids.union(UnionType::All, other.ids);
        one.in_creation_order = None;
    }
    Some(one)
}

/// `None` for the state that most users are in.
fn state(status: UserStatus, now: Timestamp) -> Option<Condition> {
    match status {
        UserStatus::Deleted => Some(spelled("deleted_at >= 0")),
        UserStatus::Disabled => Some(spelled("disabled_at >= 0")),
        UserStatus::Locked => {
            let lasting = Column::LockedUntil.gt(now.as_millis());
            Some(spelled("locked_until >= 0").add(lasting))
        }
        UserStatus::Pending => {
            let here = Column::AuthenticationSource.eq(AuthenticationSource::BuiltIn.name());
            Some(spelled("password_changed_at IS NULL").add(here))
        }
        UserStatus::Active => None,
    }
}

fn kinds(filter: &UserFilter) -> Vec<Lead> {
    let mut leads = Vec::new();
    if let Some(roles) = filter
        .roles
        .as_deref()
        .filter(|all| !all.contains(&Role::Member))
    {
        let names = roles.iter().map(|role| role.name());
        let one_of = spelled("role <> 'MEMBER'").add(Column::Role.is_in(names));
        leads.push(lead(one_of, roles.len() == 1));
    }
    let sources = filter.authentication_sources.as_deref();
    if let Some(sources) = sources.filter(|all| !all.contains(&AuthenticationSource::BuiltIn)) {
        let names = sources.iter().map(|source| source.name());
        let one_of = spelled("authentication_source <> 'BUILT_IN'")
            .add(Column::AuthenticationSource.is_in(names));
        leads.push(lead(one_of, sources.len() == 1));
    }
    if let Some(domain) = &filter.email_domain {
        let same = spelled("email_domain <> ''").add(Column::EmailDomain.eq(domain));
        leads.push(lead(same, true));
    }
    if filter.must_change_password == Some(true) {
        leads.push(lead(spelled("must_change_password"), true));
    }
    if filter.has_password == Some(false) {
        leads.push(lead(spelled("password_changed_at IS NULL"), false));
    }
    if filter.has_email == Some(false) {
        leads.push(lead(spelled("email_key IS NULL"), false));
    }
    if filter.never_signed_in == Some(true) {
        leads.push(lead(spelled("last_sign_in_at IS NULL"), false));
    }
    leads
}

fn times(filter: &UserFilter) -> Vec<Lead> {
    let ranges = [
        (Column::CreatedAt, filter.created_at),
        (Column::LastSignInAt, filter.last_sign_in_at),
        (Column::PasswordExpiresAt, filter.password_expires_at),
    ];
    let given = ranges
        .into_iter()
        .filter(|(_, range)| range.from.is_some() || range.until.is_some());
    given
        .map(|(column, range)| {
            lead(
                within(Condition::all(), &column.into_simple_expr(), range),
                false,
            )
        })
        .collect()
}

/// Trigrams in the index, joined by AND. Beginnings of lines follow two line ends there.
fn search_sqlite(needle: &Needle) -> Lead {
    let text = match needle {
        Needle::Anywhere(text) => text.clone(),
        Needle::AtStart(text) => format!("\n\n{text}"),
    };
    let letters: Vec<char> = text.chars().collect();
    let trigrams = letters.windows(3).take(TRIGRAMS);
    let quoted = trigrams.map(|three| {
        let three: String = three.iter().collect();
        format!("\"{}\"", three.replace('"', "\"\""))
    });
    let wanted = quoted.collect::<Vec<_>>().join(" ");
    let (search, rows) = (Alias::new("user_search"), Alias::new("user_search_rows"));
    let ids = Query::select()
        .column((rows.clone(), Alias::new("user_id")))
        .from(search)
        .inner_join(rows, Expr::cust("user_search_rows.id = user_search.rowid"))
        .and_where(Expr::cust_with_values("user_search MATCH ?", [wanted]))
        .take();
    Lead {
        ids,
        guess: None,
        in_creation_order: None,
    }
}

/// `Why:` a guess from about 2 000 rows. The index would gather every hit before it gives the first.
fn search_postgres(needle: &Needle) -> Lead {
    let (found, patterns) = match needle {
        Needle::Anywhere(text) => {
            let pattern = format!("%{}%", escaped(text));
            let found = r#"search_text COLLATE "C" LIKE $1"#;
            (
                Expr::cust_with_values(found, [pattern.clone()]),
                [pattern.clone(), pattern],
            )
        }
        Needle::AtStart(text) => {
            let head: String = text.chars().take(2).collect();
            let found = Expr::cust_with_values(HEADS, [head]);
            let pattern = escaped(text);
            (found, [format!("{pattern}%"), format!("%\n{pattern}%")])
        }
    };
    let lead = lead(Condition::all().add(found), false);
    Lead {
        guess: Some(Expr::cust_with_values(SAMPLE, patterns)),
        ..lead
    }
}

/// The expression of `ix_users__search_heads`. A text split at nothing is an array of itself; a placeholder
/// in brackets would be taken for a name.
const HEADS: &str = r"ARRAY[
    left(split_part(search_text, E'\n', 1), 1), left(split_part(search_text, E'\n', 1), 2),
    left(split_part(search_text, E'\n', 2), 1), left(split_part(search_text, E'\n', 2), 2),
    left(split_part(search_text, E'\n', 3), 1), left(split_part(search_text, E'\n', 3), 2)
] @> string_to_array($1, '')";

/// Ten hits in 2 000 rows are one user in two hundred: a page is found on the way. The sample is the same
/// each time, so that pages of one list are read alike.
const SAMPLE: &str = "(SELECT CASE WHEN COUNT(*) < 10 THEN 1000 ELSE 1000000 END::bigint \
    FROM users TABLESAMPLE SYSTEM (LEAST(100, 200000.0 / GREATEST(1, \
    (SELECT SUM(value) FROM counters WHERE name = 'users')))) REPEATABLE (0) \
    WHERE search_text LIKE $1 OR search_text LIKE $2)";
