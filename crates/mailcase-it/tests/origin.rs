//! Where mail comes from: signed by another implementation, sent by servers of a real DNS, verified on the way of a
//! message, good and broken; and the same judged by that other implementation.

#![expect(
    clippy::indexing_slicing,
    reason = "answers of the API are read as they come; a missing field fails the test"
)]

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_auth::arc::ArcSealer;
use mail_auth::common::crypto::{Ed25519Key, RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::{Canonicalization, DkimSigner};
use mail_auth::hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use mail_auth::{AuthenticatedMessage, AuthenticationResults, DkimResult, MessageAuthenticator};
use mailcase_it::{Person, Server, ServerOptions, eventually};
use mailcase_testbed::dns::NameServer;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const ED25519_PRIVATE: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const ED25519_PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
/// Made for this test.
const RSA_PRIVATE: &str = include_str!("origin/rsa.pem");
const RSA_PUBLIC: &str = include_str!("origin/rsa.pub");

fn rsa() -> Result<RsaKey<Sha256>> {
    let der =
        STANDARD.decode(RSA_PRIVATE.lines().filter(|line| !line.starts_with('-')).collect::<String>())?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der));
    RsaKey::from_key_der(key).map_err(|error| anyhow::anyhow!("{error}"))
}

fn ed25519() -> Result<Ed25519Key> {
    let (seed, public) = (STANDARD.decode(ED25519_PRIVATE)?, STANDARD.decode(ED25519_PUBLIC)?);
    Ed25519Key::from_seed_and_public_key(&seed, &public).map_err(|error| anyhow::anyhow!("{error}"))
}

fn rsa_public() -> String {
    RSA_PUBLIC.lines().filter(|line| !line.starts_with('-')).collect()
}

/// A letter as its sender makes it, without what servers add.
fn letter(from: &str, subject: &str) -> String {
    format!(
        "From: Anna <{from}>\r\nTo: desk@contoso.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Message-ID: <{}@a.example>\r\n\r\nHello  desk,\t\r\n\r\nplease look at this.  \r\n\r\n\r\n",
        subject.replace(' ', "-")
    )
}

const SIGNED: [&str; 5] = ["From", "To", "Subject", "Message-ID", "From"];

fn signed(
    raw: &str,
    domain: &str,
    selector: &str,
    header: Canonicalization,
    body: Canonicalization,
) -> Result<String> {
    let done = DkimSigner::from_key(rsa()?)
        .domain(domain)
        .selector(selector)
        .headers(SIGNED)
        .header_canonicalization(header)
        .body_canonicalization(body)
        .sign(raw.as_bytes())
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(done.to_header() + raw)
}

fn relaxed(raw: &str, domain: &str) -> Result<String> {
    signed(raw, domain, "rsa", Canonicalization::Relaxed, Canonicalization::Relaxed)
}

/// As an own server took it from outside.
fn received(raw: &str, sender: &str, client: &str) -> String {
    format!(
        "Return-Path: <{sender}>\r\nReceived: from mx.a.example (mx.a.example [{client}])\r\n\tby mx.contoso.example \
         with ESMTPS id 1; {}\r\n{raw}",
        rfc2822_now()
    )
}

/// The other implementation signs by the clock of the machine.
fn rfc2822_now() -> String {
    jiff::fmt::rfc2822::to_string(&jiff::Zoned::now()).unwrap_or_default()
}

fn authenticator(names: &NameServer) -> Result<MessageAuthenticator> {
    let address = names.address();
    let connection = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    let connections = vec![connection(ConnectionConfig::udp()), connection(ConnectionConfig::tcp())];
    let server = NameServerConfig::new(address.ip(), true, connections);
    let config = ResolverConfig::from_parts(None, vec![], vec![server]);
    MessageAuthenticator::new(config, ResolverOpts::default()).map_err(|error| anyhow::anyhow!("{error}"))
}

/// `raw` as a forwarder hands it on.
async fn sealed(raw: &str, names: &NameServer, domain: &str) -> Result<String> {
    let message = AuthenticatedMessage::parse(raw.as_bytes()).context("the other implementation reads it")?;
    let resolver = authenticator(names)?;
    let dkim = resolver.verify_dkim(&message).await;
    let arc = resolver.verify_arc(&message).await;
    let results = AuthenticationResults::new(domain).with_dkim_results(&dkim, domain);
    let set = ArcSealer::from_key(ed25519()?)
        .domain(domain)
        .selector("ed")
        .headers(["From", "To", "Subject", "DKIM-Signature"])
        .seal(&message, &results, &arc)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(format!("{}{}{raw}", set.to_header(), results.to_header()))
}

