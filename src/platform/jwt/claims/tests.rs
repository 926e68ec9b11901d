use serde_json::json;

use super::*;
use crate::platform::settings::Settings;

const NOW: Timestamp = Timestamp::from_millis(1_795_253_400_000);
const SECONDS: i64 = 1_795_253_400;

fn settings(more: &str) -> JwtSettings {
    let text = format!(
        "[security.jwt]\nenabled = true\nissuer = \"us\"\naudience = \"keydesk\"\n\
         jwks_url = \"http://127.0.0.1:1\"\nleeway_seconds = 30\n{more}"
    );
    Settings::from_toml(&text).unwrap().security.jwt.unwrap()
}

fn read_with(
    settings: &JwtSettings,
    change: impl FnOnce(&mut Value),
) -> Result<Claims, TokenError> {
    let mut claims = json!({ "iss": "us", "aud": "keydesk", "sub": "ada", "exp": SECONDS + 60 });
    change(&mut claims);
    read(claims.to_string().as_bytes(), settings, NOW)
}

fn with(name: &str, value: Value) -> Result<Claims, TokenError> {
    read_with(&settings(""), |claims| claims[name] = value)
}

#[test]
fn the_times_are_kept_to_the_millisecond() {
    let exp = |value: Value| with("exp", value).map(|claims| claims.expires_at.as_millis());
    assert_eq!(exp(json!(SECONDS - 29)), Ok((SECONDS - 29) * 1000));
    assert_eq!(exp(json!(SECONDS - 30)), Err(TokenError::Expired));
    assert_eq!(exp(json!(1_795_253_370.5)), Ok(SECONDS * 1000 - 29_500));
    for (name, late) in [("nbf", SECONDS + 31), ("iat", SECONDS + 31)] {
        assert_eq!(with(name, json!(late)), Err(TokenError::NotYet), "{name}");
        assert!(with(name, json!(late - 1)).is_ok(), "{name}");
    }
}

#[test]
fn a_claim_of_the_wrong_shape_is_refused() {
    for (name, value) in [
        ("exp", Value::Null),
        ("exp", json!("1795253460")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("nbf", json!("now")),
        ("iat", json!(-0.5)),
        ("auth_time", json!([])),
        ("iss", json!(["us"])),
        ("aud", json!({ "keydesk": true })),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!("x".repeat(256))),
        ("email", json!(7)),
        ("cnf", json!({ "jkt": "x" })),
    ] {
        let refused = with(name, value.clone());
        assert!(
            matches!(refused, Err(TokenError::Malformed(_))),
            "{name} {value} {refused:?}"
        );
    }
    for payload in ["", "[]", "null", "7", "{}"] {
        let refused = read(payload.as_bytes(), &settings(""), NOW);
        assert!(
            matches!(refused, Err(TokenError::Malformed(_))),
            "{payload}"
        );
    }
    let twice = format!(
        r#"{{"iss":"them","iss":"us","aud":"keydesk","sub":"ada","exp":{}}}"#,
        SECONDS + 60
    );
    let refused = read(twice.as_bytes(), &settings(""), NOW);
    assert!(
        matches!(refused, Err(TokenError::Malformed(_))),
        "{refused:?}"
    );
}

#[test]
fn issuer_and_audience_are_compared_as_they_are() {
    for other in ["US", "us/", "us ", ""] {
        assert_eq!(with("iss", json!(other)), Err(TokenError::Issuer));
    }
    for other in [json!("Keydesk"), json!(["a", "keydesk2"]), json!([])] {
        assert_eq!(with("aud", other), Err(TokenError::Audience));
    }
    assert!(with("aud", json!(["portal", "keydesk"])).is_ok());
}

