//! What a command said.

use std::fmt;
use std::process::Output;

use serde_json::Value;

/// Summaries of warnings that are not the provider's.
const OF_THE_HOST: [&str; 3] = [
    "Provider development overrides are in effect",
    "Value derived from a deprecated source",
    "Deprecated value used",
];

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) command: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    messages: Vec<Value>,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {} (exit code {:?})\n{}{}", self.command, self.code, self.stdout, self.stderr)
    }
}

impl Run {
    pub(crate) fn new(arguments: &[&str], output: &Output) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let messages = match serde_json::from_str::<Value>(&stdout) {
            Ok(whole) => vec![whole],
            Err(_) => stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        };
        Self {
            command: arguments.join(" "),
            code: output.status.code(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            stdout,
            messages,
        }
    }

    /// Itself, if the command succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    /// Itself, if the command failed as commands do that report an error.
    #[track_caller]
    pub(crate) fn failed(self) -> Self {
        assert_eq!(self.code, Some(1), "{self}");
        self
    }

    /// The one document that a command with `-json` printed.
    #[track_caller]
    pub(crate) fn document(&self) -> &Value {
        assert_eq!(self.messages.len(), 1, "{self}");
        &self.messages[0]
    }

    /// The diagnostics of a command with `-json`, but for those that Terraform or OpenTofu makes by itself: about the
    /// development override, and about references to deprecated attributes, which only newer ones tell.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        let of_stream = self.messages.iter().filter_map(|message| message.get("diagnostic"));
        let of_document =
            self.messages.iter().filter_map(|message| message.get("diagnostics")?.as_array()).flatten();
        of_stream
            .chain(of_document)
            .map(Diagnostic::new)
            .filter(|it| !OF_THE_HOST.contains(&it.summary.as_str()))
            .collect()
    }

    pub(crate) fn errors(&self) -> Vec<Diagnostic> {
        self.diagnostics().into_iter().filter(|it| it.severity == "error").collect()
    }

    pub(crate) fn warnings(&self) -> Vec<Diagnostic> {
        self.diagnostics().into_iter().filter(|it| it.severity == "warning").collect()
    }

    /// The only error, of a command that failed.
    #[track_caller]
    pub(crate) fn error(&self) -> Diagnostic {
        assert_eq!(self.code, Some(1), "{self}");
        let mut errors = self.errors();
        assert_eq!(errors.len(), 1, "{self}");
        errors.remove(0)
    }

    /// Everything it said, without frames and line breaks, so that wrapped sentences can be found.
    pub(crate) fn text(&self) -> String {
        words(&format!("{}\n{}", self.stdout, self.stderr))
    }
}

/// A text without line breaks, frames and runs of spaces.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().filter(|word| !["│", "╷", "╵"].contains(word)).collect::<Vec<_>>().join(" ")
}

/// A diagnostic, as hosts report it in JSON.
#[derive(Debug, Clone)]
pub(crate) struct Diagnostic {
    pub(crate) severity: String,
    pub(crate) summary: String,
    pub(crate) detail: String,
    /// The block that it is in: `resource "alicloud_key_pair" "k"`.
    pub(crate) context: String,
    /// The lines of configuration that it points at.
    code: String,
}

impl Diagnostic {
    fn new(json: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            severity: text(&json["severity"]),
            summary: text(&json["summary"]),
            detail: text(&json["detail"]),
            context: text(&json["snippet"]["context"]),
            code: text(&json["snippet"]["code"]),
        }
    }

    /// The first word of the line that it points at: an argument, a key of a map, or `resource`.
    pub(crate) fn place(&self) -> &str {
        self.code.split_whitespace().next().unwrap_or_default()
    }

    /// Fails unless summary, place, and parts of the detail are as expected.
    #[track_caller]
    pub(crate) fn says(&self, summary: &str, place: &str, details: &[&str]) {
        assert_eq!((self.summary.as_str(), self.place()), (summary, place), "{self:#?}");
        for part in details {
            assert!(words(&self.detail).contains(part), "{part:?} is not in {self:#?}");
        }
    }

    /// The `import` block that it proposes, with the resource's name filled in.
    #[track_caller]
    pub(crate) fn import_block(&self, resource: &str) -> String {
        let (_, rest) = self.detail.split_once("import {").unwrap_or_else(|| panic!("no block in {self:#?}"));
        let (body, _) = rest.split_once('}').unwrap_or_else(|| panic!("no end in {self:#?}"));
        format!("import {{{}}}\n", body.replace("NAME", resource))
    }
}
