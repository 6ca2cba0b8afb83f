//! Everything a message itself says about where it comes from, ready to be held against the DNS.

use std::net::IpAddr;

use super::reader::{Reader, Signatures};
use crate::verdicts::host_of;
use crate::{Evidence, Trust};

/// What [`judge`](super::judge) needs of a message. Small, whatever the size of the message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OriginFacts {
    pub(super) signatures: Signatures,
    /// When own servers took it, in seconds since 1970.
    pub(super) arrived: Option<i64>,
    pub(super) from: From,
    pub(super) handed_in: HandedIn,
    /// Whether that is one of our own domains.
    pub(super) own: bool,
}

/// Whose mail it says it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum From {
    #[default]
    Nobody,
    /// A domain in ASCII.
    Domain(String),
    /// Several domains, or what is none.
    Unclear,
}

/// How own servers got it, as they wrote it down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HandedIn {
    pub(super) by: Client,
    /// How the other server called itself.
    pub(super) greeting: Option<String>,
    /// Where bounces go; empty for those of bounces themselves.
    pub(super) sender: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Client {
    /// No own server wrote down where it came from.
    #[default]
    Unknown,
    /// From one of our own.
    Within,
    Outside(IpAddr),
}

impl OriginFacts {
    /// `evidence` has its verdicts already: the border of the route is theirs.
    pub(crate) fn new(reader: Reader, evidence: &Evidence, trust: &Trust) -> Self {
        let border = evidence.verdicts.route.border;
        let hop = border.and_then(|border| evidence.received.get(border));
        let arrived = evidence.received.get(..=border.unwrap_or_default()).unwrap_or_default();
        let arrived = arrived.iter().rev().find_map(|hop| hop.date).map(jiff::Timestamp::as_second);
        let by = match hop.and_then(|hop| hop.from_ip.as_deref()) {
            None => Client::Unknown,
            Some(address) if trust.is_own_address(address) => Client::Within,
            Some(address) => address.parse().map_or(Client::Unknown, Client::Outside),
        };
        let handed_in = HandedIn {
            by,
            greeting: hop.and_then(|hop| hop.from.clone()),
            sender: envelope_sender(evidence, border),
        };
        let from = From::of(evidence);
        let own = matches!(&from, From::Domain(domain) if trust.own.is_own(domain));
        Self { signatures: reader.finish_or(&evidence.headers), arrived, from, handed_in, own }
    }
}

impl From {
    fn of(evidence: &Evidence) -> Self {
        let mut domains: Vec<Option<String>> =
            evidence.envelope.from.iter().map(|one| host_of(one.address.as_deref()?)).collect();
        domains.dedup();
        match (domains.pop(), domains.is_empty()) {
            (Some(Some(domain)), true) => Self::Domain(domain),
            (None, _) => Self::Nobody,
            _ => Self::Unclear,
        }
    }
}

/// The Return-Path own servers put on top; one further down was in the message when it came.
fn envelope_sender(evidence: &Evidence, border: Option<usize>) -> Option<String> {
    let mut hops = 0;
    for header in &evidence.headers {
        if header.name.eq_ignore_ascii_case("received") {
            hops += 1;
            if border.is_none_or(|border| hops > border) {
                return None;
            }
        } else if header.name.eq_ignore_ascii_case("return-path") && border.is_some() {
            return Some(header.value.trim().trim_matches(['<', '>', ' ']).to_owned());
        }
    }
    None
}
