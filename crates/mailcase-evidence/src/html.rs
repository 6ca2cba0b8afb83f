//! HTML read for what it says and where it points: one linear pass, no tree, any nesting.
//!
//! Not a browser: good enough to read and to find links in, never used to decide what is safe to show.

pub(crate) mod pieces;

use std::borrow::Cow;

use mail_parser::decoders::html::add_html_token;

/// Links kept of one page; the indicators have their own limit.
const LINKS: usize = 20_000;
/// Longest attribute value kept: `data:` URLs carry pictures.
const VALUE_BYTES: usize = 8 << 10;
/// Longest style sheet looked at.
const STYLE_BYTES: usize = 64 << 10;
/// Longest character reference looked at.
const REFERENCE_BYTES: usize = 32;

/// What a page says and where it points.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) text: String,
    /// Attributes that take a URL, in order.
    pub(crate) links: Vec<PageLink>,
    /// `<base href>`.
    pub(crate) base: Option<String>,
    /// The link whose text is being read, and where that began.
    anchor: Option<(usize, usize)>,
}

/// An attribute that leads somewhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageLink {
    /// Name of the element, lower case.
    pub(crate) element: String,
    /// Name of the attribute, lower case.
    pub(crate) attribute: &'static str,
    /// Decoded; of a page that goes on by itself only the URL.
    pub(crate) value: String,
    /// Bytes of the page's text that are the link's.
    pub(crate) text: Option<(usize, usize)>,
}

/// Reads `html`.
pub(crate) fn read(html: &str) -> Page {
    let mut page = Page { text: String::with_capacity(html.len() / 2), ..Page::default() };
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        let (text, markup) = rest.split_at_checked(at).unwrap_or((rest, ""));
        push_text(&mut page.text, text);
        rest = read_markup(&mut page, markup);
    }
    push_text(&mut page.text, rest);
    page.end_anchor();
    page.text.truncate(page.text.trim_end().len());
    page
}

impl Page {
    /// The text of the link that is open ends here.
    fn end_anchor(&mut self) {
        let Some((link, start)) = self.anchor.take() else { return };
        // White space at its end may still be taken back.
        let length = self.text.get(start..).unwrap_or_default().trim_end().len();
        if let Some(link) = self.links.get_mut(link).filter(|_| length > 0) {
            link.text = Some((start, start + length));
        }
    }

    /// A style sheet within the page, kept only when it loads something.
    fn style(&mut self, css: &str) {
        let css = css.get(..css.floor_char_boundary(STYLE_BYTES)).unwrap_or_default();
        if self.links.len() < LINKS && loads(css) {
            let element = "style".to_owned();
            self.links.push(PageLink { element, attribute: "style", value: css.to_owned(), text: None });
        }
    }
}

/// Reads what starts with `<` and returns what follows it.
fn read_markup<'a>(page: &mut Page, markup: &'a str) -> &'a str {
    let after = |end: &str, skip: usize| {
        let body = markup.get(skip..).unwrap_or_default();
        memchr::memmem::find(body.as_bytes(), end.as_bytes())
            .and_then(|at| body.get(at + end.len()..))
            .unwrap_or_default()
    };
    if markup.starts_with("<!--") {
        // `<!-->` is a whole comment; conditional comments of Outlook hide text from others only.
        return after("-->", 2);
    }
    if markup.starts_with("<!") || markup.starts_with("<?") {
        return after(">", 1);
    }
    let Some((name, closing, tail)) = tag(markup) else {
        page.text.push('<');
        return markup.get(1..).unwrap_or_default();
    };
    if name == "a" {
        page.end_anchor();
    }
    let links = page.links.len();
    let rest = read_attributes(page, &name, tail);
    if name == "a" && page.links.len() > links {
        page.anchor = Some((links, page.text.len()));
    }
    match &*name {
        "script" | "style" | "title" | "template" | "noembed" | "textarea" | "xmp" if !closing => {
            let end = find_ignoring_case(rest, &format!("</{name}"));
            if name == "style" {
                page.style(rest.get(..end).unwrap_or_default());
            }
            if matches!(&*name, "textarea" | "xmp") {
                push_text(&mut page.text, rest.get(..end).unwrap_or_default());
            }
            return rest.get(end..).unwrap_or_default();
        }
        "br" | "p" | "div" | "tr" | "li" | "ul" | "ol" | "table" | "blockquote" | "h1" | "h2" | "h3"
        | "h4" | "h5" | "h6" | "hr" | "pre" | "section" | "article" | "header" | "footer" | "form"
        | "option" | "center" => {
            break_line(&mut page.text, name == "br");
        }
        "td" | "th" if !closing => push_text(&mut page.text, " "),
        _ => {}
    }
    rest
}

