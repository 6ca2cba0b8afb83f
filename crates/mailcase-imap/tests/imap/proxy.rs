//! IMAP through real proxies: a mailbox is read through each kind, and a check names the hop that fails.

use crate::support::{Got, fetch, inbox};
use mailcase_imap::ImapSource;
use mailcase_mail::{CheckReport, MailSource, Scope, StepStatus};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use mailcase_testbed::socks::{self, Socks};
use mailcase_testbed::squid::{self, Squid, SquidOptions};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const USER: &str = "ann@example.org";

/// A source whose server is named as only the proxy knows it, where it does.
fn source(dovecot: &Dovecot, security: &str, host: &str, proxy: &Value, password: &str) -> ImapSource {
    let port = if security == "tls" { dovecot.ports().imaps } else { dovecot.ports().imap };
    let settings = json!({
        "host": host, "port": port, "security": security, "username": USER, "proxy": proxy,
        "trusted_certificates": [dovecot.authority().certificate_pem()],
        // The certificate is not for a name that only the proxy knows.
        "skip_hostname_verification": true,
    });
    let secrets = [("password", PASSWORD), ("proxy_password", password)]
        .map(|(name, secret)| (name.to_owned(), SecretString::from(secret)));
    ImapSource::from_connection(settings.as_object().unwrap(), &BTreeMap::from(secrets)).unwrap()
}

fn statuses(report: &CheckReport) -> Vec<(&str, StepStatus)> {
    report.steps.iter().map(|step| (step.name.as_str(), step.status)).collect()
}

#[tokio::test]
async fn a_mailbox_is_read_through_every_kind_of_proxy() {
    let dovecot = Dovecot::start(DovecotOptions::default()).await.unwrap();
    // Large enough to cross many buffers.
    let letter =
        format!("Subject: far away\r\n\r\n{}\r\n", "0123456789abcdef\r\n".repeat(40_000)).into_bytes();
    dovecot.inject(USER, "INBOX", std::slice::from_ref(&letter)).unwrap();
    let squid = Squid::start(SquidOptions { sign_in: true }).await.unwrap();
    let socks = Socks::start(true).await.unwrap();
    let ca = squid.authority().certificate_pem();
    for (proxy, host, password) in [
        (
            json!({"kind": "http", "host": squid.host(), "port": squid.http_port(), "username": squid::USER}),
            squid::INNER_NAME,
            squid::PASSWORD,
        ),
        (
            json!({
                "kind": "https", "host": squid.host(), "port": squid.https_port(), "username": squid::USER,
                "trusted_certificates": [ca],
            }),
            squid::INNER_NAME,
            squid::PASSWORD,
        ),
        (
            json!({"kind": "socks5", "host": socks.host(), "port": socks.port(), "username": socks::USER}),
            "localhost",
            socks::PASSWORD,
        ),
    ] {
        for security in ["tls", "starttls", "none"] {
            let mut source = source(&dovecot, security, host, &proxy, password);
            let report = source.check(&[]).await;
            assert!(report.passed(), "{proxy} {security}: {report:#?}");
            let found = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap();
            let ids: Vec<_> = found.messages.iter().map(|head| head.id.clone()).collect();
            let (result, got) = fetch(&mut source, &inbox(), &ids).await;
            result.unwrap();
            assert_eq!(got.into_values().collect::<Vec<_>>(), [Got::Raw(letter.clone())]);
        }
    }
    drop(dovecot);
    let log = squid.access_log();
    assert!(log.contains(&format!("CONNECT {}:", squid::INNER_NAME)), "{log}");
}

#[tokio::test]
async fn a_check_names_the_hop_that_fails() {
    use StepStatus::{Failed, Passed, Skipped};
    let dovecot = Dovecot::start(DovecotOptions::default()).await.unwrap();
    let squid = Squid::start(SquidOptions { sign_in: true }).await.unwrap();
    let within_tls =
        json!({"kind": "https", "host": "localhost", "port": squid.https_port(), "username": squid::USER});
    let mut refused = source(&dovecot, "tls", "127.0.0.1", &within_tls, squid::PASSWORD);
    let report = refused.check(&[]).await;
    assert!(report.proxy_untrusted && !report.untrusted && report.chain.is_empty());
    let rest = ["tls", "sign_in", "capabilities", "folder", "unread", "newest"].map(|name| (name, Skipped));
    let mut expected =
        vec![("proxy_dns", Passed), ("proxy_tcp", Passed), ("proxy_tls", Failed), ("proxy", Skipped)];
    expected.extend(rest);
    assert_eq!(statuses(&report), expected);

    // Trusting what was shown for the proxy leads on to the server, whose own trust was not touched.
    let mut trusting = within_tls.clone();
    trusting["pinned_certificates"] = json!([report.proxy_chain[0].pem]);
    let mut passing = source(&dovecot, "tls", "127.0.0.1", &trusting, squid::PASSWORD);
    let report = passing.check(&[]).await;
    assert!(report.passed(), "{report:#?}");
    assert_ne!(report.proxy_chain, report.chain);
    assert!(
        report
            .steps
            .iter()
            .any(|step| step.name == "proxy_tls" && step.detail.contains(&report.proxy_chain[0].sha256))
    );

    let clear =
        json!({"kind": "http", "host": "127.0.0.1", "port": squid.http_port(), "username": squid::USER});
    let report = source(&dovecot, "tls", "127.0.0.1", &clear, "wrong").check(&[]).await;
    let proxy = &report.steps[2];
    assert_eq!((proxy.name.as_str(), proxy.status), ("proxy", Failed));
    assert!(proxy.detail.contains("refused the user name or password for the proxy"), "{proxy:?}");
}
