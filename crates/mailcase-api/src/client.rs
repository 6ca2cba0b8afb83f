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
    /// Whether the request came from this machine and through no proxy.
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

impl Client {
    fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpAddr]) -> Self {
        let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key(header::FORWARDED);
        let local = !forwarded && peer.is_some_and(|peer| peer.to_canonical().is_loopback());
        let address = match peer.map(|peer| peer.to_canonical()) {
            Some(peer) if trusted.contains(&peer) => forwarded_for(headers, trusted).unwrap_or(peer),
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

/// The last address that no proxy of ours added.
fn forwarded_for(headers: &HeaderMap, trusted: &[IpAddr]) -> Option<IpAddr> {
    let values: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    values
        .iter()
        .rev()
        .flat_map(|value| value.rsplit(','))
        .map_while(|hop| hop.trim().parse::<IpAddr>().ok())
        .map(|hop| hop.to_canonical())
        .find(|hop| !trusted.contains(hop))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> (String, bool) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted: Vec<IpAddr> = trusted.iter().map(|proxy| proxy.parse().unwrap()).collect();
        let client = Client::of(Some(peer.parse().unwrap()), &headers, &trusted);
        (client.address.to_string(), client.local)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (peer, forwarded, trusted, expected, local) in [
            ("192.0.2.1", &[][..], &[][..], "192.0.2.1", false),
            ("127.0.0.1", &[], &[], "127.0.0.1", true),
            ("::ffff:127.0.0.1", &[], &[], "127.0.0.1", true),
            ("127.0.0.1", &["198.51.100.7"], &[], "127.0.0.1", false),
            ("192.0.2.1", &["198.51.100.7"], &[], "192.0.2.1", false),
            ("127.0.0.1", &["198.51.100.7"], &["127.0.0.1"], "198.51.100.7", false),
            (
                "10.0.0.1",
                &["1.1.1.1, 198.51.100.7, 10.0.0.2"],
                &["10.0.0.1", "10.0.0.2"],
                "198.51.100.7",
                false,
            ),
            ("10.0.0.1", &["1.1.1.1", "198.51.100.7"], &["10.0.0.1"], "198.51.100.7", false),
            ("10.0.0.1", &["nonsense"], &["10.0.0.1"], "10.0.0.1", false),
            ("10.0.0.1", &["198.51.100.7, nonsense"], &["10.0.0.1"], "10.0.0.1", false),
        ] {
            assert_eq!(
                address(peer, forwarded, trusted),
                (expected.to_owned(), local),
                "{peer} {forwarded:?}"
            );
        }
    }
}
