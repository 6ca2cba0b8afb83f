//! DMARC: whom the sender's domain lets speak for it.

use super::*;

fn sent(from: &str, by: &str) -> String {
    format!(
        "Return-Path: <bounce@{by}>\r\nReceived: from mx.{by} ([192.0.2.3]) by mx.example.org; Thu, 1 Jan 2026 \
         12:00:00 +0000\r\n{}",
        MAIL.replace("anna@a.example", from)
    )
}

fn dmarc(raw: &str, zone: &Zone) -> Check {
    of(raw, zone, CheckMethod::Dmarc).remove(0)
}

fn policy(check: &Check) -> Option<&str> {
    let found = check.properties.iter().find(|one| one.name == "policy.dmarc");
    found.map(|one| one.value.as_str())
}

#[test]
fn aligned_senders_pass() {
    use CheckOutcome::{Fail, Pass};
    let spf = "v=spf1 ip4:192.0.2.3 -all";
    let zone = |record: &str| {
        Zone::new(&[
            ("a.co.uk", spf),
            ("mail.a.co.uk", spf),
            ("b.co.uk", spf),
            ("_dmarc.a.co.uk", record),
            ("_dmarc.own.a.co.uk", "v=DMARC1; p=quarantine"),
        ])
    };
    for (from, by, record, outcome, wish) in [
        ("x@a.co.uk", "a.co.uk", "v=DMARC1; p=reject", Pass, "reject"),
        ("x@a.co.uk", "mail.a.co.uk", "v=DMARC1; p=reject", Pass, "reject"),
        ("x@a.co.uk", "mail.a.co.uk", "v=DMARC1; p=reject; aspf=s", Fail, "reject"),
        ("x@A.CO.UK", "a.co.uk", "v=DMARC1; p=none; aspf=s", Pass, "none"),
        // They share no more than a public suffix.
        ("x@a.co.uk", "b.co.uk", "v=DMARC1; p=reject", Fail, "reject"),
        ("x@sub.a.co.uk", "a.co.uk", "v=DMARC1; p=reject; sp=none", Pass, "none"),
        ("x@sub.a.co.uk", "b.co.uk", "v=DMARC1; p=reject; sp=quarantine; pct=1", Fail, "quarantine"),
        ("x@sub.a.co.uk", "b.co.uk", "v=DMARC1; p=reject", Fail, "reject"),
        // A policy of its own goes first.
        ("x@own.a.co.uk", "b.co.uk", "v=DMARC1; p=reject; sp=none", Fail, "quarantine"),
    ] {
        let found = dmarc(&sent(from, by), &zone(record));
        assert_eq!((found.outcome, policy(&found)), (outcome, Some(wish)), "{from} {by} {record}: {found:?}");
    }
}

#[test]
fn signatures_speak_for_senders_too() {
    use CheckOutcome::{Fail, NotChecked, Pass, TempError};
    let key = key();
    let zone = |record: &str| {
        Zone::new(&[
            ("k._domainkey.a.example", &key),
            ("_dmarc.a.example", record),
            ("_dmarc.m.a.example", record),
        ])
    };
    let own = signed(MAIL, TAGS);
    assert_eq!(dmarc(&own, &zone("v=DMARC1; p=none; adkim=s")).outcome, Pass);
    let below = signed(&MAIL.replace("anna@a", "anna@m.a"), TAGS);
    assert_eq!(dmarc(&below, &zone("v=DMARC1; p=none")).outcome, Pass);
    assert_eq!(dmarc(&below, &zone("v=DMARC1; p=none; adkim=s")).outcome, Fail);
    let foreign = signed(&MAIL.replace("a.example", "c.example"), TAGS);
    let zone_of_c = zone("").with("_dmarc.c.example", RecordType::Txt, &["v=DMARC1; p=reject"]);
    let found = of(&foreign, &zone_of_c, CheckMethod::Dkim).remove(0);
    assert_eq!((found.outcome, found.aligned), (Pass, Some(false)));
    assert_eq!(dmarc(&foreign, &zone_of_c).outcome, Fail);
    // What nobody should rely on speaks for nobody.
    let weak = signed(MAIL, &TAGS.replace("sha256", "sha1"));
    assert_eq!(dmarc(&weak, &zone("v=DMARC1; p=none")).outcome, Fail);
    let away = Zone::new(&[("_dmarc.a.example", "v=DMARC1; p=none")]);
    let away = away.failing("k._domainkey.a.example", RecordType::Txt);
    assert_eq!(dmarc(&own, &away).outcome, TempError);
    let (checks, _, missing) = checked(&examined(&own).origin, &Answers::default());
    assert!(checks[0].outcome == NotChecked && missing.len() == 3, "{missing:?}");
}

#[test]
fn policies_that_cannot_be_had_are_told() {
    use CheckOutcome::{None, PermError, TempError};
    let record = "v=DMARC1; p=reject";
    let two = Zone::default().with("_dmarc.a.example", RecordType::Txt, &[record, record]);
    for (raw, zone, want) in [
        (MAIL.to_owned(), Zone::default(), None),
        (MAIL.to_owned(), two, None),
        (MAIL.to_owned(), Zone::new(&[("_dmarc.a.example", "v=DMARC1; p=what")]), None),
        (MAIL.to_owned(), Zone::default().failing("_dmarc.a.example", RecordType::Txt), TempError),
        (MAIL.replace("Anna <anna@a.example>", "a@a.example, b@b.example"), Zone::default(), PermError),
        (MAIL.replace("Anna <anna@a.example>", "a@m.a.example, b@m.a.example"), Zone::default(), None),
        (MAIL.replace("From: Anna <anna@a.example>\r\n", ""), Zone::default(), None),
    ] {
        assert_eq!(dmarc(&raw, &zone).outcome, want, "{raw}");
    }
}

