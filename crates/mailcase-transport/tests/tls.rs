//! Whom a connection trusts, against real handshakes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use mailcase_mail::{SourceError, TlsPeer};
use mailcase_testbed::certificates::{
    Authority, Issued, self_signed, self_signed_authority, self_signed_expired,
};
use mailcase_testbed::process::free_port;
use mailcase_testbed::script::{Script, ScriptServer};
use mailcase_transport::{Endpoint, Established, Trust, TrustError, connect, resolve, start_tls};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(10);

async fn handshake_with(script: Script, host: &str, trust: &Trust) -> Result<Established, SourceError> {
    let server = ScriptServer::start(vec![script]).await.unwrap();
    let endpoint = Endpoint { host: host.to_owned(), port: server.port() };
    let addresses = resolve(&endpoint, DEADLINE).await?;
    let stream = connect(&endpoint, &addresses, DEADLINE).await?;
    start_tls(stream.into(), &endpoint, trust, DEADLINE).await
}

async fn handshake(issued: &Issued, trust: &Trust) -> Result<Established, SourceError> {
    handshake_with(Script::new().start_tls(issued).unwrap().hang(), "127.0.0.1", trust).await
}

fn trust(uploaded: &[&str]) -> Trust {
    Trust::new(uploaded, false).unwrap()
}

#[track_caller]
fn refused(result: Result<Established, SourceError>) -> (String, bool, Vec<mailcase_mail::CertificateFacts>) {
    match result {
        Err(SourceError::Tls { message, untrusted, chain, hint, peer }) => {
            assert_eq!(peer, TlsPeer::Server);
            assert!(hint.is_some(), "no hint with {message}");
            (message, untrusted, chain)
        }
        other => panic!("expected a TLS error, got {other:?}"),
    }
}

#[tokio::test]
async fn a_stranger_is_refused_with_what_it_showed_and_accepted_once_trusted() {
    let authority = Authority::new().unwrap();
    let leaf = authority.leaf().unwrap();
    let (message, untrusted, chain) = refused(handshake(&leaf, &Trust::default()).await);
    assert!(untrusted && message.contains("signed by nobody trusted"), "{message}");
    assert_eq!(chain[0].names, ["localhost", "127.0.0.1"]);
    assert_eq!(chain[0].sha256.len(), 64);

    let pinned = handshake(&leaf, &trust(&[&chain[0].pem])).await.unwrap();
    assert_eq!(pinned.encryption.chain, chain);
    assert!(pinned.stream.is_encrypted() && pinned.encryption.protocol.starts_with("TLS"));
    handshake(&leaf, &trust(&[authority.certificate_pem()])).await.unwrap();

    // Trust in one server's certificate is no trust in what else its key or its authority signs.
    let other = authority.leaf().unwrap();
    assert!(refused(handshake(&other, &trust(&[&chain[0].pem])).await).1);
}

#[tokio::test]
async fn an_authority_with_the_name_of_a_trusted_one_is_a_stranger_who_can_be_trusted() {
    // As after an authority was renewed: the same name, another key.
    let (old, new) = (Authority::new().unwrap(), Authority::new().unwrap());
    let leaf = new.leaf().unwrap();
    let (message, untrusted, chain) = refused(handshake(&leaf, &trust(&[old.certificate_pem()])).await);
    assert!(untrusted && message.contains("signed by nobody trusted"), "{message}");
    handshake(&leaf, &trust(&[old.certificate_pem(), &chain[0].pem])).await.unwrap();
    handshake(&leaf, &trust(&[old.certificate_pem(), new.certificate_pem()])).await.unwrap();
}

#[tokio::test]
async fn a_self_signed_certificate_is_accepted_by_being_exactly_the_uploaded_one() {
    let server = self_signed().unwrap();
    assert!(refused(handshake(&server, &Trust::default()).await).1);
    handshake(&server, &trust(&[&server.certificate_pem])).await.unwrap();
    let other = self_signed().unwrap();
    assert!(refused(handshake(&other, &trust(&[&server.certificate_pem])).await).1);
}

#[tokio::test]
async fn a_pinned_certificate_vouches_for_nothing_but_itself() {
    let (server, authority) = self_signed_authority().unwrap();
    let signed = authority.leaf().unwrap();
    let pinning = Trust::default().pinning(&[&server.certificate_pem]).unwrap();
    handshake(&server, &pinning).await.unwrap();
    let (message, untrusted, _) = refused(handshake(&signed, &pinning).await);
    assert!(untrusted && message.contains("signed by nobody trusted"), "{message}");
    // Uploaded as an authority it is one, and a pin beside it takes nothing away.
    let uploaded = trust(&[&server.certificate_pem]);
    handshake(&signed, &uploaded).await.unwrap();
    handshake(&signed, &uploaded.pinning(&[&server.certificate_pem]).unwrap()).await.unwrap();

    // Time and name count for a pin as well.
    let expired = self_signed_expired().unwrap();
    let (message, ..) =
        refused(handshake(&expired, &Trust::default().pinning(&[&expired.certificate_pem]).unwrap()).await);
    assert!(message.contains("until 2021-01-01"), "{message}");
    let wrong = authority.wrong_name().unwrap();
    let (message, ..) =
        refused(handshake(&wrong, &Trust::default().pinning(&[&wrong.certificate_pem]).unwrap()).await);
    assert!(message.contains("mail.example.org"), "{message}");
}

