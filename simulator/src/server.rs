//! The HTTP server: connections, requests, and what a fault does to an answer.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::access_key::AccessKey;
use crate::calls::{self, Call};
use crate::error::ApiError;
use crate::faults::{Effect, Hit};
use crate::gateway::{self, RawRequest, Request, Signed};
use crate::operations::{Context, Operation};
use crate::reply::Reply;
use crate::state::{Shared, State};
use crate::{admin, answer, clock, request_id};

/// Nothing that the service takes is larger.
const LARGEST_BODY: usize = 1 << 20;

/// The connection is closed without an answer.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Dropped {}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Error {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, Arc::clone(&shared)));
            }
            // One client that left early is no reason to stop.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return error,
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Small answers should not wait for more; failing that they only come later.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move {
            let raw = read(request).await.map_err(|_| Dropped)?;
            // A task of its own, so that the work is done even if the client leaves, as in the cloud.
            tokio::spawn(answer(shared, raw)).await.map_err(|_| Dropped)?
        }
    });
    // Errors here are clients that left, and connections closed on purpose.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn read(
    request: hyper::Request<Incoming>,
) -> Result<RawRequest, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await?.to_bytes();
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers
            .entry(name.as_str().to_owned())
            .and_modify(|known| {
                known.push(',');
                known.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    Ok(RawRequest {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
    })
}

async fn answer(shared: Arc<Shared>, raw: RawRequest) -> Result<Response<Reply>, Dropped> {
    if let Some(path) = raw.path.strip_prefix("/admin/") {
        let (status, text) = admin::answer(&shared, path, &raw);
        return Ok(response(&shared, status, "application/json", Reply::whole(text)));
    }
    call(&shared, Request::read(raw)).await
}

/// Where a call is noted, to be completed when it is answered.
#[derive(Clone, Copy)]
struct Noted {
    epoch: u64,
    at: usize,
}

/// What the gateway made of a call.
struct Admitted {
    operation: Operation,
    caller: AccessKey,
    hit: Option<Hit>,
}

async fn call(shared: &Shared, request: Request) -> Result<Response<Reply>, Dropped> {
    let request_id = request_id::new();
    let (noted, latency, admitted) = arrive(shared, &request, &request_id);
    tokio::time::sleep(latency).await;
    let Admitted { operation, caller, hit } = match admitted {
        Ok(admitted) => admitted,
        Err(error) => return Ok(respond(shared, &request, &request_id, noted, Err(&error), None)),
    };
    let run = |keep: bool| operate(shared, &request, noted, operation, &caller, keep);
    let Some(mut hit) = hit else {
        let result = run(true);
        return Ok(respond(shared, &request, &request_id, noted, result.as_ref().map(Value::clone), None));
    };
    let change = hit.change;
    let result = match (&hit.effect, change) {
        (Effect::Delay { milliseconds }, _) => {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            run(true)
        }
        (Effect::Hold, true) => {
            let result = run(true);
            hit.wait().await;
            result
        }
        (Effect::Hold, false) => {
            hit.wait().await;
            run(true)
        }
        (_, change) => run(change),
    };
    let refusal = match &hit.effect {
        Effect::Hang => {
            hit.wait().await;
            return Err(Dropped);
        }
        Effect::Disconnect => return Err(Dropped),
        Effect::ProxyPage { status } => return Ok(proxy_page(shared, noted, *status)),
        Effect::Throttle { left_milliseconds } => {
            Some(gateway::throttled(left_milliseconds.map(Duration::from_millis), 0))
        }
        Effect::Refuse { status, code, message } => {
            Some(ApiError::new(*status, code.clone(), message.clone()))
        }
        _ => None,
    };
    let result = match &refusal {
        Some(refusal) => Err(refusal),
        None => result.as_ref().map(Value::clone),
    };
    Ok(respond(shared, &request, &request_id, noted, result, Some(&hit.effect)))
}

/// Notes the call, rings the bell, and asks the gateway.
fn arrive(
    shared: &Shared,
    request: &Request,
    request_id: &str,
) -> (Noted, Duration, Result<Admitted, ApiError>) {
    let now = shared.clock.now();
    let mut state = shared.lock();
    let state = &mut *state;
    let parameters = calls::own_parameters(request.parameters.sorted());
    let noted = Noted { epoch: state.epoch, at: state.calls.len() };
    state.calls.push(Call {
        action: request.action.clone(),
        version: request.version.clone(),
        region: request.parameters.get("RegionId").unwrap_or_default().to_owned(),
        parameters,
        access_key_id: request.access_key_id.clone(),
        method: request.raw.method.clone(),
        signature: if request.signed == Signed::V1 { "V1" } else { "V3" }.to_owned(),
        user_agent: request.raw.header("user-agent").to_owned(),
        request_id: request_id.to_owned(),
        ..Call::default()
    });
    let admitted = gateway::admit(request, &state.keys, &mut state.nonces, now);
    let admitted = admitted.and_then(|(operation, caller)| {
        let call = state.calls.last_mut();
        let parameters = call.as_ref().map(|call| call.parameters.clone()).unwrap_or_default();
        let hit = state.faults.meet(&request.action, &parameters);
        if let Some(call) = call {
            caller.account.clone_into(&mut call.account);
            call.fault = hit.as_ref().map(|hit| format!("{:?}", hit.effect));
        }
        // A fault stands for what happens before the call comes as far as the limits.
        if hit.is_none() {
            let region = request.parameters.get("RegionId").unwrap_or_default();
            state.rates.take(&caller.account, region, &request.action)?;
        }
        Ok(Admitted { operation, caller, hit })
    });
    shared.arrived.notify_all();
    (noted, state.latency, admitted)
}

/// Does the work of a call, in the world or, when nothing is to be kept, in a copy of it.
fn operate(
    shared: &Shared,
    request: &Request,
    noted: Noted,
    operation: Operation,
    caller: &AccessKey,
    keep: bool,
) -> Result<Value, ApiError> {
    let now = shared.clock.now();
    let mut state = shared.lock();
    let world = state.world(&caller.account);
    gateway::check_permission(world, caller, &request.action, &request.parameters)?;
    let mut copy = (!keep).then(|| world.clone());
    let world = copy.as_mut().unwrap_or(world);
    let mut context = Context { world, parameters: &request.parameters, caller, now, changed: false };
    let result = operation(&mut context);
    if context.changed && keep {
        note(&mut state, noted, |call| call.changed = true);
        state.save_or_report();
    }
    result
}

fn note(state: &mut State, noted: Noted, change: impl FnOnce(&mut Call)) {
    if state.epoch == noted.epoch
        && let Some(call) = state.calls.get_mut(noted.at)
    {
        change(call);
    }
}

fn respond(
    shared: &Shared,
    request: &Request,
    request_id: &str,
    noted: Noted,
    result: Result<Value, &ApiError>,
    effect: Option<&Effect>,
) -> Response<Reply> {
    let format = request.format();
    let error = result.as_ref().err().copied();
    let headers = error.map(|error| error.headers.clone()).unwrap_or_default();
    let code = error.map(|error| error.code.clone());
    let (status, root, members) =
        answer::body(&request.action, request.raw.header("host"), request_id, result);
    note(&mut shared.lock(), noted, |call| {
        call.status = Some(status);
        call.code = code;
    });
    shared.arrived.notify_all();
    let text = answer::write(format, &root, &members);
    let reply = match effect {
        Some(Effect::Truncate) => Reply::cut(text.as_bytes()),
        Some(Effect::Malform) => {
            let half = text.as_bytes().split_at(text.len() / 2).0;
            Reply::whole(half.to_vec())
        }
        Some(Effect::Empty) => Reply::whole(Vec::new()),
        Some(Effect::Mistype) => Reply::whole(answer::write(format, &root, &answer::mistype(&members))),
        _ => Reply::whole(text),
    };
    let mut response = response(shared, status, format.content_type(), reply);
    let request_id = [("x-acs-request-id", request_id.to_owned())];
    for (name, value) in request_id.into_iter().chain(headers) {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn proxy_page(shared: &Shared, noted: Noted, status: u16) -> Response<Reply> {
    note(&mut shared.lock(), noted, |call| call.status = Some(status));
    shared.arrived.notify_all();
    let page = format!(
        "<html>\r\n<head><title>{status} Service Temporarily Unavailable</title></head>\r\n<body>\r\n\
         <center><h1>{status} Service Temporarily Unavailable</h1></center>\r\n<hr><center>proxy</center>\r\n\
         </body>\r\n</html>\r\n"
    );
    response(shared, status, "text/html", Reply::whole(page))
}

/// An answer with what all answers have; the date is the simulator's.
fn response(shared: &Shared, status: u16, content_type: &str, reply: Reply) -> Response<Reply> {
    let mut response = Response::new(reply);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let date = clock::http_date(shared.clock.now());
    for (name, value) in [(header::CONTENT_TYPE, content_type), (header::DATE, &date)] {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
