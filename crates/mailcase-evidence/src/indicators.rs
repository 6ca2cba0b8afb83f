//! Observables of a message: which text of which part is looked at. What is found in it is `mailcase-indicators`'.
//!
//! What the bytes of attachments hold is looked at where they are opened; here are only their names and digests.

use std::collections::BTreeMap;
use std::net::IpAddr;

use foldhash::HashMap;
use mailcase_indicators::{Finding, Findings, How, Kind, Link, Span, Worth, scan_link, scan_text};
use mailcase_patterns::Gives;

use crate::examine::PartText;
use crate::{Address, Defect, Envelope, Evidence, Header, Indicator, Limits, Part, PartKind, Sighting};

/// Places kept of one indicator.
const PLACES: usize = 8;
/// Sightings kept of one indicator.
const SIGHTINGS: usize = 8;
/// Longest indicator value kept; longer URLs are cut.
const VALUE_BYTES: usize = 4 << 10;
/// Indicators kept that nobody writes down: there to be looked up, not to fill a page.
const SET_ASIDE: usize = 500;

/// Finds the indicators of a message and writes them into its evidence.
pub(crate) fn collect(evidence: &mut Evidence, texts: &[PartText], limits: &Limits) {
    let mut found = Found::new(limits.indicators);
    headers(&mut found, evidence);
    for one in texts {
        let what = if one.is_html { "html" } else { "text" };
        found.place = format!("{} {what}", one.part.path);
        for link in one.html().into_iter().flat_map(|page| &page.links) {
            let page = one.html();
            let facts = Link {
                element: &link.element,
                attribute: link.attribute,
                value: &link.value,
                text: link.text.and_then(|(start, end)| one.visible().get(start..end)),
                base: page.and_then(|page| page.base.as_deref()),
            };
            scan_link(&facts, &mut found.findings);
            found.settle();
        }
        found.text(one.visible());
    }
    for part in evidence.root.walk() {
        files(&mut found, part);
    }
    for one in &evidence.pattern_values {
        if let Gives::Indicator { kind } = one.gives {
            found.place.clone_from(&one.place);
            found.wanted(kind, &one.value);
        }
    }
    if found.full {
        let message = "there are too many indicators; only the first were kept";
        evidence.defects.push(Defect::new("limit_indicators", message));
    }
    evidence.indicators = found.kept.list;
    evidence.set_aside = found.set_aside.list;
}

fn headers(found: &mut Found, evidence: &Evidence) {
    envelope(found, "", &evidence.envelope);
    trace(found, "", &evidence.headers);
    found.place = "header:Received".to_owned();
    for hop in &evidence.received {
        let ip = hop.from_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
        ip.into_iter().for_each(|ip| found.ip(ip));
    }
}

/// The fields that servers write.
fn trace(found: &mut Found, path: &str, headers: &[Header]) {
    let separator = if path.is_empty() { "" } else { " " };
    for header in headers {
        let name = header.name.as_str();
        let place = |name: &str| format!("{path}{separator}header:{name}");
        if name.eq_ignore_ascii_case("return-path") {
            found.place = place("Return-Path");
            found.address(header.value.trim_matches(['<', '>', ' ']));
        } else if name.eq_ignore_ascii_case("x-originating-ip") {
            found.place = place("X-Originating-IP");
            found.hop(&header.value);
        } else if name.eq_ignore_ascii_case("received") {
            found.place = place("Received");
            found.hop(from_clause(&header.value));
        }
    }
}

/// What a `Received` field says about whom the mail came from: the greeting and what the server saw. What follows are
/// the server's own names, numbers and versions.
fn from_clause(value: &str) -> &str {
    let value = value.trim_start();
    if value.get(..3).is_none_or(|word| word.trim_end() != "by") {
        return value.split(" by ").next().unwrap_or_default();
    }
    ""
}

fn envelope(found: &mut Found, path: &str, envelope: &Envelope) {
    let separator = if path.is_empty() { "" } else { " " };
    let lists: [(&str, &[Address]); 5] = [
        ("From", &envelope.from),
        ("Sender", &envelope.sender),
        ("Reply-To", &envelope.reply_to),
        ("To", &envelope.to),
        ("Cc", &envelope.cc),
    ];
    for (name, list) in lists {
        found.place = format!("{path}{separator}header:{name}");
        for one in list {
            one.address.as_deref().into_iter().for_each(|address| found.address(address));
            // Readers see a name that holds another address before they see the address.
            one.name.as_deref().into_iter().for_each(|name| found.text(name));
        }
    }
    if let Some(subject) = &envelope.subject {
        found.place = format!("{path}{separator}header:Subject");
        found.text(subject);
    }
}

