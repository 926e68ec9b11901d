//! Relay connections: a page of domain rows becomes edges, nodes, page info and a count.

use async_graphql::{Context, Object, OutputType, SimpleObject};

use crate::app::App;
use crate::page::{self, Page};

use super::context::Reach as _;

/// Where a page of a connection begins and ends, and whether there is more.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct PageInfo {
    /// Whether there is something after this page.
    has_next_page: bool,
    /// Whether there is something before this page.
    has_previous_page: bool,
    /// Cursor of the first entry. Null when the page is empty.
    start_cursor: Option<String>,
    /// Cursor of the last entry. Null when the page is empty.
    end_cursor: Option<String>,
}

/// A page of a list, with the count of the whole list where it was asked for.
pub(crate) struct Connection<N> {
    page: Page<N>,
    order: String,
    total: Option<u64>,
}

/// One entry of a page of a list.
#[derive(SimpleObject)]
#[graphql(concrete(name = "UserEdge", params(super::users::User)))]
#[graphql(concrete(name = "AuditEventEdge", params(super::audit::AuditEvent)))]
#[graphql(concrete(name = "MailDeliveryEdge", params(super::mail::MailDelivery)))]
pub(crate) struct Edge<N: OutputType> {
    /// Where this entry is, for `after` and `before`. Opaque.
    cursor: String,
    /// The entry itself.
    node: N,
}

impl<N> Connection<N> {
    /// Wraps a page. `order` is the name under which its cursors are signed.
    pub(crate) fn new(page: Page<N>, order: impl Into<String>, total: Option<u64>) -> Self {
        Self { page, order: order.into(), total }
    }

    fn cursor(&self, app: &App, place: Option<&page::Placed<N>>) -> Option<String> {
        place.map(|row| page::encode(&app.keys, &self.order, &row.position))
    }
}

/// A page of a list.
#[Object(
    concrete(name = "UserConnection", params(super::users::User)),
    concrete(name = "AuditEventConnection", params(super::audit::AuditEvent)),
    concrete(name = "MailDeliveryConnection", params(super::mail::MailDelivery))
)]
impl<N: OutputType + Clone> Connection<N> {
    /// This page, with cursors.
    async fn edges(&self, ctx: &Context<'_>) -> Vec<Edge<N>> {
        let edge = |row: &page::Placed<N>| Edge {
            cursor: page::encode(&ctx.app().keys, &self.order, &row.position),
            node: row.item.clone(),
        };
        self.page.rows.iter().map(edge).collect()
    }

    /// This page, without cursors.
    async fn nodes(&self) -> Vec<N> {
        self.page.rows.iter().map(|row| row.item.clone()).collect()
    }

    /// Where the page begins and ends.
    async fn page_info(&self, ctx: &Context<'_>) -> PageInfo {
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: self.cursor(ctx.app(), self.page.rows.first()),
            end_cursor: self.cursor(ctx.app(), self.page.rows.last()),
        }
    }

    /// How many there are on all pages, under the same conditions. Only counted when asked for.
    async fn total_count(&self) -> i32 {
        self.total.and_then(|total| i32::try_from(total).ok()).unwrap_or(i32::MAX)
    }
}

/// Whether the count of the whole list was asked for.
pub(crate) fn wants_total(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}
