//! Random texts scanned for indicators, and what holds for all that is found in them.

use mailcase_evidence::Evidence;
use mailcase_indicators::{
    Finding, Findings, How, Kind, Limits, Link, coin, defang_kind, host, normalised, recognise, scan_link,
    scan_style, scan_text, scan_url,
};

use crate::{carry, cost, message};

/// Digits shown of a card: the first six and the last four.
const CARD_DIGITS: usize = 10;
/// Longest number of a card.
const CARD_LENGTH: usize = 19;
/// What is kept of one indicator of a message.
const PLACES: usize = 8;
const SIGHTINGS: usize = 8;
const VALUE_BYTES: usize = 4 << 10;
/// Indicators of a message that nobody writes down.
const SET_ASIDE: usize = 500;

/// Elements and attributes whose values are read differently.
const ATTRIBUTES: [(&str, &str); 10] = [
    ("a", "href"),
    ("img", "src"),
    ("img", "srcset"),
    ("form", "action"),
    ("meta", "content"),
    ("div", "style"),
    ("a", "ping"),
    ("area", "href"),
    ("svg", "xlink:href"),
    ("base", "href"),
];

/// A text: as it is, as the value of an attribute, as a style, as one URL, and as the body of a mail.
pub fn indicators(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let salt = crc32fast::hash(data) as usize;
    let low = Limits { findings: salt % 5, url_bytes: 40, unwrap_depth: salt % 3, data_bytes: 20 };
    let (element, attribute) = ATTRIBUTES[salt % ATTRIBUTES.len()];
    let link = Link {
        element,
        attribute,
        value: &text,
        text: (salt & 32 != 0).then_some("https://bank.example/"),
        base: (salt & 64 != 0).then_some("https://base.example/a/"),
    };
    scanned(&text, low, scan_text);
    scanned(&text, low, |_, found| scan_link(&link, found));
    scanned(&text, low, scan_style);
    scanned(&text, low, |text, found| scan_url(text, How::Link, found));
    if let Some((kind, value)) = recognise(&text) {
        assert!(!value.is_empty() && (kind != Kind::PaymentCard || value.contains('*')), "{value}");
    }
    message(&carry::body(if text.trim_start().starts_with('<') { "text/html" } else { "text/plain" }, data));
}

/// Scans twice and with low limits: the same comes out, and less of the same.
fn scanned(text: &str, low: Limits, scan: impl Fn(&str, &mut Findings)) {
    let found = |limits| {
        let mut found = Findings::new(limits);
        cost::bounded(cost::MESSAGE, || scan(text, &mut found));
        assert!(found.as_slice().len() <= limits.findings, "more than the limit");
        assert!(!found.is_full() || found.as_slice().len() == limits.findings, "full with room left");
        found.as_slice().iter().for_each(|one| holds_of(text, one));
        found
    };
    let all = found(Limits::default());
    assert!(all.as_slice() == found(Limits::default()).as_slice(), "a second scan finds something else");
    found(low);
    if !all.is_full() {
        let few = found(Limits { findings: low.findings, ..Limits::default() });
        let want = all.as_slice().iter().take(low.findings).map(|one| (one.kind, &one.value, one.span));
        let few_of = few.as_slice().iter().map(|one| (one.kind, &one.value, one.span));
        assert!(few_of.eq(want), "fewer findings are other findings");
        assert_eq!(few.is_full(), all.as_slice().len() > low.findings);
    }
}