fn files(found: &mut Found, part: &Part) {
    if let Some(inner) = &part.envelope {
        envelope(found, &part.path, inner);
        trace(found, &part.path, &part.headers);
    }
    if !matches!(part.kind, PartKind::Attachment | PartKind::Message) {
        return;
    }
    found.place = format!("{} attachment", part.path);
    if let Some(hashes) = part.hashes.as_ref().filter(|_| part.size > 0) {
        found.value(Kind::Sha256, &hashes.sha256);
        found.value(Kind::Sha1, &hashes.sha1);
        found.value(Kind::Md5, &hashes.md5);
    }
    if let Some(name) = &part.name {
        found.value(Kind::FileName, name);
    }
}

/// Indicators so far.
struct Found {
    kept: List,
    set_aside: List,
    full: bool,
    /// Where is being looked.
    place: String,
    /// What the scanner found there and is not yet among the indicators.
    findings: Findings,
}

/// Indicators once per kind and value.
struct List {
    list: Vec<Indicator>,
    known: BTreeMap<Kind, HashMap<String, usize>>,
    limit: usize,
}

impl List {
    const fn new(limit: usize) -> Self {
        Self { list: Vec::new(), known: BTreeMap::new(), limit }
    }
}

impl Found {
    fn new(limit: usize) -> Self {
        Self {
            kept: List::new(limit),
            set_aside: List::new(SET_ASIDE),
            full: false,
            place: String::new(),
            findings: Findings::new(mailcase_indicators::Limits::default()),
        }
    }

    fn text(&mut self, text: &str) {
        scan_text(text, &mut self.findings);
        self.settle();
    }

    /// Takes what the scanner found.
    fn settle(&mut self) {
        self.full |= self.findings.is_full();
        for finding in self.findings.take() {
            self.add(finding, true);
        }
    }

    /// Keeps a finding where it belongs; `seen` tells that its place is in a text.
    fn add(&mut self, finding: Finding, seen: bool) {
        // Every line of a log has its date.
        let aside = finding.worth == Worth::Noise || finding.kind == Kind::DateTime;
        self.keep(finding, seen, aside);
    }

    fn keep(&mut self, finding: Finding, seen: bool, aside: bool) {
        let list = if aside { &mut self.set_aside } else { &mut self.kept };
        let value = match finding.value.len() {
            0..=VALUE_BYTES => finding.value,
            _ => crate::fields::bounded(&finding.value, VALUE_BYTES),
        };
        let known = list.known.entry(finding.kind).or_default();
        let index = known.get(&value).copied().unwrap_or(list.list.len());
        if index == list.list.len() {
            if index >= list.limit {
                self.full |= !aside;
                return;
            }
            known.insert(value.clone(), index);
            let detail = finding.detail.map(str::to_owned);
            let unicode = finding.unicode;
            list.list.push(Indicator { detail, unicode, ..Indicator::new(finding.kind, value) });
        }
        let Some(indicator) = list.list.get_mut(index) else { return };
        for mark in finding.marks {
            if !indicator.marks.contains(&mark) {
                indicator.marks.push(mark);
            }
        }
        let place = indicator.places.iter().rposition(|place| *place == self.place);
        let place = place.unwrap_or(indicator.places.len());
        if place == indicator.places.len() {
            if place >= PLACES {
                return;
            }
            indicator.places.push(self.place.clone());
        }
        if seen && indicator.sightings.len() < SIGHTINGS {
            let Span { offset, length } = finding.span;
            let (how, wrapper) = (finding.how, finding.wrapper);
            indicator.sightings.push(Sighting { place, offset, length, how, wrapper });
        }
    }

    /// What is a value as a whole, not a piece of text.
    fn value(&mut self, kind: Kind, value: &str) {
        self.add(whole(kind, value), false);
    }

    /// A value that a person looks for, whatever its kind is worth elsewhere.
    fn wanted(&mut self, kind: Kind, value: &str) {
        self.keep(whole(kind, value), false, false);
    }

    /// The IP addresses of a server's own words. Private ones stay, they tell where a sender sits.
    fn hop(&mut self, text: &str) {
        scan_text(text, &mut self.findings);
        for finding in self.findings.take() {
            if matches!(finding.kind, Kind::Ipv4 | Kind::Ipv6) {
                self.add(finding, true);
            }
        }
    }

    fn ip(&mut self, ip: IpAddr) {
        // 0.0.0.0 and :: name nobody, loopback the server itself.
        if !ip.is_unspecified() && !ip.is_loopback() {
            self.value(if ip.is_ipv4() { Kind::Ipv4 } else { Kind::Ipv6 }, &ip.to_string());
        }
    }

    fn address(&mut self, address: &str) {
        if let Some(address) = mailcase_indicators::address(address) {
            self.value(Kind::Email, &address);
        }
    }
}

fn whole(kind: Kind, value: &str) -> Finding {
    Finding {
        kind,
        value: value.to_owned(),
        span: Span { offset: 0, length: value.len() },
        how: How::Text,
        wrapper: None,
        detail: None,
        unicode: None,
        marks: Vec::new(),
        worth: Worth::Normal,
    }
}
