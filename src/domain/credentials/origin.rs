//! Where a password came from, which decides whether it takes a place in its user's history.

/// Where a password came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordOrigin {
    /// Somebody typed it, to last.
    Chosen,
    /// The server made it, to last.
    Generated,
    /// To be replaced at the next sign-in, whoever made it.
    Temporary,
}

impl PasswordOrigin {
    const ALL: [Self; 3] = [Self::Chosen, Self::Generated, Self::Temporary];

    /// As it is stored.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Chosen => "CHOSEN",
            Self::Generated => "GENERATED",
            Self::Temporary => "TEMPORARY",
        }
    }

    /// `Why:` an origin that a later release wrote counts like a chosen password: refused, not forgotten.
    pub(super) fn parse(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|origin| origin.name() == name);
        found.unwrap_or(Self::Chosen)
    }

    /// How many earlier chosen passwords are refused beside one of this origin.
    ///
    /// The last `history_count` are: a chosen one is the first of them, a generated or temporary one is
    /// not counted.
    pub(super) fn earlier_beside(self, history_count: u32) -> u32 {
        match self {
            Self::Chosen => history_count.saturating_sub(1),
            Self::Generated | Self::Temporary => history_count,
        }
    }
}