fn holds_of(text: &str, one: &Finding) {
    let end = one.span.offset.checked_add(one.span.length).expect("a span ends");
    assert!(text.get(one.span.offset..end).is_some(), "{one:?} is not within the text");
    assert_eq!(one.how == How::Unwrapped, one.wrapper.is_some(), "{one:?}");
    assert!(!one.value.is_empty() && !one.value.contains(['\0', '\r', '\n']), "{one:?}");
    let same = |again: Option<String>| assert_eq!(again.as_deref(), Some(one.value.as_str()), "{one:?}");
    match one.kind {
        Kind::Ipv4 | Kind::Ipv6 => {
            let ip: std::net::IpAddr = one.value.parse().expect("an address");
            assert_eq!((ip.to_string(), ip.is_ipv4()), (one.value.clone(), one.kind == Kind::Ipv4));
            defanged(one);
        }
        Kind::Url => same(url::Url::parse(&one.value).ok().map(|url| url.as_str().to_owned())),
        Kind::Domain => {
            same(host::ascii(&one.value));
            same(normalised(one.kind, &one.value));
            defanged(one);
        }
        Kind::Email => {
            same(mailcase_indicators::address(&one.value));
            same(normalised(one.kind, &one.value));
        }
        Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Sha512 => same(normalised(one.kind, &one.value)),
        Kind::Cve => assert!(one.value.starts_with("CVE-") && one.value.is_ascii(), "{one:?}"),
        Kind::CryptoAddress => assert_eq!(coin(&one.value), one.detail, "{one:?}"),
        Kind::Phone => {
            let digits = one.value.strip_prefix('+').unwrap_or_default();
            let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
            assert!(plain && (8..=15).contains(&digits.len()), "{one:?}");
        }
        Kind::DateTime => assert!(one.value.len() >= 10 && one.value.is_ascii(), "{one:?}"),
        Kind::PaymentCard => masked(&one.value),
        Kind::FileName | Kind::RegistryPath => {}
    }
}

/// What is shown of a value is understood as that value when somebody pastes it.
fn defanged(one: &Finding) {
    if recognise(&one.value) == Some((one.kind, one.value.clone())) {
        let shown = defang_kind(one.kind, &one.value);
        assert_eq!(recognise(&shown), Some((one.kind, one.value.clone())), "as {shown}");
    }
}

/// A card is never written out, and what is shown of it is no number again.
fn masked(value: &str) {
    let (start, rest) = value.split_at_checked(6).expect("a card has digits");
    let (middle, end) = rest.split_at_checked(rest.len().saturating_sub(4)).expect("plain characters");
    let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
    assert!(digits(start) && digits(end), "{value}");
    assert!(!middle.is_empty() && middle.bytes().all(|star| star == b'*'), "{value}");
    assert!(start.len() + end.len() == CARD_DIGITS && value.len() <= CARD_LENGTH, "{value}");
    assert_eq!(defang_kind(Kind::PaymentCard, value), value);
    let mut again = Findings::new(Limits::default());
    scan_text(&format!("card {value}"), &mut again);
    assert!(again.as_slice().iter().all(|one| one.kind != Kind::PaymentCard), "{value}");
}

/// What holds for the indicators of any evidence.
pub(crate) fn holds(evidence: &Evidence) {
    assert!(evidence.set_aside.len() <= SET_ASIDE, "{} set aside", evidence.set_aside.len());
    for list in [&evidence.indicators, &evidence.set_aside] {
        let mut known: Vec<_> = list.iter().map(|one| (one.kind, &one.value)).collect();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), list.len(), "an indicator is there once");
    }
    for one in evidence.indicators.iter().chain(&evidence.set_aside) {
        assert!(!one.value.is_empty() && one.value.len() <= VALUE_BYTES, "{one:?}");
        assert!(!one.places.is_empty() && one.places.len() <= PLACES, "{one:?}");
        assert!(one.sightings.len() <= SIGHTINGS, "{one:?}");
        if one.kind == Kind::PaymentCard {
            masked(&one.value);
        }
        for sighting in &one.sightings {
            let place = one.places.get(sighting.place).expect("a sighting is at a place");
            let plain = matches!(sighting.how, How::Text | How::Refanged);
            let body = evidence.text.as_ref().filter(|body| {
                // A page that is taken for the text has offsets of what a person reads of it.
                plain && !body.truncated && *place == format!("{} text", body.path)
            });
            let end = sighting.offset.checked_add(sighting.length).expect("a span ends");
            let within = body.is_none_or(|body| body.content.get(sighting.offset..end).is_some());
            assert!(within, "{one:?} is not within its text");
        }
    }
}
