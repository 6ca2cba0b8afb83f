//! Who is at the other end: the client's address, believing only proxies we were told to believe.

use crate::config::ApiConfig;
use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Longest user agent kept with a session, in characters.
const USER_AGENT_MAX_CHARS: usize = 200;

/// Address and program of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    pub(crate) user_agent: Option<String>,
    /// Whether the request came from this machine and through no proxy, trusted or not.
    pub(crate) local: bool,
}

impl<S> FromRequestParts<S> for Client
where
    S: Send + Sync,
    Arc<ApiConfig>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let config = Arc::<ApiConfig>::from_ref(state);
        // Without a peer (requests made within the process) nobody is treated as this machine.
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        Ok(Self::of(peer, &parts.headers, &config.trusted_proxies))
    }
}

/// Headers only proxies write: a request with one of them did not begin on this machine, whatever its peer is.
const PROXY_HEADERS: &[&str] =
    &["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via"];

impl Client {
    fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpAddr]) -> Self {
        let peer = peer.map(|peer| peer.to_canonical());
        let is_proxy = |hop: &IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == *hop);
        let proxied = PROXY_HEADERS.iter().any(|name| headers.contains_key(*name));
        let local = !proxied && peer.is_some_and(|peer| peer.is_loopback() && !is_proxy(&peer));
        let address = match peer {
            Some(peer) if is_proxy(&peer) => forwarded_for(headers, peer, is_proxy),
            Some(peer) => peer,
            None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        };
        let user_agent = headers
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .map(|agent| agent.chars().take(USER_AGENT_MAX_CHARS).collect());
        Self { address, user_agent, local }
    }
}

/// Walks `X-Forwarded-For` from its end to the first address that is no proxy of ours. What cannot be read ends the
/// walk at the last proxy: whatever stands before it may have been written by the client.
///
/// `Forwarded` (RFC 7239) is not read: a proxy that writes the one header hands the other on as the client wrote it.
fn forwarded_for(headers: &HeaderMap, peer: IpAddr, is_proxy: impl Fn(&IpAddr) -> bool) -> IpAddr {
    let values: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    let hops = values
        .iter()
        .rev()
        .flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|hop| !hop.is_empty());
    let mut believed = peer;
    for hop in hops.map_while(address) {
        believed = hop;
        if !is_proxy(&hop) {
            break;
        }
    }
    believed
}

