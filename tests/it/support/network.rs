//! Callers of several networks on one machine: each 127.x.y.0/24 is one.

use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};

/// Connects from this address.
pub(crate) async fn connect_from(source: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    let source = SocketAddr::from((IpAddr::from(source), 0));
    socket.bind(source).expect("an address of this machine");
    socket.connect(address).await.expect("connected")
}
