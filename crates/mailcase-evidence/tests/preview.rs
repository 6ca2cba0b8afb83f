//! The published ways to get script, requests or clicks past a sanitizer do not get past this one. The result is read
//! again by an HTML tokenizer as browsers have it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::cell::RefCell;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use mailcase_evidence::preview::{self, Preview};

/// A start tag: its name and attributes.
type Tag = (String, Vec<(String, String)>);

#[derive(Default)]
struct Tags(RefCell<Vec<Tag>>);

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        if tag.kind == TagKind::EndTag {
            return TokenSinkResult::Continue;
        }
        let name = tag.name.to_string();
        let attributes =
            tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect();
        self.0.borrow_mut().push((name.clone(), attributes));
        match name.as_str() {
            "style" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }
}

fn tags(html: &str) -> Vec<Tag> {
    let input = BufferQueue::default();
    input.push_back(html.into());
    let tokenizer = Tokenizer::new(Tags::default(), TokenizerOpts::default());
    while !input.is_empty() {
        // Stops at each end of a script element, which there must not be anyway.
        drop(tokenizer.feed(&input));
    }
    tokenizer.end();
    tokenizer.sink.0.take()
}

const ELEMENTS: [&str; 69] = [
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
    "body",
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
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
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
];

/// What a style of the document may set.
const PROPERTIES: [&str; 67] = [
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "box-sizing",
    "clear",
    "color",
    "direction",
    "display",
    "float",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-height",
    "overflow-wrap",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-decoration-color",
    "text-decoration-line",
    "text-indent",
    "text-transform",
    "unicode-bidi",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
    "word-wrap",
];

/// A style that measures and colours: no bracket, no quote, no escape, nothing negative, nothing huge.
fn is_harmless(style: &str) -> bool {
    style.split(';').all(|declaration| {
        let Some((property, value)) = declaration.split_once(':') else { return false };
        let plain = |one: u8| one.is_ascii_alphanumeric() || b" #%.,-".contains(&one);
        let small = |word: &str| {
            let digits = word.trim_end_matches("px").trim_end_matches('%');
            digits.parse::<f32>().is_ok_and(|number| (0.0..=2_000.0).contains(&number))
        };
        PROPERTIES.contains(&property)
            && value.bytes().all(plain)
            && (property == "font-family"
                || value.split(' ').all(|word| {
                    small(word)
                        || word.starts_with('#')
                        || word.bytes().all(|one| one.is_ascii_lowercase() || one == b'-')
                }))
            && !(property == "display" && value == "none")
    })
}

/// Nothing in the document can run, fetch, be clicked, hide or leave.
fn assert_inert(input: &str, html: &str) {
    let tags = tags(html);
    let head: Vec<&str> = tags.iter().take(7).map(|(name, _)| name.as_str()).collect();
    assert_eq!(head, ["html", "head", "meta", "meta", "meta", "title", "style"], "{input}");
    for (name, attributes) in tags.iter().skip(7) {
        assert!(ELEMENTS.contains(&name.as_str()), "<{name}> from {input}\n{html}");
        for (attribute, value) in attributes {
            let known = match attribute.as_str() {
                "src" => {
                    name == "img"
                        && ["png", "jpeg", "gif", "webp"]
                            .iter()
                            .any(|kind| value.starts_with(&format!("data:image/{kind};base64,")))
                        && !value.contains(['<', '"', '\'', ' '])
                }
                "alt" => name == "img",
                "title" => name == "span",
                "style" => is_harmless(value),
                "class" => {
                    ["page", "link", "number", "target", "gone", "lit", "unseen"].contains(&value.as_str())
                }
                "align" | "valign" | "dir" => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
                "colspan" | "rowspan" | "width" | "height" | "border" | "start" | "cellpadding"
                | "cellspacing" => value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'%'),
                _ => false,
            };
            assert!(known, "<{name} {attribute}={value:?}> from {input}");
        }
    }
}

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAAN";

fn sanitize(input: &str) -> Preview {
    let preview = preview::sanitize(input, |id| {
        let kind = id.strip_prefix("as-")?;
        Some(PNG.replace("image/png", kind))
    });
    assert_inert(input, &preview.html);
    assert_inert(input, &preview::with_hidden(input, |_| None).html);
    // What is clean stays clean.
    let body = preview.html.split_once("<body>").unwrap().1;
    assert_inert(input, &preview::sanitize(body, |_| None).html);
    preview
}

