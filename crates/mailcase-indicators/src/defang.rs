//! Indicators written so that nothing makes a link of them.

use crate::Kind;

/// How much is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefangOptions {
    /// `http` becomes `hxxp`, `ftp` becomes `fxp`.
    pub scheme: bool,
    /// `://` becomes `[://]`.
    pub slashes: bool,
    /// Every dot of the host becomes `[.]`; otherwise only the last.
    pub all_dots: bool,
}

impl Default for DefangOptions {
    fn default() -> Self {
        Self { scheme: true, slashes: true, all_dots: true }
    }
}

/// `https://evil.example/a.b` becomes `hxxps[://]evil[.]example/a.b`, `a@b.example` becomes `a[@]b[.]example`.
#[must_use]
pub fn defang(indicator: &str) -> String {
    defang_with(indicator, DefangOptions::default())
}

/// The value of an observable as it may be shown: what leads nowhere stays as it is.
#[must_use]
pub fn defang_kind(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Ipv4 | Kind::Ipv6 | Kind::Url | Kind::Domain | Kind::Email => defang(value),
        Kind::Md5
        | Kind::Sha1
        | Kind::Sha256
        | Kind::Sha512
        | Kind::FileName
        | Kind::RegistryPath
        | Kind::Cve
        | Kind::CryptoAddress
        | Kind::Phone
        | Kind::DateTime
        | Kind::PaymentCard => value.to_owned(),
    }
}

/// Like [`defang`], as much as `options` say.
///
/// Dots of the path stay: only what a reader's program could turn into a link is changed. Text without scheme is
/// treated as host or address up to the first slash.
#[must_use]
pub fn defang_with(indicator: &str, options: DefangOptions) -> String {
    let (scheme, rest) = match indicator.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) && !rest.is_empty() => (Some(scheme), rest),
        _ => (None, indicator),
    };
    let (slashes, rest) = match rest.strip_prefix("//") {
        Some(rest) if scheme.is_some() => ("//", rest),
        _ => ("", rest),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let mut out = String::with_capacity(indicator.len() + 16);
    if let Some(scheme) = scheme {
        out.push_str(if options.scheme { disarmed(scheme) } else { scheme });
        out.push_str(match (slashes.is_empty(), options.slashes) {
            (true, true) => "[:]",
            (true, false) => ":",
            (false, true) => "[://]",
            (false, false) => "://",
        });
    }
    let last_dot = authority.rfind('.');
    for (at, one) in authority.char_indices() {
        match one {
            '.' if options.all_dots || Some(at) == last_dot => out.push_str("[.]"),
            '@' => out.push_str("[@]"),
            ':' if scheme.is_none() => out.push_str("[:]"),
            one => out.push(one),
        }
    }
    out.push_str(path);
    out
}

fn is_scheme(word: &str) -> bool {
    word.len() >= 3
        && word.len() <= 20
        && word.starts_with(|one: char| one.is_ascii_alphabetic())
        && word.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '+' | '-'))
        && !word.chars().all(|one| one.is_ascii_hexdigit())
}

fn disarmed(scheme: &str) -> &str {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => "hxxp",
        "https" => "hxxps",
        "ftp" => "fxp",
        _ => scheme,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defanged() {
        for (plain, want) in [
            ("https://evil.example/a.b?c=d.e", "hxxps[://]evil[.]example/a.b?c=d.e"),
            ("HTTP://1.2.3.4:8080", "hxxp[://]1[.]2[.]3[.]4:8080"),
            ("ftp://x.example", "fxp[://]x[.]example"),
            ("evil.example", "evil[.]example"),
            ("someone@evil.example", "someone[@]evil[.]example"),
            ("mailto:someone@evil.example", "mailto[:]someone[@]evil[.]example"),
            ("javascript:alert(1)", "javascript[:]alert(1)"),
            ("192.0.2.7", "192[.]0[.]2[.]7"),
            ("2001:db8::1", "2001[:]db8[:][:]1"),
            ("d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"),
            ("", ""),
        ] {
            assert_eq!(defang(plain), want);
        }
    }

    #[test]
    fn options() {
        let all = DefangOptions { scheme: false, slashes: false, all_dots: false };
        for (options, want) in [
            (all, "https://www.evil[.]example/"),
            (DefangOptions { scheme: true, ..all }, "hxxps://www.evil[.]example/"),
            (DefangOptions { slashes: true, ..all }, "https[://]www.evil[.]example/"),
            (DefangOptions { all_dots: true, ..all }, "https://www[.]evil[.]example/"),
        ] {
            assert_eq!(defang_with("https://www.evil.example/", options), want);
        }
    }
}
