//! The body of an HTTP answer: whole, or broken off in the middle.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A body that gives its bytes, and then ends as it should or fails.
#[derive(Debug)]
pub(crate) struct Reply {
    bytes: Option<Bytes>,
    /// Bytes that are announced and never come.
    missing: u64,
    flushed: bool,
}

impl Reply {
    /// The whole of it.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: Some(bytes.into()), missing: 0, flushed: false }
    }

    /// The first half of it, and then the connection breaks.
    pub(crate) fn cut(bytes: &[u8]) -> Self {
        let (half, rest) = bytes.split_at(bytes.len() / 2);
        let missing = u64::try_from(rest.len()).unwrap_or(u64::MAX).max(1);
        Self { bytes: Some(Bytes::copy_from_slice(half)), missing, flushed: false }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if self.missing == 0 {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // What came before is sent while this waits, so that the client has something to read.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::other("broken off on purpose"))))
    }

    fn size_hint(&self) -> SizeHint {
        let here = self.bytes.as_ref().map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        SizeHint::with_exact(here.saturating_add(self.missing))
    }
}
