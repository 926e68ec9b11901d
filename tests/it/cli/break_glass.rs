//! `keydesk reset-admin-password`: the way back in.

use keydesk::types::secret::random_bytes;
use serde_json::{Value, json};

use super::{Machine, in_a_terminal, only_line};
use crate::support::app::{START, TestApp};
use crate::support::program::Installation;
use crate::support::rows::uuid;

const GOOD: &str = "otter-walks-past-nine-lamps";
/// 2100-01-01, later than the clock of any machine this runs on.
const FAR_MILLIS: i64 = 4_102_444_800_000;
const BREAK_GLASS: &str = "reset-admin-password";

async fn owner(desk: &TestApp, name: &str) -> String {
    let more = json!({ "role": "OWNER", "generate": true, "email": format!("{name}@example.org") });
    desk.user(name, more).await
}

/// A session that is open whatever the machine's clock says.
async fn sign_in(desk: &TestApp, user: &str) {
    let sql = "INSERT INTO sessions (id, user_id, token_hash, credential_version, created_at, \
               last_used_at, expires_at) VALUES ($1, $2, $3, 1, $4, $4, $5)";
    let id = keydesk::types::ids::UserId::new(START).uuid();
    let token = random_bytes::<32>().to_vec();
    let (now, end) = (START.as_millis(), FAR_MILLIS);
    let values = vec![id.into(), uuid(user), token.into(), now.into(), end.into()];
    desk.write(sql, values).await;
}

async fn row(desk: &TestApp, user: &str) -> Value {
    let sql = "SELECT must_change_password, password_expires_at, locked_until, disabled_at \
               FROM users WHERE id = $1";
    desk.rows(sql, vec![uuid(user)])
        .await
        .pop()
        .expect("a user")
}

async fn event(desk: &TestApp, action: &str) -> Value {
    let sql = "SELECT actor_kind, actor_label, via, reason, target_label FROM audit_events \
               WHERE action = $1 AND via = 'CLI'";
    let mut rows = desk.rows(sql, vec![action.into()]).await;
    assert_eq!(rows.len(), 1, "{action}: {rows:?}");
    rows.remove(0)
}

