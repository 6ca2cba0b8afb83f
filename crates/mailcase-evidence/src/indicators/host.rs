//! Host names: their ASCII form and whether the world could register them.

/// Lower-case ASCII form (IDNA, UTS 46); nothing when it cannot be a host name.
pub(super) fn ascii(host: &str) -> Option<String> {
    let host = host.trim_end_matches('.');
    if host.is_empty() || host.len() > 1_000 {
        return None;
    }
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let ascii = if plain { host.to_ascii_lowercase() } else { idna::domain_to_ascii(host).ok()? };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let labels = ascii.split('.').all(is_label);
    (labels && ascii.len() <= 253).then_some(ascii)
}

/// Whether `host` (lower case, ASCII) is below a suffix of the public suffix list.
pub(super) fn is_registrable(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.is_empty()
        || last.bytes().all(|byte| byte.is_ascii_digit())
        || is_reserved(last) && !host.contains('.')
    {
        return false;
    }
    // Names reserved for documentation and test (RFC 2606) read like the real ones.
    if is_reserved(last) {
        return host.contains('.');
    }
    psl::domain(host.as_bytes()).is_some_and(|domain| domain.suffix().is_known())
}

fn is_reserved(suffix: &str) -> bool {
    matches!(suffix, "example" | "test" | "invalid")
}

/// Hosts whose URLs name formats, not places: they stand in nearly every HTML mail.
pub(super) fn is_namespace(host: &str, path: &str) -> bool {
    match host {
        "www.w3.org" | "w3.org" => {
            path.starts_with("/TR/") || path.get(1..3).is_some_and(|year| matches!(year, "19" | "20"))
        }
        "schemas.microsoft.com" | "schemas.openxmlformats.org" | "schemas.xmlsoap.org" | "ns.adobe.com" => {
            true
        }
        _ => false,
    }
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
        ] {
            assert_eq!(is_registrable(host), want, "{host}");
        }
    }
}
