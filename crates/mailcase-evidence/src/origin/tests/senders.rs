//! SPF: who may send.

use super::*;

const SENT: &str = "Return-Path: <strong-bad@email.a.example>\nReceived: from mx.b.example ([192.0.2.3]) by \
                    mx.example.org; Thu, 1 Jan 2026 12:00:00 +0000\nFrom: a@a.example\n\nx\n";

fn spf(record: &str, zone: Zone) -> Check {
    spf_of(SENT, zone.with("email.a.example", RecordType::Txt, &[record]))
}

fn spf_of(raw: &str, zone: Zone) -> Check {
    of(raw, &zone, CheckMethod::Spf).remove(0)
}

#[test]
fn every_mechanism_finds_the_client() {
    use RecordType::{A, Mx, Ptr, Txt};
    let zone = Zone::default()
        .with("email.a.example", A, &["192.0.2.3"])
        .with("email.a.example", Mx, &["m1.a.example", "m2.a.example"])
        .with("m1.a.example", A, &["198.51.100.1"])
        .with("m2.a.example", A, &["192.0.2.3"])
        .with("net.a.example", A, &["192.0.2.200"])
        .with("good.example", Txt, &["v=spf1 ip4:192.0.2.0/24 -all"])
        .with("bad.example", Txt, &["v=spf1 -all"])
        .with("3.2.0.192.in-addr.arpa", Ptr, &["mx.b.example", "liar.example"])
        .with("mx.b.example", A, &["192.0.2.3"])
        .with("3.2.0.192.in-addr._spf.a.example", A, &["127.0.0.2"])
        .with("bad.strong.a.example", A, &["127.0.0.2"])
        .with("mx.b.example.a.example", A, &["127.0.0.2"]);
    use CheckOutcome::{Fail, Neutral, Pass, SoftFail};
    for (record, want) in [
        ("v=spf1 a -all", Pass),
        ("v=spf1 mx -all", Pass),
        ("v=spf1 a:net.a.example -all", Fail),
        ("v=spf1 a:net.a.example/24 -all", Pass),
        ("v=spf1 ip4:192.0.2.3 -all", Pass),
        ("v=spf1 ip4:192.0.2.0/31 -all", Fail),
        ("v=spf1 ip6:2001:db8::/32 ~all", SoftFail),
        ("v=spf1 ?all", Neutral),
        ("v=spf1", Neutral),
        ("v=spf1 -ip4:192.0.2.3 +all", Fail),
        ("v=spf1 include:good.example -all", Pass),
        ("v=spf1 include:bad.example ~all", SoftFail),
        ("v=spf1 redirect=good.example", Pass),
        ("v=spf1 redirect=bad.example", Fail),
        ("v=spf1 -all redirect=good.example", Fail),
        ("v=spf1 ptr:b.example -all", Pass),
        ("v=spf1 ptr:liar.example -all", Fail),
        ("v=spf1 ptr -all", Fail),
        ("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", Pass),
        ("v=spf1 exists:%{lr-}.%{o2} -all", Pass),
        ("v=spf1 exists:%{p}.%{d2} -all", Pass),
        ("v=spf1 exists:%{h}.%{d2} -all", Pass),
        ("v=spf1 exists:%{i}.%{d2} -all", Fail),
        ("V=SPF1 A -ALL", Pass),
        ("v=spf1 unknown=x exp=explain.example a -all", Pass),
    ] {
        let found = spf(record, zone.clone());
        assert_eq!(found.outcome, want, "{record}: {found:?}");
        assert_eq!(found.domain.as_deref(), Some("email.a.example"));
    }
}

