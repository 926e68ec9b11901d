//! Table `mail_template_versions`.
use sea_orm::entity::prelude::*;

/// One change of a mail's text. Without bodies the built-in text came back.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_template_versions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub locale: String,
    pub version: i64,
    pub subject: Option<String>,
    pub text_body: Option<String>,
    pub html_body: Option<String>,
    pub changed_at: i64,
    pub changed_by_kind: String,
    pub changed_by_id: Option<Uuid>,
    pub changed_by_label: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
