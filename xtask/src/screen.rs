//! Lines for the person who runs a command.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Prints a line. Unlike `println!` it does not panic when nobody reads any more.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Prints each line of a text, set off from the left.
pub(crate) fn indented(text: &str) {
    for one in text.lines() {
        line(format_args!("    {one}").to_string().trim_end());
    }
}

/// Prints a heading with air around it.
pub(crate) fn heading(text: &str) {
    line(format_args!("\n{text}\n{}\n", "─".repeat(text.chars().count())));
}
