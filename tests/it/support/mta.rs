//! Mail servers of Debian's `postfix`, started by a test in a folder of its own.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::program::{free_port, wait_for};

/// `smtp-sink`, which takes everything and keeps it.
pub(crate) struct Sink {
    process: Child,
    folder: TempDir,
    pub(crate) port: u16,
}

impl Sink {
    /// As root it wants another user to become, who must be able to write the dump.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let mut command = Command::new("smtp-sink");
        if std::fs::metadata(folder.path()).expect("a folder").uid() == 0 {
            permit(folder.path(), 0o777);
            command.args(["-u", "nobody"]);
        }
        command
            .args(["-d", "%M.", &format!("127.0.0.1:{port}"), "100"])
            .current_dir(folder.path())
            .stdin(Stdio::null());
        let process = command.spawn().expect("smtp-sink");
        wait_for("smtp-sink", || is_open(port));
        Self {
            process,
            folder,
            port,
        }
    }

    /// The mails it took.
    pub(crate) fn mails(&self) -> Vec<String> {
        let mails = files(self.folder.path()).into_iter();
        mails.filter(|mail| !mail.is_empty()).collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// A whole postfix with settings, queue and port of its own, which delivers into one Maildir. Needs root;
/// the machine's own postfix is not touched.
pub(crate) struct Postfix {
    folder: TempDir,
    pub(crate) port: u16,
}

impl Postfix {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        permit(folder.path(), 0o755);
        for name in ["etc", "queue", "data", "mail", "log"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        for (owner, name) in [("postfix", "data"), ("nobody", "mail")] {
            run(Command::new("chown")
                .arg(owner)
                .arg(folder.path().join(name)));
        }
        let postfix = Self { folder, port };
        let place = postfix.folder.path().display().to_string();
        let main = MAIN.replace("FOLDER", &place);
        let master = MASTER.replace("PORT", &port.to_string());
        std::fs::write(postfix.settings().join("main.cf"), main).expect("written");
        std::fs::write(postfix.settings().join("master.cf"), master).expect("written");
        postfix.tell("start");
        wait_for("postfix", || is_open(port));
        postfix
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("etc")
    }

    fn tell(&self, what: &str) {
        run(Command::new("postfix")
            .arg("-c")
            .arg(self.settings())
            .arg(what));
    }

    /// Waits for so many mails in the Maildir and gives them as they stand there.
    pub(crate) fn mails(&self, count: usize) -> Vec<String> {
        wait_for("mail in the Maildir", || {
            let mails = files(&self.folder.path().join("mail/inbox/new"));
            (mails.len() >= count).then_some(mails)
        })
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let mut stop = Command::new("postfix");
        stop.arg("-c").arg(self.settings()).arg("stop");
        let _ended = stop.stderr(Stdio::null()).status();
    }
}

const MAIN: &str = "\
compatibility_level = 3.6
queue_directory = FOLDER/queue
data_directory = FOLDER/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = FOLDER/log/postfix
maillog_file_prefixes = FOLDER
myhostname = mx.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = example.org
virtual_mailbox_base = FOLDER/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
alias_maps =
alias_database =
local_recipient_maps =
";

const MASTER: &str = "\
127.0.0.1:PORT inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";

fn permit(folder: &Path, mode: u32) {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(folder, permissions).expect("permitted");
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

fn is_open(port: u16) -> Option<()> {
    std::net::TcpStream::connect(("127.0.0.1", port))
        .ok()
        .map(drop)
}

fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect()
}
