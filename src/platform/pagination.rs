//! Keyset paging without a transport: where a page begins, how long it is, and signed cursors.
//!
//! A cursor names a place by the row's sort value and id, never by a number of rows, so a page deep
//! in a list costs what the first one costs and nothing shifts when rows are inserted. Cursors carry
//! their list's order and a signature: one from another order, or a forged one, is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::platform::keyring::{Keyring, Purpose};

/// Rows on a page when nothing is said.
pub const DEFAULT_SIZE: u32 = 25;
/// Rows on a page at most.
pub const MAX_SIZE: u32 = 100;
const TAG_LENGTH: usize = 16;

/// The value a row is sorted by. `Null` comes last in both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortValue {
    /// The row has no value.
    Null,
    /// A number or an instant in milliseconds.
    Number(i64),
    /// A text in its folded form.
    Text(String),
}

/// A place in a list: between this row and its neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The row's sort value.
    pub value: SortValue,
    /// The row's id, which breaks ties.
    pub id: Uuid,
}

/// Which end of the range the page is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `first`: from the start.
    Forward,
    /// `last`: from the end.
    Backward,
}

/// A wish for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows wanted, 1 to 100.
    pub size: u32,
    /// From which end.
    pub direction: Direction,
    /// Only what comes after.
    pub after: Option<Position>,
    /// Only what comes before.
    pub before: Option<Position>,
}

impl PageRequest {
    /// That many rows from the start of the whole list.
    pub const fn first(size: u32) -> Self {
        Self {
            size,
            direction: Direction::Forward,
            after: None,
            before: None,
        }
    }
}

/// One row of a page with its place.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    /// The row's place.
    pub position: Position,
    /// The row.
    pub item: T,
}

/// A page in the list's order, whichever end it was taken from.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<Placed<T>>,
    /// Whether there are rows before the first one.
    pub has_previous: bool,
    /// Whether there are rows after the last one.
    pub has_next: bool,
}

/// Paging arguments as they came in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PageArguments {
    /// Rows from the start.
    pub first: Option<i32>,
    /// Cursor to start after.
    pub after: Option<String>,
    /// Rows from the end.
    pub last: Option<i32>,
    /// Cursor to end before.
    pub before: Option<String>,
}

/// Why paging arguments are refused. Nothing is ever cut silently.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Both `first` and `last`.
    #[error("Give either `first` or `last`, not both.")]
    BothEnds,
    /// A size outside 1 to 100.
    #[error("`{argument}` must be from 1 to {MAX_SIZE}; {given} was given.")]
    Size {
        /// `first` or `last`.
        argument: &'static str,
        /// What was given.
        given: i32,
    },
    /// A cursor this server did not make, or not with its present key.
    #[error("`{argument}` is not a cursor of this server. Start again without it.")]
    ForgedCursor {
        /// `after` or `before`.
        argument: &'static str,
    },
    /// A cursor of a list in another order.
    #[error("`{argument}` belongs to a list in another order. Start again without it.")]
    OtherOrder {
        /// `after` or `before`.
        argument: &'static str,
    },
}

impl PageArguments {
    /// Checks the arguments for a list in the order of that name.
    pub fn read(&self, keys: &Keyring, order: &str) -> Result<PageRequest, PageError> {
        let (size, direction) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(PageError::BothEnds),
            (None, Some(last)) => (checked_size("last", last)?, Direction::Backward),
            (Some(first), None) => (checked_size("first", first)?, Direction::Forward),
            (None, None) => (DEFAULT_SIZE, Direction::Forward),
        };
        let place = |argument, cursor: &Option<String>| {
            cursor
                .as_deref()
                .map(|text| decode(keys, order, argument, text))
                .transpose()
        };
        Ok(PageRequest {
            size,
            direction,
            after: place("after", &self.after)?,
            before: place("before", &self.before)?,
        })
    }
}

fn checked_size(argument: &'static str, given: i32) -> Result<u32, PageError> {
    u32::try_from(given)
        .ok()
        .filter(|size| (1..=MAX_SIZE).contains(size))
        .ok_or(PageError::Size { argument, given })
}

