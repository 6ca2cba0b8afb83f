//! The HTTP client against a real server with TLS and HTTP/2, through real proxies, and against servers that misbehave.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use mailcase_mail::{Deadlines, SourceError, StepStatus, TlsPeer};
use mailcase_testbed::certificates::{Authority, Issued};
use mailcase_testbed::script::{Script, ScriptServer};
use mailcase_testbed::socks::{self, Socks};
use mailcase_testbed::squid::{self, Squid, SquidOptions};
use mailcase_transport::http::{HttpClient, HttpResponse};
use mailcase_transport::{PROXY_PASSWORD, Route, Steps, Trust};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

const LIMIT: usize = 1 << 20;

/// Answers each request with what it was: method, path, version, user agent, authorization and body length.
struct EchoServer {
    port: u16,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl EchoServer {
    async fn start(issued: &Issued, protocols: &[&str]) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(issued.certificate_der.clone())],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.key_der.clone())),
            )
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                let counted = Arc::clone(&counted);
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    counted.fetch_add(1, Ordering::SeqCst);
                    let builder = auto::Builder::new(TokioExecutor::new());
                    drop(builder.serve_connection(TokioIo::new(stream), service_fn(echo)).await);
                });
            }
        });
        Self { port, connections, task }
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.port)
    }
}

async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    if head.uri.path() == "/large" {
        return Ok(Response::new(Full::new(Bytes::from(vec![b'x'; 3 << 20]))));
    }
    let header =
        |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let seen = json!({
        "method": head.method.as_str(), "path": head.uri.path(), "http2": head.version == Version::HTTP_2,
        "agent": header("user-agent"), "authorization": header("authorization"),
        "bytes": body.collect().await.map(|body| body.to_bytes().len()).unwrap_or_default(),
    });
    Ok(Response::new(Full::new(Bytes::from(seen.to_string()))))
}

fn through(settings: Value, password: &str) -> Route {
    let secrets = BTreeMap::from([(PROXY_PASSWORD.name.to_owned(), SecretString::from(password))]);
    Route::new(&serde_json::from_value(settings).unwrap(), &secrets).unwrap()
}

fn client(route: Route, authority: &Authority) -> HttpClient {
    HttpClient::new(route, Trust::new(&[authority.certificate_pem()], false).unwrap(), Deadlines::default())
}

