//! The built program as a process of its own, spoken to over HTTP.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long to wait for something to happen; a busy build machine is slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// Gives a program none of the environment but the date that libfaketime makes up for the tests.
pub(crate) fn keep_only_the_date(command: &mut Command) -> &mut Command {
    let is_date = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy();
        name == "LD_PRELOAD" || name.starts_with("FAKETIME")
    };
    let kept = std::env::vars_os().filter(|(name, _)| is_date(name));
    command.env_clear().envs(kept)
}

/// Asks again and again until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A process that ends with this value.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends it a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        let sent = kill.args([&format!("-{name}"), &self.id().to_string()]);
        assert!(sent.status().expect("kill is there").success());
    }

    /// How it ended by itself, once it has.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.0
            .try_wait()
            .expect("a child")
            .and_then(|status| status.code())
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    pub(crate) fn start(command: &mut Command) -> Self {
        Self(
            command
                .spawn()
                .unwrap_or_else(|error| panic!("{command:?}: {error}")),
        )
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A folder with a database of its own, the program's settings, and what it said.
pub(crate) struct Installation {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
    pub(crate) port: u16,
}

impl Installation {
    pub(crate) fn new(more: Vec<(&'static str, String)>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let database = folder.path().join("keydesk.sqlite");
        let mut settings = vec![
            (
                "KEYDESK_DATABASE__URL",
                format!("sqlite:{}", database.display()),
            ),
            ("KEYDESK_SERVER__LISTEN", format!("127.0.0.1:{port}")),
            (
                "KEYDESK_SERVER__PUBLIC_URL",
                format!("http://127.0.0.1:{port}"),
            ),
            ("KEYDESK_TELEMETRY__FILTER", "trace".to_owned()),
        ];
        settings.extend(more);
        Self {
            folder,
            settings,
            port,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keydesk"));
        keep_only_the_date(&mut command)
            .args(arguments)
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end and gives what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs a command to its end, however that is.
    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// Starts a command that goes on; what it says is added to `stdout` and `stderr` in the folder.
    pub(crate) fn start(&self, arguments: &[&str]) -> Process {
        self.start_logged(&mut self.command(arguments))
    }

    fn start_logged(&self, command: &mut Command) -> Process {
        let log = |name: &str| {
            let file = File::options()
                .append(true)
                .create(true)
                .open(self.path(name));
            Stdio::from(file.expect("a file for the log"))
        };
        Process::start(command.stdout(log("stdout")).stderr(log("stderr")))
    }

    /// Starts the server so that a file that may not grow is an error for it and not its end, and waits
    /// until it answers.
    pub(crate) fn serve_with_limited_files(&self) -> Process {
        let mut command = Command::new("sh");
        keep_only_the_date(&mut command)
            .args(["-c", "trap '' XFSZ; exec \"$0\" serve --migrate"])
            .arg(env!("CARGO_BIN_EXE_keydesk"))
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        let process = self.start_logged(&mut command);
        wait_for("the server", || get(self.port, "/readyz"));
        process
    }

    /// Starts the server with so many open files at most, and waits until it answers.
    pub(crate) fn serve_with_files(&self, most: u32) -> Process {
        let limited = format!("ulimit -n {most} && exec \"$0\" serve --migrate");
        let mut command = Command::new("/bin/sh");
        keep_only_the_date(&mut command)
            .args(["-c", &limited, env!("CARGO_BIN_EXE_keydesk")])
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        let process = self.start_logged(&mut command);
        wait_for("the server", || get(self.port, "/readyz"));
        process
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn serve(&self) -> Process {
        self.serve_with(&[])
    }

    /// The same with more arguments.
    pub(crate) fn serve_with(&self, more: &[&str]) -> Process {
        let process = self.start(&[&["serve", "--migrate"], more].concat());
        wait_for("the server", || get(self.port, "/readyz"));
        process
    }

    /// A key with every scope.
    pub(crate) fn key(&self) -> String {
        let made = self.run(&[
            "api-key", "create", "--name", "test", "--scope", "all", "--rank", "owner", "--json",
        ]);
        let made: Value = serde_json::from_str(&made).expect("JSON");
        made["secret"]
            .as_str()
            .unwrap_or_else(|| panic!("{made}"))
            .to_owned()
    }

    /// The answer to an operation, or nothing when the server did not give a whole one.
    pub(crate) fn ask(&self, key: &str, document: &str, variables: &Value) -> Option<Value> {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        let answer = exchange(self.port, &head, &body)?;
        serde_json::from_str(&answer).ok()
    }

    /// The bytes of every file in the folder but the server's key.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let is_wanted = |path: &PathBuf| {
            path.is_file() && path.extension().is_none_or(|extension| extension != "key")
        };
        let read = |path: PathBuf| (path.clone(), std::fs::read(path).expect("a file"));
        paths.filter(is_wanted).map(read).collect()
    }
}

/// Whether a text stands in some bytes.
pub(crate) fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// The text of a file that may not be there yet.
pub(crate) fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn get(port: u16, path: &str) -> Option<String> {
    exchange(port, &format!("GET {path} HTTP/1.1\r\n"), "")
}

/// The status of the answer to a `GET`, or nothing when there was none.
pub(crate) fn get_status(port: u16, path: &str) -> Option<u16> {
    let answer = try_raw(port, &format!("GET {path} HTTP/1.1\r\n"), "")?;
    answer.split(' ').nth(1)?.parse().ok()
}

/// One request on a connection of its own; the body of the answer when it is a 200.
fn exchange(port: u16, head: &str, body: &str) -> Option<String> {
    let answer = try_raw(port, head, body)?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}

/// One request on a connection of its own; the whole answer, whatever its status.
pub(crate) fn raw(port: u16, head: &str, body: &str) -> String {
    try_raw(port, head, body).expect("an answer")
}

fn try_raw(port: u16, head: &str, body: &str) -> Option<String> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!("{head}host: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
