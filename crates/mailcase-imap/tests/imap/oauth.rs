//! IMAP with access tokens of an application: a real provider signs them, a real server checks the signature.

use crate::support::{fetch, inbox, source_at};
use mailcase_imap::ImapSource;
use mailcase_mail::testkit::Drawer;
use mailcase_mail::{CheckReport, GrantAnswer, GrantRequest, MailSource, Scope, SourceError, StepStatus};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions};
use mailcase_testbed::oidc::{Consent, Oidc, OidcClient, OidcOptions, TENANT};
use mailcase_testbed::squid::{Squid, SquidOptions};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The application is the user: a token of an application names nobody else.
const APPLICATION: &str = "collector";
const SECRET: &str = "s3cr3t of the application";
const SCOPE: &str = "https://outlook.office365.com/.default";

async fn provider(lifetime: Duration) -> Oidc {
    let client =
        OidcClient { id: APPLICATION.to_owned(), secret: Some(SECRET.to_owned()), ..OidcClient::default() };
    Oidc::start(OidcOptions {
        clients: vec![client],
        access_token_lifetime: lifetime,
        ..OidcOptions::default()
    })
    .await
    .unwrap()
}

async fn server(oidc: &Oidc) -> Dovecot {
    let issuer = Some(oidc.issuer("appid").await.unwrap());
    Dovecot::start(DovecotOptions { token_issuer: issuer, ..DovecotOptions::default() }).await.unwrap()
}

fn source(server: &Dovecot, oidc: &Oidc, mechanism: &str, secret: &str, more: &Value) -> ImapSource {
    let mut settings = json!({
        "auth": mechanism, "username": APPLICATION,
        "trusted_certificates": [oidc.authority().certificate_pem()],
        "oauth": {
            "token_from": "standard", "client_id": APPLICATION, "scope": SCOPE,
            "token_url": format!("{}/{TENANT}/oauth2/v2.0/token", oidc.base()),
        },
    });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let secrets = BTreeMap::from([("client_secret".to_owned(), SecretString::from(secret))]);
    source_at(server.ports().imap, settings, &secrets)
}

fn statuses(report: &CheckReport) -> Vec<(&str, StepStatus)> {
    report.steps.iter().map(|step| (step.name.as_str(), step.status)).collect()
}

