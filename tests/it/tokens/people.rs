//! Whom a token stands for, and what it may do.

use serde_json::{Value, json};

use super::{claims, seconds};
use crate::support::app::{Answer, START, TestApp};
use crate::support::issuer::{Mood, Signer, TestIssuer};
use crate::support::people::PASSWORD;
use crate::support::socket::Server;

const VIEWER: &str = "{ viewer { actor { displayName } role scopes session { id } } }";

struct Site {
    desk: TestApp,
    issuer: TestIssuer,
    signer: Signer,
}

impl Site {
    async fn start(more: &str) -> Self {
        let signer = Signer::ed("d");
        let issuer = TestIssuer::start(&[&signer]).await;
        let settings = format!(
            "[security.jwt]\nenabled = true\nissuer = \"https://sso.example.org\"\n\
             audience = \"keydesk\"\njwks_url = \"{}\"\n{more}",
            issuer.url()
        );
        let desk = TestApp::with(&settings).await;
        Self {
            desk,
            issuer,
            signer,
        }
    }

    /// A token with these claims over the usual ones.
    fn token(&self, more: &Value) -> String {
        let mut all = claims(self.desk.app.clock.now());
        for (name, value) in more.as_object().expect("claims") {
            all[name] = value.clone();
        }
        self.signer.token(&all)
    }

    async fn ask(&self, more: &Value, document: &str) -> Answer {
        self.desk
            .ask_as(Some(&self.token(more)), document, json!({}))
            .await
    }

    async fn viewer(&self, more: &Value) -> Answer {
        self.ask(more, VIEWER).await
    }

    /// A person whose `externalId` is that of the usual token.
    async fn bound(&self, username: &str, role: &str) {
        self.desk.person(username, role).await;
        super::bind(&self.desk, username, "ada-7").await;
    }
}

#[tokio::test]
async fn a_token_stands_for_the_user_with_its_subject() {
    let site = Site::start("").await;
    assert_eq!(site.viewer(&json!({})).await.status, 401);
    site.bound("ann", "HELPDESK").await;
    let answer = site.viewer(&json!({})).await;
    let expected = json!({ "actor": { "displayName": "ann" }, "role": "HELPDESK",
        "scopes": ["USERS_READ", "USERS_UNLOCK", "PASSWORDS_RESET"], "session": null });
    assert_eq!(answer.root(), &expected);
    assert_eq!(site.viewer(&json!({ "sub": "ADA-7" })).await.status, 401);
}

#[tokio::test]
async fn an_address_counts_when_both_sides_have_verified_it() {
    let site = Site::start("").await;
    site.desk.person("ann", "HELPDESK").await;
    let unverified = json!({ "email": "bea@example.org", "role": "HELPDESK" });
    site.desk.user("bea", unverified).await;
    site.desk.person("cleo", "HELPDESK").await;
    super::bind(&site.desk, "cleo", "somebody else").await;
    let mail =
        |address: &str, verified: Value| json!({ "email": address, "email_verified": verified });
    for address in ["ann@example.org", "ANN@EXAMPLE.ORG"] {
        let answer = site.viewer(&mail(address, json!(true))).await;
        assert_eq!(answer.root()["actor"]["displayName"], "ann", "{answer:#?}");
    }
    for (address, verified) in [
        ("ann@example.org", json!(false)),
        ("ann@example.org", json!("true")),
        ("bea@example.org", json!(true)),
        ("cleo@example.org", json!(true)),
        ("nobody@example.org", json!(true)),
        ("not an address", json!(true)),
    ] {
        let answer = site.viewer(&mail(address, verified.clone())).await;
        assert_eq!(answer.status, 401, "{address} {verified}");
    }
    // Whoever has the subject comes before whoever has the address.
    site.bound("dora", "AUDITOR").await;
    let answer = site.viewer(&mail("ann@example.org", json!(true))).await;
    assert_eq!(answer.root()["actor"]["displayName"], "dora");
}

