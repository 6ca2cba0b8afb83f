//! Names with macros in them (RFC 7208 §7).

use std::net::IpAddr;

/// Pieces of one name.
const PIECES: usize = 100;

/// A name still to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Macro { letter: u8, escaped: bool, kept: usize, reversed: bool, delimiters: String },
}

/// What macros stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) client: IpAddr,
    /// `local@domain`.
    pub(super) sender: &'a str,
    /// Of the record that is being followed.
    pub(super) domain: &'a str,
    pub(super) greeting: &'a str,
    /// The name the client's address was proven to have.
    pub(super) validated: &'a str,
}

impl Template {
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if pieces.len() == PIECES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return None;
            }
            let percent = rest.find('%').unwrap_or(rest.len());
            let (literal, after) = rest.split_at_checked(percent)?;
            if !literal.is_empty() {
                pieces.push(Piece::Text(literal.to_owned()));
                rest = after;
                continue;
            }
            let (piece, after) = match after.as_bytes().get(1)? {
                b'%' => (Piece::Text("%".to_owned()), after.get(2..)?),
                b'_' => (Piece::Text(" ".to_owned()), after.get(2..)?),
                b'-' => (Piece::Text("%20".to_owned()), after.get(2..)?),
                b'{' => {
                    let (inner, after) = after.get(2..)?.split_once('}')?;
                    (Piece::read(inner)?, after)
                }
                _ => return None,
            };
            pieces.push(piece);
            rest = after;
        }
        Some(Self(pieces))
    }

    /// Whether it needs the client's proven name, which costs questions.
    pub(super) fn needs_validated(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Macro { letter: b'p', .. }))
    }

    /// Filled in; of what is too long for a name the labels at its end (RFC 7208 §7.3).
    pub(super) fn fill(&self, values: &Values<'_>) -> String {
        let name: String = self.0.iter().map(|piece| piece.fill(values)).collect();
        let mut name = name.as_str();
        while name.len() > 253 {
            match name.split_once('.') {
                Some((_, rest)) => name = rest,
                None => break,
            }
        }
        name.to_owned()
    }
}

impl Piece {
    /// What stands between the braces.
    fn read(inner: &str) -> Option<Self> {
        let first = *inner.as_bytes().first()?;
        let letter = first.to_ascii_lowercase();
        // c, r and t are for explanations, which are not asked for.
        if !matches!(letter, b's' | b'l' | b'o' | b'd' | b'i' | b'p' | b'v' | b'h') {
            return None;
        }
        let rest = inner.get(1..)?;
        let digits = rest.len() - rest.trim_start_matches(|one: char| one.is_ascii_digit()).len();
        let (digits, rest) = rest.split_at_checked(digits)?;
        let kept = if digits.is_empty() { usize::MAX } else { digits.parse().unwrap_or(usize::MAX) };
        let (reversed, delimiters) = match rest.strip_prefix(['r', 'R']) {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let known =
            delimiters.bytes().all(|byte| matches!(byte, b'.' | b'-' | b'+' | b',' | b'/' | b'_' | b'='));
        let delimiters = if delimiters.is_empty() { "." } else { delimiters }.to_owned();
        let escaped = first.is_ascii_uppercase();
        (known && kept > 0).then_some(Self::Macro { letter, escaped, kept, reversed, delimiters })
    }

    fn fill(&self, values: &Values<'_>) -> String {
        let Self::Macro { letter, escaped, kept, reversed, delimiters } = self else {
            return if let Self::Text(text) = self { text.clone() } else { String::new() };
        };
        let (local, host) = values.sender.rsplit_once('@').unwrap_or(("postmaster", values.sender));
        let value = match letter {
            b's' => values.sender.to_owned(),
            b'l' => local.to_owned(),
            b'o' => host.to_owned(),
            b'd' => values.domain.to_owned(),
            b'i' => dotted(values.client),
            b'p' => values.validated.to_owned(),
            b'v' => if values.client.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
            _ => values.greeting.to_owned(),
        };
        let mut parts: Vec<&str> = value.split(|one| delimiters.contains(one)).collect();
        if *reversed {
            parts.reverse();
        }
        let kept = parts.get(parts.len().saturating_sub(*kept)..).unwrap_or_default().join(".");
        if *escaped { escape(&kept) } else { kept }
    }
}

/// `192.0.2.1`, or the 32 digits of an IPv6 address.
fn dotted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let digits = address.octets().map(|octet| format!("{:x}.{:x}", octet >> 4, octet & 15));
            digits.join(".")
        }
    }
}

fn escape(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}

/// Where the name of an address is asked for (RFC 1035 §3.5, RFC 3596 §2.5).
pub(super) fn reverse_name(address: IpAddr) -> String {
    let digits = dotted(address);
    let mut parts: Vec<&str> = digits.split('.').collect();
    parts.reverse();
    let zone = if address.is_ipv4() { "in-addr.arpa" } else { "ip6.arpa" };
    format!("{}.{zone}", parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, client: &str) -> String {
        let values = Values {
            client: client.parse().unwrap(),
            sender: "strong-bad@email.example.com",
            domain: "email.example.com",
            greeting: "mx.example.org",
            validated: "mx.example.org",
        };
        Template::read(template).unwrap().fill(&values)
    }

    #[test]
    fn the_examples_of_the_standard_are_filled_in() {
        // RFC 7208 §7.4.
        for (template, want) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d3}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr}", "strong-bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
            ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
            ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
            ("%{p2}.%{h}%%%_%-", "example.org.mx.example.org% %20"),
            ("%{S}", "strong-bad%40email.example.com"),
        ] {
            assert_eq!(filled(template, "192.0.2.3"), want, "{template}");
        }
        let want = "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com";
        assert_eq!(filled("%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01"), want);
    }

    #[test]
    fn what_is_too_long_loses_labels_in_front() {
        let long = filled(&format!("{}.example.com", "abc.".repeat(80).trim_end_matches('.')), "192.0.2.3");
        assert!(long.len() <= 253 && long.starts_with("abc.") && long.ends_with(".example.com"));
        assert_eq!(reverse_name("192.0.2.3".parse().unwrap()), "3.2.0.192.in-addr.arpa");
    }

    #[test]
    fn what_breaks_the_grammar_is_nothing() {
        for broken in ["%{x}", "%{d0}", "%{dx}", "%{d", "%d", "%", "%{}", "a b", "%{c}"] {
            assert!(Template::read(broken).is_none(), "{broken}");
        }
    }
}
