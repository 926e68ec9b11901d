//! Near names for a login that nobody has: whoever mistyped one sees what was meant.

use super::list::{UserFilter, UserOrder, UserOrderField};
use super::search::fold;
use super::{User, store};
use crate::platform::app::App;
use crate::platform::pagination::{MAX_SIZE, PageRequest};
use crate::types::actor::{Actor, Permission, ReadError};

/// How many names are worth reading.
const MOST: usize = 3;
/// Longest text that is looked at, in characters; a pasted page is no login.
const MAX_TYPED: usize = 128;

/// Logins that look like a text nobody is found by, the likeliest first, at most three.
///
/// Usernames, or addresses where an address was typed. Looks at three short pages at most, however
/// many users there are: a half of a mistyped name is still right.
pub async fn suggest(app: &App, actor: &Actor, text: &str) -> Result<Vec<String>, ReadError> {
    actor.require(Permission::UsersRead)?;
    let wanted = Wanted::read(text);
    let mut found: Vec<(usize, String)> = Vec::new();
    for piece in wanted.pieces() {
        for user in look_for(app, piece).await? {
            let near = wanted.distance(&user).map(|far| (far, wanted.login(&user)));
            if let Some(near) = near.filter(|near| !found.contains(near)) {
                found.push(near);
            }
        }
    }
    found.sort();
    found.truncate(MOST);
    Ok(found.into_iter().map(|(_, login)| login).collect())
}

async fn look_for(app: &App, piece: String) -> Result<Vec<User>, ReadError> {
    let filter = UserFilter {
        search: Some(piece),
        ..UserFilter::default()
    };
    let order = UserOrder {
        field: UserOrderField::Username,
        descending: false,
    };
    let request = PageRequest::first(MAX_SIZE);
    let now = app.clock.now();
    let page = store::page(app.db.read(), &filter, now, order, &request).await?;
    Ok(page.rows.into_iter().map(|row| row.item).collect())
}

/// What was typed, folded, and whether it was meant as an address.
struct Wanted {
    folded: String,
    is_address: bool,
}

impl Wanted {
    fn read(text: &str) -> Self {
        let short: String = text.trim().chars().take(MAX_TYPED).collect();
        Self {
            folded: fold(&short),
            is_address: short.contains('@'),
        }
    }

    /// The part that tells one user from another: everything before the `@`.
    fn name(&self) -> &str {
        self.folded
            .split_once('@')
            .map_or(&self.folded, |(name, _)| name)
    }

    /// The name and its halves. One slip leaves one of them as it was.
    fn pieces(&self) -> Vec<String> {
        let letters: Vec<char> = self.name().chars().collect();
        let (first, second) = letters.split_at(letters.len() / 2);
        let mut pieces = vec![
            letters.iter().collect::<String>(),
            first.iter().collect(),
            second.iter().collect(),
        ];
        pieces.retain(|piece| !piece.is_empty());
        pieces.dedup();
        pieces
    }

    /// How far the nearest of a user's names is. `None` when it is too far to be what was meant.
    fn distance(&self, user: &User) -> Option<usize> {
        let email = user.email.as_deref().map(fold);
        let local = email
            .as_deref()
            .and_then(|email| email.split_once('@'))
            .map(|(local, _)| local.to_owned());
        let names = if self.is_address {
            vec![email]
        } else {
            vec![
                Some(fold(&user.username)),
                local,
                user.name.as_deref().map(fold),
            ]
        };
        let slips = (self.folded.chars().count() / 4).clamp(1, 3);
        let far = |name: &String| {
            let far = strsim::osa_distance(&self.folded, name);
            // Whoever stopped typing early, or typed one name of two, meant this as well.
            let is_part = self.name().chars().count() >= 2 && name.starts_with(self.name());
            (far <= slips || is_part).then_some(far)
        };
        names.iter().flatten().filter_map(far).min()
    }

    fn login(&self, user: &User) -> String {
        match &user.email {
            Some(email) if self.is_address => email.clone(),
            _ => user.username.clone(),
        }
    }
}
