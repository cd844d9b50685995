//! The HTTP server: connections and requests.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::gateway::{RawRequest, Request};
use crate::reply::Reply;
use crate::state::Shared;
use crate::{admin, clock, exchange};

/// Nothing that the service takes is larger.
const LARGEST_BODY: usize = 1 << 20;

/// The connection is closed without an answer.
#[derive(Debug)]
pub(crate) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Dropped {}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, Arc::clone(&shared)));
            }
            // A client that left early, or too many open files: neither is a reason to stop, and the latter
            // wants a pause.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
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
        let (status, content_type, text) = admin::answer(&shared, path, &raw);
        return Ok(response(&shared, status, content_type, Reply::whole(text)));
    }
    exchange::call(&shared, Request::read(raw)).await
}

/// An answer with what all answers have; the date is the simulator's.
pub(crate) fn response(shared: &Shared, status: u16, content_type: &str, reply: Reply) -> Response<Reply> {
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
