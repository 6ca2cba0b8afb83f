//! E-mail addresses, normalised.

/// Longest address looked at: RFC 5321 allows 254 bytes, VERP makes them longer.
const ADDRESS_BYTES: usize = 512;

/// Lower case, the host in ASCII; nothing when it is no address that mail could be sent to.
#[must_use]
pub fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, host) = text.rsplit_once('@')?;
    let odd =
        |one: char| one.is_whitespace() || one.is_control() || matches!(one, '<' | '>' | '(' | ')' | ',');
    if local.is_empty() || text.len() > ADDRESS_BYTES || local.contains(odd) {
        return None;
    }
    let host = crate::host::ascii(host).filter(|host| host.contains('.'))?;
    let named =
        host.rsplit('.').next().is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()));
    named.then(|| format!("{}@{host}", local.to_lowercase()))
}
