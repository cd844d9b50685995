//! Who is let in.

use rustls::version::{TLS12, TLS13};
use tokio::io::AsyncWriteExt as _;

use crate::harness::{Host, Launch, client_config, healthy};

#[tokio::test]
async fn the_host_is_let_in_by_either_version_of_tls() {
    let host = Host::new();
    let plugin = Launch::with_tls(&host).shake().await;
    for version in [&TLS12, &TLS13] {
        let config = host.client_config_for(&plugin, &[version]);
        let stream = plugin.dial_tls(config.clone()).await.unwrap();
        let session = stream.get_ref().1;
        assert_eq!(session.protocol_version(), Some(version.version));
        assert_eq!(session.alpn_protocol(), Some(&b"h2"[..]));
        // The client has verified the name `localhost` and the period of validity.
        assert_eq!(session.peer_certificates(), Some(&[plugin.handshake.certificate()][..]));
        plugin.connect_with(config).await.unwrap();
    }
}

#[tokio::test]
async fn impostors_are_not() {
    let host = Host::new();
    let other = Host::new();
    let plugin = Launch::with_tls(&host).shake().await;
    for version in [&TLS12, &TLS13] {
        let nobody = client_config(&plugin, &[version], None);
        let somebody_else = other.client_config_for(&plugin, &[version]);
        // The certificate is no secret; its key is.
        let thief = host.client_config_signing_as(&other, &plugin, &[version]);
        for config in [nobody, somebody_else, thief] {
            plugin.connect_with(config).await.unwrap_err();
        }
    }
    // Nor is anybody who comes without TLS.
    let channel = plugin.connect().await;
    healthy(&channel).await.unwrap_err();

    healthy(&plugin.connect_as(&host).await).await.unwrap();
}

#[tokio::test]
async fn garbage_and_stalling_delay_nobody() {
    let host = Host::new();
    let plugin = Launch::with_tls(&host).shake().await;
    let mut stalling = Vec::new();
    for round in 0..20_u8 {
        let mut io = plugin.dial().await;
        let bytes: &[u8] = match round % 4 {
            0 => &[],
            1 => b"GET / HTTP/1.1\r\n\r\n",
            // The beginning of a client's greeting.
            2 => &[22, 3, 1, 1, 0, 1, 0],
            _ => &[round; 4096],
        };
        // It may be refused before it has said everything.
        let _ = io.write_all(bytes).await;
        stalling.push(io);
    }
    healthy(&plugin.connect_as(&host).await).await.unwrap();
    drop(stalling);
}

#[tokio::test]
async fn garbage_without_tls_delays_nobody_either() {
    let plugin = Launch::plain().shake().await;
    let mut garbage = plugin.dial().await;
    let _ = garbage.write_all(&[0; 16384]).await;
    let _stalling = plugin.dial().await;
    healthy(&plugin.connect().await).await.unwrap();
}
