//! Observables of a message: where it points, who and what it names, what it carries.
//!
//! Basic and dependable: links, addresses, hosts, hashes and names as an analyst would write them down. What the
//! bytes of attachments hold is not looked at here.

mod find;
mod host;
mod refang;

use std::collections::HashMap;
use std::net::IpAddr;

use crate::examine::PartText;
use crate::{Address, Defect, Envelope, Evidence, Indicator, IndicatorKind, Limits, Part, PartKind};

pub(crate) use find::scan_text;

/// Places kept of one indicator.
const PLACES: usize = 8;
/// Longest indicator value kept; longer URLs are cut.
const VALUE_BYTES: usize = 4 << 10;

/// Finds the indicators of a message and writes them into its evidence.
pub(crate) fn collect(evidence: &mut Evidence, texts: &[PartText], limits: &Limits) {
    let mut found = Found { limit: limits.indicators, ..Found::default() };
    headers(&mut found, evidence);
    for one in texts {
        let what = if one.html.is_some() { "html" } else { "text" };
        found.place = format!("{} {what}", one.part.path);
        for link in one.html.iter().flat_map(|page| &page.links) {
            find::scan_link(&mut found, link);
        }
        scan_text(&mut found, one.visible());
    }
    for part in evidence.root.walk() {
        files(&mut found, part);
    }
    if found.full {
        let message = "there are too many indicators; only the first were kept";
        evidence.defects.push(Defect::new("limit_indicators", message));
    }
    evidence.indicators = found.list;
}

fn headers(found: &mut Found, evidence: &Evidence) {
    envelope(found, "", &evidence.envelope);
    for header in &evidence.headers {
        if header.name.eq_ignore_ascii_case("return-path") {
            found.place = "header:Return-Path".to_owned();
            found.address(header.value.trim_matches(['<', '>', ' ']));
        } else if header.name.eq_ignore_ascii_case("x-originating-ip") {
            found.place = "header:X-Originating-IP".to_owned();
            found.ip_text(header.value.trim_matches(['[', ']', ' ']));
        }
    }
    found.place = "header:Received".to_owned();
    for hop in &evidence.received {
        // Servers hand mail to themselves; private addresses stay, they tell where a sender sits.
        let ip = hop.from_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
        ip.filter(|ip| !ip.is_loopback()).into_iter().for_each(|ip| found.ip(ip));
    }
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
        list.iter().filter_map(|one| one.address.as_deref()).for_each(|address| found.address(address));
    }
    if let Some(subject) = &envelope.subject {
        found.place = format!("{path}{separator}header:Subject");
        scan_text(found, subject);
    }
}

fn files(found: &mut Found, part: &Part) {
    if let Some(inner) = &part.envelope {
        envelope(found, &part.path, inner);
    }
    if !matches!(part.kind, PartKind::Attachment | PartKind::Message) {
        return;
    }
    found.place = format!("{} attachment", part.path);
    if let Some(hashes) = part.hashes.as_ref().filter(|_| part.size > 0) {
        found.add(IndicatorKind::Sha256, &hashes.sha256);
        found.add(IndicatorKind::Sha1, &hashes.sha1);
        found.add(IndicatorKind::Md5, &hashes.md5);
    }
    if let Some(name) = &part.name {
        found.add(IndicatorKind::FileName, name);
    }
}

/// Indicators so far, once per kind and value.
#[derive(Debug, Default)]
pub(crate) struct Found {
    list: Vec<Indicator>,
    known: HashMap<(IndicatorKind, String), usize>,
    limit: usize,
    full: bool,
    /// Where is being looked.
    place: String,
}

impl Found {
    pub(crate) fn add(&mut self, kind: IndicatorKind, value: &str) {
        let value = crate::fields::bounded(value, VALUE_BYTES);
        let known = self.known.get(&(kind, value.clone())).and_then(|index| self.list.get_mut(*index));
        if let Some(indicator) = known {
            if indicator.places.len() < PLACES && !indicator.places.contains(&self.place) {
                indicator.places.push(self.place.clone());
            }
        } else if self.list.len() < self.limit {
            self.known.insert((kind, value.clone()), self.list.len());
            self.list.push(Indicator { kind, value, places: vec![self.place.clone()] });
        } else {
            self.full = true;
        }
    }

    pub(crate) fn ip(&mut self, ip: IpAddr) {
        match ip {
            // 0.0.0.0 and :: name nobody.
            ip if ip.is_unspecified() => {}
            IpAddr::V4(ip) => self.add(IndicatorKind::Ipv4, &ip.to_string()),
            IpAddr::V6(ip) => self.add(IndicatorKind::Ipv6, &ip.to_string()),
        }
    }

    fn ip_text(&mut self, text: &str) {
        if let Ok(ip) = text.parse() {
            self.ip(ip);
        }
    }

    /// An e-mail address, its host in lower case and ASCII.
    pub(crate) fn address(&mut self, address: &str) {
        let Some((local, host)) = address.trim().rsplit_once('@') else { return };
        if local.is_empty() || local.contains(|one: char| one.is_whitespace() || one.is_control()) {
            return;
        }
        if let Some(host) = host::ascii(host).filter(|host| host.contains('.')) {
            self.add(IndicatorKind::Email, &format!("{}@{host}", local.to_lowercase()));
        }
    }

    /// A host name that is under a public suffix.
    pub(crate) fn domain(&mut self, host: &str) {
        if host::is_registrable(host) {
            self.add(IndicatorKind::Domain, host);
        }
    }
}
