//! Browsers and networks that an account knows: strangers do not keep them out, and they give nobody more tries.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::people::PASSWORD;

const HOME: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.7";

/// An address of a network that nobody has signed in from.
fn strange(number: usize) -> String {
    format!("10.{}.{}.1", number / 250, number % 250)
}

async fn state(desk: &TestApp) -> Value {
    let sql = "SELECT failed_sign_ins, stranger_failures, locked_until FROM users \
               WHERE username = 'ada'";
    desk.rows(sql, vec![]).await[0].clone()
}

async fn count(desk: &TestApp) -> i64 {
    state(desk).await["failed_sign_ins"]
        .as_i64()
        .expect("a number")
}

async fn known(desk: &TestApp) -> usize {
    let rows = desk.rows("SELECT id FROM trusted_clients", vec![]).await;
    rows.len()
}

/// Locks an account for strangers.
async fn lock(desk: &TestApp) {
    for number in 0..5 {
        desk.sign_in_from(&strange(number), "ada", "wrong").await;
    }
    let refused = desk.sign_in_from(&strange(9), "ada", PASSWORD).await;
    assert_eq!(refused.codes(), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn an_attacker_from_a_thousand_networks_for_an_hour_keeps_no_known_browser_out() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let cookie = desk.browser("ada", HOME, None).await;
    for number in 0..1_000 {
        let answer = desk.sign_in_from(&strange(number), "ada", "wrong").await;
        assert_eq!(answer.codes(), ["INVALID_CREDENTIALS"]);
        desk.app.clock.advance(Duration::from_millis(3_600));
    }
    let judged = count(&desk).await;
    assert!(
        (15..=17).contains(&judged),
        "as many as the waits allow: {judged}"
    );

    let owner = desk
        .sign_in_with("ada", PASSWORD, ELSEWHERE, Some(&cookie))
        .await;
    assert_eq!(owner.root()["outcome"], "SIGNED_IN", "{owner:#?}");
    assert_eq!(
        count(&desk).await,
        judged,
        "the attacker is forgiven nothing"
    );
    let stranger = desk.sign_in_from("203.0.113.5", "ada", PASSWORD).await;
    assert_eq!(
        stranger.codes(),
        ["INVALID_CREDENTIALS"],
        "still in the wait"
    );
    let same_network = desk.sign_in_from(ELSEWHERE, "ada", PASSWORD).await;
    assert_eq!(
        same_network.root()["outcome"],
        "SIGNED_IN",
        "the network of the last sign-in"
    );
    let network_before = desk.sign_in_from(HOME, "ada", PASSWORD).await;
    assert_eq!(network_before.codes(), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn a_hundred_failures_from_everywhere_stop_the_password_until_a_mailed_link() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let cookie = desk.browser("ada", HOME, None).await;
    for number in 0..50 {
        desk.sign_in_from(&strange(number), "ada", "wrong").await;
        desk.sign_in_with("ada", "wrong", ELSEWHERE, Some(&cookie))
            .await;
        desk.app.clock.advance(Duration::from_mins(15));
    }
    assert_eq!(count(&desk).await, 100);
    desk.app.clock.advance(Duration::from_hours(1));
    for address in [HOME, ELSEWHERE, "203.0.113.5"] {
        let known = desk
            .sign_in_with("ada", PASSWORD, address, Some(&cookie))
            .await;
        assert_eq!(known.codes(), ["INVALID_CREDENTIALS"], "{address}");
    }
    assert_eq!(count(&desk).await, 100);
    desk.see_to_requests().await;
    desk.deliver().await;
    let told = desk.mailer.sent().pop().expect("a mail").content.text;
    assert!(told.contains("https://id.example.org/forgot"), "{told}");

    let mailed = desk.mailed("ada").await;
    let new = "otter-walks-past-nine-lamps";
    let done = desk.complete(&mailed.token, new).await;
    assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
    assert_eq!(count(&desk).await, 0);
    let back = desk
        .sign_in_with("ada", new, "203.0.113.5", Some(&cookie))
        .await;
    assert_eq!(back.root()["outcome"], "SIGNED_IN", "{back:#?}");
}

#[tokio::test]
async fn a_known_browser_waits_for_its_own_failures_and_for_no_others() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let cookie = desk.browser("ada", HOME, None).await;
    for _ in 0..6 {
        desk.sign_in_with("ada", "wrong", ELSEWHERE, Some(&cookie))
            .await;
    }
    assert_eq!(count(&desk).await, 5, "the sixth was within the wait");
    assert_eq!(state(&desk).await["stranger_failures"], 0);
    let own = desk
        .sign_in_with("ada", PASSWORD, ELSEWHERE, Some(&cookie))
        .await;
    assert_eq!(own.codes(), ["INVALID_CREDENTIALS"]);
    // From another browser, and at home, the same person gets in; the one that waits is not forgiven.
    let stranger = desk.sign_in_from("203.0.113.5", "ada", PASSWORD).await;
    assert_eq!(stranger.root()["outcome"], "SIGNED_IN");
    assert_eq!(count(&desk).await, 5);
    desk.app.clock.advance(Duration::from_secs(1));
    let own = desk
        .sign_in_with("ada", PASSWORD, ELSEWHERE, Some(&cookie))
        .await;
    assert_eq!(own.root()["outcome"], "SIGNED_IN");
    assert_eq!(count(&desk).await, 0);
}

#[tokio::test]
async fn failures_tell_nobody_whether_a_browser_is_known() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.person("locked", "MEMBER").await;
    let cookie = desk.browser("ada", HOME, None).await;
    for number in 0..6 {
        desk.sign_in_from(&strange(number), "locked", "wrong").await;
    }
    let mut seen = Vec::new();
    for (login, address, cookie) in [
        ("ada", ELSEWHERE, Some(cookie.as_str())),
        ("ada", HOME, None),
        ("ada", ELSEWHERE, None),
        ("ada", ELSEWHERE, Some("__Host-keydesk_device=nonsense")),
        ("locked", ELSEWHERE, Some(cookie.as_str())),
        ("nobody", ELSEWHERE, Some(cookie.as_str())),
        ("nobody", ELSEWHERE, None),
    ] {
        // The second of each is a repeat, whose denial needs no event of its own.
        for _ in 0..2 {
            let before = desk.statements();
            let answer = desk.sign_in_with(login, "wrong", address, cookie).await;
            let statements = desk.statements() - before;
            assert!(!answer.headers.contains_key("set-cookie"), "{answer:#?}");
            seen.push((
                login,
                answer.status,
                answer.body["data"].clone(),
                statements,
            ));
        }
    }
    let repeats: Vec<_> = seen.iter().skip(1).step_by(2).collect();
    for (login, status, data, statements) in &repeats {
        let (_, first_status, first_data, first_statements) = repeats[0];
        assert_eq!(
            (status, data, statements),
            (first_status, first_data, first_statements),
            "{login}"
        );
    }
}

