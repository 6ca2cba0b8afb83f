//! HTML mail made safe to look at: no script, no form, nothing fetched, nothing to click.
//!
//! Two layers that each suffice: `ammonia`'s allow list over a real HTML parser, then a writer of our own that knows
//! a few tags and attributes and can write nothing else. The reader adds a third: a sandboxed frame and the policy
//! in the document.

mod cost;

use std::collections::{HashMap, HashSet};
use std::panic::catch_unwind;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;

use crate::html;
use cost::{Removed, inspect};
use mailcase_indicators::defang;

/// Longest page parsed; bodies are kept up to a smaller limit.
const PAGE_BYTES: usize = 2 << 20;
/// Largest picture shown, as a data URL.
const PICTURE_BYTES: usize = 2 << 20;
/// All pictures of a page together.
const PICTURES_BYTES: usize = 16 << 20;
/// Links listed.
const LINKS: usize = 2_000;
/// Longest link target shown.
const TARGET_BYTES: usize = 2_000;

/// A document that is safe to show in a sandboxed frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// A whole HTML document with its own content security policy.
    pub html: String,
    /// What was taken out, with counts: `3 remote images`.
    pub removed: Vec<String>,
    /// Where the links of the page really lead, in order.
    pub links: Vec<Link>,
}

/// A link of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What the reader of the mail saw.
    pub text: String,
    /// Where it leads, as in the mail (not defanged).
    pub target: String,
}

/// Makes `page` safe; `cid` gives the data URL of the inline picture of that Content-ID.
///
/// Pictures other than PNG, JPEG, GIF and WebP are left out, whatever `cid` returns. Never fails: what cannot be
/// parsed within limits is shown as plain text.
pub fn sanitize(page: &str, cid: impl Fn(&str) -> Option<String>) -> Preview {
    let kept = page.get(..page.floor_char_boundary(PAGE_BYTES)).unwrap_or_default();
    let mut removed = Removed::default();
    if kept.len() < page.len() {
        removed.add("text beyond the size limit");
    }
    let too_complex = inspect(kept, &mut removed);
    let clean = if too_complex { None } else { catch_unwind(|| ALLOW_LIST.clean(kept).to_string()).ok() };
    let mut writer =
        Writer { cid, out: String::new(), links: Vec::new(), open: Vec::new(), removed, pictures: 0 };
    match clean {
        Some(clean) => writer.write(&clean),
        None => {
            writer.removed.add("layout of a page that is too complex");
            writer.out.push_str("<pre>");
            escape(&mut writer.out, &html::read(kept).text);
            writer.out.push_str("</pre>");
        }
    }
    let Writer { out, links, removed, .. } = writer;
    Preview { html: document(&out), removed: removed.list(), links }
}

/// A plain text body as the same kind of document, its URLs defanged.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::from("<pre>");
    let mut finder = linkify::LinkFinder::new();
    finder.kinds(&[linkify::LinkKind::Url]);
    for span in finder.spans(text) {
        match span.kind() {
            Some(_) => escape(&mut out, &crate::defang(span.as_str())),
            None => escape(&mut out, span.as_str()),
        }
    }
    out.push_str("</pre>");
    document(&out)
}

fn document(body: &str) -> String {
    const STYLE: &str = "\
        :root{color-scheme:light dark;--line:#ccc;--quiet:#666;--target:#9a3412}\
        @media(prefers-color-scheme:dark){:root{--line:#444;--quiet:#aaa;--target:#fdba74}}\
        body{font:15px/1.5 system-ui,sans-serif;margin:1rem;overflow-wrap:anywhere}\
        img{max-width:100%;height:auto}table{border-collapse:collapse;max-width:100%}\
        pre{white-space:pre-wrap;font:inherit}blockquote{border-left:3px solid var(--line);margin-left:0;padding-left:1rem}\
        .link{text-decoration:underline dotted}.target{color:var(--target);font:12px/1.4 ui-monospace,monospace}\
        .gone{color:var(--quiet);border:1px dashed var(--line);padding:0 .4em;font-size:12px}";
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\
         <meta name=\"referrer\" content=\"no-referrer\"><title>Message</title><style>{STYLE}</style></head>\n\
         <body>{body}</body></html>\n"
    )
}

const TAGS: [&str; 66] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
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
const ATTRIBUTES: [(&str, ValueCheck); 9] = [
    ("align", is_word),
    ("valign", is_word),
    ("dir", is_word),
    ("colspan", is_number),
    ("rowspan", is_number),
    ("width", is_number),
    ("height", is_number),
    ("border", is_number),
    ("start", is_number),
];
const VOID: [&str; 5] = ["br", "col", "hr", "img", "wbr"];