impl<T> Page<T> {
    /// Orders what was fetched, one row more than asked for if there was one, into a page.
    pub fn from_fetched(request: &PageRequest, mut rows: Vec<Placed<T>>) -> Self {
        let size = usize::try_from(request.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let (has_previous, has_next) = match request.direction {
            Direction::Forward => (request.after.is_some(), more),
            Direction::Backward => {
                rows.reverse();
                (more, request.before.is_some())
            }
        };
        Self {
            rows,
            has_previous,
            has_next,
        }
    }

    /// Turns each row into something else.
    pub fn map<U>(self, mut turn: impl FnMut(T) -> U) -> Page<U> {
        let rows = self
            .rows
            .into_iter()
            .map(|row| Placed {
                position: row.position,
                item: turn(row.item),
            })
            .collect();
        Page {
            rows,
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

/// Writes a place as a cursor.
///
/// `Shape:` base64url of the order's name, the id, the sort value, and 16 bytes of HMAC-SHA-256.
pub fn encode(keys: &Keyring, order: &str, position: &Position) -> String {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(order.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(position.id.as_bytes());
    match &position.value {
        SortValue::Null => bytes.push(0),
        SortValue::Number(number) => {
            bytes.push(1);
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        SortValue::Text(text) => {
            bytes.push(2);
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    let tag = keys.tag(Purpose::Cursor, &bytes);
    bytes.extend(tag.iter().take(TAG_LENGTH));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(
    keys: &Keyring,
    order: &str,
    argument: &'static str,
    text: &str,
) -> Result<Position, PageError> {
    let forged = PageError::ForgedCursor { argument };
    let body = verified(keys, text).ok_or_else(|| forged.clone())?;
    let (name, rest) = body
        .iter()
        .position(|byte| *byte == 0)
        .map(|end| body.split_at(end))
        .ok_or(forged.clone())?;
    if name != order.as_bytes() {
        return Err(PageError::OtherOrder { argument });
    }
    read_position(rest.get(1..).unwrap_or_default()).ok_or(forged)
}

fn verified(keys: &Keyring, text: &str) -> Option<Vec<u8>> {
    let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let tag = bytes.split_off(bytes.len().checked_sub(TAG_LENGTH)?);
    let expected = keys.tag(Purpose::Cursor, &bytes);
    let genuine: bool = expected.get(..TAG_LENGTH)?.ct_eq(&tag).into();
    genuine.then_some(bytes)
}

fn read_position(bytes: &[u8]) -> Option<Position> {
    let (id, rest) = bytes.split_first_chunk::<16>()?;
    let (kind, value) = rest.split_first()?;
    let value = match kind {
        0 => SortValue::Null,
        1 => SortValue::Number(i64::from_be_bytes(value.try_into().ok()?)),
        _ => SortValue::Text(String::from_utf8(value.to_vec()).ok()?),
    };
    Some(Position {
        value,
        id: Uuid::from_bytes(*id),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> Keyring {
        Keyring::new([1; 32])
    }

    fn after(cursor: &str) -> PageArguments {
        PageArguments {
            after: Some(cursor.to_owned()),
            ..PageArguments::default()
        }
    }

    #[test]
    fn both_ends_and_sizes_out_of_range_are_refused() {
        let both = PageArguments {
            first: Some(1),
            last: Some(1),
            ..PageArguments::default()
        };
        assert_eq!(both.read(&keys(), "o"), Err(PageError::BothEnds));
        for given in [0, -1, 101, i32::MAX] {
            let arguments = PageArguments {
                first: Some(given),
                ..PageArguments::default()
            };
            assert_eq!(
                arguments.read(&keys(), "o"),
                Err(PageError::Size {
                    argument: "first",
                    given
                })
            );
        }
    }

    #[test]
    fn a_cursor_of_another_order_or_key_is_refused() {
        let place = Position {
            value: SortValue::Null,
            id: Uuid::nil(),
        };
        let cursor = encode(&keys(), "NAME:ASC", &place);
        assert_eq!(
            after(&cursor).read(&keys(), "NAME:DESC"),
            Err(PageError::OtherOrder { argument: "after" })
        );
        assert_eq!(
            after(&cursor).read(&Keyring::new([2; 32]), "NAME:ASC"),
            Err(PageError::ForgedCursor { argument: "after" })
        );
    }

    proptest! {
        #[test]
        fn cursors_are_read_back(text in ".{0,40}", number: i64, id: u128) {
            for value in [SortValue::Null, SortValue::Number(number), SortValue::Text(text.clone())] {
                let place = Position { value, id: Uuid::from_u128(id) };
                let request = after(&encode(&keys(), "X:ASC", &place)).read(&keys(), "X:ASC").unwrap();
                prop_assert_eq!(request.after, Some(place));
            }
        }

        #[test]
        fn no_text_is_taken_for_a_cursor(text in "[A-Za-z0-9_=-]{0,120}") {
            prop_assert_eq!(
                after(&text).read(&keys(), "X:ASC"),
                Err(PageError::ForgedCursor { argument: "after" })
            );
        }
    }
}