#[tokio::test]
async fn time_counts_even_for_what_is_trusted() {
    let authority = Authority::new().unwrap();
    let expired = authority.expired().unwrap();
    for trust in [trust(&[authority.certificate_pem()]), trust(&[&expired.certificate_pem]), Trust::default()]
    {
        let (message, untrusted, _) = refused(handshake(&expired, &trust).await);
        assert!(message.contains("until 2021-01-01") && !untrusted, "{message}");
    }
    let expired = self_signed_expired().unwrap();
    let (message, untrusted, _) = refused(handshake(&expired, &trust(&[&expired.certificate_pem])).await);
    assert!(message.contains("until 2021-01-01") && !untrusted, "{message}");
}

#[tokio::test]
async fn leaving_out_the_host_name_leaves_out_nothing_else() {
    let authority = Authority::new().unwrap();
    let wrong = authority.wrong_name().unwrap();
    let (message, untrusted, chain) =
        refused(handshake(&wrong, &trust(&[authority.certificate_pem()])).await);
    assert!(message.contains("mail.example.org") && !untrusted, "{message}");
    assert_eq!(chain.len(), 1);
    // A pin does not stand in for the name either.
    assert!(!refused(handshake(&wrong, &trust(&[&wrong.certificate_pem])).await).1);

    let lenient = Trust::new(&[authority.certificate_pem()], true).unwrap();
    handshake(&wrong, &lenient).await.unwrap();
    handshake(&wrong, &Trust::new(&[&wrong.certificate_pem], true).unwrap()).await.unwrap();
    // With the name left out, a stranger is still a stranger.
    assert!(refused(handshake(&wrong, &Trust::new::<&str>(&[], true).unwrap()).await).1);
    let expired = authority.expired().unwrap();
    assert!(!refused(handshake(&expired, &lenient).await).1);
}

#[tokio::test]
async fn a_server_without_tls_is_named_as_such() {
    let greeting = Script::new().send("* OK hello\r\n").hang();
    let (message, untrusted, chain) = refused(handshake_with(greeting, "127.0.0.1", &Trust::default()).await);
    assert!(message.contains("does not speak TLS") && !untrusted && chain.is_empty(), "{message}");

    let closing = handshake_with(Script::new().close(), "127.0.0.1", &Trust::default()).await;
    assert!(matches!(closing, Err(SourceError::Unreachable { .. })), "{closing:?}");
}

#[tokio::test]
async fn a_silent_server_runs_into_the_deadline() {
    let server = ScriptServer::start(vec![Script::new().hang()]).await.unwrap();
    let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port: server.port() };
    let stream = connect(&endpoint, &[server.address()], DEADLINE).await.unwrap();
    let result = start_tls(stream.into(), &endpoint, &Trust::default(), Duration::from_millis(50)).await;
    assert!(matches!(result, Err(SourceError::TimedOut { .. })), "{result:?}");
}

#[tokio::test]
async fn unknown_hosts_and_closed_ports_are_named() {
    let unknown = Endpoint { host: "does-not-exist.invalid".to_owned(), port: 993 };
    let error = resolve(&unknown, DEADLINE).await.unwrap_err();
    assert!(error.to_string().contains("does-not-exist.invalid") && error.hint().is_some(), "{error}");

    let closed = Endpoint { host: "127.0.0.1".to_owned(), port: free_port().unwrap() };
    let addresses = resolve(&closed, DEADLINE).await.unwrap();
    let error = connect(&closed, &addresses, DEADLINE).await.unwrap_err();
    assert!(error.to_string().contains("nothing listens") && error.hint().is_some(), "{error}");
}

#[tokio::test]
async fn a_dead_address_does_not_hide_a_living_one() {
    let server = ScriptServer::start(vec![Script::new().hang()]).await.unwrap();
    let endpoint = Endpoint { host: "localhost".to_owned(), port: server.port() };
    let dead = ([127, 0, 0, 3], free_port().unwrap()).into();
    connect(&endpoint, &[dead, server.address()], DEADLINE).await.unwrap();
}

#[test]
fn what_is_no_certificate_is_refused_with_its_position() {
    let good = self_signed().unwrap().certificate_pem;
    let refuse = |uploaded: &[&str]| Trust::new(uploaded, false).unwrap_err();
    assert_eq!(refuse(&[&good, "hello"]), TrustError::NotACertificate { position: 2 });
    assert_eq!(refuse(&[""]), TrustError::NotACertificate { position: 1 });
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(refuse(&[damaged]), TrustError::Unreadable { position: 1 });
    let base64_of_something = data_encoding::BASE64.encode(b"no certificate at all");
    assert_eq!(refuse(&[&base64_of_something]), TrustError::NotACertificate { position: 1 });
    assert!(Trust::new(&[format!("{good}{good}")], false).is_ok());
    for (no_pin, position) in [(&["hello"][..], 1), (&[&good, damaged], 2)] {
        let error = Trust::default().pinning(no_pin).unwrap_err();
        assert_eq!(error, TrustError::NoPin { position });
    }
    assert_eq!(trust(&[&good]).pinning(&vec![&good; 64]).unwrap_err(), TrustError::TooMany);
}

#[tokio::test]
async fn a_certificate_in_der_form_is_trusted_as_well() {
    let server = self_signed().unwrap();
    let der = data_encoding::BASE64_MIME.encode(&server.certificate_der);
    handshake(&server, &trust(&[&der])).await.unwrap();
    let other = self_signed().unwrap();
    assert!(refused(handshake(&other, &trust(&[&der])).await).1);
}
