//! `keydesk audit`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;

use super::{Machine, Ran};

/// A database with three events, sealed by a server that ran for a moment.
fn sealed() -> Machine {
    let machine = Machine::migrated();
    for name in ["ada", "bea", "cid"] {
        let ran = machine.run(&["user", "create", name]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    machine.seal();
    machine
}

impl Machine {
    /// Runs a server until nothing waits any more.
    fn seal(&self) {
        let mut serve = self.command(&["serve"]);
        serve.env("KEYDESK_SERVER__LISTEN", "127.0.0.1:0");
        serve.stderr(std::process::Stdio::null());
        let mut server = serve.spawn().expect("started");
        let mut waits = (0..200).map(|_| self.json(&["audit", "verify", "--json"]));
        let sealed = waits.any(|report| report["unsealed"] == 0);
        server.kill().expect("ended");
        server.wait().expect("ended");
        assert!(sealed, "nothing is sealed");
    }

    fn sql(&self, sql: &str) {
        let path = self.folder.path().join("keydesk.sqlite");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let db = Database::connect(format!("sqlite:{}", path.display())).await;
            let done = db.expect("connected").execute_unprepared(sql).await;
            done.expect("done");
        });
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

#[test]
fn a_whole_trail_is_exit_code_0_and_an_edited_one_is_1_and_named() {
    let machine = sealed();
    let whole = machine.run(&["audit", "verify"]);
    assert_eq!((whole.code, whole.stderr.as_str()), (0, ""));
    let said = whole.stdout.as_str();
    assert!(said.contains("3 sealed events are whole; 0 wait"), "{said}");
    assert!(
        said.contains("cannot be seen without a checkpoint"),
        "{said}"
    );

    machine.sql("UPDATE audit_events SET target_label = 'eve' WHERE sequence = 2");
    let broken = machine.run(&["audit", "verify"]);
    assert_eq!(broken.code, 1);
    let said = broken.stderr.as_str();
    assert!(
        said.contains("event event_") && said.contains("at sequence 2: edited"),
        "{said}"
    );
    let broken = machine.run(&["audit", "verify", "--json"]);
    assert_eq!(broken.code, 1);
    let report = json(&broken);
    assert_eq!(report["isWhole"], false);
    assert_eq!(report["fault"]["kind"], "EDITED");
    assert_eq!(machine.run(&["audit", "verify", "--from", "3"]).code, 0);
}

#[test]
fn a_checkpoint_finds_a_cut_tail() {
    let machine = sealed();
    let made = machine.run(&["audit", "checkpoint"]);
    assert_eq!(made.code, 0);
    assert_eq!(json(&made)["sequence"], 3);
    let file = machine.write("checkpoint.json", &made.stdout);
    let verify = ["audit", "verify", "--checkpoint", &file];
    let whole = machine.run(&verify);
    assert_eq!(whole.code, 0);
    assert!(whole.stdout.contains("goes through the checkpoint"));

    machine.sql("DELETE FROM audit_events WHERE sequence = 3");
    assert_eq!(machine.run(&["audit", "verify"]).code, 0);
    let cut = machine.run(&verify);
    assert_eq!(cut.code, 1);
    assert!(cut.stderr.contains("the tail was cut off"), "{cut:?}");

    let file = machine.write("other.json", "{}");
    let refused = machine.run(&["audit", "verify", "--checkpoint", &file]);
    assert_eq!(refused.code, 1);
}

#[test]
fn a_signed_checkpoint_is_verified_by_its_public_key_alone() {
    let machine = sealed();
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(pkcs8.as_ref())
    );
    let key = machine.write("key.pem", &pem);
    let signing = [("KEYDESK_AUDIT__CHECKPOINT_KEY_FILE", key.as_str())];
    let made = machine.run_with(&signing, &["audit", "checkpoint"]);
    let signed = json(&made);
    let bytes = |field: &str| {
        let text = signed[field].as_str().expect("a text");
        STANDARD.decode(text).expect("base64")
    };
    let text = format!(
        "keydesk audit checkpoint v1\n{}\n{}\n{}\n{}\n",
        signed["sequence"],
        signed["chainHash"].as_str().expect("a hash"),
        signed["count"],
        signed["madeAt"].as_str().expect("a moment"),
    );
    let public_key = bytes("publicKey").split_off(12);
    UnparsedPublicKey::new(&ED25519, public_key)
        .verify(text.as_bytes(), &bytes("signature"))
        .expect("the signature fits");

    let file = machine.write("signed.json", &made.stdout);
    let plain = machine.run(&["audit", "checkpoint"]).stdout;
    let plain = machine.write("plain.json", &plain);
    for (checkpoint, code) in [(&file, 0), (&plain, 1)] {
        let ran = machine.run_with(&signing, &["audit", "verify", "--checkpoint", checkpoint]);
        assert_eq!(ran.code, code, "{ran:?}");
    }
    let other = machine.write("other.pem", "not a key");
    let wrong = [("KEYDESK_AUDIT__CHECKPOINT_KEY_FILE", other.as_str())];
    let refused = machine.run_with(&wrong, &["audit", "checkpoint"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("openssl genpkey"), "{refused:?}");
}

#[test]
fn an_export_has_a_line_for_each_event_of_its_range_with_every_column() {
    let machine = sealed();
    let lines = |arguments: &[&str]| {
        let ran = machine.run(&[&["audit", "export"], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let lines = ran.stdout.lines();
        let read = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
        lines.map(read).collect::<Vec<_>>()
    };
    let all = lines(&[]);
    assert_eq!(all.len(), 3);
    assert_eq!(all[0]["targetLabel"], "ada");
    assert_eq!(all[2]["sequence"], 3);
    // One for each column of the table.
    assert_eq!(all[0].as_object().expect("an object").len(), 19);
    let second = all[1]["occurredAt"].as_str().expect("a moment");
    assert_eq!(lines(&["--from", second]).len(), 2);
    assert_eq!(lines(&["--until", second]).len(), 1);
    assert_eq!(lines(&["--from", "2999-01-01T00:00:00Z"]).len(), 0);
    assert_eq!(lines(&["--from", "1d"]).len(), 3);
    assert_eq!(lines(&["--until", "1d"]).len(), 0);
    let wrong = machine.run(&["audit", "export", "--from", "yesterday"]);
    assert_eq!(wrong.code, 2);
}
