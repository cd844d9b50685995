//! go-plugin's automatic mutual TLS: a fresh certificate for this process, and a host that must prove it is the one that started us.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use time::OffsetDateTime;

use super::error::StartError;

/// Clocks of host and plugin are the same one, but it may be set back between making and checking.
const BACKDATED: Duration = Duration::from_hours(1);
/// Longer than any process lives.
const LIFETIME: Duration = Duration::from_hours(365 * 24);

/// What the server needs to speak TLS with its host.
pub(super) struct Identity {
    /// The certificate to announce, and the only one the host will trust (DER).
    pub(super) certificate: CertificateDer<'static>,
    /// Accepts that host and nobody else.
    pub(super) config: Arc<ServerConfig>,
}

impl Identity {
    /// Makes an identity for talking to the holder of `client_certificate` (PEM).
    pub(super) fn for_host(client_certificate: &str) -> Result<Self, StartError> {
        let host = parse_client_certificate(client_certificate)?;
        let (certificate, key) = self_signed().map_err(|error| StartError::Tls(error.to_string()))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier =
            PinnedHost { certificate: host, algorithms: provider.signature_verification_algorithms };
        let config = server_config(provider, verifier, certificate.clone(), key)
            .map_err(|error| StartError::Tls(error.to_string()))?;
        Ok(Self { certificate, config: Arc::new(config) })
    }
}

fn parse_client_certificate(pem: &str) -> Result<CertificateDer<'static>, StartError> {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|error| StartError::ClientCertificate(error.to_string()))?;
    // Better a sentence now than every connection refused later.
    ParsedCertificate::try_from(&certificate)
        .map_err(|error| StartError::ClientCertificate(error.to_string()))?;
    Ok(certificate)
}

/// P-256 is the quickest to make and to use, and every host takes it. Hosts check the DNS name, whatever the network.
fn self_signed() -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new(["localhost".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = OffsetDateTime::now_utc();
    params.not_before = now - BACKDATED;
    params.not_after = now + LIFETIME;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der())))
}

fn server_config(
    provider: Arc<CryptoProvider>,
    verifier: PinnedHost,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(vec![certificate], key.into())?;
    // Newer hosts insist on it.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // Every connection proves the key; a host makes one, so there is nothing to resume.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Accepts one certificate, byte for byte, from a client that has its private key.
///
/// A path of trust is not built: hosts present a certificate that is marked as an authority, which path builders
/// refuse as an end entity. The certificate alone proves nothing, since the environment of a process can be read by
/// others; the signature does.
#[derive(Debug)]
struct PinnedHost {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for PinnedHost {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_client_certificates_are_named() {
        let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
        let no_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        for pem in ["", "nonsense", empty, no_der, cut] {
            assert!(matches!(Identity::for_host(pem), Err(StartError::ClientCertificate(_))), "{pem}");
        }
    }

    #[test]
    fn offers_the_scheme_of_the_hosts_certificate() {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        assert!(algorithms.supported_schemes().contains(&SignatureScheme::ECDSA_NISTP521_SHA512));
    }
}
