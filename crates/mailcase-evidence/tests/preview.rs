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

const ELEMENTS: [&str; 68] = [
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
                "class" => name == "span" && ["link", "target", "gone"].contains(&value.as_str()),
                "align" | "valign" | "dir" => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
                "colspan" | "rowspan" | "width" | "height" | "border" | "start" => {
                    value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'%')
                }
                _ => false,
            };
            assert!(known, "<{name} {attribute}={value:?}> from {input}");
        }
    }
}

fn sanitize(input: &str) -> Preview {
    let preview = preview::sanitize(input, |id| {
        let kind = id.strip_prefix("as-")?;
        Some(format!("data:{kind};base64,iVBORw0KGgo="))
    });
    assert_inert(input, &preview.html);
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
    assert!(preview.html.contains("[hxxps[://]evil[.]example/x?a=1&amp;b=2]"), "{}", preview.html);
    assert!(!preview.html.contains("https://"), "{}", preview.html);
    let preview = sanitize("<a href='javascript:alert(1)'>x</a>");
    assert_eq!(preview.links[0].target, "javascript:alert(1)");
}

#[test]
fn pictures_come_from_the_mail_only() {
    let shown = |source: &str| sanitize(&format!("<img src='{source}' alt='a picture' width=10>")).html;
    for kind in ["image/png", "image/jpeg", "image/gif", "image/webp"] {
        assert!(
            shown(&format!("cid:as-{kind}"))
                .contains(&format!("<img src=\"data:{kind};base64,iVBORw0KGgo=\""))
        );
    }
    assert!(shown("CID:%61s-image/png").contains("data:image/png"));
    for source in [
        "cid:as-image/svg+xml",
        "cid:as-text/html",
        "cid:other",
        "https://x.example/i.png",
        "data:image/png;base64,AA",
        "//x.example/i",
    ] {
        let html = shown(source);
        assert!(!html.contains("<img") && html.contains("a picture"), "{source}");
    }
    let large = preview::sanitize("<img src=cid:x>", |_| {
        Some(format!("data:image/png;base64,{}", "A".repeat(4 << 20)))
    });
    assert!(!large.html.contains("<img"));
}

#[test]
fn what_was_removed_is_told() {
    let preview = sanitize(
        "<style>p{}</style><script>x</script><script>y</script><form action=x><input name=a></form>\
         <img src=https://x.example/1><img src=https://x.example/2><p onclick=x style='display:none'>text\
         <iframe src=x></iframe><meta http-equiv=refresh content='0;url=https://x.example'>",
    );
    assert_eq!(
        preview.removed,
        [
            "1 event handlers",
            "1 form fields",
            "1 forms",
            "1 frames",
            "1 inline styles",
            "1 redirects",
            "2 remote images",
            "2 scripts",
            "1 style sheets"
        ]
    );
    assert!(preview.html.contains("text"));
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
            "<h1>Hello</h1><p align=\"center\">A <b>bold</b> &lt;word&gt; &amp; more</p>\
             <table width=\"100%\"><tbody><tr><td colspan=\"2\">cell</td></tr></tbody></table>\
             <ul><li>one</li><li>two</li></ul>"
        ),
        "{body}"
    );
    assert!(preview.removed.is_empty() && preview.links.is_empty());
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
