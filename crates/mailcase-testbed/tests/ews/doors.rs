//! Who comes in, and into which mailbox.

use crate::{ANN, Answer, Bench, PASSWORD, client, envelope, sync};
use mailcase_testbed::certificates::Authority;
use mailcase_testbed::ews::{Account, Caller, ChannelBinding, EwsOptions, Scheme, Tokens};
use tokio::process::Command;

const BOB: &str = "bob@example.org";

async fn with_token(bench: &Bench, token: &str, header: &str, body: &str) -> Answer {
    let request = client().post(bench.server.url()).bearer_auth(token).body(envelope(header, body));
    let answer = request.header("content-type", "text/xml").send().await.unwrap();
    Answer { status: answer.status().as_u16(), text: answer.text().await.unwrap() }
}

fn as_user(address: &str) -> String {
    format!(
        "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>{address}</t:PrimarySmtpAddress>\
         </t:ConnectingSID></t:ExchangeImpersonation>"
    )
}

fn in_mailbox_of(address: &str) -> String {
    sync("", 10).replace(
        "<t:DistinguishedFolderId Id=\"inbox\"/>",
        &format!(
            "<t:DistinguishedFolderId Id=\"inbox\"><t:Mailbox><t:EmailAddress>{address}</t:EmailAddress></t:Mailbox>\
             </t:DistinguishedFolderId>"
        ),
    )
}

#[tokio::test]
async fn wrong_passwords_are_answered_with_the_ways_there_are() {
    let bench = Bench::start().await;
    for (user, password, status) in [
        (ANN, PASSWORD, 200),
        ("ann", PASSWORD, 200),
        ("TESTBED\\ann", PASSWORD, 200),
        (ANN, "no", 401),
        (BOB, PASSWORD, 401),
    ] {
        let request = client().post(bench.server.url()).basic_auth(user, Some(password));
        let answer = request
            .header("content-type", "text/xml")
            .body(envelope("", &sync("", 10)))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), status, "{user}");
    }
    let answer = client().post(bench.server.url()).send().await.unwrap();
    let ways: Vec<_> = answer.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(ways.len(), 2, "{ways:?}");
    bench.server.set_schemes(vec![Scheme::Bearer]);
    assert_eq!(bench.call(&sync("", 10)).await.status, 401, "Basic is switched off");
}

#[tokio::test]
async fn applications_impersonate_and_users_act_for_themselves() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    let tokens = [
        ("app", Caller::allowed(None, &["full_access_as_app"])),
        ("ann", Caller::allowed(Some(ANN), &["EWS.AccessAsUser.All"])),
        ("poor", Caller::allowed(None, &["Mail.Read"])),
    ];
    let tokens = tokens.map(|(text, caller)| (text.to_owned(), caller)).to_vec();
    bench.server.set_tokens(Tokens::Fixed(tokens));
    let read = sync("", 10);
    assert_eq!(with_token(&bench, "app", &as_user(ANN), &read).await.all("Subject"), ["m1"]);
    assert_eq!(with_token(&bench, "ann", "", &read).await.all("Subject"), ["m1"]);
    let alone = with_token(&bench, "app", "", &read).await;
    assert_eq!(alone.status, 500);
    assert!(alone.text.contains("ExchangeImpersonation SOAP header must be present"));
    let nobody = with_token(&bench, "app", &as_user("nobody@example.org"), &read).await;
    assert_eq!((nobody.status, nobody.codes()), (500, vec!["ErrorNonExistentMailbox".to_owned()]));
    let denied = with_token(&bench, "ann", &as_user(BOB), &read).await;
    assert_eq!((denied.status, denied.codes()), (500, vec!["ErrorImpersonateUserDenied".to_owned()]));
    assert_eq!(with_token(&bench, "poor", &as_user(ANN), &read).await.status, 403);
    assert_eq!(with_token(&bench, "outlived", "", &read).await.status, 401);
}

#[tokio::test]
async fn mailboxes_of_others_open_for_those_who_may() {
    let bench = Bench::start().await;
    bench.server.add_mailbox(BOB);
    bench.server.deliver_now(BOB, crate::letter("for bob").as_bytes()).unwrap();
    assert_eq!(bench.call(&in_mailbox_of(BOB)).await.codes(), ["ErrorFolderNotFound"]);
    assert_eq!(bench.call(&in_mailbox_of("no@example.org")).await.codes(), ["ErrorNonExistentMailbox"]);
    assert_eq!(bench.call_with(&as_user(BOB), &sync("", 10)).await.codes(), ["ErrorImpersonateUserDenied"]);
    bench.server.add_account(Account::new(ANN, PASSWORD).opening(BOB));
    assert_eq!(bench.call(&in_mailbox_of(BOB)).await.all("Subject"), ["for bob"]);
    bench.server.add_account(Account::new(ANN, PASSWORD).impersonating());
    assert_eq!(bench.call_with(&as_user(BOB), &sync("", 10)).await.all("Subject"), ["for bob"]);
}

/// curl, which speaks NTLM with a code of its own; the status.
async fn curl(bench: &Bench, certificate: &std::path::Path, user: &str) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--ntlm", "--user", user, "--noproxy", "*", "--cacert"])
        .arg(certificate)
        .args(["--header", "content-type: text/xml", "--data-binary", &envelope("", &sync("", 10))])
        .args(["--output", "/dev/null", "--write-out", "%{http_code} %{num_connects}"])
        .arg(bench.server.url())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn ntlm_lets_in_connections_and_is_bound_to_them_where_that_is_demanded() {
    let authority = Authority::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("authority.pem");
    std::fs::write(&certificate, authority.certificate_pem()).unwrap();
    let tls = Some(authority.leaf().unwrap());
    let schemes = vec![Scheme::Ntlm(ChannelBinding::Off)];
    let bench = Bench::with(EwsOptions { tls, schemes, ..EwsOptions::default() }).await;
    let right = format!("TESTBED\\ann:{PASSWORD}");
    assert_eq!(curl(&bench, &certificate, &right).await, "200 1", "on one connection");
    assert_eq!(curl(&bench, &certificate, "ann:wrong").await, "401 1");
    let served = bench.server.count("SyncFolderItems");
    // curl sends no integrity code and binds nothing.
    for binding in [ChannelBinding::Allowed, ChannelBinding::Required] {
        bench.server.set_schemes(vec![Scheme::Ntlm(binding)]);
        assert_eq!(curl(&bench, &certificate, &right).await, "401 1");
    }
    assert_eq!((served, bench.server.count("SyncFolderItems")), (1, 1));
}
