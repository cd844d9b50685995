//! The one line on stdout that tells the host where and how to connect.

use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::PROTOCOL_VERSION;
use super::listener::Address;

/// Version of go-plugin's own protocol, unchanged since its first release.
const CORE_VERSION: u32 = 1;

/// `CORE|APP|NETWORK|ADDRESS|TYPE|CERTIFICATE[|MULTIPLEXING]`, as go-plugin's client parses it.
///
/// The certificate is unpadded base64 of its DER: the host refuses `=`. Streams of the broker are not multiplexed.
fn line(address: &Address, certificate: Option<&[u8]>, multiplex_asked: bool) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let multiplexing = if multiplex_asked { "|false" } else { "" };
    format!(
        "{CORE_VERSION}|{PROTOCOL_VERSION}|{}|{}|grpc|{certificate}{multiplexing}\n",
        address.network, address.text
    )
}

/// Writes the line. Nothing else may ever be written to stdout, before it or after it.
pub(super) fn announce(
    address: &Address,
    certificate: Option<&[u8]>,
    multiplex_asked: bool,
) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(line(address, certificate, multiplex_asked).as_bytes())?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let address = Address { network: "unix", text: "/tmp/plugin1".to_owned() };
        for (certificate, multiplex, expected) in [
            (None, false, "1|6|unix|/tmp/plugin1|grpc|\n"),
            (None, true, "1|6|unix|/tmp/plugin1|grpc||false\n"),
            // One byte would need two `=`, two bytes one.
            (Some(&b"\xff"[..]), false, "1|6|unix|/tmp/plugin1|grpc|/w\n"),
            (Some(&b"\xff\xfe"[..]), true, "1|6|unix|/tmp/plugin1|grpc|//4|false\n"),
        ] {
            assert_eq!(line(&address, certificate, multiplex), expected);
        }
    }
}
