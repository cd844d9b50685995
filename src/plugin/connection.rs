//! From accepted sockets to connections that may be served.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::listener::Listener;

/// A host's TLS handshake takes milliseconds; whoever takes longer isn't one.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// A refused `accept` (too many open files) may pass; asking again at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A stream of bytes to and from a peer.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// The number of connections that are open and allowed.
pub(super) type Presence = watch::Receiver<usize>;

/// A connection whose peer is allowed to use it. It counts as present until dropped.
pub(super) struct Connection {
    io: Box<dyn Io>,
    presence: watch::Sender<usize>,
}

impl Connection {
    fn new(io: Box<dyn Io>, presence: watch::Sender<usize>) -> Self {
        presence.send_modify(|count| *count += 1);
        Self { io, presence }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.presence.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// Accepts connections until nobody receives them.
///
/// Each peer shakes hands in its own task, so that one that stalls or sends garbage delays nobody else.
pub(super) async fn accept(
    listener: Listener,
    tls: Option<Arc<ServerConfig>>,
    presence: watch::Sender<usize>,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    loop {
        let io = tokio::select! {
            () = accepted.closed() => return,
            io = listener.accept() => io,
        };
        let io = match io {
            Ok(io) => io,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (tls, presence, accepted) = (tls.clone(), presence.clone(), accepted.clone());
        tokio::spawn(async move {
            let io = match tls {
                None => io,
                Some(tls) => match shake_hands(tls, io).await {
                    Ok(io) => io,
                    Err(error) => {
                        tracing::warn!(%error, "a connection was refused");
                        return;
                    }
                },
            };
            // Fails only when the server is on its way out.
            let _ = accepted.send(Ok(Connection::new(io, presence))).await;
        });
    }
}

async fn shake_hands(tls: Arc<ServerConfig>, io: Box<dyn Io>) -> io::Result<Box<dyn Io>> {
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, TlsAcceptor::from(tls).accept(io)).await {
        Ok(accepted) => Ok(Box::new(accepted?)),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake took too long")),
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
