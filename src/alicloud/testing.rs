//! Test doubles of the client: a transport that answers by a script, a clock that stands still, and a server that
//! speaks raw bytes.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use super::call::Call;
use super::client::{Client, Config};
use super::clock::Clock;
use super::credentials::{Credentials, ProvideCredentials, Static, World};
use super::endpoint::{Endpoints, Scheme};
use super::transport::{HttpReply, HttpRequest, SendError, SendFuture, Transport};

pub(crate) const SECRET: &str = "secret/of+the=key";
pub(crate) const TOKEN: &str = "token/of+the=session";
pub(crate) const KEY_ID: &str = "LTAI5tExampleKeyWXYZ";

/// What the scripted transport does with one request.
#[derive(Clone)]
pub(crate) enum Act {
    Answer(u16, Vec<(&'static str, String)>, String),
    Fail(SendError),
    /// Never answers.
    Hang,
    /// Does the other after a while.
    After(Duration, Box<Act>),
}

pub(crate) fn answer(status: u16, body: &str) -> Act {
    Act::Answer(status, Vec::new(), body.to_owned())
}

pub(crate) fn code(status: u16, code: &str) -> Act {
    answer(
        status,
        &format!(r#"{{"RequestId":"R-1","HostId":"h","Code":"{code}","Message":"The text of {code}."}}"#),
    )
}

pub(crate) fn with_header(act: Act, name: &'static str, value: &str) -> Act {
    match act {
        Act::Answer(status, mut headers, body) => {
            headers.push((name, value.to_owned()));
            Act::Answer(status, headers, body)
        }
        other => other,
    }
}

/// A request as the scripted transport saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) url: String,
    pub(crate) form: BTreeMap<String, String>,
}

/// Plays a script; its last act is played for all further requests.
#[derive(Clone)]
pub(crate) struct Script(Arc<Mutex<(Acts, Vec<Seen>)>>);

/// By action; those under the empty name are for all actions that have none of their own.
type Acts = BTreeMap<&'static str, VecDeque<Act>>;

impl Script {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::by_action([("", acts.into_iter().collect())])
    }

    /// A script for each action.
    pub(crate) fn by_action(acts: impl IntoIterator<Item = (&'static str, Vec<Act>)>) -> Self {
        let acts = acts.into_iter().map(|(action, acts)| (action, acts.into()));
        Self(Arc::new(Mutex::new((acts.collect(), Vec::new()))))
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap().1.clone()
    }

    /// A client whose requests this script answers, at a clock that says 2016-02-23T12:46:24Z.
    pub(crate) fn client(&self) -> Client {
        let token = Some(TOKEN.into());
        let credentials = Static::new(Credentials::new(KEY_ID, SECRET.into(), token, "a test"));
        self.client_with(Arc::new(credentials))
    }

    pub(crate) fn client_with(&self, credentials: Arc<dyn ProvideCredentials>) -> Client {
        client_over(self.clone(), credentials)
    }
}

/// A client whose requests this transport answers, at the same stopped clock.
pub(crate) fn client_over(
    transport: impl Transport + 'static,
    credentials: Arc<dyn ProvideCredentials>,
) -> Client {
    let config = config(credentials, Endpoints::default());
    Client::with(config, Arc::new(transport), Arc::new(StoppedClock)).unwrap()
}

impl Transport for Script {
    fn send(&self, request: HttpRequest) -> SendFuture<'_> {
        let mut act = {
            let (acts, seen) = &mut *self.0.lock().unwrap();
            let form: BTreeMap<String, String> =
                url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
            let action = form.get("Action").filter(|action| acts.contains_key(action.as_str()));
            let acts = acts.get_mut(action.map_or("", String::as_str)).expect("no act for this action");
            seen.push(Seen { at: Instant::now(), url: request.url.to_string(), form });
            if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
        };
        Box::pin(async move {
            while let Act::After(wait, then) = act {
                tokio::time::sleep(wait).await;
                act = *then;
            }
            match act {
                Act::Answer(status, list, body) => {
                    let headers = headers(list.iter().map(|(name, value)| (*name, value.as_str())));
                    Ok(HttpReply { status, headers, body: body.into_bytes().into() })
                }
                Act::Fail(error) => Err(error),
                Act::Hang | Act::After(..) => std::future::pending().await,
            }
        })
    }
}

pub(crate) fn headers<'a>(list: impl IntoIterator<Item = (&'a str, &'a str)>) -> HeaderMap {
    let header = |(name, value): (&str, &str)| {
        (HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    list.into_iter().map(header).collect()
}

/// Says 2016-02-23T12:46:24Z.
#[derive(Debug)]
pub(crate) struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_456_231_584)
    }
}

