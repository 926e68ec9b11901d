//! `keydesk user disable`, `enable`, `unlock`, `delete` and `restore`.

use serde_json::{Value, json};

use super::{Machine, in_a_terminal};
use crate::support::app::TestApp;
use crate::support::rows::uuid;

/// 2100-01-01, later than the clock of any machine this runs on.
const FAR_MILLIS: i64 = 4_102_444_800_000;

/// Who did it, as the audit trail has it.
async fn trace(desk: &TestApp, action: &str) -> Vec<Value> {
    let sql = "SELECT actor_kind, actor_label, via, reason FROM audit_events WHERE action = $1";
    desk.rows(sql, vec![action.into()]).await
}

fn by_grace(reason: &str) -> Vec<Value> {
    vec![json!({
        "actor_kind": "OPERATOR", "actor_label": "operator grace", "via": "CLI", "reason": reason
    })]
}

#[tokio::test]
async fn a_user_is_disabled_for_a_while_and_enabled_again_and_neither_is_claimed_twice() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    let machine = Machine::beside(&desk);
    let forever = machine.run(&["user", "disable", "ada", "--reason", "left"]);
    assert_eq!(
        (forever.code, forever.stdout.as_str()),
        (0, ""),
        "{forever:?}"
    );
    assert!(
        forever.stderr.contains("until somebody enables"),
        "{forever:?}"
    );
    let until = "2099-12-01T09:00:00Z";
    let ended = machine.json(&["user", "disable", "ada", "--until", until, "--json"]);
    assert_eq!(
        (&ended["status"], &ended["disabledUntil"]),
        (&json!("DISABLED"), &json!(until))
    );
    let span = machine.json(&["user", "disable", "ada", "--until", "30m", "--json"]);
    assert!(span["disabledUntil"].is_string());

    let enabled = machine.run(&["user", "enable", "ada", "--reason", "back"]);
    assert_eq!(
        (enabled.code, enabled.stderr.as_str()),
        (0, "enabled ada\n")
    );
    let events = desk.events("user.enabled").await;
    let again = machine.run(&["user", "enable", "ada"]);
    assert!(
        again.code == 0 && again.stderr.starts_with("unchanged:"),
        "{again:?}"
    );
    assert_eq!(
        machine.json(&["user", "enable", "ada", "--json"])["changed"],
        false
    );
    assert_eq!((events, desk.events("user.enabled").await), (1, 1));
}

#[tokio::test]
async fn a_lock_is_lifted_once() {
    let desk = TestApp::start_today().await;
    let ada = desk.member("ada").await;
    let lock = "UPDATE users SET locked_until = $1, failed_sign_ins = 7 WHERE id = $2";
    desk.write(lock, vec![FAR_MILLIS.into(), uuid(&ada)]).await;
    let machine = Machine::beside(&desk);
    let locked = machine.json(&["user", "list", "--filter", "status=locked", "--json"]);
    assert_eq!(locked[0]["username"], "ada");
    let ran = machine.run(&["user", "unlock", "ada", "--reason", "it was me"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "", "unlocked ada\n")
    );
    let again = machine.json(&["user", "unlock", "ada", "--json"]);
    assert_eq!(
        (&again["changed"], &again["status"], &again["lockedUntil"]),
        (&json!(false), &json!("ACTIVE"), &Value::Null)
    );
    assert_eq!(trace(&desk, "user.unlocked").await, by_grace("it was me"));
}

