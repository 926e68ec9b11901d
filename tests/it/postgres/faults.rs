//! Connections that are closed, and a server that takes no changes.

use futures_util::future::join_all;
use serde_json::json;

use super::{Desk, assert_unavailable, is_done, key};

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_dead_pooled_connection_costs_no_request() {
    let desk = Desk::start().await;
    desk.app.member("ada").await;
    for number in 0..3 {
        desk.warm().await;
        desk.app.database.end_connections().await;
        let reads = join_all((0..12).map(|_| desk.viewer())).await;
        assert!(
            reads.iter().all(|answer| answer.status == 200),
            "{reads:#?}"
        );
        desk.warm().await;
        desk.app.database.end_connections().await;
        let changed = desk.reset("ada", &key(number)).await;
        assert!(is_done(&changed), "{changed:#?}");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_database_that_takes_no_changes_is_not_ready_and_refuses_them_until_it_does() {
    let desk = Desk::start().await;
    desk.app.member("ada").await;
    desk.warm().await;
    desk.app.database.set_read_only(true).await;
    desk.app.database.end_connections().await;
    let (status, text) = desk.ready().await;
    assert_eq!((status, text), (503, json!("the database is read-only\n")));
    let key = key(1);
    for _ in 0..3 {
        assert_unavailable(&desk.reset("ada", &key).await);
    }
    assert_eq!(desk.viewer().await.status, 200);
    assert_eq!(desk.live().await, 200);
    desk.app.database.set_read_only(false).await;
    // Connections that were made meanwhile refuse once more, and are closed for it.
    let mut tries = 0;
    while desk.ready().await.0 != 200 {
        tries += 1;
        assert!(tries < 4, "it takes changes, and is not ready");
    }
    assert!(is_done(&desk.reset("ada", &key).await));
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn a_proxy_that_closes_every_connection_is_answered_with_503_and_tried_again() {
    let desk = Desk::start().await;
    desk.app.member("ada").await;
    desk.warm().await;
    desk.proxy.close_new();
    desk.app.database.end_connections().await;
    let key = key(1);
    let (read, changed, ready) = tokio::join!(desk.viewer(), desk.reset("ada", &key), desk.ready());
    assert_unavailable(&read);
    assert_unavailable(&changed);
    assert_eq!(ready.0, 503);
    desk.proxy.thaw();
    assert_eq!(desk.viewer().await.status, 200);
    assert!(is_done(&desk.reset("ada", &key).await));
    assert_eq!(desk.ready().await.0, 200);
}
