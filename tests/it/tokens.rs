//! Tokens of an identity provider: which are taken, and how its keys are kept.

mod people;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keydesk::platform::jwt::{Claims, Issuer, PemError, TokenError};
use keydesk::platform::settings::Settings;
use keydesk::types::clock::Timestamp;
use keydesk::types::secret::Secret;
use ring::hmac;
use serde_json::{Value, json};

use super::support::app::{START, TestApp};
use super::support::issuer::{Mood, Signer, TestIssuer, part};

const MINUTE: Duration = Duration::from_mins(1);

fn from_settings(source: &str, more: &str) -> Result<Issuer, PemError> {
    let text = format!(
        "[security.jwt]\nenabled = true\nissuer = \"https://sso.example.org\"\n\
         audience = \"keydesk\"\n{source}\n{more}"
    );
    let settings = Settings::from_toml(&text).expect("settings");
    Issuer::new(settings.security.jwt.expect("switched on"))
}

fn trusting(issuer: &TestIssuer, more: &str) -> Issuer {
    from_settings(&format!("jwks_url = \"{}\"", issuer.url()), more).expect("an issuer")
}

/// Settings that name the key in this PEM text.
fn with_pem(pem: &str, more: &str) -> Result<Issuer, PemError> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), pem).expect("written");
    let source = format!("public_key_file = \"{}\"", file.path().display());
    from_settings(&source, more)
}

fn seconds(at: Timestamp) -> i64 {
    at.as_millis() / 1000
}

fn claims(now: Timestamp) -> Value {
    json!({ "iss": "https://sso.example.org", "aud": ["portal", "keydesk"], "sub": "ada-7",
            "iat": seconds(now), "exp": seconds(now) + 300 })
}

/// Gives a user an `externalId`.
async fn bind(desk: &TestApp, username: &str, subject: &str) {
    let document = "mutation($input: UpdateUserInput!) { updateUser(input: $input) \
                    { errors { code } } }";
    let input = json!({ "user": { "login": username }, "patch": { "externalId": subject } });
    let answer = desk.ask(document, json!({ "input": input })).await;
    assert_eq!(answer.codes(), Vec::<String>::new());
}

async fn verify(issuer: &Issuer, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
    issuer.verify(&Secret::new(token.to_owned()), now).await
}

