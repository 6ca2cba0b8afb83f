//! SOCKS version 5 (RFC 1928) with user name and password (RFC 1929).

use super::{beyond, hung_up, no_proxy, not_permitted, not_signed_in};
use crate::carrier::ProxyStream;
use crate::endpoint::Endpoint;
use mailcase_mail::SourceError;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_socks::Error;
use tokio_socks::tcp::Socks5Stream;

/// Asks for a tunnel.
pub(super) async fn open(
    stream: ProxyStream,
    proxy: &Endpoint,
    target: &Endpoint,
    user: Option<(&str, &SecretString)>,
) -> Result<ProxyStream, SourceError> {
    // A name stays a name: the proxy looks it up.
    let address = (target.host.as_str(), target.port);
    let opened = match user {
        Some((user, password)) => {
            Socks5Stream::connect_with_password_and_socket(stream, address, user, password.expose_secret())
                .await
        }
        None => Socks5Stream::connect_with_socket(stream, address).await,
    };
    opened.map(Socks5Stream::into_inner).map_err(|error| explain(&error, proxy, target, user.is_some()))
}

/// The replies of RFC 1928 §6 and what goes wrong before them.
fn explain(error: &Error, proxy: &Endpoint, target: &Endpoint, told: bool) -> SourceError {
    let unreachable = |why: &str| SourceError::Unreachable {
        message: format!("the proxy {proxy} cannot reach {target}: {why}"),
        hint: beyond(target),
    };
    match error {
        Error::PasswordAuthFailure(_) => not_signed_in(proxy, true),
        Error::NoAcceptableAuthMethods | Error::AuthorizationRequired => not_signed_in(proxy, told),
        Error::ConnectionNotAllowedByRuleset => not_permitted(proxy, target),
        Error::GeneralSocksServerFailure => unreachable("it reports a general failure"),
        Error::NetworkUnreachable => unreachable("there is no way to the network"),
        Error::HostUnreachable => unreachable("there is no such host, or no way to it"),
        Error::ConnectionRefused => unreachable("the server refuses the connection"),
        Error::TtlExpired => unreachable("the way is too long (TTL expired)"),
        Error::CommandNotSupported | Error::AddressTypeNotSupported => SourceError::Unsupported {
            message: format!("the proxy {proxy} cannot connect to this kind of address ({error})"),
            hint: Some("Write the server as a name, or as an IPv4 address.".to_owned()),
        },
        Error::InvalidResponseVersion
        | Error::InvalidReservedByte
        | Error::UnknownAddressType
        | Error::UnknownAuthMethod => no_proxy(proxy, "a SOCKS5"),
        Error::InvalidAuthValues(_) => SourceError::Settings {
            message: "user name and password of a SOCKS5 proxy must have 1 to 255 bytes each".to_owned(),
        },
        Error::InvalidTargetAddress(_) | Error::ParseError(_) => SourceError::Settings {
            message: format!("the server {target} cannot be asked for through a SOCKS5 proxy"),
        },
        Error::Io(_) => hung_up(proxy),
        _ => unreachable("it gives no reason"),
    }
}