fn zone(names: &NameServer) -> Result<()> {
    let key = format!("v=DKIM1; k=rsa; p={}", rsa_public());
    let curve = format!("v=DKIM1; k=ed25519; p={ED25519_PUBLIC}");
    for (name, record, values) in [
        ("rsa._domainkey.a.example", "TXT", &[key.as_str()][..]),
        ("flaky._domainkey.a.example", "TXT", &[key.as_str()]),
        ("revoked._domainkey.a.example", "TXT", &["v=DKIM1; p="]),
        ("wrong._domainkey.a.example", "TXT", &[curve.as_str()]),
        ("ed._domainkey.a.example", "TXT", &[curve.as_str()]),
        ("ed._domainkey.forwarder.example", "TXT", &[curve.as_str()]),
        ("rsa._domainkey.contoso.example", "TXT", &[key.as_str()]),
        ("_dmarc.a.example", "TXT", &["v=DMARC1; p=reject; sp=quarantine; aspf=s"]),
        ("_dmarc.contoso.example", "TXT", &["v=DMARC1; p=reject"]),
        ("a.example", "TXT", &["site-verification=abc", "v=spf1 mx include:_spf.a.example -all"]),
        ("a.example", "MX", &["20 mx2.a.example", "10 mx.a.example"]),
        ("mx.a.example", "A", &["192.0.2.7"]),
        ("mx2.a.example", "A", &["192.0.2.8"]),
        ("_spf.a.example", "TXT", &["v=spf1 exists:%{ir}.%{v}._by.%{d2} ~all"]),
        ("9.2.0.192.in-addr._by.a.example", "A", &["127.0.0.2"]),
        ("m.a.example", "TXT", &["v=spf1 ip4:192.0.2.0/24 -all"]),
        ("loop.example", "TXT", &["v=spf1 include:loop.example -all"]),
        ("contoso.example", "TXT", &["v=spf1 ip4:198.51.100.1 -all"]),
    ] {
        names.set(name, record, values)?;
    }
    names.fail("flaky._domainkey.a.example", true);
    Ok(())
}

