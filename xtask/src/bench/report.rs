//! The table, for the screen and for the page.

use std::fmt::Display;
use std::fs;
use std::path::PathBuf;

use time::OffsetDateTime;
use xtask::host::{Host, Kind};
use xtask::project_root;

use super::machine;
use super::picture::{self, Bar};

/// One figure.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    what: String,
    floor: String,
    measured: String,
    target: String,
    missed: bool,
}

impl Row {
    /// A figure that was measured.
    pub(super) fn new(what: impl Into<String>, measured: impl Display) -> Self {
        Self { what: what.into(), measured: measured.to_string(), ..Self::default() }
    }

    /// What no provider could be quicker than.
    #[must_use]
    pub(super) fn floor(mut self, floor: String) -> Self {
        self.floor = floor;
        self
    }

    /// What it should be, and whether it is.
    #[must_use]
    pub(super) fn target(mut self, target: &str, is_met: bool) -> Self {
        self.target = if is_met { target.to_owned() } else { format!("{target}: missed") };
        self.missed = !is_met;
        self
    }
}

/// Bytes as megabytes.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Everything that was measured.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) runs: usize,
    /// Runs of what takes long.
    pub(super) rounds: usize,
    pub(super) host: &'a Host,
    /// The machine's load before.
    pub(super) load: Option<f32>,
    pub(super) rows: Vec<Row>,
    /// Of the chart.
    pub(super) bars: Vec<Bar>,
}

impl Report<'_> {
    /// The figures as a table that reads well as text and as Markdown.
    pub(super) fn table(&self) -> String {
        let head = ["What", "Floor", "Measured", "Target"];
        let rows: Vec<[&str; 4]> = std::iter::once(head)
            .chain(self.rows.iter().map(|row| [&*row.what, &*row.floor, &*row.measured, &*row.target]))
            .collect();
        let widths: [usize; 4] = std::array::from_fn(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        });
        let mut lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let cells: Vec<String> =
                    row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
                format!("| {} |", cells.join(" | "))
            })
            .collect();
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        lines.insert(1, format!("| {} |", rule.join(" | ")));
        lines.join("\n")
    }

    /// The figures that are not as they should be.
    pub(super) fn missed(&self) -> Vec<&str> {
        self.rows.iter().filter(|row| row.missed).map(|row| &*row.what).collect()
    }

    /// Writes the page, and returns its path below the project's root.
    pub(super) fn write(&self) -> Result<PathBuf, String> {
        let (major, minor, patch) = self.host.version;
        let host = match self.host.kind {
            Kind::Terraform => "Terraform",
            Kind::OpenTofu => "OpenTofu",
        };
        let page = format!(
            "# Speed and size\n\n\
             Made by `cargo xtask bench` on {date}: release build; {host} {major}.{minor}.{patch}; {machine}{load}.\n\n\
             {table}\n\n\
             {chart}\n\n\
             The chart shows 1,000 key pairs at 50 ms a call, in units of as many `terraform_data`: with a state of the same \
             size, and\nwith a minimal one; the official provider in units of the minimal one.\n\n\
             - Times are medians of {runs} runs (twice as many for the start), with the quartiles in brackets. What is \
             measured and the floor\n  under it are run in turns.\n\
             - The floor is what would be there without the provider's work: the same command with a resource that the \
             host has built in,\n  or the same program when it only prints its version.\n\
             - The start includes making the certificate for the mutual TLS with the host.\n\
             - A `plan` starts the provider three times, so each process adds a third of the difference. The plan \
             includes one call to\n  the simulated cloud.\n\
             - Peak memory is the provider's process alone (`VmHWM`), at the host's usual parallelism of 10.\n\
             - What concerns 1,000 key pairs is the median of {rounds} round(s) in turns with the floors. A host copies and \
             writes its whole state\n  for each resource, so its own work grows with the size of the state. The floor is as \
             many `terraform_data` with a state of the\n  same size; the bare one, and the figure in brackets, is with \
             nothing but a name in each. The figures of the official provider in the\n  chart were taken on another \
             machine, against the bare floor.\n\
             - The floor of `plan` asks no provider process for anything, and no provider can be as quick: `examples/idle-provider`, \
             which\n  does nothing but give back what the host sends, shows what the host itself takes to speak to one. \
             The row of processor times\n  tells the same of the provider's part and the host's.\n\
             - 1,000 deletions that come at once, without a host between, are 10 calls (`tests/coalescing`).\n",
            date = OffsetDateTime::now_utc().date(),
            machine = machine::describe(),
            load = self.load.map_or_else(String::new, |load| format!(", load {load:.1} before")),
            table = self.table(),
            chart = picture::mermaid(&self.bars),
            runs = self.runs,
            rounds = self.rounds,
        );
        let directory = PathBuf::from("docs").join("benchmarks");
        let whole = project_root().join(&directory).join("README.md");
        let written =
            whole.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&whole, page));
        written.map_err(|error| format!("{} cannot be written: {error}.", whole.display()))?;
        Ok(directory.join("README.md"))
    }
}
