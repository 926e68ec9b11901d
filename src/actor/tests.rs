use super::*;

#[test]
fn nobody_manages_an_equal_or_higher_rank_but_an_owner() {
    for actor in Role::ALL {
        for target in Role::ALL {
            let allowed = actor.manages(target);
            if actor == Role::Owner {
                assert!(allowed);
            } else if actor <= target {
                assert!(!allowed, "{actor:?} on {target:?}");
            }
        }
    }
}

#[test]
fn a_helpdesk_manages_members_and_no_auditor() {
    assert!(Role::Helpdesk.manages(Role::Member));
    assert!(!Role::Helpdesk.manages(Role::Auditor));
    assert!(Role::Admin.manages(Role::Auditor));
}

#[test]
fn names_are_read_back() {
    for permission in Permission::ALL {
        assert_eq!(Permission::parse(permission.name()), Some(permission));
    }
    for role in Role::ALL {
        assert_eq!(Role::parse(&role.name().to_lowercase()), Some(role));
    }
}