/// A letter as it lies in the mailbox, and what is to be found out: DMARC, SPF, DKIM, ARC.
struct Sent {
    raw: String,
    want: [&'static str; 4],
}

async fn letters(names: &NameServer) -> Result<BTreeMap<&'static str, Sent>> {
    use Canonicalization::{Relaxed, Simple};
    let anna = "anna@a.example";
    let mut all = BTreeMap::new();
    let mut add = |subject, raw: String, want| all.insert(subject, Sent { raw, want });
    let mx = "192.0.2.7";
    let plain = |subject| letter(anna, subject);
    add("good", received(&relaxed(&plain("good"), "a.example")?, anna, mx), ["pass", "pass", "pass", "-"]);
    for (subject, header, body) in [
        ("simple simple", Simple, Simple),
        ("simple relaxed", Simple, Relaxed),
        ("relaxed simple", Relaxed, Simple),
    ] {
        let raw = signed(&plain(subject), "a.example", "rsa", header, body)?;
        add(subject, received(&raw, "x@c.example", mx), ["pass", "none", "pass", "-"]);
    }
    let curve = DkimSigner::from_key(ed25519()?).domain("a.example").selector("ed").headers(SIGNED);
    let curve = curve.sign(plain("curve").as_bytes()).map_err(|error| anyhow::anyhow!("{error}"))?;
    add(
        "curve",
        received(&(curve.to_header() + &plain("curve")), "x@c.example", mx),
        ["pass", "none", "pass", "-"],
    );
    add("spf include", received(&plain("spf include"), anna, "192.0.2.9"), ["pass", "pass", "-", "-"]);
    add("spf fails", received(&plain("spf fails"), anna, "203.0.113.1"), ["fail", "fail", "-", "-"]);
    add("spf strict", received(&plain("spf strict"), "x@m.a.example", mx), ["fail", "pass", "-", "-"]);
    add("spf loops", received(&plain("spf loops"), "x@loop.example", mx), ["fail", "permerror", "-", "-"]);
    let changed = relaxed(&plain("changed body"), "a.example")?.replace("look at this", "pay for this");
    add("changed body", received(&changed, "x@c.example", mx), ["fail", "none", "fail", "-"]);
    let changed = relaxed(&plain("changed headers"), "a.example")?.replace("To: desk", "To: chief");
    add("changed headers", received(&changed, "x@c.example", mx), ["fail", "none", "fail", "-"]);
    let second = relaxed(&plain("second sender"), "a.example")?;
    let second = second.replacen("\r\nFrom: Anna", "\r\nFrom: Eve <anna@a.example>\r\nFrom: Anna", 1);
    add("second sender", received(&second, "x@c.example", mx), ["fail", "none", "fail", "-"]);
    let by = |subject, selector| signed(&plain(subject), "a.example", selector, Relaxed, Relaxed);
    add(
        "revoked",
        received(&by("revoked", "revoked")?, "x@c.example", mx),
        ["fail", "none", "permerror", "-"],
    );
    add("no key", received(&by("no key", "none")?, "x@c.example", mx), ["fail", "none", "permerror", "-"]);
    add(
        "wrong kind",
        received(&by("wrong kind", "wrong")?, "x@c.example", mx),
        ["fail", "none", "permerror", "-"],
    );
    let flaky = received(&by("flaky", "flaky")?, "x@c.example", mx);
    add("flaky", flaky, ["temperror", "none", "temperror", "-"]);
    let foreign = letter("anna@other.example", "foreign signature");
    add(
        "foreign signature",
        received(&relaxed(&foreign, "a.example")?, "x@c.example", mx),
        ["none", "none", "pass", "-"],
    );
    let one = sealed(&relaxed(&plain("forwarded"), "a.example")?, names, "forwarder.example").await?;
    let two = sealed(&one, names, "a.example").await?;
    add("forwarded", received(&two, "x@c.example", mx), ["pass", "none", "pass", "pass"]);
    let two = sealed(&sealed(&plain("broken chain"), names, "forwarder.example").await?, names, "a.example")
        .await?;
    let gap = two.replace("i=1; a.example", "i=1; b.example").replace("ARC-Seal: i=1", "X-Was: i=1");
    add("broken chain", received(&gap, "x@c.example", mx), ["fail", "none", "-", "fail"]);
    let own = letter("chief@contoso.example", "own forged");
    add("own forged", received(&own, "chief@contoso.example", "203.0.113.1"), ["fail", "fail", "-", "-"]);
    let own = relaxed(&letter("chief@contoso.example", "own proven"), "contoso.example")?;
    add("own proven", received(&own, "x@c.example", mx), ["pass", "none", "pass", "-"]);
    add(
        "look alike",
        received(&letter("chief@cont0so.example", "look alike"), "x@c.example", mx)
            .replace("Anna", "Erika Mustermann"),
        ["none", "none", "-", "-"],
    );
    Ok(all)
}

fn outcomes(own: &Value) -> [String; 4] {
    ["dmarc", "spf", "dkim", "arc"].map(|method| {
        let checks = own["checks"].as_array().into_iter().flatten();
        let check = checks.into_iter().find(|check| check["method"] == method);
        check.map_or("-".to_owned(), |check| check["outcome"].as_str().unwrap_or_default().to_owned())
    })
}

async fn evidence(person: &Person) -> Result<BTreeMap<String, Value>> {
    let mut all = BTreeMap::new();
    for message in person.all("/messages").await? {
        let id = message["id"].as_str().context("id")?;
        let subject = message["subject"].as_str().unwrap_or_default().to_owned();
        all.insert(subject, person.get(&format!("/messages/{id}")).await?["evidence"].take());
    }
    Ok(all)
}

async fn reexamine(person: &Person) -> Result<()> {
    person.post("/reexaminations", &json!({"scope": "all"})).await?;
    eventually("messages are examined again", || async {
        let items = person.get("/reexaminations").await?["items"].as_array().context("items")?.clone();
        Ok(items.iter().all(|one| !one["ended_at"].is_null()).then_some(()))
    })
    .await
}

fn settings(revision: i64, names: &NameServer, dns: bool) -> Value {
    json!({"revision": revision, "settings": {
        "domains": ["contoso.example"],
        "people": [{"name": "Erika Mustermann", "addresses": []}],
        "authserv_ids": ["mx.contoso.example"],
        "networks": [],
        "dns": dns,
        "resolvers": [names.address().to_string()],
    }})
}

