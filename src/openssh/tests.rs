//! Keys of all kinds, sound and damaged.
