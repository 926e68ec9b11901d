//! The audits of the package graphql-http: whether the endpoints speak GraphQL over HTTP as the
//! specification asks.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;

use crate::support::program::Installation;

/// Requests by GET are optional in the specification; Keydesk takes none.
const REFUSED_ON_PURPOSE: [&str; 3] = ["5A70", "6A70", "D6D5"];

/// The folder of the script, with its packages as they are locked.
pub(crate) static SCRIPT: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audits");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    succeeded(npm.current_dir(&folder).output().expect("npm runs"));
    folder
});

fn succeeded(output: Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout).expect("text")
}

/// Fails unless all audits pass but the ones by GET.
fn assert_audited(url: &str, authorization: Option<&str>) {
    let mut node = Command::new("node");
    node.arg("run.js").arg(url).current_dir(&*SCRIPT);
    // Not as an argument: every process of the machine can read those.
    node.env("AUTHORIZATION", authorization.unwrap_or_default());
    let printed = succeeded(node.output().expect("node runs"));
    let results: Vec<Value> = serde_json::from_str(&printed).expect("JSON");
    let (ok, other): (Vec<&Value>, Vec<&Value>) =
        results.iter().partition(|result| result["status"] == "ok");
    let mut refused: Vec<_> = other
        .iter()
        .filter(|result| result["status"] == "notice")
        .filter_map(|result| result["id"].as_str())
        .collect();
    refused.sort_unstable();
    assert_eq!(
        (ok.len(), other.len(), refused.as_slice()),
        (58, 3, &REFUSED_ON_PURPOSE[..]),
        "{url}: {other:#?}"
    );
}

#[test]
#[ignore = "needs npm"]
fn both_endpoints_pass_the_audits_of_graphql_http() {
    let desk = Installation::new(Vec::new());
    // In development the public schema may be asked for, which some audits do.
    let _server = desk.serve_with(&["--development"]);
    let base = format!("http://127.0.0.1:{}", desk.port);
    let key = format!("Bearer {}", desk.key());
    assert_audited(&format!("{base}/graphql"), Some(&key));
    assert_audited(&format!("{base}/public/graphql"), None);
}
