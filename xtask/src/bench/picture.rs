//! The chart beside the table.

use std::fmt::Write as _;

/// One command: how many times as long as a baseline it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub(super) command: &'static str,
    /// With this provider, in units of the baseline with a state of the same size.
    pub(super) ours: f64,
    /// The same in units of the minimal baseline.
    pub(super) bare: f64,
    /// With the official provider, in units of the minimal baseline.
    pub(super) official: f64,
}

/// A mermaid chart, which the documentation's readers render themselves.
pub(super) fn mermaid(bars: &[Bar]) -> String {
    let mut labels = Vec::new();
    let mut values = Vec::new();
    for bar in bars {
        for (what, value) in [("", bar.ours), (" (minimal)", bar.bare), (" (official)", bar.official)] {
            labels.push(format!("\"{}{what}\"", bar.command));
            values.push(format!("{value:.2}"));
        }
    }
    let mut chart = String::from("```mermaid\nxychart-beta horizontal\n");
    // Writing to a String cannot fail.
    let _ = writeln!(chart, "  x-axis [{}]", labels.join(", "));
    let _ = writeln!(chart, "  y-axis \"times the baseline\"");
    let _ = writeln!(chart, "  bar [{}]", values.join(", "));
    chart.push_str("```");
    chart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_three_bars() {
        let bars = [
            Bar { command: "apply", ours: 1.04, bare: 1.9, official: 6.8 },
            Bar { command: "plan", ours: 1.0, bare: 1.5, official: 2.75 },
        ];
        let expected = "```mermaid\nxychart-beta horizontal\n  x-axis [\"apply\", \"apply (minimal)\", \"apply \
                        (official)\", \"plan\", \"plan (minimal)\", \"plan (official)\"]\n  y-axis \"times the \
                        baseline\"\n  bar [1.04, 1.90, 6.80, 1.00, 1.50, 2.75]\n```";
        assert_eq!(mermaid(&bars), expected);
    }
}
