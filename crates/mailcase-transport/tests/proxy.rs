//! The way through real proxies: Squid and a SOCKS5 server; and through scripted ones that misbehave.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use mailcase_mail::{CheckReport, SourceError, StepStatus, TlsPeer};
use mailcase_testbed::process::free_port;
use mailcase_testbed::script::{Script, ScriptServer};
use mailcase_testbed::socks::{self, Socks};
use mailcase_testbed::squid::{self, FORBIDDEN_NAME, INNER_NAME, Squid, SquidOptions};
use mailcase_transport::{Endpoint, PROXY_PASSWORD, Route, Steps};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

const DEADLINE: Duration = Duration::from_secs(20);
const GREETING: &str = "* OK hello from behind the proxy\r\n";

fn route(settings: Value, password: &str) -> Route {
    let secrets = BTreeMap::from([(PROXY_PASSWORD.name.to_owned(), SecretString::from(password))]);
    Route::new(&serde_json::from_value(settings).unwrap(), &secrets).unwrap()
}

fn at(host: &str, port: u16) -> Endpoint {
    Endpoint { host: host.to_owned(), port }
}

/// A server that speaks first, as IMAP servers do.
async fn server() -> ScriptServer {
    ScriptServer::start(vec![Script::new().send(GREETING).hang()]).await.unwrap()
}

async fn greeting(route: &Route, target: &Endpoint) -> Result<String, SourceError> {
    let mut carrier = route.dial(target, DEADLINE).await?;
    let mut greeting = vec![0; GREETING.len()];
    carrier.read_exact(&mut greeting).await.unwrap();
    Ok(String::from_utf8(greeting).unwrap())
}

