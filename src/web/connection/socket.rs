//! A TCP stream that gives its place back when it is closed, also after an upgrade.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::allowance::Allowance;
use crate::web::pool::Share;

/// The stream with its place among the connections of this process, and what it may still send.
pub(in crate::web) struct Socket {
    stream: TcpStream,
    allowance: Allowance,
    _place: Option<OwnedSemaphorePermit>,
    _share: Share,
}

impl Socket {
    /// `Why:` without delay: an answer is written in one go, and its end must not wait for more.
    pub(in crate::web) fn new(
        stream: TcpStream,
        place: Option<OwnedSemaphorePermit>,
        share: Share,
    ) -> Self {
        let _slower_then = stream.set_nodelay(true);
        Self {
            stream,
            allowance: Allowance::new(),
            _place: place,
            _share: share,
        }
    }

    /// What this connection may still send.
    pub(super) fn allowance(&self) -> Allowance {
        self.allowance.clone()
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        let read = into.filled().len().saturating_sub(before);
        Poll::Ready(if self.allowance.spend(read) {
            Ok(())
        } else {
            let problem = "far more was sent than the requests of this connection need";
            Err(io::Error::new(io::ErrorKind::QuotaExceeded, problem))
        })
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