#[tokio::test]
async fn a_user_is_deleted_after_a_question_and_restored() {
    let desk = TestApp::start_today().await;
    desk.member("ada").await;
    let before = desk.snapshot().await;
    let machine = Machine::beside(&desk);
    let unasked = machine.run(&["user", "delete", "ada"]);
    assert!(
        unasked.code == 2 && unasked.stderr.contains("--yes"),
        "{unasked:?}"
    );
    let no = in_a_terminal(&machine, &["user", "delete", "ada"], &[("go on: ", "y")]);
    assert!(
        no.code == 1 && no.stdout.contains("nothing was changed"),
        "{no:?}"
    );
    let stale = machine.run(&["user", "delete", "ada", "--yes", "--if-version", "77"]);
    assert_eq!(stale.code, 1, "{stale:?}");
    assert_eq!(desk.snapshot().await, before);

    let arguments = ["user", "delete", "ada", "--reason", "left"];
    let yes = in_a_terminal(&machine, &arguments, &[("go on: ", "ada")]);
    assert!(
        yes.code == 0 && yes.stdout.contains("keydesk user restore ada"),
        "{yes:?}"
    );
    let again = machine.json(&["user", "delete", "ada", "--json"]);
    assert_eq!(
        (&again["changed"], &again["status"]),
        (&json!(false), &json!("DELETED"))
    );
    assert_eq!(trace(&desk, "user.deleted").await, by_grace("left"));
    for refused in [
        &["reset-admin-password", "ada"][..],
        &["user", "reset-password", "ada", "--generate"],
        &["user", "update", "ada", "locale=de"],
    ] {
        let ran = machine.run(refused);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (1, ""),
            "{refused:?} {ran:?}"
        );
        assert!(
            ran.stderr.contains("keydesk user restore ada"),
            "{refused:?} {ran:?}"
        );
    }

    let back = machine.run(&["user", "restore", "ada", "--reason", "back"]);
    assert_eq!(
        (back.code, back.stderr.as_str()),
        (0, "restored ada\n"),
        "{back:?}"
    );
    let again = machine.run(&["user", "restore", "ada"]);
    assert!(
        again.code == 0 && again.stderr.starts_with("unchanged:"),
        "{again:?}"
    );
    assert_eq!(trace(&desk, "user.restored").await, by_grace("back"));
    let gone = machine.json(&["user", "delete", "ada", "--yes", "--json"]);
    assert!(gone["restorableUntil"].is_string() && gone["deletedAt"].is_string());
}

#[tokio::test]
async fn open_sessions_are_counted_where_a_user_is_shown() {
    let desk = TestApp::start_today().await;
    let ada = desk.member("ada").await;
    let sql = "INSERT INTO sessions (id, user_id, token_hash, credential_version, created_at, \
               last_used_at, expires_at, ended_at) VALUES ($1, $2, $3, 1, $4, $4, $5, $6)";
    let now = keydesk::types::clock::Clock::system().now();
    for ended in [None, None, Some(now.as_millis())] {
        let id = keydesk::types::ids::UserId::new(now).uuid();
        let token = keydesk::types::secret::random_bytes::<32>().to_vec();
        let (began, end) = (now.as_millis(), FAR_MILLIS);
        let values = vec![
            id.into(),
            uuid(&ada),
            token.into(),
            began.into(),
            end.into(),
            ended.into(),
        ];
        desk.write(sql, values).await;
    }
    let machine = Machine::beside(&desk);
    let shown = machine.json(&["user", "show", "ada", "--json"]);
    assert_eq!(shown["openSessions"], 2, "{shown}");
    let plain = machine.run(&["user", "show", "ada"]);
    assert!(
        plain.stdout.contains("openSessions           2\n"),
        "{plain:?}"
    );
    assert_eq!(machine.run(&["user", "disable", "ada"]).code, 0);
    let shown = machine.json(&["user", "show", "ada", "--json"]);
    assert_eq!(shown["openSessions"], 0, "{shown}");
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let desk = TestApp::start_today().await;
    desk.user("ada", json!({ "role": "OWNER" })).await;
    let before = desk.snapshot().await.but_for_denials();
    let machine = Machine::beside(&desk);
    for (arguments, code, hint) in [
        (&["disable", "ada"][..], 1, "last active owner"),
        (&["disable", "adda"], 1, "did you mean ada?"),
        (&["disable", "ada", "--until", "soon"], 2, "7d"),
        (
            &["disable", "ada", "--until", "2001-01-01T00:00:00Z"],
            1,
            "future",
        ),
        (&["enable", "nobody-at-all"], 1, "there is no user"),
        (&["enable"], 2, "LOGIN"),
        (&["unlock", "adda"], 1, "did you mean ada?"),
        (&["delete", "adda", "--yes"], 1, "did you mean ada?"),
        (&["delete", "ada", "--yes"], 1, "last active owner"),
        (&["restore", "nobody-at-all"], 1, "there is no user"),
    ] {
        let ran = machine.run(&[&["user"], arguments].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (code, ""),
            "{arguments:?} {ran:?}"
        );
        assert!(ran.stderr.contains(hint), "{arguments:?} {ran:?}");
    }
    // Being refused is worth a line; nothing else is written.
    assert_eq!(desk.snapshot().await.but_for_denials(), before);
    let shown = machine.run(&["user", "show", "ada"]);
    let line = "user.deleted (denied, LAST_ADMIN) by operator grace";
    assert!(shown.stdout.contains(line), "{shown:?}");
    let sql = "SELECT action, error_code, actor_label FROM audit_events WHERE outcome = 'DENIED' \
               ORDER BY action";
    let denied = |action| json!({ "action": action, "error_code": "LAST_ADMIN", "actor_label": "operator grace" });
    let trail = desk.rows(sql, vec![]).await;
    assert_eq!(trail, [denied("user.deleted"), denied("user.disabled")]);
}