fn plain(deadline: Duration) -> HttpClient {
    HttpClient::new(Route::direct(), Trust::default(), Deadlines { connect: deadline, silence: deadline })
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn both_versions_are_spoken_and_connections_are_kept() {
    let authority = Authority::new().unwrap();
    let leaf = authority.leaf().unwrap();
    for (protocols, http2) in [(&["h2", "http/1.1"][..], true), (&["http/1.1"][..], false), (&[][..], false)]
    {
        let server = EchoServer::start(&leaf, protocols).await;
        let client = client(Route::direct(), &authority);
        for _ in 0..5 {
            let request = Request::post(server.url("localhost", "/a/path"))
                .header("authorization", "Bearer x")
                .body(Bytes::from_static(b"12345"))
                .unwrap();
            let answer = client.send(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            let seen: Value = answer.json(LIMIT).await.unwrap();
            assert_eq!(seen["http2"], http2);
            assert_eq!(
                (&seen["method"], &seen["path"], &seen["bytes"]),
                (&json!("POST"), &json!("/a/path"), &json!(5))
            );
            assert!(seen["agent"].as_str().unwrap().starts_with("mailcase/"));
            assert_eq!(seen["authorization"], "Bearer x");
        }
        assert_eq!(server.connections.load(Ordering::SeqCst), 1);
        let mut large = client.send(get(&server.url("localhost", "/large"))).await.unwrap();
        let mut received = 0;
        while let Some(chunk) = large.chunk().await.unwrap() {
            received += chunk.len();
        }
        assert_eq!(received, 3 << 20);
    }
}

#[tokio::test]
async fn every_kind_of_proxy_leads_to_the_server() {
    let authority = Authority::new().unwrap();
    let server = EchoServer::start(&authority.leaf().unwrap(), &["h2"]).await;
    let squid = Squid::start(SquidOptions { sign_in: true }).await.unwrap();
    let socks = Socks::start(true).await.unwrap();
    let http =
        json!({"kind": "http", "host": "127.0.0.1", "port": squid.http_port(), "username": squid::USER});
    let https = json!({
        "kind": "https", "host": "localhost", "port": squid.https_port(), "username": squid::USER,
        "trusted_certificates": [squid.authority().certificate_pem()],
    });
    let socks5 =
        json!({"kind": "socks5", "host": "127.0.0.1", "port": socks.port(), "username": socks::USER});
    for (settings, password) in
        [(http.clone(), squid::PASSWORD), (https.clone(), squid::PASSWORD), (socks5, socks::PASSWORD)]
    {
        let client = client(through(settings.clone(), password), &authority);
        let seen: Value =
            client.send(get(&server.url("localhost", "/"))).await.unwrap().json(LIMIT).await.unwrap();
        assert_eq!(seen["http2"], true, "{settings}");
        let mut steps = Steps::default();
        assert!(client.reach(&server.url("localhost", "/").parse().unwrap(), &mut steps).await);
        let report = steps.into_report();
        assert!(report.passed() && report.chain.len() == 1, "{report:#?}");
    }

    // Errors of the way come out as they are on every way.
    let client = client(through(http, "wrong one"), &authority);
    let error = client.send(get(&server.url("localhost", "/"))).await.unwrap_err();
    assert!(matches!(error, SourceError::SignIn { .. }), "{error:?}");
    assert!(
        error.to_string().contains("for the proxy") && !error.to_string().contains("wrong one"),
        "{error}"
    );
    let untrusted = json!({"kind": "https", "host": "localhost", "port": squid.https_port()});
    let client = HttpClient::new(through(untrusted, ""), Trust::default(), Deadlines::default());
    let error = client.send(get(&server.url("localhost", "/"))).await.unwrap_err();
    assert!(matches!(error, SourceError::Tls { peer: TlsPeer::Proxy, untrusted: true, .. }), "{error:?}");
}

#[tokio::test]
async fn an_untrusted_server_is_refused_with_what_it_showed() {
    let authority = Authority::new().unwrap();
    let server = EchoServer::start(&authority.leaf().unwrap(), &["h2"]).await;
    let client = HttpClient::new(Route::direct(), Trust::default(), Deadlines::default());
    let url = server.url("localhost", "/");
    let error = client.send(get(&url)).await.unwrap_err();
    let SourceError::Tls { peer, untrusted, chain, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*peer, *untrusted, chain.len()), (TlsPeer::Server, true, 1));
    let mut steps = Steps::default();
    assert!(!client.reach(&url.parse().unwrap(), &mut steps).await);
    let report = steps.into_report();
    assert!(report.untrusted && report.chain == *chain, "{report:#?}");
    let tls = report.steps.iter().find(|step| step.name == "tls").unwrap();
    assert_eq!(tls.status, StepStatus::Failed);
}

/// What a scripted server's answer leads to.
async fn answer_of(script: Script) -> (ScriptServer, Result<HttpResponse, SourceError>) {
    let script = Script::new().expect("GET / HTTP/1.1").expect("").expect("").expect("").then(script);
    let server = ScriptServer::start(vec![script]).await.unwrap();
    let url = format!("http://127.0.0.1:{}/", server.port());
    let answer = plain(Duration::from_millis(500)).send(get(&url)).await;
    (server, answer)
}

#[tokio::test]
async fn a_body_cut_short_or_too_long_is_an_error_and_never_an_answer() {
    let cut = Script::new().send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").close();
    let (_server, answer) = answer_of(cut).await;
    let error = answer.unwrap().bytes(LIMIT).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    let chunk_missing =
        Script::new().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").close();
    let (_server, answer) = answer_of(chunk_missing).await;
    assert!(answer.unwrap().bytes(LIMIT).await.is_err());

    let silent = Script::new().send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").hang();
    let (_server, answer) = answer_of(silent).await;
    let error = answer.unwrap().bytes(LIMIT).await.unwrap_err();
    assert!(matches!(error, SourceError::TimedOut { .. }), "{error:?}");

    let announced = Script::new().send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n").hang();
    let (_server, answer) = answer_of(announced).await;
    let error = answer.unwrap().bytes(1000).await.unwrap_err();
    assert!(error.to_string().contains("1000 bytes permitted"), "{error}");
    let endless = Script::new()
        .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        .repeat("4\r\nabcd\r\n", 10_000);
    let (_server, answer) = answer_of(endless).await;
    let error = answer.unwrap().bytes(1000).await.unwrap_err();
    assert!(error.to_string().contains("1000 bytes permitted"), "{error}");
}

#[tokio::test]
async fn what_is_no_answer_is_named() {
    let (_server, answer) = answer_of(Script::new().hang()).await;
    assert!(matches!(answer, Err(SourceError::TimedOut { .. })), "{answer:?}");
    let (_server, answer) = answer_of(Script::new().close()).await;
    assert!(matches!(answer, Err(SourceError::Unreachable { .. })), "{answer:?}");
    let (_server, answer) = answer_of(Script::new().send("+OK POP3 server\r\n").hang()).await;
    let error = answer.unwrap_err();
    assert!(matches!(error, SourceError::Protocol { .. }), "{error:?}");
    let endless =
        Script::new().send("HTTP/1.1 200 OK\r\n").repeat(format!("X-A: {}\r\n", "a".repeat(1000)), 10_000);
    let (_server, answer) = answer_of(endless).await;
    assert!(matches!(answer, Err(SourceError::Protocol { .. })), "{answer:?}");

    let secret =
        Script::new().send("HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{\"access_token\":hunter2} ").hang();
    let (_server, answer) = answer_of(secret).await;
    let error = answer.unwrap().json::<Value>(LIMIT).await.unwrap_err();
    assert!(
        matches!(error, SourceError::Protocol { .. }) && !error.to_string().contains("hunter2"),
        "{error:?}"
    );
}

#[tokio::test]
async fn redirects_are_handed_back_and_patience_is_understood() {
    let (server, answer) = answer_of(
        Script::new().send("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n").hang(),
    )
    .await;
    assert_eq!(answer.unwrap().status(), StatusCode::FOUND);
    assert_eq!(server.connections(), 1);
    for (head, expected) in [
        ("429 Too Many Requests\r\nRetry-After: 12", Some(Some(12))),
        ("429 Too Many Requests", Some(None)),
        ("503 Service Unavailable\r\nRetry-After: 3", Some(Some(3))),
        ("503 Service Unavailable", None),
        ("200 OK\r\nRetry-After: 3", None),
    ] {
        let (_server, answer) =
            answer_of(Script::new().send(format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n")).hang())
                .await;
        let wait = match answer.unwrap().patience() {
            Some(SourceError::Throttled { retry_after, .. }) => Some(retry_after.map(|wait| wait.as_secs())),
            None => None,
            Some(other) => panic!("{other:?}"),
        };
        assert_eq!(wait, expected, "{head}");
    }
}

#[tokio::test]
async fn a_connection_the_server_closed_meanwhile_is_replaced() {
    let once = Script::new()
        .expect("GET")
        .expect("")
        .expect("")
        .expect("")
        .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .close();
    let server = ScriptServer::start(vec![once]).await.unwrap();
    let client = plain(Duration::from_secs(10));
    for _ in 0..5 {
        let url = format!("http://127.0.0.1:{}/", server.port());
        assert_eq!(&client.send(get(&url)).await.unwrap().bytes(10).await.unwrap()[..], b"ok");
    }
    assert_eq!(server.connections(), 5);
}

#[tokio::test]
async fn credentials_do_not_leave_in_the_clear_and_nonsense_is_refused() {
    let client = plain(Duration::from_secs(1));
    for url in ["http://192.0.2.1/", "http://localhost.example.org/", "http://localhost/"] {
        let request = Request::get(url).header("authorization", "Bearer hunter2").body(Bytes::new()).unwrap();
        let error = client.send(request).await.unwrap_err();
        assert!(matches!(error, SourceError::Settings { .. }), "{error:?}");
        assert!(!error.to_string().contains("hunter2"));
    }
    for url in ["ftp://127.0.0.1/", "/only/a/path", "https://127.0.0.1:0/"] {
        let error = client.send(get(url)).await.unwrap_err();
        assert!(matches!(error, SourceError::Settings { .. }), "{url}: {error:?}");
    }
}