/// Name (lower case) of the tag that `markup` starts with, whether it closes, and what follows the name.
pub(crate) fn tag(markup: &str) -> Option<(Cow<'_, str>, bool, &str)> {
    let tail = markup.strip_prefix('<')?;
    let (closing, tail) = tail.strip_prefix('/').map_or((false, tail), |tail| (true, tail));
    if !tail.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    let is_name = |byte: &u8| !is_blank(*byte) && !matches!(byte, b'>' | b'/');
    let length = tail.bytes().take_while(is_name).count();
    let (name, tail) = tail.split_at_checked(length)?;
    let lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let name = if lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) };
    Some((name, closing, tail))
}

/// Where `needle` (lower case) begins in `text`, else its end.
fn find_ignoring_case(text: &str, needle: &str) -> usize {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'<', bytes)
        .find(|at| {
            bytes
                .get(*at..at + needle.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(needle.as_bytes()))
        })
        .unwrap_or(bytes.len())
}

fn read_attributes<'a>(page: &mut Page, tag: &str, rest: &'a str) -> &'a str {
    let mut refreshes = false;
    attributes(rest, |name, value| {
        refreshes |= name.eq_ignore_ascii_case("http-equiv") && value.trim().eq_ignore_ascii_case("refresh");
        if page.links.len() < LINKS {
            keep_link(page, tag, name, value, refreshes);
        }
    })
}

/// Calls `each` with the attributes (names and values as found) up to the `>` and returns what follows it.
pub(crate) fn attributes<'a>(mut rest: &'a str, mut each: impl FnMut(&'a str, &'a str)) -> &'a str {
    loop {
        rest = without(rest, |byte| is_blank(byte) || byte == b'/');
        match rest.as_bytes().first() {
            None => return rest,
            Some(b'>') => return rest.get(1..).unwrap_or_default(),
            Some(_) => {}
        }
        let skip = usize::from(rest.starts_with('='));
        let name = rest.bytes().skip(skip);
        let is_name = |byte: &u8| !is_blank(*byte) && !matches!(byte, b'>' | b'/' | b'=');
        let length = skip + name.take_while(is_name).count();
        let (name, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let Some(value_at) = without(tail, is_blank).strip_prefix('=') else {
            each(name, "");
            rest = tail;
            continue;
        };
        let (value, after) = attribute_value(without(value_at, is_blank));
        each(name, value);
        rest = after;
    }
}

const fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

/// `text` without the bytes (of ASCII) it begins with.
fn without(text: &str, is_left_out: impl Fn(u8) -> bool) -> &str {
    let length = text.bytes().take_while(|byte| is_left_out(*byte)).count();
    text.get(length..).unwrap_or_default()
}

fn attribute_value(text: &str) -> (&str, &str) {
    let quote = text.as_bytes().first().copied().filter(|byte| matches!(byte, b'"' | b'\''));
    if let Some(quote) = quote {
        let body = text.get(1..).unwrap_or_default();
        let end = memchr::memchr(quote, body.as_bytes()).unwrap_or(body.len());
        return (body.get(..end).unwrap_or_default(), body.get(end + 1..).unwrap_or_default());
    }
    let end = text.bytes().position(|byte| byte.is_ascii_whitespace() || byte == b'>').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn keep_link(page: &mut Page, tag: &str, name: &str, value: &str, refreshes: bool) {
    const URL_ATTRIBUTES: [&str; 15] = [
        "href",
        "src",
        "action",
        "background",
        "formaction",
        "data",
        "poster",
        "cite",
        "longdesc",
        "lowsrc",
        "srcset",
        "xlink:href",
        "ping",
        "codebase",
        "imagesrcset",
    ];
    let url = URL_ATTRIBUTES.iter().find(|known| name.eq_ignore_ascii_case(known));
    let is_refresh =
        tag == "meta" && name.eq_ignore_ascii_case("content") && (refreshes || has_url_word(value));
    let is_style = name.eq_ignore_ascii_case("style") && loads(value);
    let attribute = match url {
        Some(name) => name,
        None if is_refresh => "refresh",
        None if is_style => "style",
        None => return,
    };
    let value = value.get(..value.floor_char_boundary(VALUE_BYTES)).unwrap_or_default();
    let value = if is_refresh { after_url_word(value) } else { value };
    let mut decoded = String::with_capacity(value.len());
    push_decoded(&mut decoded, value);
    // Browsers drop these inside URLs (URL standard, remove all ASCII tab or newline).
    decoded.retain(|one| !matches!(one, '\t' | '\n' | '\r'));
    let decoded = decoded.trim();
    if !decoded.is_empty() {
        if tag == "base" && page.base.is_none() {
            page.base = Some(decoded.to_owned());
        }
        page.links.push(PageLink {
            element: tag.to_owned(),
            attribute,
            value: decoded.to_owned(),
            text: None,
        });
    }
}

/// Whether a style sheet loads something.
fn loads(css: &str) -> bool {
    let bytes = css.as_bytes();
    let urls = || {
        let mut brackets = memchr::memchr_iter(b'(', bytes);
        brackets
            .any(|at| at >= 3 && bytes.get(at - 3..at).is_some_and(|word| word.eq_ignore_ascii_case(b"url")))
    };
    let imports =
        || memchr::memchr(b'@', bytes).is_some() && memchr::memmem::find(bytes, b"@import").is_some();
    urls() || imports()
}

fn has_url_word(value: &str) -> bool {
    value.to_ascii_lowercase().contains("url=")
}

fn after_url_word(value: &str) -> &str {
    let at = value.to_ascii_lowercase().find("url=").map_or(0, |at| at + 4);
    value.get(at..).unwrap_or(value).trim_matches(['\'', '"', ' '])
}

fn break_line(text: &mut String, always: bool) {
    text.truncate(text.trim_end_matches(' ').len());
    if (always || !text.ends_with('\n')) && !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
}

/// Appends running text: white space collapsed, character references decoded.
fn push_text(out: &mut String, text: &str) {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return push_collapsed(out, text);
    }
    if text.starts_with(|one: char| one.is_ascii_whitespace()) {
        space(out);
    }
    let mut first = true;
    for word in text.split_ascii_whitespace() {
        if !first {
            space(out);
        }
        first = false;
        push_decoded(out, word);
    }
    if !first && text.ends_with(|one: char| one.is_ascii_whitespace()) {
        space(out);
    }
}

