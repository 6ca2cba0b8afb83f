//! Indicators written so that nothing makes a link of them.

/// `https://evil.example/a.b` becomes `hxxps[://]evil[.]example/a.b`, `a@b.example` becomes `a[@]b[.]example`.
///
/// Dots of the path stay: only what a reader's program could turn into a link is changed. Text without scheme is
/// treated as host or address up to the first slash.
#[must_use]
pub fn defang(indicator: &str) -> String {
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
        out.push_str(&disarmed(scheme));
        out.push_str(if slashes.is_empty() { "[:]" } else { "[://]" });
    }
    for one in authority.chars() {
        match one {
            '.' => out.push_str("[.]"),
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

fn disarmed(scheme: &str) -> String {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => "hxxp".to_owned(),
        "https" => "hxxps".to_owned(),
        "ftp" => "fxp".to_owned(),
        other => other.to_owned(),
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
}
