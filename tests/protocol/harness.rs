//! Starts plugins and connects to them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// The generated clients of go-plugin's services.
#[allow(unreachable_pub, unused_qualifications, clippy::pedantic)]
pub(crate) mod proto {
    tonic::include_proto!("plugin");
}

pub(crate) const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Nothing here takes that long. Whatever does is stuck, or would have been killed by a host.
const STUCK: Duration = Duration::from_secs(30);

/// Fails the test if `future` is stuck.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(STUCK, future).await.unwrap_or_else(|_| panic!("stuck: {what}"))
}

/// How to start a plugin.
pub(crate) struct Launch {
    command: Command,
    directory: TempDir,
}

impl Launch {
    /// The compiled provider, in an environment where nothing is set but a temporary directory of its own.
    pub(crate) fn bare() -> Self {
        Self::of(Path::new(env!("CARGO_BIN_EXE_terraform-provider-alicloud")))
    }

    /// As a host without TLS starts it.
    pub(crate) fn plain() -> Self {
        Self::bare().env("TF_PLUGIN_MAGIC_COOKIE", COOKIE).env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
    }

    /// As a host starts it.
    pub(crate) fn with_tls(host: &Host) -> Self {
        Self::plain().env("PLUGIN_CLIENT_CERT", &host.pem)
    }

    pub(crate) fn of(program: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("TMPDIR", directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Self { command, directory }
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn start(mut self) -> Process {
        let mut child = self.command.spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Process { child, stdout, stderr, directory: self.directory }
    }

    /// Starts it and reads the handshake line.
    pub(crate) async fn shake(self) -> Plugin {
        let mut process = self.start();
        let line = soon("handshake", async {
            loop {
                match process.stdout.recv().await {
                    // The stand-in's test harness has something to say before.
                    Some(line) if line.starts_with("1|") => return line,
                    Some(_) => {}
                    None => panic!("no handshake; stderr: {:?}", drain(&mut process.stderr).await),
                }
            }
        });
        let line = line.await;
        Plugin { handshake: Handshake::parse(&line), process }
    }
}

fn lines(pipe: impl AsyncRead + Send + Unpin + 'static) -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn drain(lines: &mut mpsc::UnboundedReceiver<String>) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(line) = lines.recv().await {
        all.push(line);
    }
    all
}

/// A started program.
pub(crate) struct Process {
    child: Child,
    pub(crate) stdout: mpsc::UnboundedReceiver<String>,
    pub(crate) stderr: mpsc::UnboundedReceiver<String>,
    directory: TempDir,
}

/// What is left of it.
pub(crate) struct Remains {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: Vec<String>,
    /// Files in its temporary directory.
    pub(crate) files: Vec<String>,
}

impl Process {
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn files(&self) -> Vec<String> {
        std::fs::read_dir(self.directory())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> Remains {
        let status = soon("end of the process", self.child.wait()).await.unwrap();
        Remains {
            status,
            stdout: drain(&mut self.stdout).await,
            stderr: drain(&mut self.stderr).await,
            files: self.files(),
        }
    }

    /// Waits for a line of stderr.
    pub(crate) async fn stderr_line(&mut self, part: &str) -> String {
        soon(part, async {
            loop {
                let line = self.stderr.recv().await.expect("stderr is closed");
                if line.contains(part) {
                    return line;
                }
            }
        })
        .await
    }

    /// Waits until it has written this line to stdout.
    pub(crate) async fn has_written(&mut self, line: &str) {
        let written = async { while self.stdout.recv().await.expect("stdout ended") != line {} };
        soon(line, written).await;
    }

    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status().await.unwrap();
        assert!(status.success());
    }
}

/// The fields of a handshake line.
#[derive(Debug, Clone)]
pub(crate) struct Handshake {
    pub(crate) fields: Vec<String>,
}

impl Handshake {
    fn parse(line: &str) -> Self {
        Self { fields: line.split('|').map(str::to_owned).collect() }
    }

    pub(crate) fn address(&self) -> &str {
        &self.fields[3]
    }

    /// Decoded as hosts do, who refuse padding.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        STANDARD_NO_PAD.decode(&self.fields[5]).unwrap().into()
    }
}

