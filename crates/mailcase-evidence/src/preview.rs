//! HTML mail made safe to look at, as its reader saw it: no script, no form, nothing fetched, nothing to click, nothing
//! that covers or hides anything else.
//!
//! Two layers that each suffice: `ammonia`'s allow list over a real HTML parser, then a writer of our own that knows
//! a few tags and attributes and can write nothing else; of style sheets it writes values it read, never their text.
//! The reader adds a third: a sandboxed frame and the policy in the document.

mod allowed;
mod cost;
mod dress;
mod links;
mod pictures;
mod removed;
mod writer;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::html::pieces::{Piece, pieces};
use crate::look::Looks;
use crate::{Hidden, html, unseen};
use allowed::ALLOW_LIST;
use cost::inspect;
pub use links::Link;
use mailcase_indicators::defang;
pub use removed::Removed;
use removed::Tally;
use writer::{Writer, escape};

/// Longest page parsed; bodies are kept up to a smaller limit.
const PAGE_BYTES: usize = 2 << 20;

/// A document that is safe to show in a sandboxed frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// A whole HTML document with its own content security policy.
    pub html: String,
    /// What was taken out, by kind.
    pub removed: Vec<Removed>,
    /// Where the links of the page really lead, in order; their numbers from 1 stand in the document.
    pub links: Vec<Link>,
    /// Text the reader of the mail did not see.
    pub hidden: Vec<Hidden>,
}

/// Makes `page` safe; `cid` gives the data URL of the inline picture of that Content-ID.
///
/// Text its reader did not see is left out. Pictures other than PNG, JPEG, GIF and WebP are left out, whatever `cid`
/// returns. Never fails: what cannot be parsed within limits is shown as plain text.
pub fn sanitize(page: &str, cid: impl Fn(&str) -> Option<String>) -> Preview {
    made(page, false, cid)
}

/// As [`sanitize`], with what its reader did not see in its place, marked.
pub fn with_hidden(page: &str, cid: impl Fn(&str) -> Option<String>) -> Preview {
    made(page, true, cid)
}

fn made(page: &str, with_hidden: bool, cid: impl Fn(&str) -> Option<String>) -> Preview {
    let kept = page.get(..page.floor_char_boundary(PAGE_BYTES)).unwrap_or_default();
    let mut removed = Tally::default();
    if kept.len() < page.len() {
        removed.add("text beyond the size limit");
    }
    let too_complex = inspect(kept, &mut removed);
    let clean = if too_complex { None } else { catch_unwind(|| ALLOW_LIST.clean(kept).to_string()).ok() };
    let (html, links, removed) = match clean {
        Some(clean) => {
            let body = pieces(kept).find_map(|piece| match piece {
                Piece::Open { name, attributes } if name == "body" => Some(attributes),
                _ => None,
            });
            let looks = Looks::new(unseen::sheets(kept));
            let mut writer = Writer::new(cid, with_hidden, looks, removed);
            writer.write(&body.unwrap_or_default(), &clean);
            (writer.out, writer.links, writer.removed)
        }
        None => {
            removed.add("layout of a page that is too complex");
            (preformatted(&html::read(kept).text), Vec::new(), removed)
        }
    };
    let hidden = catch_unwind(AssertUnwindSafe(|| unseen::find(kept))).unwrap_or_default();
    Preview { html: document(&html, &format!("{ALL}{PAPER}")), removed: removed.list(), links, hidden }
}

/// A plain text body as the same kind of document, its URLs defanged.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::from("<pre>");
    let mut finder = linkify::LinkFinder::new();
    finder.kinds(&[linkify::LinkKind::Url]);
    for span in finder.spans(text) {
        match span.kind() {
            Some(_) => escape(&mut out, &defang(span.as_str())),
            None => escape(&mut out, span.as_str()),
        }
    }
    out.push_str("</pre>");
    document(&out, &format!("{ALL}{TEXT}"))
}

/// A picture alone as the same kind of document; nothing when the data URL is no picture that is shown.
#[must_use]
pub fn picture(data: &str) -> Option<String> {
    let data = pictures::checked(data)?;
    Some(document(&format!("<img src=\"{data}\" alt=\"\">"), &format!("{ALL}{TEXT}img{{max-width:100%}}")))
}

fn preformatted(text: &str) -> String {
    let mut out = String::from("<pre>");
    escape(&mut out, text);
    out.push_str("</pre>");
    out
}

const ALL: &str = "pre{white-space:pre-wrap;font:inherit}body{overflow-wrap:anywhere}";
/// Text follows the colours of whoever reads it.
const TEXT: &str = ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:1rem}";
/// Mail is made for white paper.
const PAPER: &str = "\
    :root{color-scheme:light;background:#fff}body{margin:0;color:#000;font:16px/1.4 Arial,sans-serif}\
    .page{padding:8px;min-height:100vh;box-sizing:border-box}\
    img{max-width:100%}table{max-width:100%}\
    .link{color:#0000ee;text-decoration:underline}\
    .number{font:10px/1 system-ui,sans-serif;color:#9a3412;background:#fff;padding:0 2px;vertical-align:super}\
    .target{font:12px/1.4 ui-monospace,monospace;color:#9a3412;background:#fff}\
    .gone{font:12px/1.4 system-ui,sans-serif;color:#555;background:#fff;border:1px dashed #999;padding:0 .4em}\
    .lit{background:#666}\
    .unseen{font:13px/1.5 system-ui,sans-serif;color:#7c2d12;background:#fef3c7;outline:1px dashed #b45309;\
    letter-spacing:normal;text-indent:0;unicode-bidi:isolate;direction:ltr}";

fn document(body: &str, style: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\
         <meta name=\"referrer\" content=\"no-referrer\"><title>Message</title><style>{style}</style></head>\n\
         <body>{body}</body></html>\n"
    )
}
