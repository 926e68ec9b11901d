//! Limits of rates are exact, however many ask at once and wherever.

use std::time::Duration;

use futures_util::future::join_all;
use keydesk::domain::access::rate_limit::{self, Limit, Taken};
use keydesk::jobs::cleanup;
use keydesk::types::actor::{Origin, Via};
use keydesk::types::ids::WorkerId;

use crate::support::app::{START, TestApp};

const THREE_AN_HOUR: Limit = Limit {
    burst: 3,
    per: Duration::from_hours(1),
};

async fn take(desk: &TestApp, key: &str) -> Taken {
    let taken = rate_limit::take(&desk.app, "mails", key, THREE_AN_HOUR).await;
    taken.expect("an answer")
}

#[tokio::test]
async fn of_two_hundred_takes_on_two_replicas_exactly_the_burst_is_allowed() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    let limit = Limit {
        burst: 37,
        ..THREE_AN_HOUR
    };
    let asked = (0..200).map(|number| {
        let app = if number % 2 == 0 { &desk } else { &replica };
        rate_limit::take(&app.app, "mails", "192.0.2.1", limit)
    });
    let taken = join_all(asked).await;
    let allowed = taken
        .into_iter()
        .filter(|taken| *taken.as_ref().expect("an answer") == Taken::Allowed);
    assert_eq!(allowed.count(), 37);
}

#[tokio::test]
async fn what_was_taken_comes_back_one_by_one() {
    let desk = TestApp::start().await;
    let hour = Duration::from_hours(1);
    for _ in 0..3 {
        assert_eq!(take(&desk, "ada").await, Taken::Allowed);
    }
    assert_eq!(take(&desk, "ada").await, Taken::RetryAt(START.plus(hour)));
    desk.app.clock.advance(Duration::from_millis(3_599_999));
    assert_eq!(take(&desk, "ada").await, Taken::RetryAt(START.plus(hour)));
    desk.app.clock.advance(Duration::from_millis(1));
    assert_eq!(take(&desk, "ada").await, Taken::Allowed);
    assert_eq!(
        take(&desk, "ada").await,
        Taken::RetryAt(START.plus(hour * 2))
    );
    desk.app.clock.advance(hour * 100);
    for _ in 0..3 {
        assert_eq!(take(&desk, "ada").await, Taken::Allowed);
    }
    assert!(matches!(take(&desk, "ada").await, Taken::RetryAt(_)));
}

#[tokio::test]
async fn another_key_and_another_name_have_limits_of_their_own() {
    let desk = TestApp::start().await;
    for _ in 0..4 {
        take(&desk, "ada").await;
    }
    assert_eq!(take(&desk, "bea").await, Taken::Allowed);
    let other = rate_limit::take(&desk.app, "codes", "ada", THREE_AN_HOUR).await;
    assert_eq!(other.expect("an answer"), Taken::Allowed);
}

#[tokio::test]
async fn a_key_is_not_stored_and_its_row_goes_when_all_has_come_back() {
    let desk = TestApp::start().await;
    take(&desk, "ada@example.org").await;
    let snapshot = desk.snapshot().await;
    assert!(!snapshot.holds("ada@example.org"));
    assert_eq!(snapshot.count("rate_limits"), 1);
    let holder = WorkerId::new(START);
    assert_eq!(cleanup::sweep(&desk.app, holder).await.expect("swept"), 0);
    desk.app.clock.advance(Duration::from_hours(1));
    assert_eq!(cleanup::sweep(&desk.app, holder).await.expect("swept"), 1);
}

async fn take_from(desk: &TestApp, address: &str) -> Taken {
    let origin = Origin {
        ip_address: Some(address.to_owned()),
        ..Origin::local(Via::GraphQl)
    };
    let taken = rate_limit::take_by_network(&desk.app, "mails", &origin, THREE_AN_HOUR).await;
    taken.expect("an answer")
}

#[tokio::test]
async fn a_try_refused_by_a_wide_network_counts_in_no_other() {
    let desk = TestApp::start().await;
    for third in 0..8 {
        for _ in 0..3 {
            let taken = take_from(&desk, &format!("192.0.2.{third}")).await;
            assert_eq!(taken, Taken::Allowed);
        }
    }
    let twentieth = START.plus(Duration::from_hours(1) / 8);
    for _ in 0..30 {
        let taken = take_from(&desk, "192.0.2.99").await;
        assert_eq!(taken, Taken::RetryAt(twentieth), "the /24 has none left");
    }
    // The refused ones have taken nothing of the address itself, and one that was used up by itself takes
    // nothing of the /24.
    desk.app.clock.advance(Duration::from_mins(30));
    assert!(matches!(
        take_from(&desk, "192.0.2.1").await,
        Taken::RetryAt(_)
    ));
    for _ in 0..3 {
        assert_eq!(take_from(&desk, "192.0.2.99").await, Taken::Allowed);
    }
    assert_eq!(take_from(&desk, "192.0.2.98").await, Taken::Allowed);
    assert!(matches!(
        take_from(&desk, "192.0.2.97").await,
        Taken::RetryAt(_)
    ));
    assert_eq!(take_from(&desk, "192.0.3.1").await, Taken::Allowed);
}

#[tokio::test]
async fn many_networks_at_once_on_two_replicas_take_exactly_what_the_wide_one_has() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    let addresses: Vec<String> = (0..150)
        .map(|number| format!("2001:db8:5:{:x}::1", number * 256))
        .collect();
    let asked = addresses.iter().enumerate().map(|(number, address)| {
        let app = if number % 2 == 0 { &desk } else { &replica };
        take_from(app, address)
    });
    let taken = join_all(asked).await;
    let allowed = taken.iter().filter(|taken| **taken == Taken::Allowed);
    assert_eq!(allowed.count(), 48);
}
