//! Sign-ins are limited by all the networks that a client is in.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::support::app::TestApp;

async fn count(desk: &TestApp, addresses: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut codes = BTreeMap::new();
    for address in addresses {
        for login in ["ada", "nobody", "ada"] {
            let answer = desk.sign_in_from(&address, login, "wrong").await;
            for code in answer.codes() {
                *codes.entry(code).or_default() += 1;
            }
        }
    }
    codes
}

#[tokio::test]
async fn a_hundred_and_sixty_six_networks_of_one_48_share_its_tries() {
    let desk = TestApp::with("sign_ins_per_minute = 3\n").await;
    desk.person("ada", "MEMBER").await;
    let spread = (0..166).map(|number| format!("2001:db8:7:{:x}::1", number * 256));
    let codes = count(&desk, spread).await;
    assert_eq!(codes["INVALID_CREDENTIALS"], 3 * 16, "{codes:?}");
    assert_eq!(codes["RATE_LIMITED"], 166 * 3 - 48);

    let neighbours = (0..20).map(|number| format!("2001:db8:8:{number:x}::1"));
    let codes = count(&desk, neighbours).await;
    assert_eq!(codes["INVALID_CREDENTIALS"], 3 * 4, "of one /56: {codes:?}");

    let subnet = (0..20).map(|number| format!("198.51.100.{number}"));
    let codes = count(&desk, subnet).await;
    assert_eq!(codes["INVALID_CREDENTIALS"], 3 * 8, "of one /24: {codes:?}");
    let mapped = std::iter::once("::ffff:198.51.100.200".to_owned());
    let codes = count(&desk, mapped).await;
    assert_eq!(codes["RATE_LIMITED"], 3, "IPv4 in another spelling");
}

#[tokio::test]
async fn checks_of_passwords_are_limited_by_network() {
    let desk = TestApp::with("password_checks_per_minute = 2\n").await;
    let check = async |address: &str| {
        let query = "mutation { checkPassword(input: { password: \"plum orbit lantern seven\" }) \
                     { isAcceptable errors { code ... on RetryLaterError { retryAfterSeconds } } } }";
        desk.post_from(address, &[], &json!({ "query": query }))
            .await
    };
    for _ in 0..2 {
        assert_eq!(check("192.0.2.7").await.root()["isAcceptable"], true);
    }
    let refused = check("192.0.2.7").await;
    assert_eq!(refused.codes(), ["RATE_LIMITED"]);
    assert_eq!(refused.root()["isAcceptable"], json!(null));
    assert_eq!(refused.root()["errors"][0]["retryAfterSeconds"], 30);
    assert_eq!(check("192.0.2.8").await.root()["isAcceptable"], true);
    desk.app.clock.advance(Duration::from_secs(30));
    assert_eq!(check("192.0.2.7").await.root()["isAcceptable"], true);
}
