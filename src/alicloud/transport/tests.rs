use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::alicloud::testing::raw_server;

fn http() -> Http {
    Http::new(Duration::from_secs(5), Duration::from_secs(5), "a-test/1.0\n")
}

async fn post(http: &Http, url: &str) -> Result<HttpReply, SendError> {
    http.send(HttpRequest::form(Url::parse(url).unwrap(), "Secret=query&Signature=sign".to_owned().into()))
        .await
}

fn reply(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn a_form_is_posted_and_the_answer_read() {
    let (address, received) = raw_server(vec![
        reply("200 OK\r\nContent-Length: 2\r\nX-Acs-Request-Id: R", "{}"),
        reply("302 Found\r\nContent-Length: 0\r\nLocation: http://localhost:1/", ""),
    ])
    .await;
    let (http, url) = (http(), format!("http://{address}/"));
    let answer = post(&http, &url).await.ok().unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
    assert_eq!(answer.headers["x-acs-request-id"], "R");
    let request = received.lock().unwrap()[0].clone();
    assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\nSecret=query&Signature=sign"), "{request}");
    let head = request.to_lowercase();
    assert!(head.contains("content-type: application/x-www-form-urlencoded\r\n"), "{request}");
    assert!(head.contains("user-agent: a-test/1.0\r\n"), "{request}");
    assert_eq!(post(&http, &url).await.ok().map(|answer| answer.status), Some(302), "not followed");
}

#[tokio::test]
async fn a_connection_that_was_never_made_is_told_from_one_that_was_lost() {
    // Held for as long as it is needed, so that nobody else is given the port, and not listened on.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = held.local_addr().unwrap();
    let error = post(&http(), &format!("http://{nobody}/?Signature=sign")).await.err().unwrap();
    assert!(matches!(&error, SendError::NotSent(why) if why.contains("refused")), "{error:?}");

    let lost: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"HTTP/1.1 200 OK\r\nContent-Le".to_vec(),
        reply("200 OK\r\nContent-Length: 99", "{\"Req"),
        b"220 not HTTP\r\n\r\n".to_vec(),
    ];
    let (address, received) = raw_server(lost.clone()).await;
    for number in 1..=lost.len() {
        let error = post(&http(), &format!("http://{address}/?Signature=sign")).await.err().unwrap();
        assert!(matches!(&error, SendError::Lost(why) if !why.is_empty()), "{error:?}");
        assert!(!format!("{error:?}").contains("sign"), "no query, no body: {error:?}");
        assert_eq!(received.lock().unwrap().len(), number, "sent once");
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let http = Http::new(Duration::from_secs(5), Duration::from_millis(20), "");
    let url = format!("http://{address}/");
    let (error, _connection) = tokio::join!(post(&http, &url), listener.accept());
    let error = error.err().unwrap();
    assert!(matches!(&error, SendError::Lost(why) if why.contains("timed out")), "{error:?}");
}

/// Each piece comes in time, and the whole never does.
#[tokio::test]
async fn an_answer_that_comes_drop_by_drop_has_an_end() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await.unwrap();
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let http =
        Http { largest: usize::MAX, ..Http::new(Duration::from_secs(5), Duration::from_millis(200), "") };
    let error = tokio::select! {
        error = post(&http, &url) => error.err().unwrap(),
        () = server => panic!("the connection was closed before the time was up"),
    };
    assert!(matches!(&error, SendError::Lost(why) if why.contains("timed out")), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_told_from_one_that_was_lost() {
    let (address, _) = raw_server(vec![
        reply("200 OK\r\nContent-Length: 16777217", ""),
        reply("200 OK", "twelve bytes"),
        reply("200 OK", "eleven byte"),
    ])
    .await;
    let url = format!("http://{address}/");
    let large = |mib: u8| SendError::TooLarge(format!("it is larger than {mib} MiB"));
    assert_eq!(post(&http(), &url).await.err(), Some(large(16)));
    let http = Http { largest: 11, ..http() };
    assert_eq!(post(&http, &url).await.err(), Some(large(0)));
    assert_eq!(post(&http, &url).await.ok().unwrap().body.len(), 11);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_no_network_fault() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.into())
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(stream).await.err()
    };
    let http = http();
    let url = format!("https://localhost:{port}/");
    let (error, _) = tokio::join!(post(&http, &url), server);
    let error = error.err().unwrap();
    assert!(matches!(&error, SendError::Untrusted(why) if why.contains("certificate")), "{error:?}");
}