async fn failure(route: &Route, target: &Endpoint) -> SourceError {
    let error = route.dial(target, DEADLINE).await.unwrap_err();
    for secret in [squid::PASSWORD, socks::PASSWORD, "wrong one"] {
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
    error
}

async fn report(route: &Route, target: &Endpoint) -> CheckReport {
    let mut steps = Steps::default();
    let dialled = route.dial_in_steps(target, DEADLINE, &mut steps).await;
    drop(steps.take(dialled));
    steps.into_report()
}

fn names(report: &CheckReport) -> Vec<(&str, StepStatus)> {
    report.steps.iter().map(|step| (step.name.as_str(), step.status)).collect()
}

#[tokio::test]
async fn squid_opens_the_way_in_the_clear_and_within_tls_and_looks_up_the_name_itself() {
    let squid = Squid::start(SquidOptions::default()).await.unwrap();
    let server = server().await;
    let ca = squid.authority().certificate_pem();
    for settings in [
        json!({"kind": "http", "host": squid.host(), "port": squid.http_port()}),
        json!({"kind": "https", "host": "localhost", "port": squid.https_port(), "trusted_certificates": [ca]}),
    ] {
        let route = route(settings, "");
        // This machine does not know the name.
        let target = at(INNER_NAME, server.port());
        assert!(mailcase_transport::resolve(&target, DEADLINE).await.is_err());
        assert_eq!(greeting(&route, &target).await.unwrap(), GREETING);
        assert_eq!(greeting(&route, &at("127.0.0.1", server.port())).await.unwrap(), GREETING);
        let report = report(&route, &target).await;
        assert!(report.passed(), "{report:#?}");
        assert_eq!(report.steps.last().unwrap().name, "proxy");
    }
    drop(server);
    let log = squid.access_log();
    let asked = format!("CONNECT {INNER_NAME}:");
    assert!(log.lines().filter(|line| line.contains(&asked)).count() >= 2, "{log}");
}

#[tokio::test]
async fn squid_lets_in_whoever_signs_in_and_nobody_else() {
    let squid = Squid::start(SquidOptions { sign_in: true }).await.unwrap();
    let server = server().await;
    let target = at("127.0.0.1", server.port());
    let proxy = |user: Value| json!({"kind": "http", "host": "127.0.0.1", "port": squid.http_port(), "username": user});

    let known = route(proxy(json!(squid::USER)), squid::PASSWORD);
    assert_eq!(greeting(&known, &target).await.unwrap(), GREETING);
    let within_tls = json!({
        "kind": "https", "host": "127.0.0.1", "port": squid.https_port(), "username": squid::USER,
        "trusted_certificates": [squid.authority().certificate_pem()],
    });
    assert_eq!(greeting(&route(within_tls, squid::PASSWORD), &target).await.unwrap(), GREETING);

    for (route, words) in [
        (route(proxy(json!(squid::USER)), "wrong one"), "refused the user name or password for the proxy"),
        (route(proxy(json!(squid::USER)), ""), "refused the user name or password for the proxy"),
        (route(proxy(Value::Null), ""), "asks for a user name and password"),
    ] {
        let error = failure(&route, &target).await;
        assert!(matches!(error, SourceError::SignIn { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.hint().unwrap().contains("proxy"));
        let report = report(&route, &target).await;
        assert_eq!(
            names(&report),
            [
                ("proxy_dns", StepStatus::Passed),
                ("proxy_tcp", StepStatus::Passed),
                ("proxy", StepStatus::Failed)
            ]
        );
    }
}

#[tokio::test]
async fn what_lies_beyond_the_proxy_is_told_from_the_proxy_itself() {
    let squid = Squid::start(SquidOptions::default()).await.unwrap();
    let proxy = route(json!({"kind": "http", "host": "127.0.0.1", "port": squid.http_port()}), "");
    let closed = free_port().unwrap();

    let error = failure(&proxy, &at(FORBIDDEN_NAME, 993)).await;
    assert!(matches!(error, SourceError::Unsupported { .. }), "{error:?}");
    assert!(error.to_string().contains("does not permit connections to forbidden.test:993"), "{error}");

    let error = failure(&proxy, &at("127.0.0.1", closed)).await;
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("nobody takes its connection"), "{error}");
    assert!(error.hint().unwrap().starts_with("The proxy works"), "{error:?}");

    let error = failure(&proxy, &at("no-such-name.invalid", 993)).await;
    assert!(error.to_string().contains("cannot look up the name"), "{error}");

    let nobody = route(json!({"kind": "http", "host": "127.0.0.1", "port": closed}), "");
    let error = failure(&nobody, &at("127.0.0.1", 993)).await;
    assert!(error.to_string().starts_with("the proxy cannot be reached: "), "{error}");
    let unknown = route(json!({"kind": "socks5", "host": "no-such-proxy.invalid"}), "");
    let report = report(&unknown, &at("127.0.0.1", 993)).await;
    assert_eq!(
        names(&report),
        [
            ("proxy_dns", StepStatus::Failed),
            ("proxy_tcp", StepStatus::Skipped),
            ("proxy", StepStatus::Skipped)
        ]
    );
}

#[tokio::test]
async fn the_certificate_of_the_proxy_is_a_matter_of_its_own() {
    let squid = Squid::start(SquidOptions::default()).await.unwrap();
    let server = server().await;
    let target = at("127.0.0.1", server.port());
    let proxy = |more: Value| {
        let mut settings = json!({"kind": "https", "host": "localhost", "port": squid.https_port()});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        route(settings, "")
    };
    let error = failure(&proxy(json!({})), &target).await;
    let SourceError::Tls { message, peer, untrusted, chain, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*peer, *untrusted, chain.len()), (TlsPeer::Proxy, true, 1));
    assert!(message.contains("the certificate of the proxy localhost:"), "{message}");

    let report = report(&proxy(json!({})), &target).await;
    assert!(report.proxy_untrusted && !report.untrusted && report.chain.is_empty());
    assert_eq!(&report.proxy_chain, chain);
    assert_eq!(
        names(&report),
        [
            ("proxy_dns", StepStatus::Passed),
            ("proxy_tcp", StepStatus::Passed),
            ("proxy_tls", StepStatus::Failed),
            ("proxy", StepStatus::Skipped)
        ]
    );
    let trusting = proxy(json!({"pinned_certificates": [chain[0].pem]}));
    assert_eq!(greeting(&trusting, &target).await.unwrap(), GREETING);

    // A name the certificate is not for is skipped by itself, and by nothing else.
    let ca = squid.authority().certificate_pem();
    for (more, passes) in [
        (json!({"host": "127.0.0.2", "trusted_certificates": [ca]}), false),
        (
            json!({"host": "127.0.0.2", "trusted_certificates": [ca], "skip_hostname_verification": true}),
            true,
        ),
        (json!({"host": "127.0.0.2", "skip_hostname_verification": true}), false),
    ] {
        // Listens on 127.0.0.1 alone: a forwarder gives it another address.
        let forwarder = forward(squid.https_port()).await;
        let mut more = more;
        more["port"] = json!(forwarder);
        let result = greeting(&proxy(more.clone()), &target).await;
        assert_eq!(result.is_ok(), passes, "{more}: {result:?}");
    }
}

/// Passes on what comes to a port of 127.0.0.2.
async fn forward(to: u16) -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.2", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut far = tokio::net::TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                drop(tokio::io::copy_bidirectional(&mut near, &mut far).await);
            });
        }
    });
    port
}