#[tokio::test]
async fn the_cookie_is_for_browsers_and_this_host_alone_and_kept_for_ninety_days() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let answer = desk.sign_in_with("ada", PASSWORD, HOME, None).await;
    let set = answer.headers.get_all("set-cookie").iter();
    let set: Vec<_> = set.map(|value| value.to_str().expect("a text")).collect();
    assert_eq!(set.len(), 2, "{set:?}");
    for part in [
        "__Host-keydesk_device=",
        "Secure",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=7776000",
    ] {
        assert!(set[1].contains(part), "{set:?}");
    }
    let token = set[1].split(['=', ';']).nth(1).expect("a value");
    assert_eq!(token.len(), 43);
    assert!(
        !desk.snapshot().await.holds(token),
        "its hash alone is kept"
    );
    let program = desk.sign_in_from(HOME, "ada", PASSWORD).await;
    assert!(!program.headers.contains_key("set-cookie"), "{program:#?}");
}

#[tokio::test]
async fn a_browser_is_known_to_the_accounts_that_signed_in_with_it_and_to_no_other() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.person("bea", "MEMBER").await;
    let of_bea = desk.browser("bea", HOME, None).await;
    lock(&desk).await;
    let planted = desk
        .sign_in_with("ada", PASSWORD, ELSEWHERE, Some(&of_bea))
        .await;
    assert_eq!(planted.codes(), ["INVALID_CREDENTIALS"]);
    desk.app.clock.advance(Duration::from_secs(1));
    let of_both = desk.browser("ada", ELSEWHERE, Some(&of_bea)).await;
    let tokens = |cookie: &str| {
        let (_, value) = cookie.split_once('=').expect("a pair");
        value.split('.').map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(tokens(&of_both).len(), 2);
    assert_eq!(tokens(&of_both)[1], tokens(&of_bea)[0]);
    assert_ne!(
        tokens(&of_both)[0],
        tokens(&of_bea)[0],
        "made for this account"
    );
    lock(&desk).await;
    let known = desk
        .sign_in_with("ada", PASSWORD, "203.0.113.9", Some(&of_both))
        .await;
    assert_eq!(known.root()["outcome"], "SIGNED_IN");
    let again = desk.browser("bea", "203.0.113.9", Some(&of_both)).await;
    assert_eq!(
        tokens(&again),
        [tokens(&of_bea)[0].clone(), tokens(&of_both)[0].clone()]
    );
}