/// A plugin that has shaken hands.
pub(crate) struct Plugin {
    pub(crate) handshake: Handshake,
    pub(crate) process: Process,
}

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl Plugin {
    /// A bare connection.
    pub(crate) async fn dial(&self) -> Box<dyn Io> {
        let address = self.handshake.address();
        match self.handshake.fields[2].as_str() {
            "unix" => Box::new(UnixStream::connect(address).await.unwrap()),
            "tcp" => Box::new(TcpStream::connect(address).await.unwrap()),
            other => panic!("unknown network {other}"),
        }
    }

    pub(crate) async fn dial_tls(
        &self,
        config: Arc<ClientConfig>,
    ) -> std::io::Result<TlsStream<Box<dyn Io>>> {
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(config).connect(name, self.dial().await).await
    }

    /// A gRPC connection without TLS.
    pub(crate) async fn connect(&self) -> Channel {
        channel(self.dial().await).await.unwrap()
    }

    /// A gRPC connection with the host's certificate.
    pub(crate) async fn connect_as(&self, host: &Host) -> Channel {
        self.connect_with(host.client_config(self)).await.unwrap()
    }

    pub(crate) async fn connect_with(&self, config: Arc<ClientConfig>) -> Result<Channel, String> {
        let stream = self.dial_tls(config).await.map_err(|error| error.to_string())?;
        let channel = channel(Box::new(stream)).await.map_err(|error| error.to_string())?;
        // With TLS 1.3 a client learns only later that it was refused.
        healthy(&channel).await.map_err(|status| status.to_string())?;
        Ok(channel)
    }

    /// Asks it to end, as hosts do, and waits.
    pub(crate) async fn shut_down(self, channel: Channel) -> Remains {
        let mut controller = proto::grpc_controller_client::GrpcControllerClient::new(channel);
        soon("Shutdown", controller.shutdown(proto::Empty {})).await.unwrap();
        self.process.end().await
    }
}

async fn channel(io: Box<dyn Io>) -> Result<Channel, tonic::transport::Error> {
    let mut io = Some(io);
    // There is one connection: a second one would hide that the first was lost.
    let connector = tower::service_fn(move |_| {
        let io = io.take().ok_or_else(|| std::io::Error::other("the connection was lost"));
        async move { io.map(TokioIo::new) }
    });
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await
}

/// A call that every plugin answers.
pub(crate) async fn healthy(channel: &Channel) -> Result<(), tonic::Status> {
    let request = HealthCheckRequest { service: "plugin".to_owned() };
    soon("health check", HealthClient::new(channel.clone()).check(request)).await.map(drop)
}

/// The certificate of a host, made as Terraform makes it, and its key.
pub(crate) struct Host {
    pub(crate) pem: String,
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Host {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::OrganizationName, "HashiCorp");
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let base64 = base64::engine::general_purpose::STANDARD.encode(&certificate);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
        Self { pem, certificate, key }
    }

    pub(crate) fn client_config(&self, plugin: &Plugin) -> Arc<ClientConfig> {
        self.client_config_for(plugin, rustls::ALL_VERSIONS)
    }

    pub(crate) fn client_config_for(
        &self,
        plugin: &Plugin,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ClientConfig> {
        self.client_config_signing_as(self, plugin, versions)
    }

    /// Presents this host's certificate but signs with the key of another.
    pub(crate) fn client_config_signing_as(
        &self,
        signer: &Host,
        plugin: &Plugin,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ClientConfig> {
        client_config(plugin, versions, Some((self.certificate.clone(), &signer.key)))
    }
}

/// A client that trusts the certificate of the handshake and presents what it is given.
pub(crate) fn client_config(
    plugin: &Plugin,
    versions: &[&'static SupportedProtocolVersion],
    client: Option<(CertificateDer<'static>, &KeyPair)>,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(plugin.handshake.certificate()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
            let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
            builder.with_client_cert_resolver(Arc::new(Presents(Arc::new(CertifiedKey::new(
                vec![certificate],
                key,
            )))))
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

/// Presents a certificate without asking whether the key fits.
#[derive(Debug)]
struct Presents(Arc<CertifiedKey>);

impl ResolvesClientCert for Presents {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
