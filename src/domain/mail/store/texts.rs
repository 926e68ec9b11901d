//! Own texts of mails: versions that are only ever added. The highest of a kind and language counts.

use crate::domain::mail::{MailKind, TemplateText};
use crate::platform::db::{Txn, unique_violation};
use crate::platform::entities::mail_template_version::{Column, Entity, Model};
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::TextVersionId;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait as _, Order, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

/// One change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextVersion {
    /// Of which mail.
    pub kind: MailKind,
    /// In which language.
    pub locale: String,
    /// From 1, without gaps.
    pub version: i64,
    /// The text. `None` when what lies below came back.
    pub text: Option<TemplateText>,
    /// When.
    pub changed_at: Timestamp,
    /// Name at that time of whoever did it.
    pub changed_by_label: String,
}

/// Of which mails, in which languages; none means all.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Kinds.
    pub kinds: Vec<MailKind>,
    /// Languages.
    pub locales: Vec<String>,
}

impl Wanted {
    /// One kind in a few languages.
    pub fn chain(kind: MailKind, locales: &[String]) -> Self {
        Self {
            kinds: vec![kind],
            locales: locales.to_vec(),
        }
    }
}

/// The present version of each kind and language that was ever changed.
pub async fn current(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
) -> Result<Vec<TextVersion>, Internal> {
    let newer = Alias::new("newer");
    let same = |column: Column| Expr::col((newer.clone(), column)).equals((Entity, column));
    let another = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, newer.clone())
        .and_where(same(Column::Kind))
        .and_where(same(Column::Locale))
        .and_where(
            Expr::col((newer.clone(), Column::Version)).gt(Expr::col((Entity, Column::Version))),
        )
        .take();
    let mut all = Condition::all().add(Expr::exists(another).not());
    if !wanted.kinds.is_empty() {
        all = all.add(Column::Kind.is_in(wanted.kinds.iter().map(|kind| kind.name())));
    }
    if !wanted.locales.is_empty() {
        all = all.add(Column::Locale.is_in(&wanted.locales));
    }
    let rows = Entity::find().filter(all).all(db).await?;
    Ok(rows.into_iter().filter_map(version).collect())
}

/// The changes of one text, newest first.
pub async fn history(
    db: &impl ConnectionTrait,
    kind: MailKind,
    locale: &str,
    most: u64,
) -> Result<Vec<TextVersion>, Internal> {
    let rows = Entity::find()
        .filter(Column::Kind.eq(kind.name()))
        .filter(Column::Locale.eq(locale))
        .order_by(Column::Version, Order::Desc)
        .limit(most)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(version).collect())
}

/// Languages in which any text was ever changed.
pub async fn locales(db: &impl ConnectionTrait) -> Result<Vec<String>, Internal> {
    let found = Entity::find()
        .select_only()
        .column(Column::Locale)
        .distinct()
        .into_tuple()
        .all(db)
        .await?;
    Ok(found)
}

/// Adds a version. `false` when somebody else added it first; then the transaction must be dropped.
pub async fn append(txn: &Txn, actor: &Actor, new: &TextVersion) -> Result<bool, Internal> {
    let row = Model {
        id: TextVersionId::new(new.changed_at).uuid(),
        kind: new.kind.name().to_owned(),
        locale: new.locale.clone(),
        version: new.version,
        subject: new.text.as_ref().map(|text| text.subject.clone()),
        text_body: new.text.as_ref().map(|text| text.text_body.clone()),
        html_body: new.text.as_ref().map(|text| text.html_body.clone()),
        changed_at: new.changed_at.as_millis(),
        changed_by_kind: actor.kind_name().to_owned(),
        changed_by_id: actor.id(),
        changed_by_label: actor.label.clone(),
    };
    let inserted = Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(txn)
        .await;
    match inserted {
        Ok(_) => Ok(true),
        Err(error) if unique_violation(&error, &["kind"]).is_some() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// `None` for a kind that a newer release on the same database knows.
fn version(row: Model) -> Option<TextVersion> {
    let text = match (row.subject, row.text_body, row.html_body) {
        (Some(subject), Some(text_body), Some(html_body)) => Some(TemplateText {
            subject,
            text_body,
            html_body,
        }),
        _ => None,
    };
    Some(TextVersion {
        kind: MailKind::parse(&row.kind)?,
        locale: row.locale,
        version: row.version,
        text,
        changed_at: Timestamp::from_millis(row.changed_at),
        changed_by_label: row.changed_by_label,
    })
}