/// An address as proxies write it: bare, with a port, or an IPv6 address in brackets.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?;
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || hop.parse().ok().map(|hop: SocketAddr| hop.ip());
    hop.parse().ok().or_else(bracketed).or_else(with_port).map(|hop| hop.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn client(peer: &str, headers: &[(&'static str, &[u8])], trusted: &[&str]) -> (String, bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
        }
        let trusted: Vec<IpAddr> = trusted.iter().map(|proxy| proxy.parse().unwrap()).collect();
        let client = Client::of(Some(peer.parse().unwrap()), &map, &trusted);
        (client.address.to_string(), client.local)
    }

    /// The address of a request from 10.0.0.1, with 10.0.0.1, 10.0.0.2 and fd00::2 as proxies of ours.
    fn seen(forwarded: &[&str]) -> String {
        // Latin-1: "ÿ" is a byte that is no text.
        let values: Vec<Vec<u8>> = forwarded
            .iter()
            .map(|value| value.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect())
            .collect();
        let headers: Vec<_> = values.iter().map(|value| ("x-forwarded-for", value.as_slice())).collect();
        client("10.0.0.1", &headers, &["10.0.0.1", "10.0.0.2", "fd00::2"]).0
    }

    #[test]
    fn the_last_hop_no_proxy_of_ours_added_is_the_client() {
        for (forwarded, expected) in [
            (&[][..], "10.0.0.1"),
            (&["198.51.100.7"], "198.51.100.7"),
            (&["1.1.1.1, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            (&["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
            (&["198.51.100.7", "10.0.0.2", "fd00::2"], "198.51.100.7"),
            // Ports and brackets, as some proxies write them.
            (&["198.51.100.7:50123"], "198.51.100.7"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["[2001:db8::7]:50123, [fd00::2]:443"], "2001:db8::7"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            (&["1.1.1.1,198.51.100.7:1,\t10.0.0.2:2 "], "198.51.100.7"),
            // Empty list elements say nothing (RFC 9110, 5.6.1).
            (&["198.51.100.7, , 10.0.0.2,"], "198.51.100.7"),
            (&["198.51.100.7", ""], "198.51.100.7"),
            (&[""], "10.0.0.1"),
            // Only proxies: the request began at the farthest of them.
            (&["10.0.0.2"], "10.0.0.2"),
            // What cannot be read ends the walk where it is still believed; nothing before it counts.
            (&["nonsense"], "10.0.0.1"),
            (&["1.1.1.1, nonsense"], "10.0.0.1"),
            (&["1.1.1.1, unknown, 10.0.0.2"], "10.0.0.2"),
            (&["1.1.1.1, ÿþ"], "10.0.0.1"),
            (&["1.1.1.1", "ÿþ"], "10.0.0.1"),
            (&["1.1.1.1", "ÿ, 10.0.0.2"], "10.0.0.2"),
            (&["1.1.1.1", "ÿ, 198.51.100.7"], "198.51.100.7"),
            (&["1.1.1.1, 198.51.100.7:http"], "10.0.0.1"),
            (&["1.1.1.1, 198.51.100.7:99999"], "10.0.0.1"),
            (&["1.1.1.1, [198.51.100.7]"], "10.0.0.1"),
            (&["1.1.1.1, [2001:db8::7"], "10.0.0.1"),
            (&["1.1.1.1, 2001:db8::7]:1"], "10.0.0.1"),
            (&["1.1.1.1, fe80::1%eth0"], "10.0.0.1"),
            (&["1.1.1.1, \"198.51.100.7\""], "10.0.0.1"),
        ] {
            assert_eq!(seen(forwarded), expected, "{forwarded:?}");
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        const FORWARDED: &[(&str, &[u8])] = &[("x-forwarded-for", b"198.51.100.7")];
        for (peer, trusted, expected) in [
            ("192.0.2.1", &[][..], "192.0.2.1"),
            ("192.0.2.1", &["10.0.0.1"], "192.0.2.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["127.0.0.1"], "198.51.100.7"),
            ("::ffff:127.0.0.1", &["127.0.0.1"], "198.51.100.7"),
            ("127.0.0.1", &["::ffff:127.0.0.1"], "198.51.100.7"),
        ] {
            assert_eq!(client(peer, FORWARDED, trusted).0, expected, "{peer} {trusted:?}");
        }
        // Clients write this one too, and proxies that do not know it hand it on.
        let other: &[(&str, &[u8])] = &[("forwarded", b"for=1.1.1.1")];
        assert_eq!(client("10.0.0.1", other, &["10.0.0.1"]).0, "10.0.0.1");
    }

    #[test]
    fn what_came_through_a_proxy_did_not_come_from_this_machine() {
        for (peer, headers, trusted, local) in [
            ("127.0.0.1", &[][..], &[][..], true),
            ("::1", &[], &[], true),
            ("::ffff:127.0.0.1", &[], &[], true),
            ("192.0.2.1", &[], &[], false),
            ("127.0.0.1", &[], &["10.0.0.1"], true),
            // A proxy on this machine that names nobody.
            ("127.0.0.1", &[], &["127.0.0.1"], false),
            ("::1", &[], &["::1"], false),
            ("::ffff:127.0.0.1", &[], &["127.0.0.1"], false),
            ("127.0.0.1", &[("x-forwarded-for", &b"127.0.0.1"[..])], &["127.0.0.1"], false),
            // A proxy nobody told us of.
            ("127.0.0.1", &[("x-forwarded-for", b"")], &[], false),
            ("127.0.0.1", &[("forwarded", b"for=127.0.0.1")], &[], false),
            ("127.0.0.1", &[("via", b"1.1 proxy")], &[], false),
            ("127.0.0.1", &[("x-real-ip", b"127.0.0.1")], &[], false),
            ("127.0.0.1", &[("x-forwarded-proto", b"https")], &[], false),
            ("127.0.0.1", &[("x-forwarded-host", b"localhost")], &[], false),
        ] {
            assert_eq!(client(peer, headers, trusted).1, local, "{peer} {headers:?} {trusted:?}");
        }
    }
}