#[tokio::test]
async fn people_see_their_devices_and_forget_them_one_by_one() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.person("bea", "MEMBER").await;
    let cookie = desk.browser("ada", HOME, None).await;
    let session = desk.session("ada").await;
    let document = "{ account { trustedDevices { deviceId ipAddress createdAt expiresAt } } }";
    let seen = desk.ask_as(Some(&session), document, json!({})).await;
    let devices = seen.root()["trustedDevices"]
        .as_array()
        .expect("a list")
        .clone();
    assert_eq!(devices.len(), 1, "{seen:#?}");
    assert_eq!(devices[0]["ipAddress"], HOME);
    let id = json!({ "deviceId": devices[0]["deviceId"] });
    let forget = crate::support::app::operation("revokeOwnDevice");
    let of_bea = desk.session("bea").await;
    let refused = desk.ask_as(Some(&of_bea), &forget, id.clone()).await;
    assert_eq!(refused.codes(), ["NOT_FOUND"], "somebody else's");
    let done = desk.ask_as(Some(&session), &forget, id.clone()).await;
    assert_eq!(done.root()["revokedDeviceId"], id["deviceId"], "{done:#?}");
    let again = desk.ask_as(Some(&session), &forget, id).await;
    assert_eq!(again.codes(), ["NOT_FOUND"]);
    assert_eq!(desk.events("device.revoked").await, 1);
    lock(&desk).await;
    let stranger = desk
        .sign_in_with("ada", PASSWORD, ELSEWHERE, Some(&cookie))
        .await;
    assert_eq!(stranger.codes(), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn signing_out_everywhere_a_dispute_and_a_reset_by_others_forget_every_device() {
    let desk = TestApp::start().await;
    for (act, is_forgotten) in [
        ("revokeSessions", true),
        ("resetPasswordGenerated", true),
        ("disableUser", true),
        ("deleteUser", true),
        ("setMustChangePassword", false),
        ("unlockUser", false),
    ] {
        let login = format!("ada.{}", act.to_lowercase());
        desk.person(&login, "MEMBER").await;
        desk.browser(&login, HOME, None).await;
        assert_eq!(known(&desk).await, 2, "{act}");
        let variables = json!({ "login": login, "mustChangePassword": true });
        let done = desk.run(act, variables).await;
        assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
        assert_eq!(known(&desk).await == 0, is_forgotten, "{act}");
        desk.write("DELETE FROM trusted_clients", vec![]).await;
    }
    desk.person("ada", "MEMBER").await;
    desk.browser("ada", HOME, None).await;
    let session = desk.confirmed(&desk.session("ada").await).await;
    let everywhere = "mutation { signOut(input: { everywhere: true }) { errors { code } } }";
    desk.ask_as(Some(&session), everywhere, json!({})).await;
    assert_eq!(known(&desk).await, 0);
    // Whoever resets by a link of their own mailbox keeps the browsers: an attacker may be trying just now.
    desk.browser("ada", HOME, None).await;
    let mailed = desk.mailed("ada").await;
    let done = desk
        .complete(&mailed.token, "otter-walks-past-nine-lamps")
        .await;
    assert_eq!(done.codes(), Vec::<String>::new(), "{done:#?}");
    assert_eq!(known(&desk).await, 2);
}

#[tokio::test]
async fn a_device_that_signs_in_no_more_is_forgotten_after_ninety_days() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    let cookie = desk.browser("ada", HOME, None).await;
    desk.app.clock.advance(Duration::from_hours(89 * 24));
    lock(&desk).await;
    let known_still = desk
        .sign_in_with("ada", PASSWORD, ELSEWHERE, Some(&cookie))
        .await;
    assert_eq!(
        known_still.root()["outcome"],
        "SIGNED_IN",
        "and known for as long again"
    );
    desk.app.clock.advance(Duration::from_hours(90 * 24));
    lock(&desk).await;
    let stranger = desk
        .sign_in_with("ada", PASSWORD, ELSEWHERE, Some(&cookie))
        .await;
    assert_eq!(stranger.codes(), ["INVALID_CREDENTIALS"]);
    let holder = keydesk::types::ids::WorkerId::new(desk.app.clock.now());
    keydesk::jobs::cleanup::sweep(&desk.app, holder)
        .await
        .expect("swept");
    assert_eq!(known(&desk).await, 0);
}

#[tokio::test]
async fn a_temporary_password_makes_no_browser_known() {
    let desk = TestApp::start().await;
    desk.member("ada").await;
    let reset = desk
        .run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    let generated = super::text(&reset.root()["generatedPassword"]);
    let answer = desk.sign_in_with("ada", &generated, HOME, None).await;
    assert_eq!(answer.root()["outcome"], "PASSWORD_CHANGE_REQUIRED");
    assert_eq!(known(&desk).await, 0);
}
