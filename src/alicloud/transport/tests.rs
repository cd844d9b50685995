use std::sync::Arc;

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
    // Everything else would go through a proxy that is not there.
    let http = Http { proxies: Proxies::all_through("http://127.0.0.1:1"), ..http() };
    let url = Url::parse(&format!("http://{address}/latest/api/token")).unwrap();
    assert!(http.proxies.of(&Url::parse("http://ecs.example/").unwrap()).is_some());
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
