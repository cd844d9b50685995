//! An address where nobody listens.

use std::net::SocketAddr;

/// Holds a port without listening on it: whoever connects is refused, for as long as this lives, and nobody else is
/// given the port.
pub(crate) struct Nobody {
    _socket: tokio::net::TcpSocket,
    pub(crate) address: SocketAddr,
}

impl Nobody {
    pub(crate) fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { _socket: socket, address }
    }
}
