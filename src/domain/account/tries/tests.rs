use super::*;

const HOUR: i64 = 3_600_000;

const fn known() -> Tries {
    Tries {
        total: 0,
        strangers: Count {
            failures: 0,
            locked_until: None,
        },
        known: Some(Count {
            failures: 0,
            locked_until: None,
        }),
    }
}

/// Tries as fast as the waits allow until `end`; gives the counts and how many were judged.
fn guess(mut tries: Tries, start: i64, end: i64) -> (Tries, usize) {
    let (mut now, mut judged) = (start, 0);
    while now < end {
        match tries.count(now) {
            Some(after) => {
                tries = after;
                judged += 1;
            }
            None => now += 500,
        }
    }
    (tries, judged)
}

#[test]
fn waits_double_from_the_fifth_failure_to_a_quarter_of_an_hour() {
    for start in [Tries::default(), known()] {
        let (mut tries, mut waits) = (start, Vec::new());
        let mut now = 1_000;
        for _ in 0..MOST_FAILURES - 1 {
            tries = tries.count(now).unwrap();
            let source = tries.known.unwrap_or(tries.strangers);
            let end = source.locked_until.unwrap_or(now).max(now);
            waits.push((end - now) / 1_000);
            now = end;
        }
        assert_eq!(waits[..8], [0, 0, 0, 0, 1, 2, 4, 8]);
        assert_eq!(waits[13..15], [512, 900]);
        assert_eq!(waits[98], 900);
        tries = tries.count(now).unwrap();
        assert_eq!(tries.strangers.locked_until, Some(NEVER_MILLIS));
        assert_eq!(tries.count(NEVER_MILLIS - 1), None);
    }
}

#[test]
fn what_is_given_back_leaves_no_trace_in_whichever_order() {
    let mut start = Tries::default();
    for _ in 0..3 {
        start = start.count(0).unwrap();
    }
    let one = start.count(5).unwrap();
    let two = one.count(5).unwrap();
    assert!(two.count(5).is_none());
    assert_eq!(two.give_back(one, two).give_back(start, one), start);
    assert_eq!(two.give_back(start, one).give_back(one, two), start);
    assert_eq!(Tries::default().give_back(one, two), Tries::default());
    let last = Tries {
        total: MOST_FAILURES - 1,
        ..known()
    };
    let stopped = last.count(7).unwrap();
    assert_eq!(stopped.strangers.locked_until, Some(NEVER_MILLIS));
    assert_eq!(stopped.give_back(last, stopped), last, "nor of the stop");
}

#[test]
fn an_attacker_for_an_hour_leaves_a_known_browser_its_own_tries_and_no_more_in_all() {
    let (after, judged) = guess(Tries::default(), 0, HOUR);
    assert_eq!(
        judged, 17,
        "5 at once, 10 up to 512 s, 2 each quarter of an hour"
    );
    let own = Tries {
        known: known().known,
        ..after
    };
    let try_of_owner = own.count(HOUR).unwrap();
    assert_eq!(try_of_owner.total, 18);
    // The sign-in forgives the browser and leaves the attacker waiting.
    let signed_in = try_of_owner.give_back(own, try_of_owner).succeed(HOUR, 0);
    assert_eq!(signed_in.strangers, after.strangers);
    assert_eq!(signed_in.total, 17);
}

/// Guesses of an attacker in 30 days, while the owner signs in every hour: with a browser that is known, and
/// as it was when all shared one count.
#[test]
fn an_owner_who_goes_on_signing_in_gives_an_attacker_no_more_guesses_than_before() {
    let attack = |is_known: bool| {
        let (mut tries, mut total) = (Tries::default(), 0);
        for hour in 0..24 * 30 {
            let (after, judged) = guess(tries, hour * HOUR, (hour + 1) * HOUR);
            total += judged;
            tries = after;
            let own = Tries {
                known: is_known.then(Count::default),
                ..tries
            };
            let now = (hour + 1) * HOUR;
            if own.count(now).is_some() {
                tries = Tries {
                    known: None,
                    ..own.succeed(now, 0)
                };
            }
        }
        total
    };
    let (now, before) = (attack(true), attack(false));
    assert!(now <= before, "{now} guesses instead of {before}");
    assert_eq!(now, 100, "and then only a reset helps");
}

#[test]
fn a_sign_in_forgives_strangers_who_do_not_wait() {
    let mut tries = known();
    tries.strangers.failures = 4;
    tries.total = 6;
    let after = tries.succeed(0, 2);
    assert_eq!((after.total, after.strangers), (2, Count::default()));
}