#[test]
fn own_domains_that_nothing_proves_are_marked() {
    let trust = Trust { own: crate::Own::default().domain("a.example"), ..Trust::default() };
    let means = Means { trust: trust.into(), ..Means::default() };
    let marked = |raw: &str, zone: &Zone| {
        let mut evidence = examine(raw.as_bytes(), &means);
        let (verification, _) = zone.judged(&evidence.origin);
        evidence.verified(verification);
        evidence.verdicts.marks.iter().any(|mark| mark.kind == MarkKind::OwnDomainUnproven)
    };
    let key = key();
    let good = zone(&key).with("_dmarc.a.example", RecordType::Txt, &["v=DMARC1; p=none"]);
    assert!(!marked(&signed(MAIL, TAGS), &good));
    assert!(marked(MAIL, &good));
    assert!(marked(MAIL, &Zone::default()), "without a policy too");
    assert!(!marked(&signed(MAIL, TAGS), &zone(&key)));
    assert!(!marked(&MAIL.replace("a.example", "c.example"), &good));
    let away = Zone::default().failing("_dmarc.a.example", RecordType::Txt);
    assert!(!marked(MAIL, &away), "nobody could be asked");
}

#[test]
fn organizations_are_found_in_the_dns() {
    use CheckOutcome::{Fail, Pass, TempError};
    let spf = "v=spf1 ip4:192.0.2.3 -all";
    let zone = |records: &[(&str, &str)]| {
        let senders = ["a.b.example", "c.b.example", "b.example", "x.a.b.example"];
        let spf = senders.iter().fold(Zone::default(), |zone, at| zone.with(at, RecordType::Txt, &[spf]));
        records
            .iter()
            .fold(spf, |zone, (at, text)| zone.with(&format!("_dmarc.{at}"), RecordType::Txt, &[text]))
    };
    for (from, by, records, outcome) in [
        ("x@a.b.example", "c.b.example", &[("b.example", "v=DMARC1; p=reject")][..], Pass),
        // A part of an organization that is one of its own.
        (
            "x@a.b.example",
            "c.b.example",
            &[("b.example", "v=DMARC1"), ("a.b.example", "v=DMARC1; psd=n")],
            Fail,
        ),
        (
            "x@a.b.example",
            "x.a.b.example",
            &[("b.example", "v=DMARC1"), ("a.b.example", "v=DMARC1; psd=n")],
            Pass,
        ),
        // Below a suffix each is one of its own.
        ("x@a.b.example", "c.b.example", &[("b.example", "v=DMARC1; p=reject; psd=y")], Fail),
        ("x@a.b.example", "x.a.b.example", &[("b.example", "v=DMARC1; p=reject; psd=y")], Pass),
    ] {
        let found = dmarc(&sent(from, by), &zone(records));
        assert_eq!(found.outcome, outcome, "{from} {by} {records:?}: {found:?}");
    }
    let away = zone(&[("a.b.example", "v=DMARC1; p=reject")]).failing("_dmarc.b.example", RecordType::Txt);
    assert_eq!(dmarc(&sent("x@a.b.example", "x.a.b.example"), &away).outcome, TempError);
    assert_eq!(dmarc(&sent("x@a.b.example", "a.b.example"), &away).outcome, Pass, "nothing more is needed");
}

#[test]
fn whose_a_check_is_stays_true_when_it_fails() {
    let zone = |spf: &str| {
        Zone::new(&[("m.a.co.uk", spf), ("a.co.uk", spf), ("_dmarc.a.co.uk", "v=DMARC1; p=reject")])
    };
    let spf = |by: &str, zone: &Zone| of(&sent("x@a.co.uk", by), zone, CheckMethod::Spf).remove(0);
    for (by, aligned) in [("m.a.co.uk", true), ("a.co.uk", true), ("b.co.uk", false)] {
        let found = spf(by, &zone("v=spf1 -all"));
        assert_eq!(found.aligned, Some(aligned), "{by}: {found:?}");
    }
    let away = zone("v=spf1 ip4:192.0.2.3 -all").failing("_dmarc.m.a.co.uk", RecordType::Txt);
    let found = spf("m.a.co.uk", &away);
    assert_eq!((found.outcome, found.aligned), (CheckOutcome::Pass, None), "nobody knows");
}

#[test]
fn names_that_do_not_exist_have_a_policy_of_their_own() {
    use CheckOutcome::{Fail, TempError};
    let at = |zone: Zone| dmarc(&sent("x@gone.a.example", "b.example"), &zone);
    let zone = Zone::new(&[("_dmarc.a.example", "v=DMARC1; p=none; sp=quarantine; np=reject")]);
    assert_eq!(
        policy(&at(zone.clone().with("gone.a.example", RecordType::A, &["192.0.2.1"]))),
        Some("quarantine")
    );
    assert_eq!(policy(&at(zone.clone())), Some("quarantine"), "there is something else");
    let gone = at(zone.clone().without("gone.a.example", RecordType::A));
    assert_eq!((gone.outcome, policy(&gone)), (Fail, Some("reject")));
    assert_eq!(at(zone.failing("gone.a.example", RecordType::A)).outcome, TempError);
}

#[test]
fn a_policy_that_is_tried_out_is_told() {
    let found = dmarc(
        &sent("x@a.example", "b.example"),
        &Zone::new(&[("_dmarc.a.example", "v=DMARC1; p=reject; t=y")]),
    );
    assert_eq!(policy(&found), Some("reject"));
    assert!(found.reason.ends_with("which wants such mail set aside"), "{found:?}");
    assert_eq!(found.notes, ["the domain says that it is trying its policy out (t=y)"]);
}
