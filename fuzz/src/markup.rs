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
const ATTRIBUTES: [&str; 14] = [
    "src", "alt", "class", "align", "valign", "dir", "colspan", "rowspan", "width", "height", "border",
    "start", "lang", "title",
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
            assert!(attribute != "src" || (name == "img" && picture), "<{name} src={value:?}>");
        }
    }
}
