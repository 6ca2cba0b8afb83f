//! What speaks for and against the origin of a message: results of authentication that servers wrote down, the way it
//! took, and oddities of its headers. Found in the message alone; nothing is asked of anybody.

mod authentication;
mod impersonation;
mod marks;
mod route;

use std::net::IpAddr;

use ipnet::IpNet;
use mailcase_indicators::{Own, host};
use serde::{Deserialize, Serialize};

use crate::{Envelope, Header, Hop, Verification};

pub use impersonation::OwnPerson;

/// What the reader of a message knows about its own surroundings. Without it nothing a header claims is trusted.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Names under which own servers write `Authentication-Results` (RFC 8601 §2.5), any case. An empty one stands for
    /// headers without a name, as Exchange writes them.
    pub authserv_ids: Vec<String>,
    /// Networks own servers hand mail to each other in. Private and loopback addresses always count. Names of servers
    /// count for nothing: whoever writes a message writes its older Received headers too.
    pub networks: Vec<IpNet>,
    /// Own domains, which others imitate.
    pub own: Own,
    /// People in whose name others may write.
    pub people: Vec<OwnPerson>,
}

/// Everything found out about the origin of the outermost message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdicts {
    /// In the order of the headers, newest first.
    pub authentication: Vec<AuthenticationResults>,
    pub route: Route,
    pub marks: Vec<Mark>,
    /// What we found out ourselves: without the DNS, only what signatures say about the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<Verification>,
}

impl Verdicts {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One header in which a server wrote what it found out about the sender (RFC 8601, RFC 7208 §9.1, RFC 8617 §4.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthenticationResults {
    /// `Authentication-Results`, `ARC-Authentication-Results` or `Received-SPF`.
    pub header: String,
    /// Who says so, as the header itself claims; empty when it names nobody.
    pub server: String,
    /// Whether [`Trust`] names the server and the header stands where only own servers write.
    pub trusted: bool,
    /// Of an ARC set.
    pub instance: Option<u32>,
    pub results: Vec<MethodResult>,
}

/// What one method came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MethodResult {
    /// Lower case: `dkim`, `spf`, `dmarc`, `arc`, `compauth`, …
    pub method: String,
    /// Lower case: `pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror`, …
    pub result: String,
    /// Why, in the words of the server: its comment or `reason`.
    pub reason: Option<String>,
    /// `header.d`, `smtp.mailfrom`, … with their values, in order.
    pub properties: Vec<Property>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Property {
    pub name: String,
    pub value: String,
}

/// The way of the message by its Received headers; positions are those of [`Evidence::received`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Route {
    /// Seconds from the hop before to this one, where both are dated. Negative when a clock is wrong or a header is made up.
    pub delays: Vec<Option<i64>>,
    /// From the oldest dated hop to the newest, in seconds.
    pub total: Option<i64>,
    /// The hop where own servers took the message from outside: its address is real, everything older is hearsay.
    /// Absent when there are no hops.
    pub border: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// Answers go to another organization than the sender's.
    ReplyToDrift,
    /// The name shown is an address, and another one than the real one.
    NameIsAnotherAddress,
    /// More than one sender.
    SeveralSenders,
    /// The sender has no address.
    NoSender,
    /// Handed in by another organization than the sender's.
    SenderDiffers,
    /// Bounces go to another organization than the sender's; usual for mailings.
    ReturnPathDiffers,
    /// Dated after it arrived.
    DateInFuture,
    /// Dated long before it arrived.
    DateLongAgo,
    /// The hops claim an order of time that cannot be.
    RouteGoesBack,
    /// The HTML body has text its reader does not see.
    HiddenText,
    /// The plain and the HTML text of the message are not the same.
    AlternativesDisagree,
    /// A domain that looks like one of our own.
    LooksLikeOwnDomain,
    /// The name of one of our own people, with an address that is not theirs.
    NameOfOwnPerson,
    /// It claims to be from one of our own domains, and nothing proves it.
    OwnDomainUnproven,
}

/// Something an analyst should know before believing the headers. Many honest messages have one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub kind: MarkKind,
    /// For people.
    pub message: String,
}

/// What a message says about where it comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claims<'a> {
    pub(crate) envelope: &'a Envelope,
    pub(crate) headers: &'a [Header],
    pub(crate) received: &'a [Hop],
}

pub(crate) fn of(claims: Claims<'_>, trust: &Trust) -> Verdicts {
    let route = route::of(claims.received, trust);
    let authentication = authentication::of(claims.headers, &route, trust);
    let mut marks = marks::of(claims, &route);
    marks.extend(impersonation::marks(claims, trust));
    marks.extend(impersonation::failed(claims.envelope, &authentication, trust));
    Verdicts { authentication, route, marks, own: None }
}

/// The marks of a message of which only the people are known.
pub(crate) fn marks_of_people(envelope: &Envelope, trust: &Trust) -> Vec<Mark> {
    let mut marks = marks::names(&envelope.from);
    marks.extend(impersonation::marks(Claims { envelope, headers: &[], received: &[] }, trust));
    marks
}

impl Trust {
    pub(crate) fn is_own_address(&self, address: &str) -> bool {
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        let local = match address {
            IpAddr::V4(address) => address.is_private() || address.is_loopback() || address.is_link_local(),
            IpAddr::V6(address) => {
                address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
            }
        };
        local || self.networks.iter().any(|network| network.contains(&address))
    }

    fn is_own_server(&self, name: &str) -> bool {
        self.authserv_ids.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The host of an address, in ASCII.
pub(crate) fn host_of(address: &str) -> Option<String> {
    address.trim().rsplit_once('@').and_then(|(_, name)| host::ascii(name.trim_end_matches('>')))
}

/// The name somebody registered, in ASCII: `example.co.uk` of `mail.example.co.uk`. The host itself when it has none.
fn organization_of(name: &str) -> String {
    let ascii = host::ascii(name).unwrap_or_else(|| name.to_lowercase());
    host::registered(&ascii).to_owned()
}