#[tokio::test]
async fn a_direct_request_takes_no_proxy() {
    let (address, received) = raw_server(vec![reply("200 OK\r\nContent-Length: 5", "token")]).await;
    // Everything else would go through a proxy that is not there. This address reaches the server, and is no loopback.
    let http = through("HTTP_PROXY", "http://127.0.0.1:1");
    let url = Url::parse(&format!("http://0.0.0.0:{}/latest/api/token", address.port())).unwrap();
    assert!(http.proxies.of(&url).is_some());
    let name = HeaderName::from_static("x-a");
    let mut request = HttpRequest::new(Method::PUT, url).header(name, HeaderValue::from_static("b"));
    request.direct = true;
    assert_eq!(http.send(request).await.ok().unwrap().body[..], b"token"[..]);
    let request = received.lock().unwrap()[0].to_lowercase();
    assert!(
        request.starts_with("put /latest/api/token http/1.1\r\n") && request.contains("x-a: b\r\n"),
        "{request}"
    );
    assert!(http.secure.get().is_none(), "the client with proxies was not even made");
}

fn through(variable: &'static str, proxy: &str) -> Http {
    Http { proxies: Proxies::with(&[(variable, proxy)]), ..http() }
}

#[tokio::test]
async fn a_proxy_gets_the_user_name_and_the_whole_password() {
    let (address, received) = raw_server(vec![reply("200 OK\r\nContent-Length: 2", "{}")]).await;
    let http = through("HTTP_PROXY", &format!("http://user:p@s%3As@{address}"));
    assert_eq!(post(&http, "http://ecs.example/").await.ok().map(|answer| answer.status), Some(200));
    let request = received.lock().unwrap()[0].clone();
    assert!(request.starts_with("POST http://ecs.example/ HTTP/1.1\r\n"), "{request}");
    // user:p@s:s
    assert!(request.to_lowercase().contains("proxy-authorization: basic dxnlcjpwqhm6cw==\r\n"), "{request}");
}

#[tokio::test]
async fn a_proxy_that_refuses_to_connect_is_final_and_says_why() {
    let cases = [
        (
            "407 Proxy Authentication Required",
            "the proxy asks for a user name and password, or for others (HTTP 407)",
        ),
        ("403 Forbidden", "the proxy refused to connect to the host"),
    ];
    for (head, why) in cases {
        let (address, received) = raw_server(vec![reply(head, "")]).await;
        let http = through("HTTPS_PROXY", &format!("http://user:secret@{address}"));
        let error = post(&http, "https://ecs.example/").await.err().unwrap();
        assert_eq!(error, SendError::Proxy(why.to_owned()));
        let request = received.lock().unwrap()[0].clone();
        assert!(request.starts_with("CONNECT ecs.example:443 HTTP/1.1\r\n"), "{request}");
    }
}

#[tokio::test]
async fn proxy_settings_that_cannot_be_used_are_final_and_name_the_variable() {
    let http = through("HTTPS_PROXY", "ftp://user:secret@proxy.example");
    let why = "the environment variable HTTPS_PROXY has the scheme \"ftp\"; proxies of http, https, socks5 and socks5h \
               work";
    let error = post(&http, "https://ecs.example/").await.err().unwrap();
    assert_eq!(error, SendError::Proxy(why.to_owned()));
}

#[tokio::test]
async fn socks_is_spoken_and_the_proxy_looks_names_up() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    for scheme in ["socks5", "socks5h"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let http = through("HTTP_PROXY", &format!("{scheme}://user:p@ss@{}", listener.local_addr().unwrap()));
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut methods = [0; 2];
            stream.read_exact(&mut methods).await.unwrap();
            let mut offered = vec![0; methods[1].into()];
            stream.read_exact(&mut offered).await.unwrap();
            assert!(offered.contains(&2), "by user name and password: {offered:?}");
            stream.write_all(&[5, 2]).await.unwrap();
            let mut login = [0; 11];
            stream.read_exact(&mut login).await.unwrap();
            assert_eq!(&login, b"\x01\x04user\x04p@ss");
            stream.write_all(&[1, 0]).await.unwrap();
            let mut target = [0; 17];
            stream.read_exact(&mut target).await.unwrap();
            assert_eq!(&target, b"\x05\x01\x00\x03\x0aecs.sample\x00\x50");
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
            let mut head = [0; 4];
            stream.read_exact(&mut head).await.unwrap();
            assert_eq!(&head, b"POST");
            stream.write_all(&reply("200 OK\r\nContent-Length: 2", "{}")).await.unwrap();
            stream
        };
        let (answer, _stream) = tokio::join!(post(&http, "http://ecs.sample/"), server);
        assert_eq!(answer.ok().map(|answer| answer.status), Some(200), "{scheme}");
    }
}
