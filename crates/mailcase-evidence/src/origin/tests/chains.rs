//! ARC: who handed a message on.

use super::*;
use crate::origin::signature::Algorithm;

const AMS: &str = "a=rsa-sha256; c=relaxed/relaxed; d=a.example; s=k; h=from:to:subject";

/// `raw` with another set on top.
fn sealed(raw: &str, instance: u32, cv: &str) -> String {
    let message = format!("i={instance}; {AMS}; bh={}; b=", body_hash(raw, AMS));
    let seal = format!("i={instance}; a=rsa-sha256; cv={cv}; d=a.example; s=k; b=");
    let set = |message_signature: &str, seal_signature: &str| {
        format!(
            "ARC-Seal: {seal}{seal_signature}\r\nARC-Message-Signature: {message}{message_signature}\r\n\
             ARC-Authentication-Results: i={instance}; a.example; spf=pass\r\n{raw}"
        )
    };
    // What is broken already is sealed as being so; its digest is wanted all the same.
    let readable = |text: String| text.replace("cv=fail", if instance == 1 { "cv=none" } else { "cv=pass" });
    let chain = signatures(&readable(set("AA==", "AA=="))).chain;
    let message_signature = made(Algorithm::RsaSha256, &chain.message.unwrap().digest);
    let chain = signatures(&readable(set(&message_signature, "AA=="))).chain;
    set(&message_signature, &made(Algorithm::RsaSha256, &chain.seals.last().unwrap().digest))
}

fn arc(raw: &str, zone: &Zone) -> Check {
    of(raw, zone, CheckMethod::Arc).remove(0)
}

#[test]
fn whole_chains_pass() {
    let one = sealed(MAIL, 1, "none");
    let two = sealed(&one, 2, "pass");
    let three = sealed(&format!("Subject: added\r\n{two}"), 3, "pass");
    for raw in [&one, &two, &three, &three.replace("\r\n", "\n")] {
        let found = arc(raw, &zone(&key()));
        assert_eq!(found.outcome, CheckOutcome::Pass, "{found:?}");
    }
    assert_eq!(arc(&two, &zone(&key())).properties[0].value, "2");
    assert!(of(MAIL, &zone(&key()), CheckMethod::Arc).is_empty());
    // A chain speaks for nobody's domain.
    assert_eq!(arc(&one, &zone(&key())).aligned, None);
}

#[test]
fn broken_chains_fail() {
    use CheckOutcome::{Fail, TempError};
    let one = sealed(MAIL, 1, "none");
    let two = sealed(&one, 2, "pass");
    let without = |raw: &str, name: &str| {
        let lines = raw.split_inclusive("\r\n").filter(|line| !line.starts_with(name));
        lines.collect::<String>()
    };
    for (raw, reason) in [
        (one.replace("Bob", "Eve"), "body was changed"),
        (two.replace("Subject: Hello", "Subject: Bye"), "headers were changed"),
        (two.replace("i=1; a.example; spf=pass", "i=1; a.example; spf=fail"), "seal of set 2"),
        (without(&two, "ARC-Seal: i=1"), "not complete"),
        (without(&two, "ARC-Authentication-Results: i=1"), "not complete"),
        (
            without(
                &without(&without(&two, "ARC-Seal: i=1"), "ARC-Message-Signature: i=1"),
                "ARC-Authentication-Results: i=1",
            ),
            "set 1 is missing",
        ),
        (format!("ARC-Seal: i=2; cv=pass\r\n{two}"), "twice"),
        (sealed(&one, 2, "fail"), "cv=fail"),
        (two.replace("cv=none", "cv=pass"), "cv="),
        (two.replace("cv=pass", "cv=none"), "cv="),
        (format!("ARC-Seal: i=51; cv=pass\r\n{two}"), "from 1 to 50"),
        (format!("ARC-Seal: cv=pass\r\n{two}"), "from 1 to 50"),
        (two.replace("ARC-Seal: i=2; a=rsa-sha256", "ARC-Seal: i=2; a=rsa-sha1"), "rsa-sha1"),
        (two.replace("ARC-Seal: i=2;", "ARC-Seal: i=2; h=from;"), "names headers"),
        (
            two.replace("ARC-Message-Signature: i=2; a=rsa-sha256", "ARC-Message-Signature: i=2; a=none"),
            "cannot be read",
        ),
    ] {
        let found = arc(&raw, &zone(&key()));
        assert_eq!(found.outcome, Fail, "{reason}: {found:?}");
        assert!(found.reason.contains(reason), "{reason}: {found:?}");
    }
    assert_eq!(arc(&two, &zone("v=DKIM1; p=")).outcome, Fail);
    let away = Zone::default().failing("k._domainkey.a.example", RecordType::Txt);
    assert_eq!(arc(&two, &away).outcome, TempError);
    // An older signature over the message may be broken by what came later.
    let footer = sealed(&one.replace("Bob.", "Bob. -- the list"), 2, "pass");
    assert_eq!(arc(&footer, &zone(&key())).outcome, CheckOutcome::Pass);
}
