//! The chromedriver process behind a browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::PATIENCE;

/// A chromedriver process on a port that it chose itself.
pub(super) struct Driver {
    process: Child,
    pub(super) address: SocketAddr,
    /// Kept open, so that chromedriver never writes to a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    /// Starts one and waits until it listens.
    pub(super) fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed");
        let output = process.stdout.take().expect("its output is piped");
        let mut output = BufReader::new(output);
        let port = output
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("successfully on port ")?
                    .1
                    .trim_end_matches('.')
                    .parse()
                    .ok()
            });
        let Some(port) = port else {
            process.kill().expect("chromedriver can be ended");
            panic!("chromedriver did not name its port");
        };
        Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            _output: output,
        }
    }

    /// A blocking request, since `drop` cannot wait for a future. Its failure is no matter there.
    pub(super) fn request(&self, method: &str, path: &str) {
        let ask = || -> std::io::Result<()> {
            let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                self.address
            );
            stream.write_all(request.as_bytes())?;
            stream.read(&mut [0; 1024]).map(drop)
        };
        drop(ask());
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
