//! From the environment to the end of the process.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;

use super::environment::{HostRequest, Lookup, Placement};
use super::error::StartError;
use super::lifetime::{self, End, Signals};
use super::listener::{Listener, Network};
use super::tls::Identity;
use super::{DebugOptions, Mode, Plugin, connection, handshake, logging, panics, reattach, services};

/// Serves what `services` returns, beside go-plugin's own services, until the host or a signal ends the process.
///
/// `services` gets a token that is cancelled when the process is about to end: work that is being done then has half
/// a second to answer. The asynchronous runtime has a single thread, which starts fastest and is enough for work that
/// waits for a network; give long computations to `spawn_blocking`.
///
/// When a host closes its connection, the handlers of its open requests are dropped where they wait.
///
/// After that the process waits for `last`, which finishes what must not be left half done, for almost another second.
///
/// If serving is impossible, the reason is written to stderr and the exit code is 1.
pub fn serve(
    plugin: &Plugin,
    mode: &Mode,
    network: Network,
    services: impl FnOnce(CancellationToken) -> Routes,
    last: impl Future<Output = ()>,
) -> ExitCode {
    let environment: Lookup<'_> = &|name| std::env::var_os(name);
    match start(plugin, mode, network, environment, services, last) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is gone too, only the exit code is left to tell.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn start(
    plugin: &Plugin,
    mode: &Mode,
    network: Network,
    environment: Lookup<'_>,
    services: impl FnOnce(CancellationToken) -> Routes,
    last: impl Future<Output = ()>,
) -> Result<(), StartError> {
    match mode {
        Mode::Host => {
            let request = HostRequest::read(environment)?;
            in_runtime(plugin, environment, serve_host(&request, network, services), last)
        }
        Mode::Debug(options) => {
            let serving = serve_debug(plugin, options, network, environment, services);
            in_runtime(plugin, environment, serving, last)
        }
    }
}

fn in_runtime(
    plugin: &Plugin,
    environment: Lookup<'_>,
    serving: impl Future<Output = Result<(), StartError>>,
    last: impl Future<Output = ()>,
) -> Result<(), StartError> {
    panics::install_hook();
    logging::start(plugin.name, environment);
    tracing::debug!(name = plugin.name, version = plugin.version, "the process starts");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Runtime)?;
    let result = runtime.block_on(async {
        let result = serving.await;
        if tokio::time::timeout(lifetime::LAST_GRACE, last).await.is_err() {
            tracing::warn!("the process ends with work half done");
        }
        result
    });
    // Whatever still runs on other threads is not waited for.
    runtime.shutdown_background();
    result
}

async fn serve_host(
    request: &HostRequest,
    network: Network,
    services: impl FnOnce(CancellationToken) -> Routes,
) -> Result<(), StartError> {
    let signals = Signals::take().map_err(StartError::Runtime)?;
    let identity = request.client_certificate.as_deref().map(Identity::for_host).transpose()?;
    let listener = Listener::bind(network, &request.placement, identity.is_some())?;
    let address = listener.address().map_err(StartError::Stdout)?;
    let certificate = identity.as_ref().map(|identity| identity.certificate.as_ref());
    handshake::announce(&address, certificate, request.multiplex_asked).map_err(StartError::Stdout)?;
    if !request.version_offered {
        tracing::warn!("the host does not offer the served version of the provider protocol");
    }

    #[cfg(unix)]
    lifetime::start_watchdog(lifetime::Interrupts::Ignored);

    let shutdown = CancellationToken::new();
    let (presence, present) = watch::channel(0);
    let end = lifetime::of_host(signals, shutdown.clone(), present);
    run(listener, identity.map(|identity| identity.config), presence, services, shutdown, end).await
}

async fn serve_debug(
    plugin: &Plugin,
    options: &DebugOptions,
    network: Network,
    environment: Lookup<'_>,
    services: impl FnOnce(CancellationToken) -> Routes,
) -> Result<(), StartError> {
    let signals = Signals::take().map_err(StartError::Runtime)?;
    let listener = Listener::bind(network, &Placement::read(environment)?, false)?;
    let address = listener.address().map_err(StartError::Stdout)?;
    let _env_file = reattach::announce(plugin, options, &address)?;
    #[cfg(unix)]
    lifetime::start_watchdog(lifetime::Interrupts::Honoured);
    // Hosts come and go here; one that asks for an end is answered, and the process stays for the next.
    let ignored = CancellationToken::new();
    let (presence, _) = watch::channel(0);
    run(listener, None, presence, services, ignored, lifetime::of_debug(signals)).await
}

/// Serves until `end`, then gives what is being served the grace period.
async fn run(
    listener: Listener,
    tls: Option<Arc<rustls::ServerConfig>>,
    presence: watch::Sender<usize>,
    services: impl FnOnce(CancellationToken) -> Routes,
    shutdown: CancellationToken,
    end: impl Future<Output = End>,
) -> Result<(), StartError> {
    let stopping = CancellationToken::new();
    let routes = services::add_to(services(stopping.clone()), shutdown, &stopping).await;

    let (accepted, connections) = mpsc::channel(16);
    let accepting = tokio::spawn(connection::accept(listener, tls, presence, accepted));
    let server = Server::builder()
        .add_routes(routes)
        .serve_with_incoming_shutdown(ReceiverStream::new(connections), stopping.clone().cancelled_owned());
    tokio::pin!(server);
    let end = tokio::select! {
        result = &mut server => return Ok(result?),
        end = end => end,
    };
    tracing::debug!(reason = ?end, "the process ends");
    lifetime::start_hard_timer();
    // The socket goes first, whatever the work that is being done makes of its end.
    accepting.abort();
    let _ = accepting.await;
    stopping.cancel();
    match tokio::time::timeout(lifetime::GRACE, server).await {
        Ok(result) => Ok(result?),
        Err(_) => Ok(()),
    }
}
