//! Values as cyber-observable objects, where their format allows it.

use super::observable_id;
use mailcase_indicators::{Kind, host};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use url::Url;

/// The object for a value; nothing when the standard has none, or the value is not one of its kind.
pub(super) fn of(kind: Kind, value: &str) -> Option<Value> {
    if value.is_empty() || value.chars().any(char::is_control) {
        return None;
    }
    let plain = |name: &'static str, value: String| Some(object(name, json!({ "value": value })));
    match kind {
        Kind::Ipv4 => plain("ipv4-addr", value.parse::<std::net::Ipv4Addr>().ok()?.to_string()),
        Kind::Ipv6 => plain("ipv6-addr", value.parse::<std::net::Ipv6Addr>().ok()?.to_string()),
        Kind::Url => plain("url", uri(value)?),
        Kind::Domain => plain("domain-name", domain(value)?),
        Kind::Email => plain("email-addr", email(value)?),
        Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Sha512 => {
            let (name, digits) = hash(kind)?;
            let fits = value.len() == digits && value.bytes().all(|byte| byte.is_ascii_hexdigit());
            fits.then(|| object("file", json!({ "hashes": { name: value } })))
        }
        Kind::FileName => Some(object("file", json!({ "name": value }))),
        Kind::RegistryPath => {
            registry_key(value).then(|| object("windows-registry-key", json!({ "key": value })))
        }
        Kind::Cve | Kind::CryptoAddress | Kind::Phone | Kind::DateTime | Kind::PaymentCard => None,
    }
}

fn object(name: &str, contributing: Value) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), json!(name));
    object.insert("spec_version".to_owned(), json!("2.1"));
    object.insert("id".to_owned(), json!(observable_id(name, &contributing)));
    if let Value::Object(contributing) = contributing {
        object.extend(contributing);
    }
    Value::Object(object)
}

/// What STIX calls a digest, and how long it is.
pub(super) const fn hash(kind: Kind) -> Option<(&'static str, usize)> {
    match kind {
        Kind::Md5 => Some(("MD5", 32)),
        Kind::Sha1 => Some(("SHA-1", 40)),
        Kind::Sha256 => Some(("SHA-256", 64)),
        Kind::Sha512 => Some(("SHA-512", 128)),
        _ => None,
    }
}

/// What RFC 3986 has in paths, queries and fragments, beside percent signs, which are looked at by themselves.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    .remove(b'/')
    .remove(b'?');

/// A URL of the URL standard, which browsers follow, as the stricter RFC 3986, which STIX follows, writes it.
fn uri(value: &str) -> Option<String> {
    let url = Url::parse(value).ok()?;
    let text = url.as_str();
    let (start, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    let literal = matches!(url.host()?, url::Host::Ipv6(_));
    let fits = |one: char| {
        one.is_ascii_alphanumeric()
            || "-._~!$&'()*+,;=:@%".contains(one)
            || (literal && matches!(one, '[' | ']'))
    };
    if authority.is_empty() || !authority.chars().all(fits) || broken_percent(authority) {
        return None;
    }
    let (path, fragment) = match rest.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment)),
        None => (rest, None),
    };
    let mut out = format!("{start}://{authority}{}", encoded(path));
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(&encoded(fragment));
    }
    Some(out)
}

fn broken_percent(text: &str) -> bool {
    text.split('%').skip(1).any(|rest| !is_escape(rest))
}

fn is_escape(rest: &str) -> bool {
    rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn encoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut out: String =
        pieces.next().map(|first| utf8_percent_encode(first, KEPT).to_string()).unwrap_or_default();
    for piece in pieces {
        out.push_str(if is_escape(piece) { "%" } else { "%25" });
        out.extend(utf8_percent_encode(piece, KEPT));
    }
    out
}

/// A name of the DNS in ASCII whose labels are letters, digits and hyphens; of international names those of letters.
fn domain(value: &str) -> Option<String> {
    let name = host::ascii(value)?;
    name.split('.').all(is_label).then_some(name)
}

fn is_label(label: &str) -> bool {
    let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-');
    if !plain || label.get(2..4) != Some("--") {
        return plain;
    }
    // IDNA 2008 has letters, marks and digits only; what browsers show beyond it is no host name to STIX.
    let (unicode, result) = idna::domain_to_unicode(label);
    label.starts_with("xn--")
        && result.is_ok()
        && unicode.as_str() != label
        && unicode.chars().all(|one| one.is_alphanumeric() && !one.is_uppercase())
}

/// What the official validator takes for an address.
fn email(value: &str) -> Option<String> {
    let (local, name) = value.rsplit_once('@')?;
    let fits = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '.' | '+' | '-');
    (!local.is_empty() && local.chars().all(fits) && name.contains('.') && domain(name).is_some())
        .then(|| value.to_owned())
}

/// Keys have their roots spelled out; the official validator wants the short ones nowhere.
fn registry_key(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    !["hklm", "hkcc", "hkcr", "hkcu", "hku"].iter().any(|short| lower.contains(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_written_as_the_rfc_does() {
        for (value, want) in [
            ("https://evil.example/a|b?x={y}#z", Some("https://evil.example/a%7Cb?x=%7By%7D#z")),
            ("https://evil.example/100%/%41", Some("https://evil.example/100%25/%41")),
            ("https://evil.example/[a]#b#c", Some("https://evil.example/%5Ba%5D#b%23c")),
            ("http://[2001:db8::1]:80/", Some("http://[2001:db8::1]/")),
            ("https://a:b@evil.example", Some("https://a:b@evil.example/")),
            ("mailto:a@evil.example", None),
            ("https://", None),
            ("not a url", None),
        ] {
            assert_eq!(uri(value).as_deref(), want, "{value}");
        }
    }

    #[test]
    fn names_that_are_none_stay_out() {
        for (value, fits) in [
            ("evil.example", true),
            ("xn--bcher-kva.example", true),
            ("xn--80ak6aa92e.com", true),
            ("_dmarc.evil.example", false),
            ("-a.example", false),
            ("xn--ls8h.la", false),
            ("xn--\u{ff}.example", false),
            ("ab--c.example", false),
        ] {
            assert_eq!(domain(value).is_some(), fits, "{value}");
        }
        for (value, fits) in
            [("a.b+c@evil.example", true), ("o'brien@evil.example", false), ("\"a b\"@evil.example", false)]
        {
            assert_eq!(email(value).is_some(), fits, "{value}");
        }
    }
}