fn is_word(value: &str) -> bool {
    value.len() <= 20 && value.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_number(value: &str) -> bool {
    let digits = value.strip_suffix('%').unwrap_or(value);
    !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

static ALLOW_LIST: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
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
        .generic_attributes(ATTRIBUTES.iter().map(|(name, _)| *name).collect())
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

/// Writes clean HTML again, knowing only [`TAGS`] and [`ATTRIBUTES`].
struct Writer<F> {
    cid: F,
    out: String,
    links: Vec<Link>,
    /// Targets of the links that are open, and where their text begins in `out`.
    open: Vec<(Option<String>, usize)>,
    removed: Removed,
    pictures: usize,
}

impl<F: Fn(&str) -> Option<String>> Writer<F> {
    fn write(&mut self, clean: &str) {
        let mut rest = clean;
        while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
            let (text, markup) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.text(text);
            let Some((name, closing, tail)) = html::tag(markup) else {
                self.out.push_str("&lt;");
                rest = markup.get(1..).unwrap_or_default();
                continue;
            };
            let mut found = Vec::new();
            rest = html::attributes(tail, |attribute, value| found.push((attribute, value)));
            match name.as_str() {
                "a" if closing => self.end_link(),
                "a" => self.begin_link(&found),
                "img" => self.picture(&found),
                known if TAGS.contains(&known) => self.tag(known, closing, &found),
                _ => {}
            }
        }
        self.text(rest);
        while !self.open.is_empty() {
            self.end_link();
        }
    }

    /// Text is escaped already; what could open a tag or an attribute is escaped again to be sure.
    fn text(&mut self, text: &str) {
        for one in text.chars() {
            match one {
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                one => self.out.push(one),
            }
        }
    }

    fn tag(&mut self, name: &str, closing: bool, attributes: &[(&str, &str)]) {
        if closing && VOID.contains(&name) {
            return;
        }
        self.out.push_str(if closing { "</" } else { "<" });
        self.out.push_str(name);
        for (name, allowed) in ATTRIBUTES.iter().filter(|_| !closing) {
            let value = attributes
                .iter()
                .find(|(found, _)| found.eq_ignore_ascii_case(name))
                .map(|(_, value)| *value);
            if let Some(value) = value.filter(|value| allowed(value)) {
                self.out.push_str(&format!(" {name}=\"{value}\""));
            }
        }
        self.out.push('>');
    }

    fn begin_link(&mut self, attributes: &[(&str, &str)]) {
        let target = value_of(attributes, "href").map(|target| crate::fields::bounded(&target, TARGET_BYTES));
        self.out.push_str("<span class=\"link\">");
        self.open.push((target, self.out.len()));
    }

    fn end_link(&mut self) {
        let Some((target, start)) = self.open.pop() else { return };
        let inside = self.out.get(start..).unwrap_or_default();
        let text = html::read(inside).text;
        self.out.push_str("</span>");
        let Some(target) = target.filter(|target| !target.is_empty()) else { return };
        self.out.push_str(" <span class=\"target\">[");
        escape(&mut self.out, &defang(&target));
        self.out.push_str("]</span>");
        if self.links.len() < LINKS {
            self.links.push(Link { text, target });
        }
    }

    fn picture(&mut self, attributes: &[(&str, &str)]) {
        let source = value_of(attributes, "src").unwrap_or_default();
        let alt = value_of(attributes, "alt").unwrap_or_default();
        let data = match source.split_once(':') {
            Some((scheme, id)) if scheme.eq_ignore_ascii_case("cid") => {
                let id = id.trim_matches(['<', '>', ' ']);
                (self.cid)(id).or_else(|| (self.cid)(&percent_decode_str(id).decode_utf8_lossy()))
            }
            _ => None,
        };
        let data = data.filter(|data| is_picture(data) && self.pictures + data.len() <= PICTURES_BYTES);
        if let Some(data) = data {
            self.pictures += data.len();
            self.out.push_str("<img src=\"");
            self.out.push_str(&data);
            self.out.push_str("\" alt=\"");
            escape(&mut self.out, &alt);
            self.out.push('"');
            for name in ["width", "height"] {
                if let Some(value) = value_of(attributes, name).filter(|value| is_number(value)) {
                    self.out.push_str(&format!(" {name}=\"{value}\""));
                }
            }
            self.out.push('>');
            return;
        }
        if !source.is_empty() {
            let inline = source.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("cid:"));
            self.removed.add(if inline { "pictures that are not in the mail" } else { "remote images" });
        }
        if !alt.trim().is_empty() {
            self.out.push_str("<span class=\"gone\">");
            escape(&mut self.out, &alt);
            self.out.push_str("</span>");
        }
    }
}

fn value_of(attributes: &[(&str, &str)], name: &str) -> Option<String> {
    attributes.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| {
        let mut decoded = String::new();
        html::push_decoded(&mut decoded, value);
        decoded.trim().to_owned()
    })
}

/// A data URL of one of the four picture formats, base64 and nothing else.
fn is_picture(data: &str) -> bool {
    const STARTS: [&str; 4] = [
        "data:image/png;base64,",
        "data:image/jpeg;base64,",
        "data:image/gif;base64,",
        "data:image/webp;base64,",
    ];
    // Base64 is a third longer than what it stands for.
    data.len() <= PICTURE_BYTES / 3 * 4 + 64
        && STARTS.iter().any(|start| {
            data.strip_prefix(start).is_some_and(|body| {
                body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
            })
        })
}

fn escape(out: &mut String, text: &str) {
    for one in text.chars() {
        match one {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            one => out.push(one),
        }
    }
}