#[test]
fn attacks() {
    let attacks = include_str!("fixtures/attacks.txt");
    let shapes: Vec<&str> =
        attacks.split("\n%\n").map(str::trim_end).filter(|shape| !shape.is_empty()).collect();
    assert!(shapes.len() >= 60, "{}", shapes.len());
    for shape in &shapes {
        sanitize(shape);
        sanitize(&format!("<table><tr><td>{shape}</td></tr></table>"));
        sanitize(&format!("<a href='https://x.example'>{shape}"));
        sanitize(&shape.to_uppercase());
        sanitize(&shape.replace(' ', "/"));
        sanitize(&shape.replace('<', "<\0"));
        sanitize(&format!("<div title=\"{shape}\">{shape}"));
    }
    sanitize(&shapes.concat());
}

#[test]
fn links_are_shown_with_their_real_target() {
    let preview =
        sanitize("<p>Pay at <a href=\"https://evil.example/x?a=1&amp;b=2\">www.<b>bank</b>.example</a> now");
    assert_eq!(preview.links.len(), 1);
    assert_eq!(preview.links[0].text, "www.bank.example");
    assert_eq!(preview.links[0].target, "https://evil.example/x?a=1&b=2");
    assert!(preview.links[0].differs && preview.links[0].seen);
    let shown = "title=\"hxxps[://]evil[.]example/x?a=1&amp;b=2\">www.<b>bank</b>.example</span>\
                 <sup class=\"number\">1</sup><span class=\"target\">[evil[.]example]</span>";
    assert!(preview.html.contains(shown), "{}", preview.html);
    assert!(!preview.html.contains("https://"), "{}", preview.html);
    let preview = sanitize("<a href='javascript:alert(1)'>x</a>");
    assert_eq!(preview.links[0].target, "javascript:alert(1)");
}

#[test]
fn pictures_come_from_the_mail_only() {
    let shown = |source: &str| sanitize(&format!("<img src='{source}' alt='a picture' width=10>")).html;
    for kind in ["image/png", "image/jpeg", "image/gif", "image/webp"] {
        assert!(shown(&format!("cid:as-{kind}")).contains(&format!("<img src=\"{PNG}\"")), "{kind}");
    }
    assert!(shown(PNG).contains(&format!("<img src=\"{PNG}\"")));
    assert!(shown("CID:%61s-image/png").contains("data:image/png"));
    for source in [
        "cid:as-text/html",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,PHN2Zy8+",
        "cid:other",
        "https://x.example/i.png",
        "data:image/png;base64,AA",
        "//x.example/i",
    ] {
        let html = shown(source);
        assert!(!html.contains("<img") && html.contains("a picture"), "{source}");
    }
    let large = preview::sanitize("<img src=cid:x>", |_| Some(format!("{PNG}{}", "A".repeat(4 << 20))));
    assert!(!large.html.contains("<img"));
}

#[test]
fn what_was_removed_is_told() {
    let preview = sanitize(
        "<style>@import 'https://x.example/a.css';p{position:fixed}</style><script src=https://x.example/j></script>\
         <script>y</script><form action=https://x.example/f><input name=a></form>\
         <img src=https://x.example/1><img src=https://x.example/2><p onclick=x style='background:url(//x.example/b)'>text\
         <iframe src=x></iframe><meta http-equiv=refresh content='0;url=https://x.example'><img src=data:text/html,x>",
    );
    let told: Vec<String> = preview
        .removed
        .iter()
        .map(|one| format!("{} {} {}", one.count, one.kind, one.addresses.join(" ")).trim().to_owned())
        .collect();
    assert_eq!(
        told,
        [
            "1 data that is no picture",
            "1 event handlers",
            "1 form fields",
            "1 forms https://x.example/f",
            "1 frames x",
            "1 redirects https://x.example",
            "2 remote pictures https://x.example/1 https://x.example/2",
            "2 scripts https://x.example/j",
            "1 styles that lay things over others",
            "2 styles that load something https://x.example/a.css //x.example/b",
        ]
    );
    assert!(preview.html.contains("text"));
}

