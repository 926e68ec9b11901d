//! `updateApiKey` and `revokeApiKey`.

use keydesk::domain::access;
use serde_json::{Value, json};

use super::status;
use crate::support::app::{Answer, TestApp};
use crate::support::people::PASSWORD;

async fn update(desk: &TestApp, session: &str, id: &str, patch: Value) -> Answer {
    update_with(
        desk,
        session,
        json!({ "apiKeyId": id, "patch": patch, "actorPassword": PASSWORD }),
    )
    .await
}

async fn update_with(desk: &TestApp, session: &str, input: Value) -> Answer {
    let document = "mutation($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { apiKey { \
                    name scopes allowedNetworks expiresAt version } errors { code message path } } }";
    desk.ask_as(Some(session), document, json!({ "input": input }))
        .await
}

/// The id of the key that every test has, which belongs to the installation.
async fn key_of_the_installation(desk: &TestApp) -> String {
    let document = "{ apiKeys { nodes { id name } } }";
    let answer = desk.ask(document, json!({})).await;
    let nodes = answer.root()["nodes"].as_array().expect("a list").clone();
    let key = nodes.iter().find(|node| node["name"] == "OWNER key");
    key.expect("the key")["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[tokio::test]
async fn a_key_is_changed_and_its_secret_stays() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.session("ann").await;
    let (id, key) = desk
        .own_key(&session, json!({ "allowedNetworks": ["10.0.0.0/8"] }))
        .await;
    assert_eq!(status(&desk, &key).await, 401);
    let patch = json!({ "name": "read only", "scopes": ["USERS_READ"], "allowedNetworks": [],
                        "expiresAt": "2026-12-01T00:00:00Z" });
    let changed = update(&desk, &session, &id, patch.clone()).await;
    assert_eq!(changed.codes(), Vec::<String>::new());
    let expected = json!({ "name": "read only", "scopes": ["USERS_READ"], "allowedNetworks": [],
                           "expiresAt": "2026-12-01T00:00:00Z", "version": 2 });
    assert_eq!(changed.root()["apiKey"], expected);
    assert_eq!(status(&desk, &key).await, 200);
    // The same again changes nothing and leaves no event.
    let again = update(&desk, &session, &id, patch).await;
    assert_eq!(again.root()["apiKey"]["version"], 2);
    assert_eq!(desk.events("api_key.updated").await, 1);
    let trail = "{ auditEvents(filter: { actions: [API_KEY_UPDATED] }) { nodes { changes { field \
                 before after } } } }";
    let event = desk.ask(trail, json!({})).await.root()["nodes"][0].clone();
    let fields: Vec<_> = event["changes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| change["field"].clone())
        .collect();
    assert_eq!(fields, ["name", "scopes", "expiresAt", "allowedNetworks"]);
}

#[tokio::test]
async fn people_touch_their_own_keys_and_those_of_whom_they_manage() {
    let desk = TestApp::start().await;
    for (name, role) in [("olga", "OWNER"), ("ann", "ADMIN"), ("bob", "ADMIN")] {
        desk.person(name, role).await;
    }
    let (olga, ann, bob) = (
        desk.session("olga").await,
        desk.session("ann").await,
        desk.session("bob").await,
    );
    let (of_olga, _) = desk.own_key(&olga, json!({})).await;
    let (of_bob, _) = desk.own_key(&bob, json!({})).await;
    let (of_ann, _) = desk.own_key(&ann, json!({})).await;
    let installed = key_of_the_installation(&desk).await;
    let patch = json!({ "name": "changed" });
    for id in [&of_olga, &of_bob, &installed] {
        let refused = update(&desk, &ann, id, patch.clone()).await;
        assert_eq!(refused.codes(), ["TARGET_NOT_MANAGEABLE"]);
        let refused = desk.revoke_key(&ann, id).await;
        assert_eq!(refused.codes(), ["TARGET_NOT_MANAGEABLE"]);
    }
    let revoked = "SELECT id FROM api_keys WHERE revoked_at IS NOT NULL";
    assert_eq!(desk.rows(revoked, vec![]).await.len(), 0);
    assert_eq!(
        update(&desk, &ann, &of_ann, patch.clone()).await.codes(),
        Vec::<String>::new()
    );
    for id in [&of_olga, &of_bob, &installed] {
        assert_eq!(
            update(&desk, &olga, id, patch.clone()).await.codes(),
            Vec::<String>::new()
        );
    }
    // Whoever falls below comes within reach.
    super::change(&desk, "bob", json!({ "role": "HELPDESK" })).await;
    assert_eq!(
        desk.revoke_key(&ann, &of_bob).await.codes(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn what_cannot_be_changed_is_said() {
    let desk = TestApp::start().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.session("ann").await;
    let (id, _) = desk.own_key(&session, json!({})).await;
    let unconfirmed = json!({ "apiKeyId": id, "patch": { "name": "x" } });
    assert_eq!(
        update_with(&desk, &session, unconfirmed).await.codes(),
        ["STEP_UP_REQUIRED"]
    );
    for unknown in [
        "key_none",
        "user_none",
        "",
        "key_01h455vb4pex5vsknk084sn02q",
    ] {
        let refused = update(&desk, &session, unknown, json!({ "name": "x" })).await;
        assert_eq!(refused.codes(), ["NOT_FOUND"], "{unknown}");
        assert_eq!(
            desk.revoke_key(&session, unknown).await.codes(),
            ["NOT_FOUND"]
        );
    }
    let wrong = json!({ "name": "", "scopes": [], "expiresAt": "2020-01-01T00:00:00Z" });
    let refused = update(&desk, &session, &id, wrong).await;
    assert_eq!(refused.codes(), ["INVALID_INPUT"; 3]);
    assert_eq!(
        refused.root()["errors"][0]["path"],
        json!(["input", "patch", "name"])
    );
    let stale = json!({ "apiKeyId": id, "patch": { "name": "x" }, "ifVersion": 7,
                        "actorPassword": PASSWORD });
    assert_eq!(
        update_with(&desk, &session, stale).await.codes(),
        ["VERSION_CONFLICT"]
    );
    desk.revoke_key(&session, &id).await;
    let refused = update(&desk, &session, &id, json!({ "name": "x" })).await;
    assert_eq!(refused.codes(), ["INVALID_INPUT"]);
}

#[tokio::test]
async fn of_two_changes_at_once_the_second_looks_again() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.confirmed(&desk.session("ann").await).await;
    let (id, _) = desk
        .own_key(&session, json!({ "actorPassword": null }))
        .await;
    for round in 1..=10 {
        let change = async |desk: &TestApp, name: String| {
            let input = json!({ "apiKeyId": id, "patch": { "name": name }, "ifVersion": round });
            update_with(desk, &session, input).await.codes()
        };
        let (one, two) = tokio::join!(
            change(&desk, format!("one {round}")),
            change(&replica, format!("two {round}"))
        );
        let mut codes = [one, two].concat();
        codes.sort();
        assert_eq!(codes, ["VERSION_CONFLICT"], "round {round}");
    }
}

#[tokio::test]
async fn a_revoked_key_is_over_everywhere_at_once_and_for_good() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    desk.person("ann", "ADMIN").await;
    let session = desk.session("ann").await;
    let (id, key) = desk.own_key(&session, json!({})).await;
    assert_eq!(status(&replica, &key).await, 200);
    for _ in 0..2 {
        let revoked = desk.revoke_key(&session, &id).await;
        assert_eq!(
            revoked.root()["apiKey"]["status"],
            "REVOKED",
            "{revoked:#?}"
        );
    }
    for desk in [&desk, &replica] {
        assert_eq!(status(desk, &key).await, 401);
    }
    assert_eq!(desk.events("api_key.revoked").await, 1);
    let trail = "{ auditEvents(filter: { actions: [API_KEY_REVOKED] }) { nodes { reason } } }";
    assert_eq!(
        desk.ask(trail, json!({})).await.root()["nodes"][0]["reason"],
        "over"
    );
}

#[tokio::test]
async fn all_keys_of_a_user_end_in_one_transaction() {
    let desk = TestApp::start().await;
    let id = desk.person("ann", "ADMIN").await;
    let ann = keydesk::types::ids::UserId::parse(&id).expect("an id");
    let session = desk.session("ann").await;
    let (first, one) = desk.own_key(&session, json!({})).await;
    let (_, two) = desk.own_key(&session, json!({})).await;
    desk.revoke_key(&session, &first).await;
    let now = desk.app.clock.now();
    for commits in [false, true] {
        let txn = desk.app.db.begin_write().await.expect("a transaction");
        let ended = access::revoke_keys_of(&txn, ann, now).await.expect("ended");
        assert_eq!(ended, 1);
        if commits {
            txn.commit().await.expect("committed");
        } else {
            txn.rollback().await.expect("taken back");
            assert_eq!(status(&desk, &two).await, 200);
        }
    }
    for key in [&one, &two] {
        assert_eq!(status(&desk, key).await, 401);
    }
    assert_eq!(status(&desk, desk.owner_key()).await, 200);
}
