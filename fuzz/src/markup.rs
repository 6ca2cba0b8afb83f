//! What must hold for every page made safe: read by a tokenizer as browsers have it, nothing in it can run, fetch or be
//! clicked.

use std::cell::RefCell;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use mailcase_evidence::{defang, preview};

use crate::cost;

/// Elements that do something, whatever their attributes are.
const ACTIVE: [&str; 24] = [
    "script",
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "form",
    "input",
    "button",
    "textarea",
    "select",
    "base",
    "link",
    "svg",
    "math",
    "video",
    "audio",
    "source",
    "template",
    "portal",
    "noscript",
    "xmp",
    "plaintext",
];
/// Elements of the document around the page.
const AROUND: usize = 7;
const ATTRIBUTES: [&str; 16] = [
    "src", "alt", "class", "align", "valign", "dir", "colspan", "rowspan", "width", "height", "border",
    "start", "cellpadding", "cellspacing", "style", "title",
];
const CLASSES: [&str; 7] = ["page", "link", "number", "target", "gone", "lit", "unseen"];
/// What a style never sets: it could hide, cover, move or fetch.
const NEVER: [&str; 14] = [
    "position", "left", "top", "right", "bottom", "opacity", "visibility", "overflow", "content", "filter",
    "transform", "clip", "animation", "z-index",
];

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
        let attributes = tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string()));
        self.0.borrow_mut().push((tag.name.to_string(), attributes.collect()));
        match &*tag.name {
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

/// Makes a page safe, and a text.
pub fn page(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let picture = |id: &str| Some(format!("data:{id};base64,iVBORw0KGgo="));
    let safe = cost::bounded(cost::MESSAGE, || preview::sanitize(&text, picture));
    inert(&safe.html);
    let body = safe.html.split_once("<body>").expect("a document").1;
    inert(&preview::sanitize(body, |_| None).html);
    inert(&preview::with_hidden(&text, picture).html);
    inert(&preview::plain(&text));
    let defanged = defang(&text);
    let starts =
        |scheme: &str| defanged.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    assert!(!starts("http://") && !starts("https://"), "{defanged}");
}

fn inert(html: &str) {
    let tags = tags(html);
    let around: Vec<&str> = tags.iter().take(AROUND).map(|(name, _)| name.as_str()).collect();
    assert_eq!(around, ["html", "head", "meta", "meta", "meta", "title", "style"]);
    for (name, attributes) in tags.iter().skip(AROUND) {
        assert!(!ACTIVE.contains(&name.as_str()) && name != "meta" && name != "style", "<{name}>");
        for (attribute, value) in attributes {
            assert!(ATTRIBUTES.contains(&attribute.as_str()), "<{name} {attribute}={value:?}>");
            let picture = value.starts_with("data:image/") && !value.starts_with("data:image/svg");
            assert!(attribute != "class" || CLASSES.contains(&value.as_str()), "<{name} class={value:?}>");
            assert!(attribute != "style" || is_harmless(value), "<{name} style={value:?}>");
            assert!(attribute != "src" || (name == "img" && picture), "<{name} src={value:?}>");
        }
    }
}

/// A style of plain words, colours and lengths that are neither negative nor huge.
fn is_harmless(style: &str) -> bool {
    style.split(';').all(|declaration| {
        let Some((property, value)) = declaration.split_once(':') else { return false };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" #%.,-".contains(&byte);
        let sized = |word: &str| {
            let digits = word.trim_end_matches("px").trim_end_matches('%');
            digits.parse::<f32>().map_or(true, |number| (0.0..=2_000.0).contains(&number))
        };
        !NEVER.contains(&property)
            && property.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            && value.bytes().all(plain)
            && (property == "font-family" || value.split(' ').all(sized))
            && !(property == "display" && value == "none")
    })
}
