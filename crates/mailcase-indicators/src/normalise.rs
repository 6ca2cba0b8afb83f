//! A value somebody holds already, taken as an indicator of one kind.

use crate::{Findings, Kind, Limits, Worth, address, card, cards, host, scan_text};

/// Longest name of a file on common systems, in bytes.
const FILE_NAME_BYTES: usize = 255;

/// `text` as an indicator of `kind`, refanged and normalised as [`scan_text`] does it; nothing when it is none.
///
/// The whole text is the value: unlike in a scan, no context speaks for or against it.
#[must_use]
pub fn normalised(kind: Kind, text: &str) -> Option<String> {
    let text = text.trim();
    match kind {
        Kind::PaymentCard => payment_card(text),
        Kind::FileName => file_name(text),
        Kind::Domain => domain(text).or_else(|| scanned(kind, text)),
        Kind::Email => address(text).or_else(|| scanned(kind, text)),
        Kind::Ipv4 | Kind::Ipv6 => ip(kind, text).or_else(|| scanned(kind, text)),
        Kind::Md5 => digest(text, 32),
        Kind::Sha1 => digest(text, 40),
        Kind::Sha256 => digest(text, 64),
        Kind::Sha512 => digest(text, 128),
        Kind::Url | Kind::RegistryPath | Kind::Cve | Kind::CryptoAddress | Kind::Phone | Kind::DateTime => {
            scanned(kind, text)
        }
    }
}

/// What a scan finds that reaches over all of the text, but for marks around it.
fn scanned(kind: Kind, text: &str) -> Option<String> {
    let mut found = Findings::new(Limits::default());
    scan_text(text, &mut found);
    let whole = |offset: usize, length: usize| {
        let around =
            text.get(..offset).unwrap_or_default().len() + text.len().saturating_sub(offset + length);
        around <= MARKS_BYTES
    };
    let found = found.into_vec().into_iter();
    found
        .filter(|one| one.kind == kind && one.worth != Worth::Noise)
        .find(|one| whole(one.span.offset, one.span.length))
        .map(|one| one.value)
}

/// Quotes, brackets and full stops around a value.
const MARKS_BYTES: usize = 8;

fn payment_card(text: &str) -> Option<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (plain && card(&digits).is_some()).then(|| cards::masked(&digits))
}

fn file_name(text: &str) -> Option<String> {
    let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
    (!name.is_empty() && name.len() <= FILE_NAME_BYTES && !name.contains(char::is_control))
        .then(|| name.to_owned())
}

fn domain(text: &str) -> Option<String> {
    host::ascii(text).filter(|name| host::is_registrable(name))
}

fn ip(kind: Kind, text: &str) -> Option<String> {
    let ip: std::net::IpAddr = text.parse().ok()?;
    (ip.is_ipv4() == (kind == Kind::Ipv4)).then(|| ip.to_string())
}

fn digest(text: &str, digits: usize) -> Option<String> {
    let is = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_what_a_scan_makes_of_them() {
        let table: [(Kind, &str, Option<&str>); 20] = [
            (Kind::Ipv4, "192.0.2.7", Some("192.0.2.7")),
            (Kind::Ipv4, "192.0.2[.]7", Some("192.0.2.7")),
            (Kind::Ipv4, "192.0.2.700", None),
            (Kind::Ipv6, "2001:DB8::1", Some("2001:db8::1")),
            (Kind::Ipv6, "192.0.2.7", None),
            (Kind::Url, "hxxps://evil[.]example/x", Some("https://evil.example/x")),
            (Kind::Url, "see the page at https://evil.example/x for more", None),
            (Kind::Domain, "Evil.Example.ORG", Some("evil.example.org")),
            (Kind::Domain, "localhost", None),
            (Kind::Domain, "192.0.2.7", None),
            (Kind::Email, "Ann@Example.org", Some("ann@example.org")),
            (Kind::Email, "nobody", None),
            (Kind::Md5, "D41D8CD98F00B204E9800998ECF8427E", Some("d41d8cd98f00b204e9800998ecf8427e")),
            (Kind::Sha1, "d41d8cd98f00b204e9800998ecf8427e", None),
            (Kind::FileName, "C:\\Users\\x\\invoice.pdf", Some("invoice.pdf")),
            (Kind::FileName, "in\nvoice", None),
            (Kind::Cve, "cve-2021-44228", Some("CVE-2021-44228")),
            (Kind::PaymentCard, "4111 1111 1111 1111", Some("411111******1111")),
            (Kind::PaymentCard, "4111 1111 1111 1112", None),
            (Kind::PaymentCard, "card 4111111111111111", None),
        ];
        for (kind, text, wanted) in table {
            assert_eq!(normalised(kind, text).as_deref(), wanted, "{kind:?} {text}");
        }
    }
}