#[tokio::test]
async fn an_application_reads_its_mailbox_with_tokens_the_server_verifies() {
    let oidc = provider(Duration::from_secs(3599)).await;
    let server = server(&oidc).await;
    server.inject(APPLICATION, "INBOX", &[b"Subject: one\r\n\r\nbody\r\n".to_vec()]).unwrap();
    for mechanism in ["xoauth2", "oauthbearer"] {
        let mut source = source(&server, &oidc, mechanism, SECRET, &json!({}));
        let report = source.check(&[]).await;
        assert!(report.passed(), "{report:#?}");
        let token = report.steps.iter().find(|step| step.name == "token").unwrap();
        assert_eq!(token.title, "Get an access token from localhost");
        let found = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap();
        let ids: Vec<_> = found.messages.iter().map(|head| head.id.clone()).collect();
        assert_eq!(fetch(&mut source, &inbox(), &ids).await.1.len(), 1);
    }
    // Once for each source: the token is kept.
    assert_eq!(oidc.ledger().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_provider_is_reached_through_the_proxy_as_well() {
    let oidc = provider(Duration::from_secs(3599)).await;
    let server = server(&oidc).await;
    let squid = Squid::start(SquidOptions::default()).await.unwrap();
    let proxy = json!({"proxy": {"kind": "http", "host": squid.host(), "port": squid.http_port()}});
    let mut source = source(&server, &oidc, "xoauth2", SECRET, &proxy);
    let report = source.check(&[]).await;
    assert!(report.passed(), "{report:#?}");
    // Squid notes a tunnel when it ends; the one to the provider is kept for the next token.
    drop(source);
    let asked = format!("CONNECT localhost:{}", oidc.port());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !squid.access_log().contains(&asked) {
        assert!(tokio::time::Instant::now() < deadline, "{}", squid.access_log());
        tokio::time::sleep(mailcase_testbed::process::POLL).await;
    }
}

#[tokio::test]
async fn a_refusal_says_whether_the_provider_or_the_server_refuses() {
    use StepStatus::{Failed, Skipped};
    let oidc = provider(Duration::from_secs(3599)).await;
    let server = server(&oidc).await;
    let report = source(&server, &oidc, "xoauth2", "wrong one", &json!({})).check(&[]).await;
    let token = report.steps.iter().find(|step| step.name == "token").unwrap();
    assert_eq!(token.status, Failed);
    assert!(token.detail.contains("localhost refuses to sign in") && token.hint.is_some(), "{token:?}");
    assert!(!format!("{report:?}").contains("wrong one"));
    assert!(statuses(&report).contains(&("sign_in", Skipped)));

    // The provider gives a token, and the server does not let its bearer into somebody else's mailbox.
    let other = json!({"username": "ann@example.org"});
    let mut refused = source(&server, &oidc, "xoauth2", SECRET, &other);
    let error = refused.folders().await.unwrap_err();
    assert!(matches!(&error, SourceError::SignIn { .. }), "{error:?}");
    assert!(error.to_string().contains("the server refused the sign-in"), "{error}");
}

#[tokio::test]
async fn a_session_that_outlives_its_token_goes_on_with_a_new_one() {
    let oidc = provider(Duration::from_secs(2)).await;
    let server = server(&oidc).await;
    let mut source = source(&server, &oidc, "oauthbearer", SECRET, &json!({}));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    // Each round signs in anew, over lives of several tokens.
    while oidc.ledger().await.unwrap().len() < 3 {
        source.folders().await.unwrap();
        server.kick(APPLICATION).await.unwrap();
        assert!(tokio::time::Instant::now() < deadline, "no further token was asked for");
    }
}

#[tokio::test]
async fn a_person_grants_access_to_their_mailbox() {
    const PERSON: &str = "ann@example.org";
    const REDIRECT: &str = "https://mailcase.example/email-oauth";
    let web = OidcClient {
        id: "web".to_owned(),
        secret: Some(SECRET.to_owned()),
        redirects: vec![REDIRECT.to_owned()],
        ..OidcClient::default()
    };
    let oidc = Oidc::start(OidcOptions { clients: vec![web], ..OidcOptions::default() }).await.unwrap();
    let issuer = Some(oidc.issuer("upn").await.unwrap());
    let server =
        Dovecot::start(DovecotOptions { token_issuer: issuer, ..DovecotOptions::default() }).await.unwrap();
    server.inject(PERSON, "INBOX", &[b"Subject: one\r\n\r\nbody\r\n".to_vec()]).unwrap();
    let endpoint = |name: &str| format!("{}/{TENANT}/oauth2/v2.0/{name}", oidc.base());
    let connection = json!({
        "host": "127.0.0.1", "port": server.ports().imap, "security": "none", "auth": "xoauth2", "username": PERSON,
        "trusted_certificates": [oidc.authority().certificate_pem()],
        "oauth": {
            "token_from": "standard", "sign_in_as": "person", "client_id": "web",
            "scope": "openid profile offline_access https://outlook.office365.com/IMAP.AccessAsUser.All",
            "authorize_url": endpoint("authorize"), "token_url": endpoint("token"),
        },
    });
    let connection = connection.as_object().unwrap();
    let secrets = BTreeMap::from([("client_secret".to_owned(), SecretString::from(SECRET))]);
    assert!(mailcase_imap::needs_grant(connection));
    let ungranted = ImapSource::from_connection(connection, &secrets).unwrap().check(&[]).await;
    let token = ungranted.steps.iter().find(|step| step.name == "token").unwrap();
    assert!(token.detail.contains("nobody granted access"), "{token:?}");

    let request = GrantRequest { redirect_url: REDIRECT.to_owned(), switch_account: false };
    let begun = mailcase_imap::begin_grant(connection, &secrets, &request).unwrap();
    assert!(begun.url.contains("login_hint=ann%40example.org"), "{}", begun.url);
    let back = oidc.sign_in(&begun.url, PERSON, Consent::Given, REDIRECT).await.unwrap();
    let code = back.split_once("code=").unwrap().1.split('&').next().unwrap();
    let answer = GrantAnswer::Code {
        code: SecretString::from(code),
        verifier: begun.verifier,
        redirect_url: REDIRECT.to_owned(),
    };
    let granted = mailcase_imap::complete_grant(connection, &secrets, answer).await.unwrap();
    assert_eq!(granted.account.as_deref(), Some(PERSON));

    let drawer = Drawer::holding(granted.refresh_token);
    let mut source = ImapSource::from_granted(connection, &secrets, Arc::new(drawer.clone())).unwrap();
    let report = source.check(&[]).await;
    assert!(report.passed(), "{report:#?}");
    let found = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap();
    assert_eq!(found.messages.len(), 1);
    assert_eq!(drawer.replaced().len(), 1);

    oidc.revoke_everything().await.unwrap();
    let mut revoked = ImapSource::from_granted(connection, &secrets, Arc::new(drawer)).unwrap();
    let error = revoked.folders().await.unwrap_err();
    assert!(matches!(&error, SourceError::SignIn { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("Grant access again"), "{error:?}");
}