#[tokio::test]
async fn a_socks_server_opens_the_way_and_says_why_not() {
    let server = server().await;
    let open = Socks::start(false).await.unwrap();
    let guarded = Socks::start(true).await.unwrap();
    let proxy = |socks: &Socks, user: Option<&str>, password: &str| {
        route(
            json!({"kind": "socks5", "host": socks.host(), "port": socks.port(), "username": user}),
            password,
        )
    };
    // localhost goes out as a name.
    for host in ["127.0.0.1", "localhost"] {
        let target = at(host, server.port());
        assert_eq!(greeting(&proxy(&open, None, ""), &target).await.unwrap(), GREETING);
        let known = proxy(&guarded, Some(socks::USER), socks::PASSWORD);
        assert_eq!(greeting(&known, &target).await.unwrap(), GREETING);
    }
    let target = at("127.0.0.1", server.port());
    let error = failure(&proxy(&guarded, Some(socks::USER), "wrong one"), &target).await;
    assert!(error.to_string().contains("refused the user name or password"), "{error}");
    let error = failure(&proxy(&guarded, None, ""), &target).await;
    assert!(matches!(error, SourceError::SignIn { .. }), "{error:?}");
    assert!(error.to_string().contains("asks for a user name and password"), "{error}");

    let error = failure(&proxy(&open, None, ""), &at("127.0.0.1", free_port().unwrap())).await;
    assert!(error.to_string().contains("refuses the connection"), "{error}");
    let error = failure(&proxy(&open, None, ""), &at("no-such-name.invalid", 1)).await;
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_proxy_of_another_kind_is_named_as_such() {
    let squid = Squid::start(SquidOptions::default()).await.unwrap();
    let socks = Socks::start(false).await.unwrap();
    let target = at("127.0.0.1", 993);
    let squid_as =
        |kind: &str, port: u16| route(json!({"kind": kind, "host": "127.0.0.1", "port": port}), "");
    let error = failure(&squid_as("https", squid.http_port()), &target).await;
    assert!(matches!(error, SourceError::Tls { peer: TlsPeer::Proxy, untrusted: false, .. }), "{error:?}");
    for route in [squid_as("http", squid.https_port()), squid_as("http", socks.port())] {
        let error = failure(&route, &target).await;
        assert!(error.hint().unwrap().contains("kind of the proxy"), "{error:?}");
    }
    // Squid waits for the end of what it takes for a request.
    let waiting = squid_as("socks5", squid.http_port());
    let error = waiting.dial(&target, Duration::from_millis(200)).await.unwrap_err();
    assert!(error.to_string().contains("through the proxy"), "{error:?}");
}

#[tokio::test]
async fn what_a_proxy_says_in_one_breath_with_its_answer_is_not_lost() {
    let answer = format!("HTTP/1.0 200 Connection established\r\nX-Any: thing\r\n\r\n{GREETING}");
    let script =
        Script::new().expect("CONNECT mail.invalid:993 HTTP/1.1").expect("host: mail.invalid:993").expect("");
    let proxy = ScriptServer::start(vec![script.send(answer).hang()]).await.unwrap();
    let route = route(json!({"kind": "http", "host": "127.0.0.1", "port": proxy.port()}), "");
    assert_eq!(greeting(&route, &at("mail.invalid", 993)).await.unwrap(), GREETING);
    proxy.assert_followed().unwrap();
    assert!(!proxy.transcript().iter().any(|line| line.to_lowercase().contains("authorization")));
}

#[tokio::test]
async fn every_refusal_of_an_http_proxy_has_its_meaning() {
    let code = |status: &'static str| async move {
        let script = Script::new().expect("CONNECT").expect("").expect("");
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\nRetry-After: 7\r\n\r\nnope");
        let proxy = ScriptServer::start(vec![script.send(answer).hang()]).await.unwrap();
        failure(
            &route(json!({"kind": "http", "host": "127.0.0.1", "port": proxy.port()}), ""),
            &at("mail.invalid", 993),
        )
        .await
    };
    for (status, expected) in [
        ("407 Proxy Authentication Required", "sign_in"),
        ("407 Nothing But\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM", "unsupported"),
        ("407 Also\r\nProxy-Authenticate: Negotiate, Basic realm=\"a, b\"", "sign_in"),
        ("401 Unauthorized", "sign_in"),
        ("403 Forbidden", "unsupported"),
        ("405 Method Not Allowed", "unsupported"),
        ("502 Bad Gateway", "unreachable"),
        ("503 Service Unavailable", "unreachable"),
        ("504 Gateway Timeout", "unreachable"),
        ("302 Found", "unreachable"),
        ("500 Internal Server Error", "unreachable"),
    ] {
        assert_eq!(code(status).await.code(), expected, "{status}");
    }
    let patience = code("429 Too Many Requests").await;
    assert!(
        matches!(patience, SourceError::Throttled { retry_after: Some(wait), .. } if wait == Duration::from_secs(7)),
        "{patience:?}"
    );
}

#[tokio::test]
async fn a_proxy_that_says_nothing_or_too_much_ends_within_bounds() {
    let target = at("mail.invalid", 993);
    let silent = ScriptServer::start(vec![Script::new().hang()]).await.unwrap();
    for kind in ["http", "https", "socks5"] {
        let route = route(json!({"kind": kind, "host": "127.0.0.1", "port": silent.port()}), "");
        let error = route.dial(&target, Duration::from_millis(200)).await.unwrap_err();
        assert!(matches!(error, SourceError::TimedOut { .. }), "{kind}: {error:?}");
        assert!(error.to_string().contains("proxy"), "{error}");
    }
    let flood =
        Script::new().expect("CONNECT").send("HTTP/1.1 200 OK\r\nX-Flood: ").repeat("a".repeat(1000), 10_000);
    let server = ScriptServer::start(vec![flood]).await.unwrap();
    let flooded = route(json!({"kind": "http", "host": "127.0.0.1", "port": server.port()}), "");
    let error = failure(&flooded, &target).await;
    assert!(matches!(error, SourceError::Unsupported { .. } | SourceError::Unreachable { .. }), "{error:?}");
}
