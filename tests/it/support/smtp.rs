//! A mail server in this process that does as it is told, one behaviour for each mail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What the server does to one mail.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behaviour {
    /// Takes it.
    Take,
    /// Answers this instead of a greeting, and closes.
    AtGreeting(&'static str),
    /// Says nothing when somebody connects.
    Silent,
    /// Answers this to the sender.
    AtSender(&'static str),
    /// Answers this to the recipient.
    AtRecipient(&'static str),
    /// Answers this to `DATA`.
    AtData(&'static str),
    /// Answers this to the content.
    AtContent(&'static str),
    /// Closes the connection instead of taking the recipient.
    CutAtRecipient,
    /// Reads the content and closes the connection without a word.
    CutAfterContent,
    /// Reads the content and says nothing more.
    SilentAfterContent,
    /// Reads the content and takes it, that much later.
    LateAfterContent(Duration),
    /// Takes it with that pause before each answer.
    Slow(Duration),
    /// Takes it and closes the connection.
    TakeAndClose,
}

/// How the server is reached.
#[derive(Clone, Default)]
pub(crate) struct Door {
    /// Certificate and key; with STARTTLS unless it is implicit.
    pub(crate) tls: Option<TlsAcceptor>,
    /// TLS from the first byte.
    pub(crate) implicit: bool,
    /// The mechanism, the name and the password it takes.
    pub(crate) login: Option<(&'static str, &'static str, &'static str)>,
    /// Whether it takes one command at a time.
    pub(crate) one_by_one: bool,
}

#[derive(Default)]
struct Seen {
    contents: Vec<Vec<u8>>,
    commands: Vec<String>,
    connections: usize,
    taken: usize,
}

/// The server; it ends when dropped.
pub(crate) struct SmtpPeer {
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    seen: Arc<Mutex<Seen>>,
    _server: JoinSet<()>,
}

impl SmtpPeer {
    /// Behaves like this in turn, and takes everything after that.
    pub(crate) async fn start(behaviours: impl IntoIterator<Item = Behaviour>) -> Self {
        Self::behind(Door::default(), behaviours).await
    }

    /// The same behind another door.
    pub(crate) async fn behind(
        door: Door,
        behaviours: impl IntoIterator<Item = Behaviour>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let mail = Mails {
            behaviours: Arc::new(Mutex::new(behaviours.into_iter().collect())),
            seen: Arc::default(),
            door,
        };
        let seen = Arc::clone(&mail.seen);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut dialogues = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let mail = mail.clone();
                dialogues.spawn(async move { mail.connection(Box::new(stream)).await });
            }
        });
        Self {
            port,
            seen,
            _server: server,
        }
    }

    /// Every content it read, taken or not.
    pub(crate) fn contents(&self) -> Vec<String> {
        let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).expect("text");
        self.seen
            .lock()
            .expect("no panic")
            .contents
            .iter()
            .map(text)
            .collect()
    }

    /// Every command it was given.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.seen.lock().expect("no panic").commands.clone()
    }

    /// Connections that were made.
    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().expect("no panic").connections
    }

    /// Contents it answered with a 250.
    pub(crate) fn taken(&self) -> usize {
        self.seen.lock().expect("no panic").taken
    }

    /// Whether it was told a sender or a login.
    pub(crate) fn was_told_anything(&self) -> bool {
        let told = |command: &String| command.starts_with("MAIL") || command.starts_with("AUTH");
        self.commands().iter().any(told)
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

#[derive(Clone)]
struct Mails {
    behaviours: Arc<Mutex<VecDeque<Behaviour>>>,
    seen: Arc<Mutex<Seen>>,
    door: Door,
}

impl Mails {
    fn next(&self) -> Behaviour {
        let mut behaviours = self.behaviours.lock().expect("no panic");
        behaviours.pop_front().unwrap_or(Behaviour::Take)
    }

    async fn connection(&self, mut stream: Box<dyn Stream>) {
        self.seen.lock().expect("no panic").connections += 1;
        if let (Some(tls), true) = (&self.door.tls, self.door.implicit) {
            match tls.accept(stream).await {
                Ok(encrypted) => stream = Box::new(encrypted),
                Err(_refused) => return,
            }
        }
        let mut talk = Talk {
            stream: BufReader::new(stream),
            is_encrypted: self.door.implicit,
            mails: self,
        };
        // Ends without a word when the other side does.
        let _ended = talk.go().await;
    }
}

/// One connection.
struct Talk<'m> {
    stream: BufReader<Box<dyn Stream>>,
    is_encrypted: bool,
    mails: &'m Mails,
}

/// Why a connection ends.
struct End;

impl From<std::io::Error> for End {
    fn from(_lost: std::io::Error) -> Self {
        Self
    }
}

