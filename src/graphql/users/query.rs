//! Finding users.

use async_graphql::{Context, ID, Object};

use super::{User, UserConnection, UserFilter, UserOrder, UserRef};
use crate::domain::users;
use crate::graphql::context::Reach as _;
use crate::graphql::enums::{OrderDirection, UserOrderField};
use crate::graphql::error::{answer, checked, paging};
use crate::graphql::paging::{Listing, wants_total};
use crate::platform::pagination::PageArguments;
use crate::types::actor::{Permission, ReadError};

/// The part of `Query` about users.
#[derive(Default)]
pub(crate) struct UserQuery;

#[Object]
impl UserQuery {
    /// One user by ID.
    ///
    /// Access: scope USERS_READ.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "ID of the user.")] id: ID,
    ) -> Option<User> {
        let reference = users::UserRef::from(&UserRef::Id(id));
        answer(ctx, users::find(ctx.app(), ctx.actor(), &reference).await)?.map(User::from)
    }

    /// One user by what they type when signing in: their username or their e-mail address, without
    /// regard to letter case. Usernames never contain `@`, so the two cannot be confused.
    ///
    /// Access: scope USERS_READ.
    async fn user_by_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A username or an e-mail address.")] login: String,
    ) -> Option<User> {
        let reference = users::UserRef::Login(login);
        answer(ctx, users::find(ctx.app(), ctx.actor(), &reference).await)?.map(User::from)
    }

    /// Users, newest first unless ordered otherwise.
    ///
    /// Access: scope USERS_READ.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a Relay connection"
    )]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many to return from the start of the range, 1 to 100. Without `first` and `last`, 25."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many to return from the end of the range, 1 to 100.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(
            desc = "Free text, at most 200 characters, looked for in username, e-mail address and name; letter case and accents do not count. One or two characters, and signs alone, are looked for where these begin."
        )]
        search: Option<String>,
        #[graphql(desc = "Conditions that must all hold. Omitted conditions do not restrict.")]
        filter: Option<UserFilter>,
        #[graphql(
            desc = "Order of the result.",
            default_with = "UserOrder { field: UserOrderField::CreatedAt, direction: OrderDirection::Desc }"
        )]
        order_by: UserOrder,
    ) -> Option<UserConnection> {
        let (app, actor) = (ctx.app(), ctx.actor());
        answer(
            ctx,
            actor
                .require(Permission::UsersRead)
                .map_err(ReadError::from),
        )?;
        let order = users::UserOrder {
            field: order_by.field.into(),
            descending: order_by.direction == OrderDirection::Desc,
        };
        let name = users::order_name(order);
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let request = paging(ctx, arguments.read(&app.keys, &name))?;
        let filter = checked(ctx, filter.unwrap_or_default().read(search))?;
        let page = answer(ctx, users::list(app, actor, &filter, order, &request).await)?;
        let total = if wants_total(ctx) {
            Some(answer(ctx, users::count(app, actor, &filter).await)?)
        } else {
            None
        };
        Some(UserConnection(Listing::new(
            page.map(User::from),
            name,
            total,
        )))
    }
}
