//! Where hosts connect: a unix socket, or a TCP port of this machine.

use std::io;
use std::net::{Ipv4Addr, TcpListener as StdTcpListener};

use tokio::net::TcpListener;

use super::connection::Io;
use super::environment::Placement;
use super::error::StartError;
#[cfg(unix)]
use super::unix_socket::{self, SocketFile};

/// The kind of socket to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// A unix socket, which only its owner may use.
    Unix,
    /// A port of 127.0.0.1.
    Tcp,
}

impl Default for Network {
    /// A unix socket where the system has them.
    fn default() -> Self {
        if cfg!(unix) { Self::Unix } else { Self::Tcp }
    }
}

/// Where to connect, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// An absolute path, or `127.0.0.1:PORT`.
    pub(super) text: String,
}

/// A socket that listens. A unix socket's file is removed with it.
#[derive(Debug)]
pub(super) enum Listener {
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, SocketFile),
    Tcp(TcpListener),
}

impl Listener {
    /// Listens; must be called within a tokio runtime.
    ///
    /// Where no unix socket can be made, a port serves as well if `secured` by mutual TLS. Without it, any user of this
    /// machine could connect to a port.
    pub(super) fn bind(network: Network, placement: &Placement, secured: bool) -> Result<Self, StartError> {
        match network {
            #[cfg(unix)]
            Network::Unix => match unix_socket::listen(placement) {
                Ok((listener, file)) => Ok(Self::Unix(listener, file)),
                Err(error @ StartError::Socket { .. }) if secured => {
                    tracing::warn!(%error, "listening on a TCP port instead of a unix socket");
                    bind_tcp(placement.ports).map(Self::Tcp).map_err(|_| error)
                }
                Err(error) => Err(error),
            },
            #[cfg(not(unix))]
            Network::Unix => Err(StartError::NoUnixSockets),
            Network::Tcp => bind_tcp(placement.ports).map(Self::Tcp),
        }
    }

    pub(super) fn address(&self) -> io::Result<Address> {
        Ok(match self {
            #[cfg(unix)]
            Self::Unix(_, file) => {
                Address { network: "unix", text: file.path().to_string_lossy().into_owned() }
            }
            Self::Tcp(listener) => Address { network: "tcp", text: listener.local_addr()?.to_string() },
        })
    }

    pub(super) async fn accept(&self) -> io::Result<Box<dyn Io>> {
        Ok(match self {
            #[cfg(unix)]
            Self::Unix(listener, _) => Box::new(listener.accept().await?.0),
            Self::Tcp(listener) => {
                let stream = listener.accept().await?.0;
                // Small answers must not wait for each other; without it they still arrive.
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
        })
    }
}

/// The first free port of the range.
fn bind_tcp((min, max): (u16, u16)) -> Result<TcpListener, StartError> {
    let mut refusal = io::Error::from(io::ErrorKind::AddrInUse);
    for port in min..=max {
        match StdTcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        }) {
            Ok(listener) => return Ok(listener),
            Err(error) => refusal = error,
        }
    }
    Err(StartError::Port { min, max, source: refusal })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn busy_ports_are_skipped() {
        let busy = StdTcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = busy.local_addr().unwrap().port();
        assert!(matches!(bind_tcp((port, port)), Err(StartError::Port { .. })));
        let bound = bind_tcp((port, u16::MAX)).unwrap().local_addr().unwrap();
        assert!(bound.port() > port && bound.ip().is_loopback());
    }
}