#[tokio::test]
async fn a_user_who_may_not_act_is_refused_like_a_wrong_key() {
    let site = Site::start("").await;
    site.bound("ann", "ADMIN").await;
    for (stop, more, go_on, again) in [
        ("disableUser", "", "enableUser", ""),
        (
            "setMustChangePassword",
            "mustChangePassword: true",
            "setMustChangePassword",
            "mustChangePassword: false",
        ),
        ("deleteUser", "", "restoreUser", ""),
    ] {
        let act = async |mutation: &str, more: &str| {
            let document = format!(
                "mutation {{ {mutation}(input: {{ user: {{ login: \"ann\" }} {more} }}) \
                                    {{ errors {{ code }} }} }}"
            );
            let answer = site.desk.ask(&document, json!({})).await;
            assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
        };
        assert_eq!(site.viewer(&json!({})).await.status, 200, "before {stop}");
        act(stop, more).await;
        let refused = site.viewer(&json!({})).await;
        assert_eq!(
            (refused.status.as_u16(), refused.top_level()),
            (401, Some("UNAUTHENTICATED"))
        );
        act(go_on, again).await;
    }
}

#[tokio::test]
async fn a_claim_lowers_a_role_and_never_raises_it() {
    let roles =
        "role_claim = \"groups\"\nroles = [\"admins=ADMIN\", \"desk=HELPDESK\", \"read=AUDITOR\"]";
    let site = Site::start(roles).await;
    site.bound("ann", "HELPDESK").await;
    let desk_scopes = json!(["USERS_READ", "USERS_UNLOCK", "PASSWORDS_RESET"]);
    for (groups, role, scopes) in [
        (json!(["admins"]), "HELPDESK", desk_scopes.clone()),
        (json!(["desk", "read"]), "HELPDESK", desk_scopes),
        (json!("read"), "HELPDESK", json!(["USERS_READ"])),
        (json!([]), "MEMBER", json!([])),
        (Value::Null, "MEMBER", json!([])),
    ] {
        let answer = site.viewer(&json!({ "groups": groups })).await;
        let found = (&answer.root()["role"], &answer.root()["scopes"]);
        assert_eq!(found, (&json!(role), &scopes), "{groups}");
    }
}

