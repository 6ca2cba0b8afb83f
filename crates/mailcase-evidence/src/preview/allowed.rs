//! Which elements and attributes a preview has: the first of two layers, `ammonia`'s, and the lists both share.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

pub(super) const TAGS: [&str; 67] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "wbr",
];

type ValueCheck = fn(&str) -> bool;
/// Attributes with the values they may have.
pub(super) const ATTRIBUTES: [(&str, ValueCheck); 11] = [
    ("align", is_word),
    ("valign", is_word),
    ("dir", is_word),
    ("colspan", is_count),
    ("rowspan", is_count),
    ("width", is_size),
    ("height", is_size),
    ("border", is_edge),
    ("cellpadding", is_edge),
    ("cellspacing", is_edge),
    ("start", is_count),
];
/// Attributes that say how something looks: read, never written.
const LOOKS: [&str; 10] =
    ["style", "class", "id", "hidden", "bgcolor", "background", "color", "face", "size", "title"];
pub(super) const VOID: [&str; 5] = ["br", "col", "hr", "img", "wbr"];

/// Sizes in pixels a picture or a table may ask for; a page that wants more hides something.
const LARGEST: u32 = 2_000;
/// Widths of lines and gaps.
const WIDEST_EDGE: u32 = 60;
/// Cells one may stretch over, and where a list may begin.
const COUNT: u32 = 1_000;

fn is_word(value: &str) -> bool {
    (1..=20).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn number(value: &str) -> Option<u32> {
    let plain = (1..=4).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| plain)
}

fn is_count(value: &str) -> bool {
    number(value).is_some_and(|number| number <= COUNT)
}

fn is_edge(value: &str) -> bool {
    number(value).is_some_and(|number| number <= WIDEST_EDGE)
}

/// Pixels, or a share of what is around.
pub(super) fn is_size(value: &str) -> bool {
    match value.strip_suffix('%') {
        Some(share) => number(share).is_some_and(|share| share <= 100),
        None => number(value).is_some_and(|pixels| pixels <= LARGEST),
    }
}

pub(super) static ALLOW_LIST: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    let attributes = ATTRIBUTES.iter().map(|(name, _)| *name).chain(LOOKS);
    builder
        .tags(TAGS.into_iter().collect())
        .clean_content_tags(HashSet::from([
            "script",
            "style",
            "title",
            "template",
            "svg",
            "math",
            "iframe",
            "noembed",
            "noframes",
            "noscript",
            "object",
            "applet",
            "audio",
            "video",
            "canvas",
            "select",
            "datalist",
            "xmp",
            "plaintext",
            "listing",
        ]))
        .generic_attributes(attributes.collect())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["src", "alt"])),
        ]))
        // Targets are shown as text, never as links: any of these may be told to the reader.
        .url_schemes(HashSet::from([
            "http",
            "https",
            "ftp",
            "ftps",
            "mailto",
            "tel",
            "sms",
            "cid",
            "data",
            "javascript",
            "vbscript",
            "file",
            "blob",
            "about",
            "smb",
            "webcal",
            "ms-msdt",
            "search-ms",
            "callto",
            "skype",
            "geo",
            "market",
            "intent",
        ]))
        .link_rel(None)
        .strip_comments(true);
    builder
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded() {
        for value in ["0", "600", "2000", "100%"] {
            assert!(is_size(value), "{value}");
        }
        for value in ["", "%", "2001", "99999", "101%", "-1", "+1", "1px", "1e3", "1 "] {
            assert!(!is_size(value), "{value}");
        }
        assert!(!is_edge("100") && !is_count("9999") && !is_word("") && !is_word("a b"));
    }
}
