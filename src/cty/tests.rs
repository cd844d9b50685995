//! What the codecs promise, on any value.