#[test]
fn an_address_counts_only_when_the_issuer_says_true() {
    let address = |verified: Value| {
        read_with(&settings(""), |claims| {
            claims["email"] = json!("ada@example.org");
            claims["email_verified"] = verified;
        })
        .unwrap()
        .verified_email
    };
    assert_eq!(address(json!(true)).as_deref(), Some("ada@example.org"));
    for value in [json!(false), json!("true"), json!(1), Value::Null] {
        assert_eq!(address(value.clone()), None, "{value}");
    }
}

#[test]
fn the_highest_named_role_is_the_limit() {
    let groups = settings("role_claim = \"groups\"\nroles = [\"desk=HELPDESK\", \"All=ADMIN\"]");
    let limit = |value: Value| {
        let claims = read_with(&groups, |claims| claims["groups"] = value);
        claims.unwrap().role_limit
    };
    assert_eq!(limit(json!("desk")), Role::Helpdesk);
    assert_eq!(limit(json!(["x", "desk", "All"])), Role::Admin);
    for none in [
        json!(["all"]),
        json!("desk All"),
        json!([["All"]]),
        json!({ "All": 1 }),
    ] {
        assert_eq!(limit(none.clone()), Role::Member, "{none}");
    }
    assert_eq!(with("groups", json!("x")).unwrap().role_limit, Role::Owner);

    let nested = settings("role_claim = \"/realm_access/roles\"\nroles = [\"a=ADMIN\"]");
    let claims = read_with(&nested, |claims| {
        claims["realm_access"]["roles"] = json!(["a"]);
    });
    assert_eq!(claims.unwrap().role_limit, Role::Admin);
}

#[test]
fn nobody_signed_in_in_the_future() {
    let at = |value| with("auth_time", json!(value)).unwrap().authenticated_at;
    assert_eq!(at(SECONDS + 100), Some(NOW));
    assert_eq!(at(SECONDS - 60), Some(NOW.minus(Duration::from_mins(1))));
}

#[test]
fn a_token_that_works_for_longer_than_a_day_from_now_is_refused() {
    let day = SECONDS + 24 * 3600;
    assert!(with("exp", json!(day + 30)).is_ok());
    for exp in [day + 31, day + 3600, SECONDS + 365 * 24 * 3600] {
        assert_eq!(
            with("exp", json!(exp)),
            Err(TokenError::TooLongLived),
            "{exp}"
        );
    }
}

#[test]
fn how_strongly_somebody_signed_in_is_asked_for_where_settings_do() {
    let asked = |more: &str, claims: Value| {
        read_with(&settings(more), |all| {
            for (name, value) in claims.as_object().unwrap() {
                all[name] = value.clone();
            }
        })
    };
    let (acr, amr) = ("acr_values = [\"2\", \"3\"]", "amr_values = [\"mfa\"]");
    let both = format!("{acr}\n{amr}");
    for (more, claims, is_taken) in [
        ("", json!({}), true),
        (acr, json!({ "acr": "2" }), true),
        (acr, json!({ "acr": "3" }), true),
        (acr, json!({ "acr": "1" }), false),
        (acr, json!({ "acr": "" }), false),
        (acr, json!({ "amr": ["2"] }), false),
        (acr, json!({}), false),
        (amr, json!({ "amr": ["pwd", "mfa"] }), true),
        (amr, json!({ "amr": ["pwd"] }), false),
        (amr, json!({ "amr": "mfa" }), true),
        (amr, json!({ "amr": [] }), false),
        (amr, json!({ "amr": [["mfa"]] }), false),
        ("", json!({ "acr": 1, "amr": {} }), true),
        (amr, json!({}), false),
        (both.as_str(), json!({ "acr": "2", "amr": ["mfa"] }), true),
        (both.as_str(), json!({ "acr": "2" }), false),
        (both.as_str(), json!({ "amr": ["mfa"] }), false),
    ] {
        let read = asked(more, claims.clone());
        let wanted = if is_taken {
            None
        } else {
            Some(TokenError::Strength)
        };
        assert_eq!(read.err(), wanted, "{more} {claims}");
    }
}
