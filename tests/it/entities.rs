//! Guard: every entity has the columns of its table, all of them, and knows which may be null.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::app::TestApp;
use crate::support::catalog::{connection, described, tables};

/// A table with its columns, each marked when it may be null.
type Tables = BTreeMap<String, BTreeSet<String>>;

/// What an entity's source says. Fields are columns; their names are not changed by attributes.
fn read(source: &str) -> (String, BTreeSet<String>) {
    assert!(
        !source.contains("column_name"),
        "a renamed column: read it here too"
    );
    let table = source
        .split("table_name = \"")
        .nth(1)
        .expect("a table's name");
    let table = table.split('"').next().expect("its end");
    let model = source.split("struct Model {").nth(1).expect("a model");
    let model = model.split("\n}").next().expect("its end");
    let column = |line: &str| {
        let field = line.trim().strip_prefix("pub")?;
        let (name, ty) = field
            .trim_start_matches("(crate)")
            .trim()
            .split_once(": ")?;
        let mark = if ty.starts_with("Option<") { "?" } else { "" };
        Some(format!("{name}{mark}"))
    };
    (table.to_owned(), model.lines().filter_map(column).collect())
}

fn entities() -> Tables {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform/entities");
    let entries = std::fs::read_dir(folder).expect("the folder of entities");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| !path.ends_with("mod.rs"))
        .map(|path| read(&std::fs::read_to_string(path).expect("an entity")))
        .collect()
}

#[tokio::test]
async fn every_entity_has_the_columns_of_its_table() {
    let desk = TestApp::start().await;
    let db = connection(&desk.app);
    let mut found = Tables::new();
    for table in tables(db).await {
        let columns = described(db, &table).await.into_iter().collect();
        found.insert(table, columns);
    }
    assert!(found.len() >= 10, "{found:#?}");
    assert_eq!(entities(), found);
}