async fn take(person: &Person, mail: &Path, name: &str, total: usize) -> Result<()> {
    let connector = json!({
        "active": true,
        "settings": {
            "name": name, "api_name": name, "kind": "folder", "connection": {"path": mail},
            "backfill": {"take": "all"}, "poll_seconds": 5,
        },
    });
    let id = person.post("/connectors", &connector).await?["id"].as_str().context("id")?.to_owned();
    eventually("everything is taken", || async {
        let counts = person.get(&format!("/connectors/{id}")).await?["counts"].take();
        Ok((counts["total"] == total && counts["discovered"] == 0).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_verified_with_the_dns_when_it_comes_and_judged_by_the_records_of_that_day() -> Result<()> {
    let names = NameServer::start().await?;
    zone(&names)?;
    let letters = letters(&names).await?;
    let (data, mail) = (tempfile::tempdir()?, tempfile::tempdir()?);
    for (number, sent) in letters.values().enumerate() {
        std::fs::write(mail.path().join(format!("{number}.eml")), &sent.raw)?;
    }
    let mut server = Server::start(data.path(), &ServerOptions::default()).await?;
    let person = Person::set_up(&mut server).await?;
    person.put("/origin-settings", &settings(0, &names, true)).await?;
    take(&person, mail.path(), "mail", letters.len()).await?;
    let found = evidence(&person).await?;
    for (subject, sent) in &letters {
        let own = &found[*subject]["verdicts"]["own"];
        assert_eq!(outcomes(own), sent.want, "{subject}: {own:#}");
        assert!(own["asked_at"].is_string(), "{subject}");
    }
    let marks = |subject: &str| {
        let marks = found[subject]["verdicts"]["marks"].as_array().cloned().unwrap_or_default();
        marks.iter().map(|mark| mark["kind"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert!(marks("own forged").contains(&"own_domain_unproven".to_owned()), "{:?}", marks("own forged"));
    assert!(!marks("own proven").contains(&"own_domain_unproven".to_owned()));
    for kind in ["looks_like_own_domain", "name_of_own_person"] {
        assert!(marks("look alike").contains(&kind.to_owned()), "{kind}");
    }

    // Keys are changed; what is examined again is judged by those of the day it came, and only what failed is asked again.
    names.set("rsa._domainkey.a.example", "TXT", &[])?;
    names.fail("flaky._domainkey.a.example", false);
    drop(names.asked());
    reexamine(&person).await?;
    let asked = names.asked();
    assert!(asked.iter().all(|one| one == "TXT flaky._domainkey.a.example"), "{asked:?}");
    let again = evidence(&person).await?;
    assert_eq!(again["good"]["verdicts"]["own"], found["good"]["verdicts"]["own"]);
    assert_eq!(outcomes(&again["flaky"]["verdicts"]["own"]), ["pass", "none", "pass", "-"]);

    // Without the DNS nothing is asked; what was found out stays, and new mail says that it was not checked.
    person.put("/origin-settings", &settings(1, &names, false)).await?;
    reexamine(&person).await?;
    let late = tempfile::tempdir()?;
    let raw =
        received(&relaxed(&letter("anna@a.example", "late"), "a.example")?, "anna@a.example", "192.0.2.7");
    std::fs::write(late.path().join("late.eml"), raw)?;
    take(&person, late.path(), "late", 1).await?;
    let last = evidence(&person).await?;
    assert_eq!(last["good"]["verdicts"]["own"], found["good"]["verdicts"]["own"]);
    let own = &last["late"]["verdicts"]["own"];
    assert_eq!(
        (outcomes(own), &own["asked_at"]),
        (["-", "-", "not_checked", "-"].map(str::to_owned), &Value::Null)
    );
    assert_eq!(names.asked(), Vec::<String>::new());
    Ok(())
}

/// The other implementation, where the standards leave no choice.
#[tokio::test(flavor = "multi_thread")]
async fn another_implementation_judges_the_same() -> Result<()> {
    let names = NameServer::start().await?;
    zone(&names)?;
    let resolver = authenticator(&names)?;
    for (subject, sent) in letters(&names).await? {
        // What it makes of several senders, and of keys of another kind, it words otherwise.
        if ["second sender", "wrong kind", "broken chain"].contains(&subject) {
            continue;
        }
        let message = AuthenticatedMessage::parse(sent.raw.as_bytes()).context("read")?;
        let word = |result: &DkimResult| match result {
            DkimResult::Pass => "pass",
            DkimResult::Fail(_) | DkimResult::Neutral(_) => "fail",
            DkimResult::PermError(_) => "permerror",
            DkimResult::TempError(_) => "temperror",
            DkimResult::None => "-",
        };
        let dkim = resolver.verify_dkim(&message).await;
        let dkim = dkim.first().map_or("-", |output| word(output.result()));
        assert_eq!(dkim == "pass", sent.want[2] == "pass", "{subject}: {dkim}");
        let arc = resolver.verify_arc(&message).await;
        assert_eq!(word(arc.result()) == "pass", sent.want[3] == "pass", "{subject}: {arc:?}");
    }
    Ok(())
}
