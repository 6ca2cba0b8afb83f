//! Addresses: what stands in a path or a filter is escaped, and links of the server are followed to no other server.

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a path as it is (RFC 3986 §3.3), without what OData gives a meaning.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as one segment of a path or as a value in a query.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A text as a literal in a filter, escaped for a query.
pub(crate) fn quoted(text: &str) -> String {
    segment(&format!("'{}'", text.replace('\'', "''")))
}

/// Whether the text could be an identity Graph gave out: what is no such thing is not even asked for.
pub(crate) fn is_identity(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
}

/// What follows `base` in a link the server sent; nothing when it leads elsewhere. Our token goes where it leads.
pub(crate) fn relative(base: &str, link: &str) -> Option<String> {
    let (ours, theirs): (Uri, Uri) = (base.parse().ok()?, link.parse().ok()?);
    if ours.scheme() != theirs.scheme() || ours.authority() != theirs.authority() {
        return None;
    }
    let rest = theirs.path_and_query()?.as_str().strip_prefix(ours.path())?;
    rest.starts_with('/').then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        assert_eq!(segment("a+b@example.org"), "a%2Bb%40example.org");
        assert_eq!(segment("../x?y#z"), "..%2Fx%3Fy%23z");
        assert_eq!(quoted("Ann's Größe & so"), "%27Ann%27%27s%20Gr%C3%B6%C3%9Fe%20%26%20so%27");
    }

    #[test]
    fn identities_are_told_from_everything_else() {
        assert!(is_identity("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A_x="));
        for text in ["", "a b", "a/b", "..", "a+", "é", "a\0", " a"] {
            assert!(!is_identity(text), "{text}");
        }
    }

    #[test]
    fn links_are_followed_to_the_same_server_only() {
        let base = "https://graph.microsoft.com/v1.0";
        assert_eq!(
            relative(base, "https://graph.microsoft.com/v1.0/users/a/messages/delta?$deltatoken=x%20y")
                .as_deref(),
            Some("/users/a/messages/delta?$deltatoken=x%20y")
        );
        for link in [
            "https://evil.example/v1.0/users/a",
            "http://graph.microsoft.com/v1.0/users/a",
            "https://graph.microsoft.com:444/v1.0/users/a",
            "https://graph.microsoft.com@evil.example/v1.0/users/a",
            "https://graph.microsoft.com/beta/users/a",
            "/v1.0/users/a",
            "not a link",
        ] {
            assert_eq!(relative(base, link), None, "{link}");
        }
    }
}
