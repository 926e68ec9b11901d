//! Recipes of `docs/operations.md`, run as they stand there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::program::{Installation, Process, free_port, raw, text, wait_for};

const TOKEN: &str = "Zq3xTokenOfALinkThatNoLogMayEverHold0123456789";

/// The block of the page in this language that has a text in it.
fn block(language: &str, has: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let page = text(&page);
    let fence = format!("```{language}\n");
    let mut blocks = page.split(&fence).skip(1);
    let found = blocks.find_map(|rest| {
        let block = rest.split("```").next()?;
        block.contains(has).then(|| block.to_owned())
    });
    found.unwrap_or_else(|| panic!("no block of {language} with {has}"))
}

/// An executable in a folder of programs.
fn stub(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
}

/// Runs the daily recipe with stand-ins for the programs it calls.
fn daily(folder: &TempDir, verify: &str, checkpoint: &str) -> bool {
    let programs = folder.path().join("bin");
    std::fs::create_dir_all(&programs).expect("a folder");
    let case = format!("case \"$2\" in verify) {verify};; checkpoint) {checkpoint};; esac");
    stub(&programs, "keydesk", &case);
    let mailed = folder.path().join("mailed").display().to_string();
    stub(&programs, "mail", &format!("cat > {mailed}"));
    let backup = folder.path().display().to_string();
    let recipe = block("sh", "latest.json").replace("/backup/keydesk", &backup);
    let recipe = recipe
        .split("\nset -eu")
        .last()
        .expect("the script")
        .to_owned();
    Command::new("sh")
        .args([
            "-c",
            &format!("set -eu{}", recipe.trim_start_matches("set -eu")),
        ])
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .status()
        .expect("sh runs")
        .success()
}

#[test]
fn the_daily_recipe_keeps_its_baseline_until_a_verify_succeeded() {
    let folder = tempfile::tempdir().expect("a folder");
    let latest = folder.path().join("latest.json");
    let mailed = folder.path().join("mailed");
    std::fs::write(&latest, "baseline\n").expect("written");

    assert!(!daily(&folder, "echo TAIL_CUT; exit 1", "echo forged"));
    assert_eq!(text(&latest), "baseline\n");
    assert!(text(&mailed).contains("TAIL_CUT"));

    assert!(!daily(&folder, "exit 0", "echo half; exit 3"));
    assert_eq!(text(&latest), "baseline\n");

    assert!(daily(&folder, "exit 0", "echo next"));
    assert_eq!(text(&latest), "next\n");
}

/// Requests with a token in the path, whatever else is wrong with them.
fn ask_with_tokens(port: u16) {
    let get = |path: &str, more: &str| {
        raw(port, &format!("GET {path} HTTP/1.1\r\n{more}"), "");
    };
    for page in ["reset", "setup", "not-me"] {
        get(&format!("/{page}/{TOKEN}"), "");
        get(&format!("/{page}/{TOKEN}?from=mail"), "");
        get(&format!("//{page}/{TOKEN}"), "");
        // Refused before nginx has looked for a location.
        get(&format!("/{page}/{TOKEN}"), "host: two\r\nhost: hosts\r\n");
        get(
            &format!("/{page}/{TOKEN}"),
            &format!("x: {}\r\n", "y".repeat(40_000)),
        );
    }
}

#[test]
#[ignore = "needs nginx"]
fn the_recipe_for_nginx_logs_no_token_of_a_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path().display().to_string();
    let desk = Installation::new(Vec::new());
    let (plain, tls) = (free_port(), free_port());
    let whole = block("nginx", "proxy_pass");
    let lines: Vec<&str> = whole
        .lines()
        .filter(|line| !line.trim_start().starts_with("ssl_"))
        .collect();
    let recipe = lines
        .join("\n")
        .replace("listen 443 ssl http2;", &format!("listen 127.0.0.1:{tls};"))
        .replace("listen 80;", &format!("listen 127.0.0.1:{plain};"))
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{}", desk.port))
        .replace("/var/log/nginx", &here);
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {here}/{name};\n"))
        .concat();
    let whole = format!(
        "daemon off;\nmaster_process off;\npid {here}/nginx.pid;\nerror_log {here}/error.log;\nevents {{}}\n\
         http {{\n{paths}access_log {here}/access.log;\n{recipe}\n}}\n"
    );
    let config = folder.path().join("nginx.conf");
    std::fs::write(&config, whole).expect("written");
    let _nginx = Process::start(
        Command::new("nginx")
            .args(["-p", &here, "-e"])
            .arg(folder.path().join("error.log"))
            .arg("-c")
            .arg(&config)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    );
    wait_for("nginx", || {
        std::net::TcpStream::connect(("127.0.0.1", tls)).ok()
    });
    let status = |path: &str| {
        let answer = raw(tls, &format!("GET {path} HTTP/1.1\r\n"), "");
        answer.get(9..12).unwrap_or_default().to_owned()
    };

    assert_eq!(status(&format!("/reset/{TOKEN}")), "502");
    assert_eq!(status("/sign-in"), "502");
    ask_with_tokens(tls);
    ask_with_tokens(plain);
    let _server = desk.serve();
    wait_for("an answer", || (status("/sign-in") == "200").then_some(()));
    assert_eq!(status(&format!("/reset/{TOKEN}")), "303");
    ask_with_tokens(tls);
    ask_with_tokens(plain);

    wait_for("the access log", || {
        text(&folder.path().join("keydesk.log"))
            .contains("/sign-in 200")
            .then_some(())
    });
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let log = text(&path);
        let leak = log.lines().find(|line| line.contains(TOKEN));
        assert_eq!(leak, None, "{}", path.display());
    }
    // The logs are where this test looks.
    assert!(text(&folder.path().join("keydesk-error.log")).contains("/sign-in"));
    assert!(text(&folder.path().join("keydesk.log")).contains("/reset/-"));
}
