//! Several servers in one address.

use keydesk::platform::db::Db;
use keydesk::platform::settings::Settings;

use crate::support::database::TestDatabase;
use crate::support::program::free_port;

async fn connect(url: &str) -> Result<Db, String> {
    let toml = format!("[database]\nurl = \"{url}\"\nacquire_timeout_seconds = 1");
    let settings = Settings::from_toml(&toml).map_err(|error| error.to_string())?;
    let db = Db::connect(&settings.database).await;
    db.map_err(|error| error.to_string())
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn of_several_servers_the_first_that_takes_changes_is_used() {
    let database = TestDatabase::on_postgres().await;
    let address = database.server_address();
    let (user, name) = database.user_and_name();
    let nobody = free_port();
    let url = format!(
        "postgres://{user}@127.0.0.1:{nobody},{address}/{name}?target_session_attrs=read-write"
    );
    let db = connect(&url).await.expect("the second one");
    assert!(!db.is_read_only().await.expect("an answer"));
    database.set_read_only(true).await;
    let error = connect(&url).await.expect_err("none takes changes");
    assert!(error.contains("takes no changes"), "{error}");
}

#[tokio::test]
async fn an_address_that_could_not_be_kept_is_refused_before_anything_is_tried() {
    let several = connect("postgres://ada@a,b/desk")
        .await
        .expect_err("refused");
    assert!(
        several.contains("target_session_attrs=read-write"),
        "{several}"
    );
    assert!(several.contains("HAProxy"), "{several}");
    let unknown = connect("postgres://ada@a/desk?tcp_user_timeout=3");
    let unknown = unknown.await.expect_err("refused");
    assert!(unknown.contains("tcp_user_timeout"), "{unknown}");
}
