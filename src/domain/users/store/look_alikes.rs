//! Keeping names apart that look alike.
//!
//! `Shape:` a row for each look of a name. It belongs to one user whose name is not ASCII, or to any number
//! of users whose names are: `paul1` and `paull` look alike and are both fine. The primary key keeps a
//! second user, or the other kind, off; no lock is taken and none is needed.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, Func, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::platform::db::Txn;
use crate::platform::entities::name_skeleton::{ActiveModel, Column, Entity};
use crate::platform::entities::user;
use crate::types::error::Internal;
use crate::types::ids::UserId;
use crate::types::look_alikes::looks;

use super::super::User;

/// Who holds the looks of names in ASCII.
const ASCII: &str = "ASCII";

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::domain::users) enum NameKind {
    Username,
    /// The part of an address before its `@`, with the domain behind it.
    Address,
}

impl NameKind {
    fn name(self) -> &'static str {
        match self {
            Self::Username => "USERNAME",
            Self::Address => "ADDRESS",
        }
    }
}

/// A name as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Looks {
    kind: NameKind,
    skeletons: BTreeSet<String>,
    holder: String,
}

fn of(user: &User) -> Result<Vec<Looks>, Internal> {
    let (username, email) = user.names()?;
    let holder = |is_ascii: bool| {
        if is_ascii {
            ASCII.to_owned()
        } else {
            user.id.uuid().simple().to_string()
        }
    };
    let mut found = vec![Looks {
        kind: NameKind::Username,
        skeletons: looks(username.as_str(), username.key()),
        holder: holder(username.key().is_ascii()),
    }];
    if let Some(email) = email {
        let local = |text: &str| {
            text.split_once('@')
                .map_or(text, |(local, _)| local)
                .to_owned()
        };
        let (typed, key) = (local(email.as_str()), local(email.key()));
        let below = |look: String| format!("{look}@{}", email.domain());
        found.push(Looks {
            kind: NameKind::Address,
            skeletons: looks(&typed, &key).into_iter().map(below).collect(),
            holder: holder(key.is_ascii()),
        });
    }
    Ok(found)
}

/// Takes the looks of a new user's names. Gives the name that looks like another user's.
pub(in crate::domain::users) async fn claim(
    txn: &Txn,
    user: &User,
) -> Result<Option<NameKind>, Internal> {
    take(txn, of(user)?).await
}

/// Gives up the looks of names that a user no longer has, and takes those of the new ones.
pub(in crate::domain::users) async fn exchange(
    txn: &Txn,
    before: &User,
    after: &User,
) -> Result<Option<NameKind>, Internal> {
    let (old, new) = (of(before)?, of(after)?);
    for looks in old.iter().filter(|looks| !new.contains(looks)) {
        give_up(txn, looks).await?;
    }
    let new = new.into_iter().filter(|looks| !old.contains(looks));
    take(txn, new.collect()).await
}

async fn take(txn: &Txn, all: Vec<Looks>) -> Result<Option<NameKind>, Internal> {
    for looks in all {
        let rows = looks.skeletons.iter().map(|skeleton| ActiveModel {
            kind: Set(looks.kind.name().to_owned()),
            skeleton: Set(skeleton.clone()),
            holder: Set(looks.holder.clone()),
            names: Set(1),
        });
        let mut taken = OnConflict::columns([Column::Kind, Column::Skeleton]);
        if looks.holder == ASCII {
            let names = Expr::col((Entity, Column::Names));
            taken
                .value(Column::Names, names.add(1))
                .action_and_where(Expr::col((Entity, Column::Holder)).eq(ASCII));
        } else {
            taken.do_nothing();
        }
        let insertion = Entity::insert_many(rows).on_conflict(taken);
        let written = match insertion.exec_without_returning(txn).await {
            Ok(written) => written,
            Err(DbErr::RecordNotInserted) => 0,
            Err(error) => return Err(error.into()),
        };
        if written < looks.skeletons.len() as u64 {
            return Ok(Some(looks.kind));
        }
    }
    Ok(None)
}

async fn give_up(txn: &Txn, looks: &Looks) -> Result<(), Internal> {
    let held = Condition::all()
        .add(Column::Kind.eq(looks.kind.name()))
        .add(Column::Skeleton.is_in(looks.skeletons.iter().cloned()))
        .add(Column::Holder.eq(&looks.holder));
    Entity::update_many()
        .col_expr(Column::Names, Expr::col(Column::Names).sub(1))
        .filter(held.clone())
        .exec(txn)
        .await?;
    Entity::delete_many()
        .filter(held)
        .filter(Column::Names.lte(0))
        .exec(txn)
        .await?;
    Ok(())
}

/// Names that are not ASCII and whose looks somebody else holds, some of them: the user and the name.
pub(in crate::domain::users) async fn unheld(
    db: &impl ConnectionTrait,
    most: usize,
) -> Result<Vec<(UserId, String)>, Internal> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = beyond_ascii(db, after).await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = Some(last.id);
        for row in page {
            let user = super::read(row);
            for looks in of(&user)?.into_iter().filter(|looks| looks.holder != ASCII) {
                let held = Entity::find()
                    .filter(Column::Kind.eq(looks.kind.name()))
                    .filter(Column::Holder.eq(&looks.holder))
                    .filter(Column::Skeleton.is_in(looks.skeletons.iter().cloned()));
                if held.all(db).await?.len() < looks.skeletons.len() {
                    let name = match looks.kind {
                        NameKind::Username => user.username.clone(),
                        NameKind::Address => user.email.clone().unwrap_or_default(),
                    };
                    found.push((user.id, name));
                }
                if found.len() == most {
                    return Ok(found);
                }
            }
        }
    }
}

/// Users of whom a name is not ASCII, in the order of their ids.
async fn beyond_ascii(
    db: &impl ConnectionTrait,
    after: Option<uuid::Uuid>,
) -> Result<Vec<user::Model>, Internal> {
    use user::Column as User;
    let longer = |column: User| {
        let bytes = Func::cust("octet_length").arg(Expr::col(column));
        let characters = Func::cust("length").arg(Expr::col(column));
        Expr::expr(bytes).gt(characters)
    };
    let mut list = user::Entity::find()
        .filter(longer(User::UsernameKey).or(longer(User::EmailKey)))
        .order_by_asc(User::Id)
        .limit(500);
    if let Some(after) = after {
        list = list.filter(User::Id.gt(after));
    }
    Ok(list.all(db).await?)
}
