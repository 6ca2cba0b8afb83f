//! From a host name to a TCP connection.

use crate::endpoint::Endpoint;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use mailcase_mail::SourceError;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// How long one address may keep the others waiting (RFC 8305 §5 recommends 250 ms).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// More addresses than this are not tried: a name server may answer with thousands.
const ADDRESSES_MAX: usize = 16;
/// A connection waiting for news is probed after this silence, so that a dead peer or a forgetful firewall is
/// noticed within minutes and not after hours.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// All addresses of a host, IPv6 and IPv4 taking turns (RFC 8305 §4).
///
/// # Errors
/// [`SourceError::Unreachable`] for an unknown name, [`SourceError::TimedOut`] when nobody answers.
pub async fn resolve(endpoint: &Endpoint, deadline: Duration) -> Result<Vec<SocketAddr>, SourceError> {
    let lookup = lookup_host((endpoint.host.as_str(), endpoint.port));
    let what = || format!("looking up the name {}", endpoint.host);
    let found = timeout(deadline, lookup)
        .await
        .map_err(|_| SourceError::TimedOut { what: what(), after: deadline })?;
    let (v6, v4): (Vec<_>, Vec<_>) =
        found.map_err(|error| unknown_host(endpoint, &error))?.partition(SocketAddr::is_ipv6);
    let (mut v6, mut v4) = (v6.into_iter(), v4.into_iter());
    let mut addresses = Vec::new();
    loop {
        let pair = [v6.next(), v4.next()];
        if pair == [None, None] || addresses.len() >= ADDRESSES_MAX {
            break;
        }
        addresses.extend(pair.into_iter().flatten());
    }
    if addresses.is_empty() {
        return Err(unknown_host(endpoint, &io::Error::from(io::ErrorKind::NotFound)));
    }
    Ok(addresses)
}

/// Connects to the first of `addresses` that answers: each gets a head start before the next is tried too.
///
/// # Errors
/// [`SourceError::Unreachable`] when none takes the connection, [`SourceError::TimedOut`] when none answers.
pub async fn connect(
    endpoint: &Endpoint,
    addresses: &[SocketAddr],
    deadline: Duration,
) -> Result<TcpStream, SourceError> {
    let stream = timeout(deadline, race(addresses))
        .await
        .map_err(|_| SourceError::TimedOut { what: format!("connecting to {endpoint}"), after: deadline })?
        .map_err(|error| not_connected(endpoint, &error))?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL);
    // Commands are small and must leave at once; both are improvements, not conditions.
    let tuned = stream.set_nodelay(true).and(SockRef::from(&stream).set_tcp_keepalive(&keepalive));
    if let Err(error) = tuned {
        tracing::debug!(%endpoint, %error, "the connection could not be tuned");
    }
    Ok(stream)
}

async fn race(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut waiting = addresses.iter();
    let mut attempts = FuturesUnordered::new();
    let mut last_error = io::Error::from(io::ErrorKind::AddrNotAvailable);
    if let Some(first) = waiting.next() {
        attempts.push(TcpStream::connect(*first));
    }
    loop {
        let attempt = timeout(ATTEMPT_DELAY, attempts.next()).await;
        match attempt {
            Ok(Some(Ok(stream))) => return Ok(stream),
            Ok(Some(Err(error))) => last_error = error,
            Ok(None) if waiting.len() == 0 => return Err(last_error),
            Ok(None) | Err(_) => {}
        }
        // Either an address failed or it takes long: the next one may try.
        if let Some(next) = waiting.next() {
            attempts.push(TcpStream::connect(*next));
        }
    }
}

fn unknown_host(endpoint: &Endpoint, error: &io::Error) -> SourceError {
    SourceError::Unreachable {
        message: format!("the host name {} cannot be resolved: {error}", endpoint.host),
        hint: Some(
            "Check the spelling, and whether the name is known to the machine Mailcase runs on.".to_owned(),
        ),
    }
}

fn not_connected(endpoint: &Endpoint, error: &io::Error) -> SourceError {
    let (message, hint) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            format!("{endpoint} refused the connection: nothing listens on port {}", endpoint.port),
            "Check the port, and whether the server is running and lets this machine in.",
        ),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => (
            format!("there is no way through the network to {endpoint}: {error}"),
            "Check routing and firewalls between this machine and the server.",
        ),
        _ => (
            format!("no connection to {endpoint}: {error}"),
            "Check the address and the firewalls between this machine and the server.",
        ),
    };
    SourceError::Unreachable { message, hint: Some(hint.to_owned()) }
}