#[tokio::test]
async fn a_temporary_password_is_printed_alone_and_everything_else_is_as_after_any_reset() {
    let desk = TestApp::start_today().await;
    let ada = owner(&desk, "ada").await;
    sign_in(&desk, &ada).await;
    let lock = "UPDATE users SET locked_until = $1 WHERE id = $2";
    desk.write(lock, vec![FAR_MILLIS.into(), uuid(&ada)]).await;
    let keys = "UPDATE api_keys SET created_by = $1";
    desk.write(keys, vec![uuid(&ada)]).await;

    let machine = Machine::beside(&desk);
    let ran = machine.run(&[BREAK_GLASS, "ADA", "--reason", "locked out"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let password = only_line(&ran);
    assert_eq!(password.chars().count(), 20);
    assert!(!ran.stderr.contains(password), "{ran:?}");
    assert!(ran.stderr.contains("ada (OWNER)") && ran.stderr.contains("1 session(s)"));
    assert!(desk.verifies(&ada, password).await);

    let row = row(&desk, &ada).await;
    assert!(row["password_expires_at"].is_i64() && row["locked_until"].is_null());
    assert!(row["must_change_password"] == json!(true) || row["must_change_password"] == json!(1));
    for open in [
        "SELECT id FROM sessions WHERE ended_at IS NULL",
        "SELECT id FROM api_keys WHERE revoked_at IS NULL",
    ] {
        assert!(desk.rows(open, vec![]).await.is_empty(), "{open}");
    }
    let trace = json!({
        "actor_kind": "OPERATOR", "actor_label": "operator grace", "via": "CLI",
        "reason": "locked out", "target_label": "ada"
    });
    assert_eq!(event(&desk, "user.password.reset").await, trace);
    assert!(!desk.snapshot().await.holds(password));
}

#[tokio::test]
async fn without_a_name_it_is_the_one_active_owner_or_a_list_of_all() {
    let desk = TestApp::start_today().await;
    let machine = Machine::beside(&desk);
    let nobody = machine.run(&[BREAK_GLASS]);
    assert_eq!((nobody.code, nobody.stdout.as_str()), (1, ""), "{nobody:?}");
    assert!(nobody.stderr.contains("keydesk admin create"), "{nobody:?}");

    let ada = owner(&desk, "ada").await;
    desk.user("root", json!({ "role": "ADMIN", "generate": true }))
        .await;
    let first = machine.run(&[BREAK_GLASS]);
    assert!(desk.verifies(&ada, only_line(&first)).await);

    let bea = owner(&desk, "bea").await;
    let events = desk.events("user.password.reset").await;
    let several = machine.run(&[BREAK_GLASS]);
    assert_eq!(
        (several.code, several.stdout.as_str()),
        (2, ""),
        "{several:?}"
    );
    assert!(several.stderr.contains("ada@example.org") && several.stderr.contains("bea"));
    assert!(!several.stderr.contains("root"), "{several:?}");
    assert_eq!(desk.events("user.password.reset").await, events);

    assert_eq!(machine.run(&["user", "disable", "ada"]).code, 0);
    let other = machine.run(&[BREAK_GLASS]);
    assert!(desk.verifies(&bea, only_line(&other)).await);
}

#[tokio::test]
async fn members_strangers_and_those_with_passwords_elsewhere_are_refused_and_told_the_way() {
    let desk = TestApp::start_today().await;
    let mia = desk.member("mia").await;
    owner(&desk, "ada").await;
    let ldap = json!({ "role": "ADMIN", "authenticationSource": "LDAP" });
    desk.user("leo", ldap).await;
    let before = desk.snapshot().await;
    let machine = Machine::beside(&desk);
    for (login, hint) in [
        ("mia", "keydesk user reset-password mia"),
        (mia.as_str(), "keydesk user reset-password mia"),
        ("adda", "did you mean ada?"),
        ("leo", "authenticationSource=BUILT_IN"),
        ("user_01h455vb4pex5vsknk084sn02q", "there is no user"),
    ] {
        let ran = machine.run(&[BREAK_GLASS, login]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{login} {ran:?}");
        assert!(ran.stderr.contains(hint), "{login} {ran:?}");
    }
    assert_eq!(desk.snapshot().await, before);
}

#[tokio::test]
async fn a_disabled_owner_stays_so_unless_enabled_by_name() {
    let desk = TestApp::start_today().await;
    let ada = owner(&desk, "ada").await;
    owner(&desk, "bea").await;
    let machine = Machine::beside(&desk);
    assert_eq!(machine.run(&["user", "disable", "ada"]).code, 0);

    let still = machine.run(&[BREAK_GLASS, "ada"]);
    assert_eq!(still.code, 0);
    assert!(still.stderr.contains("still disabled"), "{still:?}");
    assert!(desk.verifies(&ada, only_line(&still)).await);
    assert!(!row(&desk, &ada).await["disabled_at"].is_null());

    let again = machine.json(&[BREAK_GLASS, "ada", "--enable", "--json"]);
    assert_eq!(
        (&again["enabled"], &again["isDisabled"], &again["role"]),
        (&json!(true), &json!(false), &json!("OWNER"))
    );
    let password = again["generatedPassword"].as_str().expect("a password");
    assert!(desk.verifies(&ada, password).await);
    assert!(row(&desk, &ada).await["disabled_at"].is_null());
    assert_eq!(event(&desk, "user.enabled").await["actor_kind"], "OPERATOR");

    let not_needed = machine.json(&[BREAK_GLASS, "ada", "--enable", "--json"]);
    assert_eq!(not_needed["enabled"], false);
}

#[tokio::test]
async fn a_typed_password_comes_by_a_pipe_whatever_settings_say_about_who_may_know_it() {
    let desk = TestApp::start_today().await;
    let ada = owner(&desk, "ada").await;
    let mut machine = Machine::beside(&desk);
    machine.settings.extend([
        ("KEYDESK_SECURITY__ADMIN_PASSWORDS", "links_only".to_owned()),
        ("KEYDESK_SECURITY__ALWAYS_FORCE_CHANGE", "true".to_owned()),
    ]);
    let arguments = [BREAK_GLASS, "ada", "--stdin"];
    let ran = machine.run_reading(&arguments, &format!("{GOOD}\n"));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(!ran.stderr.contains(GOOD));
    assert!(desk.verifies(&ada, GOOD).await);

    let before = desk.snapshot().await;
    for (input, code) in [("ada12345\n", 1), ("", 2), ("\n", 2)] {
        let ran = machine.run_reading(&arguments, input);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
    }
    let unasked = machine.run(&[BREAK_GLASS, "ada", "--prompt"]);
    assert_eq!(unasked.code, 2);
    assert!(unasked.stderr.contains("--stdin"), "{unasked:?}");
    let both = machine.run(&[BREAK_GLASS, "ada", "--prompt", "--stdin"]);
    assert_eq!(both.code, 2);
    assert_eq!(desk.snapshot().await, before);
    let generated = machine.run(&[BREAK_GLASS, "ada"]);
    assert!(desk.verifies(&ada, only_line(&generated)).await);
}

#[tokio::test]
async fn on_a_terminal_the_password_is_asked_twice_and_the_owner_chosen_by_number() {
    let desk = TestApp::start_today().await;
    let (ada, bea) = (owner(&desk, "ada").await, owner(&desk, "bea").await);
    let machine = Machine::beside(&desk);
    let twice = [("New password: ", GOOD), ("Once more: ", GOOD)];
    let ran = in_a_terminal(&machine, &[BREAK_GLASS, "ada", "--prompt"], &twice);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(desk.verifies(&ada, GOOD).await);

    let before = desk.snapshot().await;
    let differ = [
        ("New password: ", "one-otter-walks-home"),
        ("Once more: ", "two"),
    ];
    let ran = in_a_terminal(&machine, &[BREAK_GLASS, "ada", "--prompt"], &differ);
    assert!(ran.code == 1 && ran.stdout.contains("differ"), "{ran:?}");
    let ran = in_a_terminal(&machine, &[BREAK_GLASS], &[("Number: ", "3")]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(desk.snapshot().await, before);

    let ran = in_a_terminal(&machine, &[BREAK_GLASS], &[("Number: ", "2")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let password = ran.stdout.lines().last().expect("a line").trim();
    assert!(desk.verifies(&bea, password).await, "{ran:?}");
}

#[test]
fn a_running_server_sees_the_new_password_at_once() {
    let desk = Installation::new(vec![]);
    let server = desk.serve();
    let key = desk.key();
    desk.run(&["user", "create", "ada", "--role", "owner"]);
    let ask = || {
        let document = "{ userByLogin(login: \"ada\") { passwordStatus { isSet mustChange } \
                        auditEvents(first: 1) { nodes { actorLabel via } } } }";
        let answer = desk.ask(&key, document, &json!({})).expect("an answer");
        answer["data"]["userByLogin"].clone()
    };
    assert_eq!(ask()["passwordStatus"]["isSet"], false, "{}", ask());
    let password = desk.run(&[BREAK_GLASS]);
    assert_eq!(password.trim_end().chars().count(), 20);
    let seen = ask();
    assert_eq!(
        seen["passwordStatus"],
        json!({ "isSet": true, "mustChange": true })
    );
    assert_eq!(seen["auditEvents"]["nodes"][0]["via"], "CLI", "{seen}");
    drop(server);
}