/// Appends text without references, as long pieces of it as there are.
fn push_collapsed(out: &mut String, text: &str) {
    let bytes = text.as_bytes();
    let (mut copied, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        if !byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        // One blank between two words stays as it is.
        if !(*byte == b' ' && blanks == 1 && at > copied && rest.len() > 1) {
            out.push_str(text.get(copied..at).unwrap_or_default());
            space(out);
            copied = at + blanks;
        }
        at += blanks;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

fn space(out: &mut String) {
    if !out.is_empty() && !out.ends_with([' ', '\n']) {
        out.push(' ');
    }
}

/// Appends text with its character references decoded.
pub(crate) fn push_decoded(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        let (plain, reference) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let window = reference.get(..reference.floor_char_boundary(REFERENCE_BYTES)).unwrap_or_default();
        let length = match memchr::memchr(b';', window.as_bytes()) {
            Some(end) => end + 1,
            None => 1,
        };
        let (reference, tail) = reference.split_at_checked(length).unwrap_or((reference, ""));
        add_html_token(out, reference.as_bytes(), false);
        rest = tail;
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, text: &str, links: &[&str]) {
        let page = read(html);
        assert_eq!(page.text, text, "{html}");
        let values: Vec<&str> = page.links.iter().map(|link| link.value.as_str()).collect();
        assert_eq!(values, links, "{html}");
    }

    #[test]
    fn text_and_links() {
        check("", "", &[]);
        check("a &amp; b &#x41;&uuml; &nosuch; & c", "a & b Aü &nosuch; & c", &[]);
        check("<p>one</p><p>two<br>three", "one\ntwo\nthree", &[]);
        check("<b>bo</b>ld", "bold", &[]);
        check("<a href=\"https://a.example/?x=1&amp;y=2\">go</a>", "go", &["https://a.example/?x=1&y=2"]);
        check("<a href=https://a.example>go</a>", "go", &["https://a.example"]);
        check("<A HREF = 'https://a.example' >go", "go", &["https://a.example"]);
        check("<a title='>' href='https://a.example'>go", "go", &["https://a.example"]);
        check("<a href='ht\ntps://a.example'>go", "go", &["https://a.example"]);
        check("<style>p { color: red }</style><script>a<b</script>x", "x", &[]);
        check("<!-- hidden <a href='https://no.example'> -->seen", "seen", &[]);
        check("<!--->seen", "seen", &[]);
        check("1 < 2 <3", "1 < 2 <3", &[]);
        check("<meta http-equiv=refresh content='0; url=https://r.example/x'>", "", &["https://r.example/x"]);
        check(
            "<td style=\"background: URL(https://s.example/i.png)\">x",
            "x",
            &["background: URL(https://s.example/i.png)"],
        );
        check("<img src=cid:a@b><img src", "", &["cid:a@b"]);
        check("<title>t</title>x<textarea>y", "x y".replace(' ', "").as_str(), &[]);
    }

    #[test]
    fn nesting_costs_nothing() {
        let page = read(&"<div>".repeat(200_000));
        assert_eq!(page, Page::default());
    }

    #[test]
    fn texts_of_links() {
        let page = read(
            "<base href='https://b.example/'>see <a href='x'>the <b>page</b> </a> or <a name=y>y</a><a href=z>",
        );
        let texts: Vec<Option<&str>> = page
            .links
            .iter()
            .map(|link| link.text.and_then(|(start, end)| page.text.get(start..end)))
            .collect();
        assert_eq!(texts, [None, Some("the page"), None]);
        assert_eq!(page.base.as_deref(), Some("https://b.example/"));
        let attributes: Vec<(&str, &str)> =
            page.links.iter().map(|link| (link.element.as_str(), link.attribute)).collect();
        assert_eq!(attributes, [("base", "href"), ("a", "href"), ("a", "href")]);
    }
}
