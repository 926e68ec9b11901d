//! Relay connections: a page of domain rows becomes edges, nodes, page info and a count.

use async_graphql::{Context, SimpleObject};

use crate::platform::app::App;
use crate::platform::pagination::{self, Page, Placed};

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

/// A page with what its connection type needs to show it.
pub(crate) struct Listing<N> {
    page: Page<N>,
    order: String,
    total: Option<u64>,
}

impl<N> Listing<N> {
    /// Wraps a page. `order` is the name under which its cursors are signed.
    pub(crate) fn new(page: Page<N>, order: impl Into<String>, total: Option<u64>) -> Self {
        Self {
            page,
            order: order.into(),
            total,
        }
    }

    pub(crate) fn rows(&self) -> &[Placed<N>] {
        &self.page.rows
    }

    pub(crate) fn cursor(&self, app: &App, row: &Placed<N>) -> String {
        pagination::encode(&app.keys, &self.order, &row.position)
    }

    pub(crate) fn info(&self, app: &App) -> PageInfo {
        let cursor = |row: Option<&Placed<N>>| row.map(|row| self.cursor(app, row));
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: cursor(self.page.rows.first()),
            end_cursor: cursor(self.page.rows.last()),
        }
    }

    pub(crate) fn total(&self) -> i32 {
        self.total
            .and_then(|total| i32::try_from(total).ok())
            .unwrap_or(i32::MAX)
    }
}

/// Makes the two types of one connection.
///
/// `Why:` a macro, because the library gives types made from one generic no names and descriptions
/// of their own.
macro_rules! connection {
    ($node:ty, $connection:ident, $edge:ident, $page_doc:literal, $edge_doc:literal) => {
        #[doc = $edge_doc]
        #[derive(async_graphql::SimpleObject)]
        pub(crate) struct $edge {
            /// Where this entry is, for `after` and `before`. Opaque.
            cursor: String,
            /// The entry itself.
            node: $node,
        }

        #[doc = $page_doc]
        pub(crate) struct $connection(pub(crate) crate::graphql::paging::Listing<$node>);

        #[doc = $page_doc]
        #[async_graphql::Object]
        impl $connection {
            /// This page, with cursors.
            async fn edges(&self, ctx: &async_graphql::Context<'_>) -> Vec<$edge> {
                let edge = |row: &crate::platform::pagination::Placed<$node>| $edge {
                    cursor: self.0.cursor(ctx.app(), row),
                    node: row.item.clone(),
                };
                self.0.rows().iter().map(edge).collect()
            }

            /// This page, without cursors.
            async fn nodes(&self) -> Vec<$node> {
                self.0.rows().iter().map(|row| row.item.clone()).collect()
            }

            /// Where the page begins and ends.
            async fn page_info(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> crate::graphql::paging::PageInfo {
                self.0.info(ctx.app())
            }

            /// How many there are on all pages, under the same conditions. Only counted when asked
            /// for.
            async fn total_count(&self) -> i32 {
                self.0.total()
            }
        }
    };
}

pub(crate) use connection;

/// Whether the count of the whole list was asked for.
pub(crate) fn wants_total(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}
