use super::*;

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn link() -> OneTimeLink {
    OneTimeLink {
        id: LinkId::new(at(0)),
        user: UserId::new(at(0)),
        purpose: LinkPurpose::PasswordReset,
        made_by: Maker::default(),
        created_at: at(0),
        expires_at: at(100),
        used_at: None,
        superseded_at: None,
        revoked_at: None,
        revoked_why: None,
        origin: LinkOrigin::AdminHandover,
        sign_in_on_use: false,
        redirect_url: None,
        opened_at: None,
        opened_by: None,
        mail: None,
    }
}

#[test]
fn a_link_ends_at_its_time_and_not_after_it() {
    assert_eq!(link().state(at(99)), LinkState::Active);
    assert_eq!(link().state(at(100)), LinkState::Expired { at: at(100) });
}

#[test]
fn what_happened_to_a_link_is_told_after_its_end_too() {
    let used = OneTimeLink {
        used_at: Some(at(5)),
        ..link()
    };
    let superseded = OneTimeLink {
        superseded_at: Some(at(6)),
        ..link()
    };
    let revoked = OneTimeLink {
        revoked_at: Some(at(7)),
        revoked_why: Some(RevokedWhy::Administrator),
        ..link()
    };
    for now in [at(10), at(1_000)] {
        assert_eq!(used.state(now), LinkState::Used { at: at(5) });
        assert_eq!(superseded.state(now), LinkState::Superseded { at: at(6) });
        assert_eq!(
            revoked.state(now),
            LinkState::Revoked {
                at: at(7),
                why: Some(RevokedWhy::Administrator)
            }
        );
    }
}

#[test]
fn names_are_read_back() {
    for origin in LinkOrigin::ALL {
        assert_eq!(LinkOrigin::parse(origin.name()), Some(origin));
    }
    for why in RevokedWhy::ALL {
        assert_eq!(RevokedWhy::parse(why.name()), Some(why));
    }
    for purpose in LinkPurpose::ALL {
        assert_eq!(LinkPurpose::parse(purpose.name()), Some(purpose));
    }
    assert_eq!(LinkPurpose::parse("RESET"), None);
}
