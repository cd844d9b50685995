//! One call, from its arrival to its answer, and what a fault does to it on the way.

use std::time::Duration;

use hyper::Response;
use serde_json::Value;

use crate::access_key::AccessKey;
use crate::answer::Format;
use crate::calls::{self, Call};
use crate::error::ApiError;
use crate::faults::{Effect, Hit};
use crate::gateway::{self, Request, Signed};
use crate::operations::{self, Context, Operation};
use crate::reply::Reply;
use crate::server::{Dropped, response};
use crate::services::{Service, Visit};
use crate::state::{Shared, State};
use crate::{answer, request_id};

/// Where a call is noted, to be completed when it is answered.
#[derive(Clone, Copy)]
struct Noted {
    epoch: u64,
    at: usize,
}

/// What does the work of a call.
#[derive(Clone, Copy)]
enum Work {
    /// An operation of the API, behind the gateway.
    Operation(Operation),
    /// A service that is no part of the API.
    Service(Service),
}

/// A call that may go on.
struct Admitted {
    work: Work,
    caller: AccessKey,
    hit: Option<Hit>,
}

/// Counts a call as under way for as long as it lives.
struct UnderWay<'a>(&'a Shared);

impl<'a> UnderWay<'a> {
    fn count(shared: &'a Shared) -> Self {
        shared.lock().under_way += 1;
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.lock().under_way -= 1;
        self.0.arrived.notify_all();
    }
}

/// Answers a call.
pub(crate) async fn call(shared: &Shared, request: Request) -> Result<Response<Reply>, Dropped> {
    let _under_way = UnderWay::count(shared);
    let request_id = request_id::new();
    let (noted, latency, admitted) = arrive(shared, &request, &request_id);
    tokio::time::sleep(latency).await;
    let Admitted { work, caller, hit } = match admitted {
        Ok(admitted) => admitted,
        Err(error) => return Ok(respond(shared, &request, &request_id, noted, Err(error), None)),
    };
    let run = |keep: bool| operate(shared, &request, noted, work, &caller, keep);
    let Some(mut hit) = hit else {
        return Ok(respond(shared, &request, &request_id, noted, run(true), None));
    };
    let result = match (&hit.effect, hit.change) {
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
    let result = refusal.map_or(result, Err);
    Ok(respond(shared, &request, &request_id, noted, result, Some(&hit.effect)))
}

/// Notes the call, rings the bell, and asks the gateway where there is one.
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
        signature: match &request.signed {
            _ if request.signature.is_empty() => "",
            Signed::V1 => "V1",
            Signed::V3 { .. } => "V3",
        }
        .to_owned(),
        user_agent: request.raw.header("user-agent").to_owned(),
        request_id: request_id.to_owned(),
        ..Call::default()
    });
    if !request.signature.is_empty() {
        state.signatures.insert(request.signature.clone());
    }
    let admitted = match request.service {
        Some(service) => Ok((Work::Service(service), AccessKey::nobody(&shared.account))),
        None => gateway::admit(request, state, &shared.account, now)
            .map(|(operation, caller)| (Work::Operation(operation), caller)),
    };
    let admitted = admitted.and_then(|(work, caller)| {
        let call = state.calls.last_mut();
        let parameters = call.as_ref().map(|call| call.parameters.clone()).unwrap_or_default();
        let hit = state.faults.meet(&request.action, &parameters);
        if let Some(call) = call {
            caller.account.clone_into(&mut call.account);
            call.fault = hit.as_ref().map(|hit| format!("{:?}", hit.effect));
        }
        // Other faults stand for what happens before a call comes as far as the limits.
        let goes_on = |hit: &Hit| matches!(hit.effect, Effect::Delay { .. } | Effect::Hold);
        if hit.as_ref().is_none_or(goes_on) {
            let region = request.parameters.get("RegionId").unwrap_or_default();
            state.rates.take(&caller.account, region, &request.action)?;
        }
        Ok(Admitted { work, caller, hit })
    });
    shared.arrived.notify_all();
    (noted, state.latency, admitted)
}

/// Does the work of a call, in the world or, when nothing is to be kept, in a copy of it.
fn operate(
    shared: &Shared,
    request: &Request,
    noted: Noted,
    work: Work,
    caller: &AccessKey,
    keep: bool,
) -> Result<Value, ApiError> {
    let now = shared.clock.now();
    let mut state = shared.lock();
    let state = &mut *state;
    let mut identity = (!keep).then(|| state.identity.clone());
    let identity = identity.as_mut().unwrap_or(&mut state.identity);
    let parameters = &request.parameters;
    let operation = match work {
        Work::Operation(operation) => operation,
        Work::Service(service) => {
            return (service.handle)(&mut Visit { identity, raw: &request.raw, parameters, now });
        }
    };
    let world = state.worlds.entry(caller.account.clone()).or_default();
    let product = operations::product(&request.version);
    gateway::check_permission(world, caller, product, &request.action, parameters)?;
    let mut copy = (!keep).then(|| world.clone());
    let world = copy.as_mut().unwrap_or(world);
    let mut context = Context { world, identity, parameters, caller, now, changed: false };
    let result = operation(&mut context);
    if context.changed && keep {
        note(state, noted, |call| call.changed = true);
        shared.arrived.notify_all();
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
    result: Result<Value, ApiError>,
    effect: Option<&Effect>,
) -> Response<Reply> {
    let (format, status, root, members) = if let Some(service) = request.service {
        let (status, members) = service.body(request_id, &result);
        let format = if members.is_string() { Format::Text } else { Format::Json };
        (format, status, String::new(), members)
    } else {
        let host = request.raw.header("host");
        let product = operations::product(&request.version);
        let (status, root, members) = answer::body(product, &request.action, host, request_id, &result);
        (request.format(), status, root, members)
    };
    let (code, headers) = result.err().map(|error| (error.code, error.headers)).unzip();
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
    for (name, value) in request_id.into_iter().chain(headers.into_iter().flatten()) {
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
