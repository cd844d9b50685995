//! Processes that run beside a test.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;

use super::Run;

/// The ids and names of the processes that were started with this temporary directory. Only Linux
/// tells; elsewhere there are none.
pub(crate) fn started_with(temporary: &Path) -> Vec<(u32, String)> {
    let variable = format!("TMPDIR={}", temporary.display()).into_bytes();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
        if environment.split(|byte| *byte == 0).any(|one| one == variable) {
            let name = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
            found.push((pid, name.replace('\0', " ")));
        }
    }
    found
}

/// Sends a signal to a process, or to a group if the id is negative.
pub(crate) fn signal(name: &str, id: i64) {
    let status = Command::new("kill").args([&format!("-{name}"), "--", &id.to_string()]).status().unwrap();
    assert!(status.success(), "kill -{name} {id}");
}

/// A command that runs in a process group of its own, as at a terminal.
pub(crate) struct Running {
    child: Child,
    arguments: Vec<String>,
    lines: mpsc::Receiver<String>,
    seen: String,
}

impl Running {
    pub(crate) fn start(mut command: Command, arguments: &[&str]) -> Self {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok()
        });
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { child, arguments, lines, seen: String::new() }
    }

    pub(crate) fn id(&self) -> i64 {
        self.child.id().into()
    }

    /// Waits until it has printed a line with this text on stdout, and gives that line.
    #[track_caller]
    pub(crate) fn wait_for_line(&mut self, part: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv() else { panic!("no {part:?} in:\n{}", self.seen) };
            self.seen.push_str(&line);
            self.seen.push('\n');
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Sends a signal to it and to what it has started, as Ctrl-C does.
    pub(crate) fn signal_group(&self, name: &str) {
        signal(name, -self.id());
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Run {
        let mut stderr = Vec::new();
        self.child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
        while let Ok(line) = self.lines.recv() {
            self.seen.push_str(&line);
            self.seen.push('\n');
        }
        let status = self.child.wait().unwrap();
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Run::new(&arguments, &Output { status, stdout: std::mem::take(&mut self.seen).into_bytes(), stderr })
    }
}

impl Drop for Running {
    /// After a failed test, nothing goes on.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
