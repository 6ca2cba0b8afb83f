//! A text that is one observable and nothing else, such as what a person types into a search.

use std::net::IpAddr;

use crate::{Findings, Kind, Limits, scan_text};

/// Text a person types; more than a URL is no observable.
const TYPED_BYTES: usize = 8 << 10;

/// The observable that the whole of `text` is, refanged and normalised as one found in a message would be.
///
/// ```
/// use mailcase_indicators::{Kind, recognise};
///
/// assert_eq!(recognise(" hxxps[://]Evil[.]example/x "), Some((Kind::Url, "https://evil.example/x".to_owned())));
/// assert_eq!(recognise("see evil.example"), None);
/// ```
#[must_use]
pub fn recognise(text: &str) -> Option<(Kind, String)> {
    let text = text.trim();
    if text.is_empty() || text.len() > TYPED_BYTES {
        return None;
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        let kind = if ip.is_ipv4() { Kind::Ipv4 } else { Kind::Ipv6 };
        return Some((kind, ip.to_string()));
    }
    let mut findings = Findings::new(Limits { unwrap_depth: 0, ..Limits::default() });
    scan_text(text, &mut findings);
    findings
        .into_vec()
        .into_iter()
        .find(|one| one.span.offset == 0 && one.span.length == text.len())
        .map(|one| (one.kind, one.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_counts() {
        for (text, want) in [
            ("evil[.]example", Some((Kind::Domain, "evil.example"))),
            ("EVIL.example", Some((Kind::Domain, "evil.example"))),
            ("192.0.2.1", Some((Kind::Ipv4, "192.0.2.1"))),
            ("192[.]0[.]2[.]1", Some((Kind::Ipv4, "192.0.2.1"))),
            ("2001:db8::1", Some((Kind::Ipv6, "2001:db8::1"))),
            ("Someone@Evil.example", Some((Kind::Email, "someone@evil.example"))),
            ("CVE-2024-3094", Some((Kind::Cve, "CVE-2024-3094"))),
            ("d41d8cd98f00b204e9800998ecf8427e", Some((Kind::Md5, "d41d8cd98f00b204e9800998ecf8427e"))),
            ("two evil.example", None),
            ("login", None),
            ("", None),
        ] {
            assert_eq!(recognise(text), want.map(|(kind, value)| (kind, value.to_owned())), "{text}");
        }
    }
}
