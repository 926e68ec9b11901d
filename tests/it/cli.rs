//! The built program: what it prints, where, and with which exit code.

mod audit;
mod backups;
mod break_glass;
mod describing;
mod devices;
mod keys_and_users;
mod links;
mod listing;
mod mail;
mod mail_texts;
mod one_transaction;
mod resetting;
mod serving;
mod states;
mod updating;
mod upgrading;

use std::io::{BufReader, Read as _, Write as _};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use keydesk::types::clock::Clock;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::app::TestApp;
use crate::support::program::keep_only_the_date;
use crate::support::waiting::PATIENCE;

/// A folder with a SQLite database, and the program run in it.
struct Machine {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
}

/// What the program left behind.
#[derive(Debug)]
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Vec::new();
        Self { folder, settings }
    }

    /// On the database of a running server, SQLite or PostgreSQL, with its key.
    fn beside(server: &TestApp) -> Self {
        let (theirs, ours) = (server.app.clock.now(), Clock::system().now());
        assert!(
            theirs.until(ours).max(ours.until(theirs)) < Duration::from_hours(1),
            "the program has the system's clock: use TestApp::start_today"
        );
        let mut machine = Self::new();
        let mailbox = machine.folder.path().join("mailbox").display().to_string();
        machine.settings = vec![
            ("KEYDESK_DATABASE__URL", server.database.url().to_owned()),
            ("KEYDESK_SECURITY__KEY", "5e".repeat(32)),
            (
                "KEYDESK_SERVER__PUBLIC_URL",
                "https://id.example.org".to_owned(),
            ),
            ("KEYDESK_MAIL__TRANSPORT__KIND", "file".to_owned()),
            ("KEYDESK_MAIL__TRANSPORT__DIRECTORY", mailbox),
            ("USER", "grace".to_owned()),
        ];
        machine
    }

    /// With the schema up to date.
    fn has_database(&self) -> bool {
        let mut files = std::fs::read_dir(self.folder.path()).expect("a folder");
        files.any(|file| {
            file.expect("a file")
                .path()
                .extension()
                .is_some_and(|it| it == "sqlite")
        })
    }

    fn migrated() -> Self {
        let machine = Self::new();
        assert_eq!(machine.run(&["migrate", "up"]).code, 0);
        machine
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keydesk"));
        keep_only_the_date(&mut command).current_dir(self.folder.path());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        finished(self.command(arguments).stdin(Stdio::null()).output())
    }

    /// With settings by the environment.
    fn run_with(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        command.envs(settings.iter().copied()).stdin(Stdio::null());
        finished(command.output())
    }

    /// With a text on standard input.
    fn run_reading(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("started");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(input.as_bytes()).expect("written");
        drop(stdin);
        finished(child.wait_with_output())
    }

    /// JSON that a command printed.
    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.stdout).expect("JSON")
    }
}

/// A line on standard output and nothing else.
fn only_line(ran: &Ran) -> &str {
    let line = ran.stdout.strip_suffix('\n').unwrap_or(&ran.stdout);
    assert!(!line.is_empty() && !line.contains('\n'), "{ran:?}");
    line
}

/// Runs the program in a terminal of its own, and answers each question with a line.
fn in_a_terminal(machine: &Machine, arguments: &[&str], talk: &[(&str, &str)]) -> Ran {
    let words = [&[env!("CARGO_BIN_EXE_keydesk")], arguments].concat();
    let mut command = Command::new("/usr/bin/script");
    keep_only_the_date(&mut command)
        .args(["-qec", &words.join(" "), "/dev/null"])
        .envs(machine.settings.iter().map(|(name, value)| (name, value)))
        .current_dir(machine.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .expect("script, of Debian's bsdutils, is there");
    let mut stdin = child.stdin.take().expect("piped");
    let stdout = child.stdout.take().expect("piped");
    let (heard, hearing) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        // Ends with the program, or when nobody listens any more.
        BufReader::new(stdout)
            .bytes()
            .map_while(Result::ok)
            .try_for_each(|byte| heard.send(byte))
    });
    let mut said = String::new();
    for (question, answer) in talk {
        let end = Instant::now() + PATIENCE;
        let mut asked = String::new();
        while !asked.ends_with(question) {
            let left = end.saturating_duration_since(Instant::now());
            let byte = hearing.recv_timeout(left);
            let byte = byte.unwrap_or_else(|_| panic!("{question} was never asked: {said}{asked}"));
            asked.push(char::from(byte));
        }
        said.push_str(&asked);
        stdin
            .write_all(format!("{answer}\n").as_bytes())
            .expect("written");
    }
    let end = Instant::now() + PATIENCE;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match hearing.recv_timeout(left) {
            Ok(byte) => said.push(char::from(byte)),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                drop(child.kill());
                panic!("it never ended: {said}");
            }
        }
    }
    drop(stdin);
    // It ends early when a question was never asked.
    let _heard = reading.join().expect("read");
    let ran = finished(child.wait_with_output());
    Ran {
        stdout: said,
        ..ran
    }
}

fn finished(output: std::io::Result<Output>) -> Ran {
    let output = output.expect("ran");
    Ran {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("a text"),
        stderr: String::from_utf8(output.stderr).expect("a text"),
    }
}