#[tokio::test]
async fn right_tokens_of_every_algorithm_are_taken() {
    let signers = [Signer::rsa("r"), Signer::ec("e"), Signer::ed("d")];
    let server = TestIssuer::start(&signers.each_ref()).await;
    let issuer = trusting(&server, "");
    for signer in &signers {
        let found = verify(&issuer, &signer.token(&claims(START)), START).await;
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", signer.algorithm()));
        assert_eq!(found.subject, "ada-7");
        assert_eq!(found.expires_at, START.plus(5 * MINUTE));
    }
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn a_key_from_a_file_verifies_whatever_a_token_calls_it() {
    for signer in [Signer::rsa("r"), Signer::ec("e"), Signer::ed("d")] {
        let issuer = with_pem(&signer.pem(), "").expect("an issuer");
        let token = signer.token(&claims(START));
        assert!(verify(&issuer, &token, START).await.is_ok());
        let other = Signer::ed("d").token(&claims(START));
        let expected = match signer.algorithm() {
            "EdDSA" => TokenError::Signature,
            _ => TokenError::KeyType,
        };
        assert_eq!(verify(&issuer, &other, START).await, Err(expected));
    }
}

#[test]
fn a_file_that_holds_no_usable_key_stops_the_start() {
    let ed = Signer::ed("d").pem();
    for broken in ["", "hello", &ed.replace("PUBLIC", "PRIVATE"), &ed[..60]] {
        let refused = with_pem(broken, "").map(drop);
        assert_eq!(refused, Err(PemError::Shape), "{broken}");
    }
    // X25519 is for agreeing on keys, not for signing.
    let other = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n-----END PUBLIC KEY-----\n";
    assert_eq!(with_pem(other, "").map(drop), Err(PemError::Kind));
    let refused = with_pem(&ed, "algorithms = [\"RS256\"]").map(drop);
    assert!(
        matches!(refused, Err(PemError::NotAllowed(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_token_that_is_not_for_us_or_not_of_now_is_refused() {
    let signer = Signer::ed("d");
    let server = TestIssuer::start(&[&signer]).await;
    let issuer = trusting(&server, "leeway_seconds = 30");
    let now = seconds(START);
    for (name, value, expected) in [
        ("exp", json!(now - 30), TokenError::Expired),
        ("nbf", json!(now + 31), TokenError::NotYet),
        ("iat", json!(now + 31), TokenError::NotYet),
        ("aud", json!("portal"), TokenError::Audience),
        ("iss", json!("https://sso.example.org/"), TokenError::Issuer),
    ] {
        let mut claims = claims(START);
        claims[name] = value;
        let found = verify(&issuer, &signer.token(&claims), START).await;
        assert_eq!(found, Err(expected), "{name}");
    }
    for name in ["exp", "aud", "iss", "sub"] {
        let mut claims = claims(START);
        claims.as_object_mut().expect("claims").remove(name);
        let found = verify(&issuer, &signer.token(&claims), START).await;
        assert!(
            matches!(found, Err(TokenError::Malformed(_))),
            "{name} {found:?}"
        );
    }
}

#[tokio::test]
async fn a_token_chooses_neither_its_algorithm_nor_its_key() {
    let (rsa, ec, ed) = (Signer::rsa("r"), Signer::ec("e"), Signer::ed("d"));
    let server = TestIssuer::start(&[&rsa, &ec, &ed]).await;
    let issuer = trusting(&server, "");
    let claims = claims(START);

    let none = json!({ "alg": "none", "kid": "r" });
    let unsigned = format!("{}.{}.", part(&none), part(&claims));
    assert_eq!(
        verify(&issuer, &unsigned, START).await,
        Err(TokenError::Algorithm)
    );

    // The public key taken for a shared secret, in the forms an attacker may try.
    for secret in [
        rsa.public().to_vec(),
        rsa.pem().into_bytes(),
        rsa.jwk().to_string().into(),
    ] {
        let signed = format!(
            "{}.{}",
            part(&json!({ "alg": "HS256", "kid": "r" })),
            part(&claims)
        );
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, &secret),
            signed.as_bytes(),
        );
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(
            verify(&issuer, &token, START).await,
            Err(TokenError::Algorithm)
        );
    }

    // A right signature under the name of a key of another kind, or of the same kind.
    let mislabelled = ed.token_with(&json!({ "alg": "EdDSA", "kid": "r" }), &claims);
    assert_eq!(
        verify(&issuer, &mislabelled, START).await,
        Err(TokenError::KeyType)
    );
    let claimed = ed.token_with(&json!({ "alg": "ES256", "kid": "e" }), &claims);
    assert_eq!(
        verify(&issuer, &claimed, START).await,
        Err(TokenError::Signature)
    );
    let stranger = Signer::ed("d").token(&claims);
    assert_eq!(
        verify(&issuer, &stranger, START).await,
        Err(TokenError::Signature)
    );

    // A key that the token brings along is not looked at.
    let own = Signer::ed("own");
    let brought = json!({ "alg": "EdDSA", "kid": "d", "jwk": own.jwk(), "jku": server.url() });
    let token = own.token_with(&brought, &claims);
    assert_eq!(
        verify(&issuer, &token, START).await,
        Err(TokenError::Signature)
    );

    let narrow = trusting(&server, "algorithms = [\"ES256\"]");
    let refused = verify(&narrow, &rsa.token(&claims), START).await;
    assert_eq!(refused, Err(TokenError::Algorithm));
    assert!(verify(&narrow, &ec.token(&claims), START).await.is_ok());
}

#[tokio::test]
async fn a_changed_token_is_refused_wherever_it_was_changed() {
    let signer = Signer::ec("e");
    let server = TestIssuer::start(&[&signer]).await;
    let issuer = trusting(&server, "");
    let token = signer.token(&claims(START));
    assert!(verify(&issuer, &token, START).await.is_ok());
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("text");
        assert!(verify(&issuer, &changed, START).await.is_err(), "byte {at}");
        assert!(
            verify(&issuer, &token[..at], START).await.is_err(),
            "cut at {at}"
        );
    }
}

#[tokio::test]
async fn a_token_without_a_name_for_its_key_takes_the_only_one_that_fits() {
    let (one, rsa) = (Signer::ed("one"), Signer::rsa("r"));
    let server = TestIssuer::start(&[&one, &rsa]).await;
    let issuer = trusting(&server, "");
    let token = one.token_with(&json!({ "alg": "EdDSA" }), &claims(START));
    assert!(verify(&issuer, &token, START).await.is_ok());

    server.publish(&[&one, &rsa, &Signer::ed("two")]);
    let later = START.plus(10 * MINUTE);
    let token = one.token_with(&json!({ "alg": "EdDSA" }), &claims(later));
    assert_eq!(
        verify(&issuer, &token, later).await,
        Err(TokenError::UnknownKey)
    );
}

#[tokio::test]
async fn unknown_keys_make_us_ask_once_a_minute() {
    let (known, new) = (Signer::ed("known"), Signer::ed("new"));
    let server = TestIssuer::start(&[&known]).await;
    let issuer = trusting(&server, "");
    assert!(
        verify(&issuer, &known.token(&claims(START)), START)
            .await
            .is_ok()
    );

    let later = START.plus(Duration::from_millis(59_999));
    for now in [START, later] {
        let refused = verify(&issuer, &new.token(&claims(now)), now).await;
        assert_eq!(refused, Err(TokenError::UnknownKey));
    }
    assert_eq!(server.asked(), 1);

    let minute = START.plus(MINUTE);
    let strangers = (0..50).map(|_| async {
        let token = Signer::ed("strange").token(&claims(minute));
        verify(&issuer, &token, minute).await
    });
    for refused in futures_util::future::join_all(strangers).await {
        assert_eq!(refused, Err(TokenError::UnknownKey));
    }
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_forgotten() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let server = TestIssuer::start(&[&old]).await;
    let issuer = trusting(&server, "");
    assert!(
        verify(&issuer, &old.token(&claims(START)), START)
            .await
            .is_ok()
    );

    server.publish(&[&new]);
    let later = START.plus(MINUTE);
    let both = futures_util::future::join_all(
        (0..20).map(|_| async { verify(&issuer, &new.token(&claims(later)), later).await }),
    );
    for found in both.await {
        assert!(found.is_ok(), "{found:?}");
    }
    assert_eq!(server.asked(), 2);
    let refused = verify(&issuer, &old.token(&claims(later)), later).await;
    assert_eq!(refused, Err(TokenError::UnknownKey));
}

#[tokio::test]
async fn keys_are_fetched_again_after_ten_minutes() {
    let signer = Signer::ed("d");
    let server = TestIssuer::start(&[&signer]).await;
    let issuer = trusting(&server, "");
    for (minutes, asked) in [(0, 1), (9, 1), (10, 2), (19, 2), (20, 3)] {
        let now = START.plus(minutes * MINUTE);
        assert!(
            verify(&issuer, &signer.token(&claims(now)), now)
                .await
                .is_ok()
        );
        assert_eq!(server.asked(), asked, "after {minutes} minutes");
    }
}

#[tokio::test]
async fn old_keys_are_used_while_the_issuer_does_not_answer_well() {
    let signer = Signer::ed("d");
    let server = TestIssuer::start(&[&signer]).await;
    let issuer = trusting(&server, "");
    assert!(
        verify(&issuer, &signer.token(&claims(START)), START)
            .await
            .is_ok()
    );
    let mut now = START;
    for mood in [
        Mood::Down,
        Mood::Redirects,
        Mood::TooLong,
        Mood::NoJson,
        Mood::NoKeys,
    ] {
        server.be(mood);
        now = now.plus(60 * MINUTE);
        let asked = server.asked();
        for _ in 0..3 {
            let found = verify(&issuer, &signer.token(&claims(now)), now).await;
            assert!(found.is_ok(), "{mood:?} {found:?}");
        }
        assert_eq!(server.asked(), asked + 1, "{mood:?}");
    }
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_told_apart_from_a_wrong_token() {
    let signer = Signer::ed("d");
    let server = TestIssuer::start(&[&signer]).await;
    server.be(Mood::Down);
    let issuer = trusting(&server, "");
    let token = signer.token(&claims(START));
    for _ in 0..3 {
        assert_eq!(
            verify(&issuer, &token, START).await,
            Err(TokenError::Unavailable)
        );
    }
    assert_eq!(server.asked(), 1);
    server.be(Mood::Well);
    let soon = START.plus(Duration::from_secs(5));
    assert!(verify(&issuer, &token, soon).await.is_ok());

    let nowhere = from_settings("jwks_url = \"http://127.0.0.1:1/keys\"", "").expect("an issuer");
    assert_eq!(
        verify(&nowhere, &token, START).await,
        Err(TokenError::Unavailable)
    );
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_use_up_the_turn() {
    let (known, new) = (Signer::ed("known"), Signer::ed("new"));
    let server = TestIssuer::start(&[&known]).await;
    let issuer = trusting(&server, "");
    assert!(
        verify(&issuer, &known.token(&claims(START)), START)
            .await
            .is_ok()
    );
    server.publish(&[&new]);
    let later = START.plus(MINUTE);
    let token = new.token(&claims(later));
    let mut hasty = Box::pin(verify(&issuer, &token, later));
    assert!(futures_util::poll!(&mut hasty).is_pending());
    drop(hasty);
    assert!(verify(&issuer, &token, later).await.is_ok());
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn rubbish_is_refused_without_asking_anybody() {
    let server = TestIssuer::start(&[]).await;
    let issuer = trusting(&server, "");
    let long = format!("a.{}.c", "b".repeat(8 * 1024));
    assert_eq!(
        verify(&issuer, &long, START).await,
        Err(TokenError::TooLong)
    );
    for token in [
        "",
        ".",
        "..",
        "a.b.c",
        "....",
        "\u{0}.\u{0}.\u{0}",
        "ä.ö.ü",
        "e30.e30.e30",
    ] {
        let refused = verify(&issuer, token, START).await;
        assert!(
            matches!(refused, Err(TokenError::Malformed(_))),
            "{token} {refused:?}"
        );
    }
    assert_eq!(server.asked(), 0);
}