#[tokio::test]
async fn a_limited_token_makes_no_key() {
    let site =
        Site::start("role_claim = \"groups\"\nroles = [\"admins=ADMIN\", \"owners=OWNER\"]").await;
    site.bound("olga", "OWNER").await;
    let fresh = seconds(START);
    let make = async |group: &str| {
        let token = site.token(&json!({ "groups": group, "auth_time": fresh }));
        site.desk
            .make_own_key(&token, json!({ "actorPassword": null }))
            .await
            .codes()
    };
    assert_eq!(make("admins").await, ["FORBIDDEN"]);
    assert_eq!(make("owners").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_fresh_sign_in_at_the_issuer_is_a_step_up() {
    let site = Site::start("").await;
    site.bound("olga", "OWNER").await;
    site.desk.member("ada").await;
    let reset = "mutation { resetPassword(input: { user: { login: \"ada\" }, generate: true }) \
                 { errors { code } } }";
    let now = seconds(START);
    for (auth_time, expected) in [
        (json!(now - 599), None),
        (json!(now - 600), Some("STEP_UP_REQUIRED")),
        (Value::Null, Some("STEP_UP_REQUIRED")),
        (json!(now + 7200), None),
    ] {
        let answer = site.ask(&json!({ "auth_time": auth_time }), reset).await;
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(answer.codes(), expected, "{auth_time}");
    }
}

#[tokio::test]
async fn the_own_password_is_a_step_up_too_and_tries_are_counted() {
    let site = Site::start("").await;
    site.bound("olga", "OWNER").await;
    site.desk.member("ada").await;
    let reset = async |password: &str| {
        let document = format!(
            "mutation {{ resetPassword(input: {{ user: {{ login: \"ada\" }}, generate: true, \
             actorPassword: \"{password}\" }}) {{ errors {{ code }} }} }}"
        );
        site.ask(&json!({}), &document).await.codes()
    };
    assert_eq!(reset(PASSWORD).await, Vec::<String>::new());
    for _ in 0..9 {
        assert_eq!(reset("wrong").await, ["INCORRECT_PASSWORD"]);
    }
    assert_eq!(reset(PASSWORD).await, ["RATE_LIMITED"]);
}

#[tokio::test]
async fn a_token_costs_one_statement_for_each_request() {
    let site = Site::start("").await;
    site.bound("ann", "ADMIN").await;
    let document = "{ passwordPolicy { minLength } }";
    let mut counts = Vec::new();
    for token in [None, Some(site.token(&json!({})))] {
        let before = site.desk.statements();
        let answer = site
            .desk
            .ask_as(token.as_deref(), document, json!({}))
            .await;
        assert_eq!(answer.status, 200);
        counts.push(site.desk.statements() - before);
    }
    assert_eq!(counts[1] - counts[0], 1);
    assert_eq!(site.issuer.asked(), 1);
}

#[tokio::test]
async fn acts_with_a_token_stand_in_the_trail_under_the_person() {
    let site = Site::start("").await;
    site.bound("olga", "OWNER").await;
    let create = "mutation { createUser(input: { username: \"bea\" }) { errors { code } } }";
    assert_eq!(
        site.ask(&json!({}), create).await.codes(),
        Vec::<String>::new()
    );
    let trail =
        "{ auditEvents(filter: { actions: [USER_CREATED] }, first: 1) { nodes { actorLabel } } }";
    let answer = site.desk.ask(trail, json!({})).await;
    assert_eq!(answer.root()["nodes"][0]["actorLabel"], "olga");
}

#[tokio::test]
async fn sockets_take_tokens() {
    let site = Site::start("").await;
    site.bound("ann", "AUDITOR").await;
    let server = Server::start(&site.desk).await;
    drop(server.sign_in(&site.token(&json!({}))).await);
    let mut client = server.open().await;
    let stranger = site.token(&json!({ "sub": "stranger" }));
    client.init(&format!("Bearer {stranger}")).await;
    assert_eq!(client.closed().await, 4401);
}

#[tokio::test]
async fn without_the_setting_a_token_is_a_wrong_key_and_without_keys_it_waits() {
    let site = Site::start("").await;
    site.bound("ann", "ADMIN").await;
    site.issuer.be(Mood::Down);
    let unavailable = site.viewer(&json!({})).await;
    assert_eq!(
        (unavailable.status.as_u16(), unavailable.top_level()),
        (503, Some("SERVICE_UNAVAILABLE"))
    );
    // Keys and sessions do not depend on the issuer.
    assert_eq!(site.desk.ask(VIEWER, json!({})).await.status, 200);

    let plain = TestApp::start().await;
    let refused = plain
        .ask_as(Some(&site.token(&json!({}))), VIEWER, json!({}))
        .await;
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn a_claim_shows_nobody_whom_the_role_does_not() {
    let roles = "role_claim = \"groups\"\nroles = [\"desk=HELPDESK\", \"read=AUDITOR\"]";
    let site = Site::start(roles).await;
    site.desk.person("olga", "OWNER").await;
    site.bound("ann", "HELPDESK").await;
    let olga = "{ userByLogin(login: \"olga\") { username } }";
    for group in ["desk", "read"] {
        let answer = site.ask(&json!({ "groups": group }), olga).await;
        assert_eq!(answer.root(), &Value::Null, "{group}");
    }
}

/// A stolen session of an owner bound another owner to a subject of the thief's own at the issuer.
#[tokio::test]
async fn a_stolen_session_makes_nobody_act_as_another_owner() {
    let site = Site::start("").await;
    site.desk.person("olga", "OWNER").await;
    site.desk.person("theo", "OWNER").await;
    let stolen = site.desk.session("olga").await;
    let document = "mutation($input: UpdateUserInput!) { updateUser(input: $input) \
                    { errors { code } } }";
    let change = async |session: &str, more: Value| {
        let mut input = json!({ "user": { "login": "theo" } });
        crate::support::app::merge(&mut input, more);
        let variables = json!({ "input": input });
        let answer = site.desk.ask_as(Some(session), document, variables).await;
        answer.codes()
    };
    let thief = json!({ "patch": { "externalId": "thief" } });
    assert_eq!(change(&stolen, thief.clone()).await, ["STEP_UP_REQUIRED"]);
    let as_thief = json!({ "sub": "thief" });
    assert_eq!(site.viewer(&as_thief).await.status, 401);

    // Unbound, somebody is found by their address: that is another identity too.
    super::bind(&site.desk, "theo", "theo-7").await;
    let unbound = json!({ "clear": ["EXTERNAL_ID"] });
    assert_eq!(change(&stolen, unbound).await, ["STEP_UP_REQUIRED"]);
    let by_address = json!({ "sub": "thief", "email": "theo@example.org", "email_verified": true });
    assert_eq!(site.viewer(&by_address).await.status, 401);

    // Who may, and says who they are, does it; the person is told and signed out.
    let theirs = site.desk.session("theo").await;
    let confirmed = site.desk.confirmed(&stolen).await;
    site.desk.deliver().await;
    assert_eq!(change(&confirmed, thief).await, Vec::<String>::new());
    let answer = site.viewer(&as_thief).await;
    assert_eq!(answer.root()["actor"]["displayName"], "theo");
    let ended = site.desk.ask_as(Some(&theirs), VIEWER, json!({})).await;
    assert_eq!(ended.status, 401);
    assert_eq!(site.desk.deliver().await, 1);
    let mail = site.desk.mailer.sent().pop().expect("a notice");
    assert_eq!(mail.to, "theo@example.org");
    assert!(
        mail.content.text.contains("another identity"),
        "{}",
        mail.content.text
    );
}

/// What is signed for a portal, or works for a year, opens nothing here.
#[tokio::test]
async fn id_tokens_and_tokens_without_a_near_end_are_refused() {
    let site = Site::start("acr_values = [\"2\"]").await;
    site.bound("olga", "OWNER").await;
    let now = seconds(START);
    for (more, status) in [
        (json!({ "acr": "2" }), 200),
        (
            json!({ "acr": "2", "typ": "Bearer", "nonce": "n", "azp": "portal" }),
            200,
        ),
        (json!({ "acr": "2", "exp": now + 24 * 3600 + 30 }), 200),
        (json!({ "acr": "2", "exp": now + 24 * 3600 + 31 }), 401),
        (json!({ "acr": "2", "nonce": "n" }), 401),
        (json!({ "acr": "2", "typ": "ID" }), 401),
        (json!({ "acr": "2", "azp": "keydesk" }), 401),
        (json!({ "acr": "1" }), 401),
        (json!({}), 401),
    ] {
        assert_eq!(site.viewer(&more).await.status, status, "{more}");
    }
    let by_header = |claims: &Value| {
        let header = json!({ "alg": "EdDSA", "kid": "d", "typ": "at+jwt" });
        site.signer.token_with(&header, claims)
    };
    let mut all = claims(START);
    all["acr"] = json!("2");
    all["nonce"] = json!("n");
    let answer = site
        .desk
        .ask_as(Some(&by_header(&all)), VIEWER, json!({}))
        .await;
    assert_eq!(answer.status, 200);
    all["typ"] = json!("ID");
    let answer = site
        .desk
        .ask_as(Some(&by_header(&all)), VIEWER, json!({}))
        .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn where_settings_want_id_tokens_access_tokens_are_refused() {
    let site = Site::start("token_kind = \"id\"").await;
    site.bound("olga", "OWNER").await;
    for (more, status) in [
        (json!({ "nonce": "n", "azp": "keydesk" }), 200),
        (json!({ "typ": "ID" }), 200),
        (json!({}), 401),
        (json!({ "typ": "Bearer" }), 401),
    ] {
        assert_eq!(site.viewer(&more).await.status, status, "{more}");
    }
}
