//! What the log says of an outage.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::RESET;
use crate::support::database::TestDatabase;
use crate::support::program::{Installation, get_status, text, wait_for};
use crate::support::proxy::Proxy;

/// Lines of the log that say more than that all is well.
fn complaints(desk: &Installation) -> Vec<String> {
    let log = text(&desk.path("stderr")) + &text(&desk.path("stdout"));
    let is_complaint = |line: &&str| {
        let level = line.split_whitespace().nth(1).unwrap_or_default();
        ["ERROR", "WARN"].iter().any(|word| level.contains(word))
    };
    let lines = log.lines().filter(is_complaint).map(str::to_owned);
    // That nobody has an account is no part of this.
    lines
        .filter(|line| !line.contains("nobody has an account"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn an_outage_is_one_line_when_it_begins_and_one_when_it_ends_whoever_asked_meanwhile() {
    let mut database = TestDatabase::on_postgres().await;
    let proxy = Proxy::to(database.server_address()).await;
    database.lead_through(proxy.port);
    let desk = Installation::new(vec![
        ("KEYDESK_DATABASE__URL", database.url().to_owned()),
        ("KEYDESK_DATABASE__ACQUIRE_TIMEOUT_SECONDS", "1".to_owned()),
        ("KEYDESK_SECURITY__KEY", "5e".repeat(32)),
        ("KEYDESK_TELEMETRY__FILTER", "info".to_owned()),
        ("NO_COLOR", "1".to_owned()),
    ]);
    let desk = Arc::new(desk);
    let asking = Arc::clone(&desk);
    let (key, _server) = tokio::task::spawn_blocking(move || {
        let server = asking.serve();
        (asking.key(), server)
    })
    .await
    .expect("a server");
    assert_eq!(complaints(&desk), Vec::<String>::new());

    proxy.close_new();
    database.end_connections().await;
    let asking = Arc::clone(&desk);
    tokio::task::spawn_blocking(move || {
        for _ in 0..5 {
            let input = json!({ "user": { "login": "ada" }, "generate": true });
            assert!(
                asking
                    .ask(&key, RESET, &json!({ "input": input }))
                    .is_none()
            );
            assert_eq!(get_status(asking.port, "/readyz"), Some(503));
            assert_eq!(get_status(asking.port, "/livez"), Some(200));
        }
    })
    .await
    .expect("asked");
    // Every task that looks at the database every second has tried by now.
    tokio::time::sleep(Duration::from_secs(2)).await;
    proxy.thaw();
    let asking = Arc::clone(&desk);
    let said = tokio::task::spawn_blocking(move || {
        wait_for("the end of the outage", || {
            let _ready = get_status(asking.port, "/readyz");
            let said = complaints(&asking);
            said.iter()
                .any(|line| line.contains("outage ends"))
                .then_some(said)
        })
    });
    let said = said.await.expect("said");
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].contains("database outage begins"), "{said:#?}");
    assert!(said[1].contains("database outage ends"), "{said:#?}");
    assert!(said[1].contains("failures="), "{said:#?}");
}
