//! What only the command line does, or does in its own way, happens whole or not at all.

use std::fs;

use super::Machine;
use crate::one_transaction::dump::Dump;
use crate::one_transaction::faults;
use crate::support::app::TestApp;

/// Runs a command with each fault, then without: first it fails as ours and leaves nothing, then it succeeds.
/// `command` makes what it needs, and gives its arguments; `met` are the tables with more rows afterwards.
async fn check(
    desk: &TestApp,
    machine: &Machine,
    met: &[&str],
    command: impl AsyncFn(&str) -> Vec<String>,
) {
    let met: Vec<String> = met.iter().map(|table| (*table).to_owned()).collect();
    for (number, fault) in faults(&met, "audit_events").into_iter().enumerate() {
        let arguments = command(&format!("ada{number}")).await;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let before = Dump::of(desk).await;
        let planted = desk.plant(fault).await;
        let failed = machine.run(&arguments);
        planted.remove().await;
        assert_eq!(
            (failed.code, failed.stdout.as_str()),
            (3, ""),
            "{fault:?}: {failed:?}"
        );
        assert_eq!(
            before.changes(&Dump::of(desk).await),
            [""; 0],
            "{arguments:?}, {fault:?}"
        );
        let done = machine.run(&arguments);
        assert_eq!(done.code, 0, "{fault:?}: {done:?}");
        assert_eq!(
            before.grown(&Dump::of(desk).await),
            met,
            "{arguments:?}, {fault:?}"
        );
    }
}

/// `Why:` the first command ever writes down whose key it was run with.
async fn start() -> (TestApp, Machine) {
    let desk = TestApp::start_today().await;
    let machine = Machine::beside(&desk);
    assert_eq!(machine.run(&["user", "list"]).code, 0);
    (desk, machine)
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_and_revoked_whole_or_not_at_all() {
    let (desk, machine) = start().await;
    let create = async |name: &str| {
        words(&format!(
            "api-key create --name {name} --scope all --rank owner"
        ))
    };
    check(&desk, &machine, &["api_keys", "audit_events"], create).await;
    let revoke = async |name: &str| {
        let create = [
            "api-key", "create", "--name", name, "--scope", "all", "--json",
        ];
        let made = machine.json(&create);
        words(&format!(
            "api-key revoke {}",
            made["id"].as_str().expect("an id")
        ))
    };
    check(&desk, &machine, &["audit_events"], revoke).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_are_made_and_let_in_again_whole_or_not_at_all() {
    let (desk, machine) = start().await;
    let create = async |name: &str| words(&format!("admin create {name} --generate"));
    check(
        &desk,
        &machine,
        &["audit_events", "credentials", "name_skeletons", "users"],
        create,
    )
    .await;
    let reset = async |name: &str| {
        let name = format!("{name}-locked");
        desk.person(&name, "ADMIN").await;
        words(&format!("reset-admin-password {name}"))
    };
    let met = [
        "audit_events",
        "one_time_links",
        "outbox_emails",
        "password_history",
    ];
    check(&desk, &machine, &met, reset).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_mails_are_imported_whole_or_not_at_all() {
    let (desk, machine) = start().await;
    assert_eq!(
        machine.run(&["mail", "templates", "export", "mail"]).code,
        0
    );
    let import = async |name: &str| {
        for locale in ["en", "de"] {
            let subject = machine
                .folder
                .path()
                .join(format!("mail/test/{locale}/subject.txt"));
            fs::write(&subject, format!("Hello from {name}\n")).expect("written");
        }
        words("mail templates import mail")
    };
    check(
        &desk,
        &machine,
        &["audit_events", "mail_template_versions"],
        import,
    )
    .await;
}

/// An address that nobody has any more.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_cleared_whole_or_not_at_all() {
    let (desk, machine) = start().await;
    let clear = async |name: &str| {
        let address = format!("{name}@example.org");
        let sql = "INSERT INTO failing_addresses (address_key, reason, failed_at) \
                   VALUES ($1, 'nobody', 1)";
        desk.write(sql, vec![address.clone().into()]).await;
        words(&format!("mail clear-failure {address}"))
    };
    check(&desk, &machine, &["audit_events"], clear).await;
}
