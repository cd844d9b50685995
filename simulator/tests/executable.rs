//! The executable, as somebody without the library uses it.

// Helpers of a test may panic like a test.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running `ecs-simulator`, stopped when it is dropped.
struct Running {
    child: Child,
    introduction: Value,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-simulator"));
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, introduction: serde_json::from_str(&line).unwrap() }
    }

    fn admin(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(self.introduction["address"].as_str().unwrap()).unwrap();
        let length = body.len();
        let head = format!("{method} /admin/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn it_introduces_itself_and_keeps_its_world() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("world.json");
    let state = state.to_str().unwrap();
    let first = Running::start(&["--port", "0", "--state", state, "--access-key", "id:secret:9"]);
    let told = &first.introduction;
    assert_eq!((&told["access_key_id"], &told["access_key_secret"]), (&"id".into(), &"secret".into()));
    assert_eq!(told["account"], "9");
    assert_eq!(told["url"].as_str().unwrap(), format!("http://{}", told["address"].as_str().unwrap()));
    assert_eq!(first.admin("POST", "instances", r#"{"id": "i-1"}"#), serde_json::json!({}));
    drop(first);
    let second = Running::start(&["--state", state, "--access-key", "id:secret:9"]);
    assert_eq!(second.admin("GET", "world", "")["instances"]["i-1"]["status"], "Running");
}

#[test]
fn it_says_what_is_wrong() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ecs-simulator")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text) = run(&["--prot", "0"]);
    assert_eq!(
        (code, text.as_str()),
        (Some(2), "--prot is not an option of ecs-simulator; --help lists them.\n")
    );
    let (code, text) = run(&["--state", "/no/such/folder/world.json"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("The state file /no/such/folder/world.json cannot be written: "), "{text}");
    assert_eq!(run(&["--help"]).0, Some(0));
}