/// Says 2016-02-23T12:46:24Z when it is made, and then goes with tokio's clock.
#[derive(Debug)]
pub(crate) struct MovingClock(Instant);

impl Default for MovingClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for MovingClock {
    fn now(&self) -> SystemTime {
        StoppedClock.now() + self.0.elapsed()
    }
}

/// A world with these environment variables, whose requests this script answers.
pub(crate) fn world(variables: &[(&str, &str)], script: Script) -> World {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let nobody = Static::new(Credentials::new("", "".into(), None, "a test"));
    World {
        environment: Arc::new(variables.collect::<BTreeMap<String, String>>()),
        transport: Arc::new(script),
        clock: Arc::new(MovingClock::default()),
        config: config(Arc::new(nobody), Endpoints::default()),
    }
}

pub(crate) fn config(credentials: Arc<dyn ProvideCredentials>, endpoints: Endpoints) -> Config {
    Config {
        region: "cn-beijing".to_owned(),
        region_source: "a test".to_owned(),
        credentials,
        endpoints,
        scheme: Scheme::Https,
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        most_retry: None,
        source_ip: None,
        secure_transport: None,
        user_agent: "a-test/1.0".to_owned(),
    }
}

/// A call that ends after `seconds`.
pub(crate) fn within(seconds: u64) -> Call {
    Call::new(Instant::now() + Duration::from_secs(seconds), CancellationToken::new())
}

/// Serves one raw reply for each connection, in order, and closes it. Returns where it listens, and what it is sent.
pub(crate) async fn raw_server(replies: Vec<Vec<u8>>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let received = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&received);
    tokio::spawn(async move {
        for reply in replies {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_request(&mut stream).await;
            log.lock().unwrap().push(request);
            stream.write_all(&reply).await.unwrap();
            stream.shutdown().await.ok();
        }
    });
    (address, received)
}

/// Reads a request to the end that its content length tells.
async fn read_request(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0usize) {
                return text;
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await.unwrap() {
            0 => return text,
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

/// Collects everything that this thread logs, at every level, as text, until it is dropped.
pub(crate) struct LogCapture {
    lines: Lines,
    _listening: DefaultGuard,
}

impl LogCapture {
    /// Begins to collect.
    ///
    /// While there is a single listener in the process, a line that another test's thread comes to first is noted as
    /// one that nobody listens to, since that thread does not. With a second one, all listeners are asked; it hears
    /// nothing, and stays to the end of the process.
    pub(crate) fn listen() -> Self {
        static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));
        LazyLock::force(&ANOTHER);
        let lines = Lines::default();
        let listener = tracing_subscriber::registry().with(lines.clone());
        // A listener that is made looks anew at what was noted before.
        Self { lines, _listening: tracing::subscriber::set_default(listener) }
    }

    pub(crate) fn text(&self) -> String {
        self.lines.0.lock().unwrap().clone()
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let text = &mut *self.0.lock().unwrap();
        text.push_str(event.metadata().level().as_str());
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            write!(text, " {field}={value:?}").unwrap();
        });
        text.push('\n');
    }
}
