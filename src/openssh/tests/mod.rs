//! Keys of all kinds, sound and damaged.

mod private;
mod public;
