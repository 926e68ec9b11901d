//! A mail server in this process that does as it is told, one behaviour for each connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What the server does to the mail of one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behaviour {
    /// Takes it.
    Take,
    /// Answers this to the recipient.
    AtRecipient(&'static str),
    /// Answers this to the content.
    AtContent(&'static str),
    /// Closes the connection instead of taking the recipient.
    CutAtRecipient,
    /// Reads the content and closes the connection without a word.
    CutAfterContent,
}

/// The server; it ends when dropped.
pub(crate) struct SmtpPeer {
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    contents: Arc<Mutex<Vec<String>>>,
    commands: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

impl SmtpPeer {
    /// Behaves like this in turn, and takes everything after that.
    pub(crate) async fn start(behaviours: impl IntoIterator<Item = Behaviour>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let mut behaviours: VecDeque<_> = behaviours.into_iter().collect();
        let (contents, commands) = (Arc::default(), Arc::default());
        let seen = (Arc::clone(&contents), Arc::clone(&commands));
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut dialogues = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let behaviour = behaviours.pop_front().unwrap_or(Behaviour::Take);
                dialogues.spawn(dialogue(stream, behaviour, seen.clone()));
            }
        });
        Self {
            port,
            contents,
            commands,
            _server: server,
        }
    }

    /// Every content it read, taken or not.
    pub(crate) fn contents(&self) -> Vec<String> {
        self.contents.lock().expect("no panic").clone()
    }

    /// Every command it was given.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.commands.lock().expect("no panic").clone()
    }
}

type Seen = (Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<String>>>);

/// Ends without a word when the other side does.
async fn dialogue(stream: TcpStream, behaviour: Behaviour, seen: Seen) {
    let (contents, commands) = seen;
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    if writer.write_all(b"220 peer ready\r\n").await.is_err() {
        return;
    }
    while let Ok(Some(line)) = lines.next_line().await {
        commands.lock().expect("no panic").push(line.clone());
        let answer = match (line.get(..4).unwrap_or_default(), behaviour) {
            ("EHLO", _) => "250-peer\r\n250 8BITMIME",
            ("RCPT", Behaviour::CutAtRecipient) => return,
            ("RCPT", Behaviour::AtRecipient(answer)) => answer,
            ("DATA", _) => {
                if writer.write_all(b"354 go on\r\n").await.is_err() {
                    return;
                }
                let mut content = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    content.push_str(&line);
                    content.push_str("\r\n");
                }
                contents.lock().expect("no panic").push(content);
                match behaviour {
                    Behaviour::CutAfterContent => return,
                    Behaviour::AtContent(answer) => answer,
                    _ => "250 taken",
                }
            }
            ("QUIT", _) => "221 bye",
            _ => "250 fine",
        };
        if writer
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .is_err()
        {
            return;
        }
    }
}