#[test]
fn what_was_hidden_is_beside_the_page() {
    let page = "<p>A sentence that everybody reads</p><div style='display:none'>words for filters \
                <a href='https://evil.example'>trap</a></div><i style='color:#fff'>pale</i>";
    let seen = sanitize(page);
    assert!(!seen.html.contains("filters") && !seen.html.contains("trap"), "{}", seen.html);
    assert!(seen.html.contains("<i style=\"color:#ffffff\">pale</i>"), "{}", seen.html);
    assert_eq!(seen.links[0].text, "trap");
    assert!(!seen.links[0].seen);
    let hidden: Vec<&str> = seen.hidden.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(hidden, ["words for filters trap", "pale"]);
    let all = preview::with_hidden(page, |_| None);
    assert_inert(page, &all.html);
    assert!(all.html.contains("<span class=\"unseen\">words for filters </span>"), "{}", all.html);
    assert!(all.html.contains("<span class=\"unseen\">pale</span>"), "{}", all.html);
    assert_eq!(all.hidden, seen.hidden);
}

#[test]
fn style_that_colours_and_measures_is_kept() {
    let preview = sanitize(
        "<style>.head td{background:#123;color:white}@media (max-width:400px){p{color:red}}</style>\
         <body bgcolor=#eeeeee><table class=head width=600 cellpadding=8><tr><td style='padding:10px 20px'>Shop\
         <tr><td bgcolor=yellow><font color=red size=5 face='Segoe UI, Arial'>Sale</font></table>",
    );
    let body = preview.html.split_once("<body>").unwrap().1;
    assert_eq!(
        body.split_once("</body>").unwrap().0,
        "<div class=\"page\" style=\"background-color:#eeeeee\"><table width=\"600\" cellpadding=\"8\"><tbody><tr>\
         <td style=\"background-color:#112233;color:#ffffff;padding:10px 20px\">Shop\
         </td></tr><tr><td style=\"background-color:#112233;color:#ffffff\"><font style=\"font-size:24px;\
         font-family:Segoe UI,Arial;color:#ff0000\">Sale</font></td></tr></tbody></table></div>"
    );
}

#[test]
fn ordinary_mail_keeps_its_shape() {
    let preview = sanitize(
        "<h1>Hello</h1><p align=center>A <b>bold</b> &lt;word&gt; &amp; more</p>\
         <table width=\"100%\"><tr><td colspan=2>cell</td></tr></table><ul><li>one<li>two</ul>",
    );
    let body = preview.html.split_once("<body>").unwrap().1;
    assert!(
        body.starts_with(
            "<div class=\"page\"><h1>Hello</h1><p align=\"center\">A <b>bold</b> &lt;word&gt; &amp; more</p>\
             <table width=\"100%\"><tbody><tr><td colspan=\"2\">cell</td></tr></tbody></table>\
             <ul><li>one</li><li>two</li></ul>"
        ),
        "{body}"
    );
    assert!(preview.removed.is_empty() && preview.links.is_empty());
}

#[test]
fn text_on_a_picture_that_is_not_shown_can_be_read() {
    let page = "<td style='background:url(x.png)'><i style='color:white'>pale</i> and <i>dark</i>";
    let html = sanitize(&format!("<table><tr>{page}</table>")).html;
    assert!(html.contains("<i style=\"color:#ffffff\"><span class=\"lit\">pale</span></i>"), "{html}");
    assert!(html.contains("and <i>dark</i>"), "{html}");
}

#[test]
fn plain_text_is_only_text() {
    let linked = preview::plain("see https://evil.example.test/a?b=1 now");
    assert!(linked.contains("hxxps[://]evil[.]example[.]test/a?b=1 now"), "{linked}");
    let html = preview::plain("a < b & <script>alert(1)</script>\n\"quoted\"");
    assert_inert("plain", &html);
    assert!(html.contains("<pre>a &lt; b &amp; &lt;script&gt;alert(1)&lt;/script&gt;\n"));
}

#[test]
#[should_panic(expected = "<img onerror")]
fn the_check_itself_notices() {
    let html = preview::plain("").replace("<pre>", "<img alt=x onerror=alert(1)><pre>");
    assert_inert("sabotage", &html);
}
