//! Host names: their ASCII form, whether the world could register them, and what is odd about how they are written.

use unicode_security::{GeneralSecurityProfile, MixedScript, confusable_detection::skeleton};
pub use url::Host;
use url::Url;

use crate::{Kind, Mark};

/// Longest host name looked at, in any form: far more than the 253 bytes of the DNS.
const HOST_BYTES: usize = 1_000;

/// Lower-case ASCII form (IDNA, UTS 46); nothing when it cannot be a host name.
#[must_use]
pub fn ascii(host: &str) -> Option<String> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.is_empty() || host.len() > HOST_BYTES {
        return None;
    }
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let ascii = if plain { host.to_ascii_lowercase() } else { idna::domain_to_ascii(host).ok()? };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    (ascii.len() <= 253 && ascii.split('.').all(is_label)).then_some(ascii)
}

/// Whether `host` (lower case, ASCII) is below a suffix of the public suffix list.
#[must_use]
pub fn is_registrable(host: &str) -> bool {
    let (before, last) = host.rsplit_once('.').unwrap_or(("", host));
    if before.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    // Names reserved for documentation and test (RFC 2606) read like the real ones; Tor's are no DNS names (RFC 7686).
    if matches!(last, "example" | "test" | "invalid") {
        return true;
    }
    if last == "onion" {
        return before.rsplit('.').next().is_some_and(|name| matches!(name.len(), 16 | 56));
    }
    psl::domain(host.as_bytes()).is_some_and(|domain| domain.suffix().is_known())
}

/// The part of `host` (lower case, ASCII) that somebody registered: `example.co.uk` of `www.example.co.uk`.
#[must_use]
pub fn registered(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
}

/// Whether nobody can own `host` (lower case, ASCII): it is a public suffix, or has no dot.
#[must_use]
pub fn is_everybodys(host: &str) -> bool {
    !host.contains('.') || psl::domain_str(host).is_none()
}

/// The host an observable names: a domain, an address, the host of a URL, that of an e-mail address.
#[must_use]
pub fn of(kind: Kind, value: &str) -> Option<Host<String>> {
    match kind {
        Kind::Domain => Some(Host::Domain(value.to_owned())),
        Kind::Email => value.rsplit_once('@').map(|(_, name)| Host::Domain(name.to_owned())),
        Kind::Url => Url::parse(value).ok()?.host().map(|host| host.to_owned()),
        Kind::Ipv4 => value.parse().ok().map(Host::Ipv4),
        Kind::Ipv6 => value.parse().ok().map(Host::Ipv6),
        _ => None,
    }
}

/// What people see of a host in ASCII form, and what is odd about it. Nothing for a host that is ASCII anyway.
#[must_use]
pub fn shown(ascii: &str) -> Option<(String, Vec<Mark>)> {
    if !ascii.split('.').any(|label| label.starts_with("xn--")) {
        return None;
    }
    let (unicode, result) = idna::domain_to_unicode(ascii);
    if result.is_err() || unicode == ascii {
        return None;
    }
    let mut marks = vec![Mark::Idn];
    let labels = || unicode.split('.').filter(|label| !label.is_ascii());
    if labels().any(|label| !label.is_single_script()) {
        marks.push(Mark::MixedScript);
    }
    let ascii_like = |label: &str| skeleton(label).all(|one| one.is_ascii());
    if labels()
        .any(|label| ascii_like(label) || label.chars().any(|one| !one.identifier_allowed() && one != '-'))
    {
        marks.push(Mark::Confusable);
    }
    Some((unicode, marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        assert_eq!(ascii("Example.COM.").as_deref(), Some("example.com"));
        assert_eq!(ascii("bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(ascii("a..b"), None);
        assert_eq!(ascii("a\u{a0}b.example"), None);
        assert_eq!(ascii(&"a".repeat(64)), None);
        for (host, want) in [
            ("example.com", true),
            ("a.b.co.uk", true),
            ("co.uk", false),
            ("com", false),
            ("invoice.pdf", false),
            ("evil.example", true),
            ("1.2.3.4", false),
            ("expyuzz4wqqyqhjn.onion", true),
            ("short.onion", false),
        ] {
            assert_eq!(is_registrable(host), want, "{host}");
        }
        assert_eq!(registered("a.b.example.co.uk"), "example.co.uk");
    }

    #[test]
    fn hosts_of_observables() {
        let named = |name: &str| Some(Host::Domain(name.to_owned()));
        for (kind, value, want) in [
            (Kind::Domain, "evil.example", named("evil.example")),
            (Kind::Email, "a@evil.example", named("evil.example")),
            (Kind::Url, "https://a@evil.example:8443/x", named("evil.example")),
            (Kind::Url, "http://[2001:db8::1]/", Some(Host::Ipv6("2001:db8::1".parse().unwrap()))),
            (Kind::Ipv4, "192.0.2.1", Some(Host::Ipv4("192.0.2.1".parse().unwrap()))),
            (Kind::Url, "https://", None),
            (Kind::Email, "nobody", None),
            (Kind::FileName, "evil.example", None),
        ] {
            assert_eq!(of(kind, value), want, "{value}");
        }
        for (host, want) in
            [("co.uk", true), ("local", true), ("corp.local", false), ("example.co.uk", false)]
        {
            assert_eq!(is_everybodys(host), want, "{host}");
        }
    }

    #[test]
    fn marks() {
        let check = |host: &str, want: &[Mark]| {
            let ascii = ascii(host).unwrap();
            assert_eq!(shown(&ascii).map(|(_, marks)| marks).unwrap_or_default(), want, "{host}");
        };
        check("example.com", &[]);
        check("bücher.example", &[Mark::Idn]);
        // Cyrillic а in Latin letters.
        check("p\u{430}ypal.com", &[Mark::Idn, Mark::MixedScript, Mark::Confusable]);
        // All Cyrillic, reads like ASCII.
        check("\u{440}\u{430}\u{443}.com", &[Mark::Idn, Mark::Confusable]);
        check("例え.jp", &[Mark::Idn]);
    }
}
