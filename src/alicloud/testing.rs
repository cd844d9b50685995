//! Test doubles of the client.
