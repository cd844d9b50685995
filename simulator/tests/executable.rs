//! The executable, as somebody without the library uses it.

// Helpers of a test may panic like a test.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sha1::Sha1;
use time::OffsetDateTime;
use time::macros::format_description;

/// All but what a signature leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// A running `ecs-simulator`, stopped when it is dropped.
struct Running {
    child: Child,
    introduction: Value,
    rest: BufReader<ChildStdout>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-simulator"));
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut rest = BufReader::new(child.stdout.take().unwrap());
        rest.read_line(&mut line).unwrap();
        Self { child, introduction: serde_json::from_str(&line).unwrap(), rest }
    }

    /// Reads what follows the introduction, until this line.
    fn read_until(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != last) {
            let mut line = String::new();
            assert!(self.rest.read_line(&mut line).unwrap() > 0, "no {last:?} in {lines:?}");
            lines.push(line.trim().to_owned());
        }
        lines
    }

    /// Calls an operation of STS, signed with this key: the status, and the answer.
    fn sts(&self, key: (&str, &str), parameters: &[(&str, &str)]) -> (u16, Value) {
        let now = OffsetDateTime::now_utc();
        let stamp =
            now.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z")).unwrap();
        let nonce = now.unix_timestamp_nanos().to_string();
        let common = [
            ("Version", "2015-04-01"),
            ("Format", "JSON"),
            ("AccessKeyId", key.0),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", &nonce),
            ("Timestamp", &stamp),
        ];
        let sorted: BTreeMap<&str, &str> = common.into_iter().chain(parameters.iter().copied()).collect();
        let pairs: Vec<String> =
            sorted.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let query = pairs.join("&");
        let mac = Hmac::<Sha1>::new_from_slice(format!("{}&", key.1).as_bytes()).unwrap();
        let mac = mac.chain_update(format!("GET&%2F&{}", encode(&query))).finalize().into_bytes();
        let target = format!("/?{query}&Signature={}", encode(&STANDARD.encode(mac)));
        let (status, body) = self.http("GET", &target, "");
        (status, serde_json::from_str(&body).unwrap())
    }

    fn http(&self, method: &str, target: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.introduction["address"].as_str().unwrap()).unwrap();
        let length = body.len();
        let head = format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn admin(&self, method: &str, path: &str, body: &str) -> Value {
        serde_json::from_str(&self.http(method, &format!("/admin/{path}"), body).1).unwrap()
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
fn a_role_is_assumed_with_nothing_but_the_program() {
    let mut running = Running::start(&["--ram-user=ann:LTAIann:ann's", "--role", "deploy=user/ann"]);
    let url = running.introduction["url"].as_str().unwrap().to_owned();
    let told = running.read_until("export ALICLOUD_SECRET_KEY='ann'\\''s'");
    assert_eq!(running.introduction["environment"]["ALIBABA_CLOUD_ENDPOINT_STS"], url.as_str());
    for line in [
        "export ALICLOUD_REGION=cn-hangzhou".to_owned(),
        "export ALICLOUD_ACCESS_KEY=LTAIsimulated".to_owned(),
        "export ALICLOUD_SECRET_KEY=simulated-secret".to_owned(),
        format!("export ALIBABA_CLOUD_ENDPOINT_ECS={url}"),
        format!("export ALIBABA_CLOUD_ENDPOINT_STS={url}"),
        "export ALICLOUD_ACCESS_KEY=LTAIann".to_owned(),
    ] {
        assert!(told.contains(&line), "{line} is not in {told:?}");
    }

    let assume = |running: &Running, key, role: &str| {
        let arn = format!("acs:ram::1234567890123456:role/{role}");
        running.sts(key, &[("Action", "AssumeRole"), ("RoleArn", &arn), ("RoleSessionName", "try")])
    };
    let ann = ("LTAIann", "ann's");
    let (status, session) = assume(&running, ann, "deploy");
    assert_eq!(status, 200, "{session}");
    let text = |name: &str| session["Credentials"][name].as_str().unwrap();
    let key = (text("AccessKeyId"), text("AccessKeySecret"));
    let (_, caller) =
        running.sts(key, &[("Action", "GetCallerIdentity"), ("SecurityToken", text("SecurityToken"))]);
    assert_eq!(caller["Arn"], "acs:ram::1234567890123456:assumed-role/deploy/try");

    // And a role that is made while it runs.
    let (status, missing) = assume(&running, ann, "ops");
    assert_eq!((status, &missing["Code"]), (404, &"EntityNotExist.Role".into()));
    assert!(missing["Recommend"].as_str().unwrap().contains("&product=Sts&"), "{missing}");
    running.admin("POST", "roles", r#"{"name": "ops"}"#);
    assert_eq!(assume(&running, ann, "ops").0, 200);
    let (status, root) = assume(&running, ("LTAIsimulated", "simulated-secret"), "ops");
    assert_eq!((status, &root["Code"]), (403, &"NoPermission".into()));
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