impl Talk<'_> {
    async fn say(&mut self, behaviour: Behaviour, answer: &str) -> Result<(), End> {
        if let Behaviour::Slow(pause) = behaviour {
            tokio::time::sleep(pause).await;
        }
        let answer = format!("{answer}\r\n");
        self.stream.get_mut().write_all(answer.as_bytes()).await?;
        self.stream.get_mut().flush().await?;
        Ok(())
    }

    async fn line(&mut self) -> Result<Vec<u8>, End> {
        let mut line = Vec::new();
        match self.stream.read_until(b'\n', &mut line).await? {
            0 => Err(End),
            _ => Ok(line),
        }
    }

    async fn go(&mut self) -> Result<(), End> {
        let mut behaviour = self.mails.next();
        match behaviour {
            Behaviour::AtGreeting(answer) => return self.say(behaviour, answer).await,
            Behaviour::Silent => return self.hang().await,
            _ => self.say(behaviour, "220 peer ready").await?,
        }
        let mut used = false;
        loop {
            let line = String::from_utf8_lossy(&self.line().await?)
                .trim_end()
                .to_owned();
            self.mails
                .seen
                .lock()
                .expect("no panic")
                .commands
                .push(line.clone());
            let command = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            if command == "MAIL" && std::mem::replace(&mut used, true) {
                behaviour = self.mails.next();
            }
            let answer = match (command.as_str(), behaviour) {
                ("EHLO", _) => self.abilities(),
                ("STAR", _) => {
                    self.say(behaviour, "220 go on").await?;
                    self.encrypt().await?;
                    continue;
                }
                ("AUTH", _) => self.login(&line).await?,
                ("MAIL", Behaviour::AtSender(answer))
                | ("RCPT", Behaviour::AtRecipient(answer))
                | ("DATA", Behaviour::AtData(answer)) => answer.to_owned(),
                ("RCPT", Behaviour::CutAtRecipient) => return Ok(()),
                ("DATA", _) => {
                    self.say(behaviour, "354 go on").await?;
                    self.content(behaviour).await?
                }
                ("QUIT", _) => {
                    self.say(behaviour, "221 bye").await?;
                    return Ok(());
                }
                _ => "250 fine".to_owned(),
            };
            self.say(behaviour, &answer).await?;
            if (
                command.as_str(),
                matches!(behaviour, Behaviour::TakeAndClose),
            ) == ("DATA", true)
            {
                return Ok(());
            }
        }
    }

    /// Reads up to the one line of a dot that ends a content, byte for byte.
    async fn content(&mut self, behaviour: Behaviour) -> Result<String, End> {
        let mut content = Vec::new();
        loop {
            let line = self.line().await?;
            if line == b".\r\n" && content.ends_with(b"\r\n") {
                break;
            }
            content.extend(line);
        }
        self.mails
            .seen
            .lock()
            .expect("no panic")
            .contents
            .push(content);
        match behaviour {
            Behaviour::CutAfterContent => return Err(End),
            Behaviour::SilentAfterContent => self.hang().await?,
            Behaviour::AtContent(answer) => return Ok(answer.to_owned()),
            Behaviour::LateAfterContent(pause) => tokio::time::sleep(pause).await,
            _ => {}
        }
        self.mails.seen.lock().expect("no panic").taken += 1;
        Ok("250 2.0.0 taken".to_owned())
    }

    async fn hang(&mut self) -> Result<(), End> {
        loop {
            self.line().await?;
        }
    }

    fn abilities(&self) -> String {
        let door = &self.mails.door;
        let mut lines = vec!["250-peer".to_owned()];
        if !door.one_by_one {
            lines.push("250-PIPELINING".to_owned());
        }
        if door.tls.is_some() && !self.is_encrypted {
            lines.push("250-STARTTLS".to_owned());
        }
        if let Some((mechanism, ..)) = door.login {
            lines.push(format!("250-AUTH {mechanism}"));
        }
        lines.push("250 8BITMIME".to_owned());
        lines.join("\r\n")
    }

    async fn encrypt(&mut self) -> Result<(), End> {
        let tls = self.mails.door.tls.clone().ok_or(End)?;
        let (nothing, _) = tokio::io::duplex(1);
        let plain = std::mem::replace(&mut self.stream, BufReader::new(Box::new(nothing)));
        let encrypted = tls.accept(plain.into_inner()).await?;
        self.stream = BufReader::new(Box::new(encrypted));
        self.is_encrypted = true;
        Ok(())
    }

    async fn login(&mut self, line: &str) -> Result<String, End> {
        let (mechanism, name, password) = self.mails.door.login.ok_or(End)?;
        let decoded = |text: &str| {
            let bytes = STANDARD.decode(text.trim()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let given = if mechanism == "PLAIN" {
            decoded(line.split(' ').nth(2).unwrap_or_default())
        } else {
            let mut given = Vec::new();
            for wanted in ["Username:", "Password:"] {
                self.say(Behaviour::Take, &format!("334 {}", STANDARD.encode(wanted)))
                    .await?;
                given.push(decoded(&String::from_utf8_lossy(&self.line().await?)));
            }
            format!("\0{}", given.join("\0"))
        };
        Ok(if given == format!("\0{name}\0{password}") {
            "235 2.7.0 welcome".to_owned()
        } else {
            "535 5.7.8 wrong".to_owned()
        })
    }
}