#[test]
fn records_that_cost_or_mean_too_much_are_errors() {
    use CheckOutcome::{Fail, None, Pass, PermError, TempError};
    use RecordType::{A, Mx, Txt};
    let ten: String = (0..10).map(|n| format!(" a:a{n}.example")).collect();
    let mut zone = Zone::default().with("loop.example", Txt, &["v=spf1 include:loop.example -all"]);
    for n in 0..12 {
        zone = zone.with(&format!("a{n}.example"), A, &["198.51.100.9"]);
    }
    let servers: Vec<String> = (0..11).map(|n| format!("a{n}.example")).collect();
    let servers: Vec<&str> = servers.iter().map(String::as_str).collect();
    zone = zone.with("many.example", Mx, &servers).with("some.example", Mx, &servers[..10]);
    zone = zone.failing("away.example", A).failing("away.example", Txt);
    for (record, want, reason) in [
        (format!("v=spf1{ten} -all"), Fail, "does not let"),
        (format!("v=spf1{ten} a:a11.example -all"), PermError, "more than 10"),
        (format!("v=spf1{ten} redirect=good.example"), PermError, "more than 10"),
        ("v=spf1 include:loop.example -all".to_owned(), PermError, "more than 10"),
        ("v=spf1 a:n1.example a:n2.example -all".to_owned(), Fail, "does not let"),
        ("v=spf1 a:n1.example a:n2.example exists:n3.example +all".to_owned(), PermError, "more than 2"),
        ("v=spf1 mx:many.example -all".to_owned(), PermError, "more than 10 mail servers"),
        ("v=spf1 mx:some.example -all".to_owned(), Fail, "does not let"),
        ("v=spf1 a:away.example +all".to_owned(), TempError, "away.example"),
        ("v=spf1 include:away.example +all".to_owned(), TempError, "away.example"),
        ("v=spf1 include:none.example +all".to_owned(), PermError, "includes none.example"),
        ("v=spf1 redirect=none.example".to_owned(), PermError, "refers to none.example"),
        ("v=spf1 +all ip4:1.2.3".to_owned(), PermError, "ip4:1.2.3"),
        ("v=spf1 ip4:192.0.2.3 a:away.example".to_owned(), Pass, "ip4:192.0.2.3"),
        ("v=spf2 +all".to_owned(), None, "no SPF record"),
    ] {
        let found = spf(&record, zone.clone());
        assert_eq!(found.outcome, want, "{record}: {found:?}");
        assert!(found.reason.contains(reason), "{record}: {found:?}");
    }
    let two = Zone::default().with("email.a.example", Txt, &["v=spf1 +all", "v=spf1 -all"]);
    assert_eq!(spf_of(SENT, two).outcome, PermError);
    assert_eq!(spf_of(SENT, Zone::default().failing("email.a.example", Txt)).outcome, TempError);
    assert_eq!(spf_of(SENT, Zone::default()).outcome, None);
}

#[test]
fn only_what_own_servers_wrote_is_checked() {
    use CheckOutcome::{None, Pass};
    let zone = Zone::new(&[
        ("email.a.example", "v=spf1 ip4:192.0.2.3 ip6:2001:db8::1 -all"),
        ("mx.b.example", "v=spf1 ip4:192.0.2.3 -all"),
    ]);
    for (raw, outcome, reason) in [
        (SENT.to_owned(), Pass, "lets 192.0.2.3"),
        (SENT.replace("192.0.2.3", "2001:db8::1"), Pass, "lets 2001:db8::1"),
        (SENT.replace("<strong-bad@email.a.example>", "<>"), Pass, "mx.b.example lets"),
        (SENT.replace("192.0.2.3", "10.0.0.1"), None, "own server"),
        (SENT.replace("([192.0.2.3])", ""), None, "which address"),
        (SENT.replace("strong-bad@email.a.example", "x@nodots"), None, "envelope sender"),
        // Below the border, it was in the message when it came.
        (SENT.replacen("Return-Path: <strong-bad@email.a.example>\n", "", 1) + "", None, ""),
    ] {
        let found = spf_of(&raw, zone.clone());
        let greeted = reason.is_empty() && found.domain.as_deref() == Some("mx.b.example");
        assert!(greeted || (found.outcome == outcome && found.reason.contains(reason)), "{raw}: {found:?}");
    }
}
