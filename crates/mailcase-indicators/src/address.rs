//! E-mail addresses, normalised.

/// Longest address looked at: RFC 5321 allows 254 bytes, VERP makes them longer.
const ADDRESS_BYTES: usize = 512;

/// Lower case, the host in ASCII; nothing when it is no address that mail could be sent to.
#[must_use]
pub fn address(text: &str) -> Option<String> {
    // Some senders write quotes around the whole address.
    let text = text.trim().trim_matches('"');
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, want) in [
            ("Some.One@Example.COM", Some("some.one@example.com")),
            (" \"someone@example.com\" ", Some("someone@example.com")),
            ("someone@b\u{fc}cher.example", Some("someone@xn--bcher-kva.example")),
            ("someone@192.0.2.1", None),
            ("someone@localhost", None),
            ("some one@example.com", None),
            ("@example.com", None),
            ("someone", None),
        ] {
            assert_eq!(address(text).as_deref(), want, "{text}");
        }
    }
}
