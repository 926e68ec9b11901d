//! `keydesk user list`: page after page, printed as it is read.

use clap::Args;

use super::{filter, shown};
use crate::cli::failure::Failure;
use crate::cli::output::{note, print_on};
use crate::domain::users::{self, User, UserOrder, UserOrderField};
use crate::platform::app::App;
use crate::platform::pagination::{MAX_SIZE, PageRequest};
use crate::types::actor::Actor;

/// Which users to list, and how.
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Only users whose username, address or name contains this.
    #[arg(long)]
    search: Option<String>,
    /// Only users of whom this holds: a field of the API's `UserFilter` and its value, such as
    /// role=admin, status=locked,disabled, hasEmail=false or createdAt=7d.. (since seven days ago); may be
    /// given several times, and then all have to hold.
    ///
    /// Fields: ids, statuses, roles, authenticationSources, emailDomain, hasEmail, emailVerified,
    /// hasPassword, mustChangePassword, passwordChangedAt, passwordExpiresAt, createdAt, lastSignInAt,
    /// neverSignedIn. Lists take commas, and their singular. Times are FROM..UNTIL, either may be left out:
    /// 2026-12-01T09:00:00Z, 7d for seven days ago, +7d for in seven days.
    #[arg(long = "filter", value_name = "FIELD=VALUE")]
    filters: Vec<String>,
    /// How many at most; all when left out.
    #[arg(long)]
    limit: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run(self, app: &App, actor: &Actor) -> Result<(), Failure> {
        let now = app.clock.now();
        let filter = filter::read(&self.filters, self.search, now)?;
        let order = UserOrder {
            field: UserOrderField::Username,
            descending: false,
        };
        let mut request = PageRequest::first(MAX_SIZE);
        let mut sheet = Sheet::begin(self.json);
        let mut left = self.limit.unwrap_or(usize::MAX);
        loop {
            let page = users::list(app, actor, &filter, order, &request).await?;
            request.after = page.rows.last().map(|row| row.position.clone());
            let has_more = page.has_next || page.rows.len() > left;
            let users: Vec<User> = page
                .rows
                .into_iter()
                .map(|row| row.item)
                .take(left)
                .collect();
            left -= users.len();
            let is_read = sheet.add(users.iter().map(|user| {
                if self.json {
                    shown::to_json(user, now).to_string()
                } else {
                    shown::line(user, now)
                }
            }))?;
            if left == 0 && has_more {
                note("there are more; raise --limit to see them");
            }
            if left == 0 || !page.has_next || !is_read {
                break;
            }
        }
        sheet.end()
    }
}

/// Lines as they come; as JSON one array, an entry on each line.
struct Sheet {
    json: bool,
    is_empty: bool,
}

impl Sheet {
    fn begin(json: bool) -> Self {
        Self {
            json,
            is_empty: true,
        }
    }

    /// Prints lines, and tells whether anybody still reads.
    fn add(&mut self, lines: impl Iterator<Item = String>) -> Result<bool, Failure> {
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() {
            return Ok(true);
        }
        if !self.json {
            return print_on(&lines.join("\n"));
        }
        let before = if self.is_empty { "[" } else { "," };
        self.is_empty = false;
        print_on(&format!("{before}{}", lines.join("\n,")))
    }

    fn end(self) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let end = if self.is_empty { "[]" } else { "]" };
        print_on(end).map(|_anybody_reads| ())
    }
}
