//! Tokens from a real OpenID provider in the layout of Microsoft Entra: every way of signing in, every refusal.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on shall stop")]

use mailcase_mail::testkit::Drawer;
use mailcase_mail::{Deadlines, SourceError, StepStatus};
use mailcase_testbed::oidc::{Consent, Oidc, OidcClient, OidcOptions, TENANT};
use mailcase_testbed::script::{Script, ScriptServer};
use mailcase_testbed::squid::{Squid, SquidOptions};
use mailcase_transport::http::HttpClient;
use mailcase_transport::oauth::{
    AccessTokens, ClientCredential, Grant, OauthClient, Prompt, Provider, SigningAlgorithm,
    SigningCertificate, SigningCertificateError,
};
use mailcase_transport::{Route, Steps, Trust};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

const SCOPE: &str = "https://graph.microsoft.com/.default";
const DELEGATED: &str = "https://graph.microsoft.com/Mail.ReadWrite";
const REDIRECT: &str = "https://mailcase.example/email-oauth";
const SECRET: &str = "s3cr3t of the application";
const PERSON: &str = "ann@example.org";

/// A certificate with an RSA key, as Entra wants it.
struct Identity {
    certificate: String,
    key: String,
}

fn identity() -> Identity {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let certificate =
        CertificateParams::new(vec!["app.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    Identity { certificate: certificate.pem(), key: key.serialize_pem() }
}

fn pem(identity: &Identity) -> SecretString {
    SecretString::from(format!("{}{}", identity.key, identity.certificate))
}

fn application(id: &str) -> OidcClient {
    OidcClient { id: id.to_owned(), secret: Some(SECRET.to_owned()), ..OidcClient::default() }
}

fn web_application(id: &str) -> OidcClient {
    OidcClient { redirects: vec![REDIRECT.to_owned()], ..application(id) }
}

async fn provider(clients: Vec<OidcClient>) -> Oidc {
    Oidc::start(OidcOptions { clients, ..OidcOptions::default() }).await.unwrap()
}

fn http(oidc: &Oidc, route: Route) -> HttpClient {
    let trust = Trust::new(&[oidc.authority().certificate_pem()], false).unwrap();
    HttpClient::new(route, trust, Deadlines::default())
}

fn at_tenant(oidc: &Oidc, tenant: &str, id: &str, credential: ClientCredential) -> OauthClient {
    let provider = Provider::microsoft_at(&oidc.base(), tenant).unwrap();
    OauthClient::new(http(oidc, Route::direct()), provider, id, credential)
}

fn client(oidc: &Oidc, id: &str, credential: ClientCredential) -> OauthClient {
    at_tenant(oidc, TENANT, id, credential)
}

fn secret(text: &str) -> ClientCredential {
    ClientCredential::Secret(SecretString::from(text))
}

fn certificate(file: SigningCertificate, algorithm: SigningAlgorithm) -> ClientCredential {
    ClientCredential::Certificate { certificate: Arc::new(file), algorithm }
}

/// The claims of a token; its signature is the provider's business.
fn claims(token: &SecretString) -> serde_json::Value {
    let part = token.expose_secret().split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn an_application_signs_in_with_a_secret_or_with_a_certificate() {
    let identity = identity();
    let certified = OidcClient {
        id: "certified".to_owned(),
        certificate: Some(identity.certificate.clone()),
        ..OidcClient::default()
    };
    let oidc = provider(vec![application("app"), certified]).await;
    let tokens = client(&oidc, "app", secret(SECRET)).sign_in_as_application(SCOPE).await.unwrap();
    assert!(tokens.lifetime.unwrap() > Duration::from_secs(3000) && tokens.refresh.is_none());
    let seen = claims(tokens.access.secret());
    assert_eq!((&seen["aud"], &seen["appid"]), (&json!("https://graph.microsoft.com"), &json!("app")));
    assert_eq!(seen["tid"], TENANT);

    for algorithm in [SigningAlgorithm::Ps256, SigningAlgorithm::Rs256] {
        let file = SigningCertificate::from_pem(&pem(&identity)).unwrap();
        let client = client(&oidc, "certified", certificate(file, algorithm));
        let tokens = client.sign_in_as_application(SCOPE).await.unwrap();
        assert_eq!(claims(tokens.access.secret())["appid"], "certified", "{algorithm:?}");
        // Each statement is used once: the provider remembers them.
        client.sign_in_as_application(SCOPE).await.unwrap();
    }
}

#[tokio::test]
async fn a_test_warns_of_a_certificate_that_ends_soon() {
    let days = |days: i64| {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let mut params = CertificateParams::new(vec!["app.example".to_owned()]).unwrap();
        let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
        let end = end.to_zoned(jiff::tz::TimeZone::UTC);
        let number = |part: i8| u8::try_from(part).unwrap();
        params.not_after = rcgen::date_time_ymd(end.year().into(), number(end.month()), number(end.day()));
        Identity { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    };
    for (identity, expected) in [(days(20), StepStatus::Warning), (days(400), StepStatus::Passed)] {
        let certified = OidcClient {
            id: "certified".to_owned(),
            certificate: Some(identity.certificate.clone()),
            ..OidcClient::default()
        };
        let oidc = provider(vec![certified]).await;
        let file = SigningCertificate::from_pem(&pem(&identity)).unwrap();
        let client = client(&oidc, "certified", certificate(file, SigningAlgorithm::Ps256));
        let mut steps = Steps::default();
        AccessTokens::new(client, Grant::Application, SCOPE).check(&mut steps).await.unwrap();
        let report = steps.into_report();
        assert_eq!(report.steps[0].status, expected, "{report:#?}");
        assert_eq!(report.steps[0].hint.is_some(), expected == StepStatus::Warning);
        assert!(report.steps[0].detail.contains("valid until"));
    }
}

#[tokio::test]
async fn tokens_come_through_a_proxy_as_well() {
    let oidc = provider(vec![application("app")]).await;
    let squid = Squid::start(SquidOptions::default()).await.unwrap();
    let settings = json!({"kind": "http", "host": squid.host(), "port": squid.http_port()});
    let route = Route::new(&serde_json::from_value(settings).unwrap(), &BTreeMap::new()).unwrap();
    let provider = Provider::microsoft_at(&oidc.base(), TENANT).unwrap();
    let client = OauthClient::new(http(&oidc, route), provider, "app", secret(SECRET));
    client.sign_in_as_application(SCOPE).await.unwrap();
}

#[tokio::test]
async fn every_refusal_has_its_number_and_its_remedy() {
    let (ours, other) = (identity(), identity());
    let certified = OidcClient {
        id: "certified".to_owned(),
        certificate: Some(ours.certificate.clone()),
        ..OidcClient::default()
    };
    let expired = OidcClient { expired: true, ..application("expired") };
    let oidc = provider(vec![application("app"), expired, certified]).await;
    let stranger = || {
        let file = SigningCertificate::from_pem(&pem(&other)).unwrap();
        certificate(file, SigningAlgorithm::Ps256)
    };
    for (client, scope, number, remedy) in [
        (client(&oidc, "app", secret("wrong one")), SCOPE, "AADSTS7000215", "not its id"),
        (client(&oidc, "expired", secret("wrong one")), SCOPE, "AADSTS7000222", "new secret"),
        (client(&oidc, "nobody", secret(SECRET)), SCOPE, "AADSTS700016", "client id and tenant"),
        (client(&oidc, "certified", stranger()), SCOPE, "AADSTS700027", "public certificate"),
        (at_tenant(&oidc, "no-such.example", "app", secret(SECRET)), SCOPE, "AADSTS90002", "tenant's id"),
        (
            client(&oidc, "app", secret(SECRET)),
            "https://graph.microsoft.com/No.Such",
            "AADSTS1002012",
            ".default",
        ),
    ] {
        let error = client.sign_in_as_application(scope).await.unwrap_err();
        assert!(matches!(error, SourceError::SignIn { .. }), "{error:?}");
        assert!(error.to_string().contains(number), "{number}: {error}");
        assert!(error.hint().unwrap().contains(remedy), "{number}: {error:?}");
        let shown = format!("{error:?} {client:?}");
        assert!(!shown.contains("wrong one") && !shown.contains(SECRET), "{shown}");
    }
    for (client, word) in [
        (at_tenant(&oidc, "", "app", secret(SECRET)), "tenant"),
        (client(&oidc, "app", ClientCredential::Public), "secret or a certificate"),
    ] {
        let error = client.sign_in_as_application(SCOPE).await.unwrap_err();
        assert!(
            matches!(error, SourceError::Settings { .. }) && error.to_string().contains(word),
            "{error:?}"
        );
    }
}

/// A person grants access; what the provider gave for it.
async fn granted(oidc: &Oidc, client: &OauthClient) -> SecretString {
    let begun = client.begin(REDIRECT, DELEGATED, Some(PERSON), Prompt::Usual);
    let back = oidc.sign_in(&begun.url, PERSON, Consent::Given, REDIRECT).await.unwrap();
    let code = parameter(&back, "code").unwrap();
    assert_eq!(parameter(&back, "state").unwrap(), begun.state.expose_secret());
    let tokens = client.redeem(REDIRECT, &SecretString::from(code), &begun.verifier).await.unwrap();
    assert_eq!(tokens.account.as_deref(), Some(PERSON));
    assert_eq!(claims(tokens.access.secret())["upn"], PERSON);
    tokens.refresh.unwrap()
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn a_person_grants_access_in_one_tenant_or_in_any() {
    let public =
        OidcClient { id: "public".to_owned(), redirects: vec![REDIRECT.to_owned()], ..OidcClient::default() };
    let oidc = provider(vec![web_application("web"), public]).await;
    for (tenant, id, credential) in [
        (TENANT, "web", secret(SECRET)),
        ("", "web", secret(SECRET)),
        (TENANT, "public", ClientCredential::Public),
    ] {
        let client = at_tenant(&oidc, tenant, id, credential);
        let refresh = granted(&oidc, &client).await;
        let tokens = client.refresh(&refresh, DELEGATED).await.unwrap();
        let seen = claims(tokens.access.secret());
        assert!(seen["scp"].as_str().unwrap().contains("Mail.ReadWrite"), "{seen}");
        assert_ne!(tokens.refresh.unwrap().expose_secret(), refresh.expose_secret());
    }
}

#[tokio::test]
async fn a_grant_is_bound_to_who_began_it_and_used_once() {
    let oidc = provider(vec![web_application("web")]).await;
    let client = client(&oidc, "web", secret(SECRET));
    let (one, other) = (
        client.begin(REDIRECT, DELEGATED, None, Prompt::Usual),
        client.begin(REDIRECT, DELEGATED, None, Prompt::SelectAccount),
    );
    assert_ne!(one.state.expose_secret(), other.state.expose_secret());
    assert_ne!(one.verifier.expose_secret(), other.verifier.expose_secret());
    assert_eq!(parameter(&other.url, "prompt").as_deref(), Some("select_account"));
    assert!(!one.url.contains(one.verifier.expose_secret()));
    let shown = format!("{one:?}");
    assert!(!shown.contains(one.verifier.expose_secret()), "{shown}");

    let back = oidc.sign_in(&one.url, PERSON, Consent::Given, REDIRECT).await.unwrap();
    let code = SecretString::from(parameter(&back, "code").unwrap());
    let error = client.redeem(REDIRECT, &code, &other.verifier).await.unwrap_err();
    assert!(matches!(error, SourceError::SignIn { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("Grant access again"), "{error:?}");
    client.redeem(REDIRECT, &code, &one.verifier).await.unwrap();
    let again = client.redeem(REDIRECT, &code, &one.verifier).await.unwrap_err();
    assert!(again.to_string().contains("AADSTS54005"), "{again:?}");
}

#[tokio::test]
async fn a_person_who_refuses_is_understood() {
    let oidc = provider(vec![web_application("web")]).await;
    let client = client(&oidc, "web", secret(SECRET));
    let begun = client.begin(REDIRECT, DELEGATED, None, Prompt::Consent);
    let back = oidc.sign_in(&begun.url, PERSON, Consent::Refused, REDIRECT).await.unwrap();
    assert_eq!(parameter(&back, "code"), None);
    let error =
        client.denied(&parameter(&back, "error").unwrap(), &parameter(&back, "error_description").unwrap());
    assert!(error.to_string().contains("did not grant access (AADSTS65004)"), "{error}");
    assert!(error.hint().unwrap().contains("accept what is asked"));
}

fn delegated(client: &OauthClient, drawer: &Drawer) -> AccessTokens {
    AccessTokens::new(client.clone(), Grant::Delegated(Arc::new(drawer.clone())), DELEGATED)
}

#[tokio::test]
async fn many_who_want_a_token_cost_one_request() {
    let oidc = provider(vec![application("app")]).await;
    let tokens = AccessTokens::new(client(&oidc, "app", secret(SECRET)), Grant::Application, SCOPE);
    let got = futures::future::join_all((0..20).map(|_| tokens.get())).await;
    let first = got[0].as_ref().unwrap().clone();
    for token in got {
        assert_eq!(token.unwrap().secret().expose_secret(), first.secret().expose_secret());
    }
    assert_eq!(oidc.ledger().await.unwrap().len(), 1);
    // A server that refuses it gets another one, once for all who were refused.
    let others = futures::future::join_all((0..5).map(|_| tokens.other_than(first.secret()))).await;
    for token in others {
        assert_ne!(token.unwrap().secret().expose_secret(), first.secret().expose_secret());
    }
    assert_eq!(oidc.ledger().await.unwrap().len(), 2);
    let shown = format!("{tokens:?} {first:?} {:?}", first.bearer().unwrap());
    assert!(!shown.contains(first.secret().expose_secret()) && !shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn a_new_refresh_token_is_stored_before_the_access_token_is_used() {
    let oidc = provider(vec![web_application("web")]).await;
    let client = client(&oidc, "web", secret(SECRET));
    let nobody = delegated(&client, &Drawer::default()).get().await.unwrap_err();
    assert!(matches!(&nobody, SourceError::SignIn { .. }), "{nobody:?}");
    assert!(nobody.hint().unwrap().contains("Grant access"));

    let drawer = Drawer::holding(granted(&oidc, &client).await);
    let tokens = delegated(&client, &drawer);
    let first = tokens.get().await.unwrap();
    assert_eq!(drawer.replaced().len(), 1);
    let second = tokens.other_than(first.secret()).await.unwrap();
    assert_eq!(drawer.replaced().len(), 2);
    assert_ne!(first.secret().expose_secret(), second.secret().expose_secret());

    // A store that fails gives no token out.
    drawer.jam();
    let error = tokens.other_than(second.secret()).await.unwrap_err();
    assert_eq!(error.to_string(), "the store is down");
}

#[tokio::test]
async fn whoever_stops_waiting_does_not_lose_the_refresh_token() {
    let oidc = provider(vec![web_application("web")]).await;
    let client = client(&oidc, "web", secret(SECRET));
    let drawer = Drawer::holding(granted(&oidc, &client).await);
    let tokens = delegated(&client, &drawer);
    // Polled once, then dropped: the request is under way, or not even begun.
    assert!(futures::FutureExt::now_or_never(tokens.get()).is_none());
    let token = tokens.get().await.unwrap();
    let refreshes = |ledger: Vec<mailcase_testbed::oidc::TokenRequest>| {
        ledger.into_iter().filter(|request| request.grant == "refresh_token").count()
    };
    assert_eq!(refreshes(oidc.ledger().await.unwrap()), 1);
    assert_eq!(drawer.replaced().len(), 1);
    // What was stored is good.
    tokens.other_than(token.secret()).await.unwrap();
}

#[tokio::test]
async fn two_who_have_the_same_grant_do_not_use_up_its_refresh_token() {
    let oidc = provider(vec![web_application("web")]).await;
    let client = client(&oidc, "web", secret(SECRET));
    let drawer = Drawer::holding(granted(&oidc, &client).await);
    // As a running connector and several tests of it. The provider revokes a grant of which a token is used twice.
    let all: Vec<_> = (0..8).map(|_| delegated(&client, &drawer)).collect();
    for token in futures::future::join_all(all.iter().map(AccessTokens::get)).await {
        token.unwrap();
    }
    assert_eq!(drawer.replaced().len(), 8);
    assert!(oidc.ledger().await.unwrap().iter().all(|request| request.error.is_none()));
}

#[tokio::test]
async fn consent_that_was_revoked_is_asked_for_again() {
    let oidc = provider(vec![web_application("web")]).await;
    let client = client(&oidc, "web", secret(SECRET));
    let drawer = Drawer::holding(granted(&oidc, &client).await);
    let tokens = delegated(&client, &drawer);
    let token = tokens.get().await.unwrap();
    oidc.revoke_everything().await.unwrap();
    let error = tokens.other_than(token.secret()).await.unwrap_err();
    assert!(matches!(error, SourceError::SignIn { .. }), "{error:?}");
    assert!(
        error.to_string().contains("AADSTS50173") && error.hint().unwrap().contains("Grant access again"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let clients = vec![application("app")];
    let oidc = Oidc::start(OidcOptions {
        clients,
        access_token_lifetime: Duration::from_secs(2),
        ..OidcOptions::default()
    })
    .await
    .unwrap();
    let tokens = AccessTokens::new(client(&oidc, "app", secret(SECRET)), Grant::Application, SCOPE);
    let first = tokens.get().await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let token = tokens.get().await.unwrap();
        if token.secret().expose_secret() != first.secret().expose_secret() {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "never renewed");
        tokio::task::yield_now().await;
    }
    assert!(oidc.ledger().await.unwrap().len() >= 2);
}

/// What a provider that answers like this leads to.
async fn answered(head: &str, body: &str) -> Result<(), SourceError> {
    let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    // The request: its head, an empty line, and the form, which ends without a line break.
    let script = Script::new().expect("POST /token").send(answer).hang();
    let server = ScriptServer::start(vec![script]).await.unwrap();
    let base = format!("http://127.0.0.1:{}", server.port());
    let provider = Provider::standard(&format!("{base}/authorize"), &format!("{base}/token")).unwrap();
    let http = HttpClient::new(Route::direct(), Trust::default(), Deadlines::default());
    OauthClient::new(http, provider, "app", secret(SECRET)).sign_in_as_application("mail").await.map(drop)
}

#[tokio::test]
async fn odd_answers_are_errors_that_repeat_nothing() {
    for (head, body, code) in [
        ("200 OK", r#"{"access_token":"hunter2","token_type":"Bearer","expires_in":"3600"}"#, None),
        ("200 OK", r#"{"access_token":"hunter2","token_type":"mac"}"#, Some("protocol")),
        ("200 OK", r#"{"access_token":"hunter2"}"#, Some("protocol")),
        ("200 OK", "hunter2", Some("protocol")),
        ("400 Bad Request", r#"{"error":"invalid_grant","error_description":"hunter2"}"#, Some("sign_in")),
        ("403 Forbidden", "<html>hunter2</html>", Some("sign_in")),
        ("302 Found\r\nLocation: https://hunter2.example/", "", Some("sign_in")),
        ("429 Too Many Requests\r\nRetry-After: 5", "{}", Some("throttled")),
        ("503 Service Unavailable", "hunter2", Some("unreachable")),
    ] {
        let result = answered(head, body).await;
        let shown = format!("{result:?}");
        assert!(!shown.contains("hunter2") && !shown.contains(SECRET), "{shown}");
        assert_eq!(result.err().map(|error| error.code()), code, "{head}: {shown}");
    }
}

fn openssl(folder: &std::path::Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn certificates_are_read_in_every_form_they_are_exported_in() {
    let identity = identity();
    let authority = mailcase_testbed::certificates::Authority::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("app.crt"), &identity.certificate).unwrap();
    std::fs::write(at("app.key"), &identity.key).unwrap();
    std::fs::write(at("chain.pem"), authority.certificate_pem()).unwrap();
    let expected = SigningCertificate::from_pem(&pem(&identity)).unwrap().facts().sha256;

    let old = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"];
    for (name, more, password) in [
        ("new.pfx", &["-certfile", "chain.pem"][..], "pässwörd"),
        ("old.pfx", &old[..], "secret"),
        ("open.pfx", &[][..], ""),
    ] {
        let password_argument = format!("pass:{password}");
        let mut arguments = vec!["pkcs12", "-export", "-in", "app.crt", "-inkey", "app.key", "-out", name];
        arguments.extend(["-passout", &password_argument]);
        arguments.extend(more);
        openssl(folder.path(), &arguments);
        let file = std::fs::read(at(name)).unwrap();
        let read = |password: &str| SigningCertificate::from_pfx(&file, &SecretString::from(password));
        assert_eq!(read(password).unwrap().facts().sha256, expected, "{name}");
        if !password.is_empty() {
            assert_eq!(read("wrong").unwrap_err(), SigningCertificateError::NotPfx);
        }
    }
    openssl(folder.path(), &["rsa", "-traditional", "-in", "app.key", "-out", "pkcs1.key"]);
    let pkcs1 = std::fs::read_to_string(at("pkcs1.key")).unwrap();
    assert!(pkcs1.contains("BEGIN RSA PRIVATE KEY"));
    let chain = format!("{}{}{pkcs1}", authority.certificate_pem(), identity.certificate);
    assert_eq!(SigningCertificate::from_pem(&SecretString::from(chain)).unwrap().facts().sha256, expected);
}

#[test]
fn what_cannot_sign_is_refused_with_the_reason() {
    let (one, other) = (identity(), identity());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.key"), &one.key).unwrap();
    openssl(
        folder.path(),
        &["pkcs8", "-topk8", "-in", "app.key", "-out", "locked.key", "-passout", "pass:x"],
    );
    let locked = std::fs::read_to_string(folder.path().join("locked.key")).unwrap();
    let elliptic = mailcase_testbed::certificates::self_signed().unwrap();
    for (text, expected) in [
        (one.key.clone(), SigningCertificateError::NoCertificate),
        (one.certificate.clone(), SigningCertificateError::NoKey),
        (format!("{}{locked}", one.certificate), SigningCertificateError::EncryptedKey),
        (format!("{}{}", one.key, other.certificate), SigningCertificateError::Strangers),
        (format!("{}{}", elliptic.key_pem, elliptic.certificate_pem), SigningCertificateError::NotRsa),
        ("x".repeat(1 << 20), SigningCertificateError::TooLarge),
    ] {
        assert_eq!(SigningCertificate::from_pem(&SecretString::from(text)).unwrap_err(), expected);
    }
    for (file, expected) in [
        (vec![0x30; 100], SigningCertificateError::NotPfx),
        (Vec::new(), SigningCertificateError::NotPfx),
        (vec![0; 1 << 20], SigningCertificateError::TooLarge),
    ] {
        assert_eq!(SigningCertificate::from_pfx(&file, &SecretString::default()).unwrap_err(), expected);
    }
    let file = SigningCertificate::from_pem(&pem(&one)).unwrap();
    let shown = format!("{file:?}");
    assert!(shown.contains(&file.facts().sha256) && shown.len() < 200, "{shown}");
}
