//! What a page would cost to parse and what of it will be taken out, told before parsing in one linear pass.

use super::removed::Tally;
use crate::html;
use crate::look::value_of;

/// Deepest nesting given to the parser, whose cost grows with the square of it.
const DEPTH: usize = 500;
/// Elements the parser may build. It repeats open formatting elements in each new block, so that a small page can
/// ask for millions.
const ELEMENTS: usize = 100_000;
/// Counts what will go; true when parsing would cost too much. One pass, linear in the page.
pub(super) fn inspect(page: &str, removed: &mut Tally) -> bool {
    let mut nesting = Nesting::default();
    let (mut rest, mut found) = (page, Vec::new());
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        let markup = rest.get(at..).unwrap_or_default();
        let Some((name, closing, tail)) = html::tag(markup) else {
            rest = markup.get(1..).unwrap_or_default();
            continue;
        };
        if closing {
            rest = tail;
            nesting.close(&name);
        } else {
            found.clear();
            rest = html::attributes(tail, |attribute, value| found.push((attribute, value)));
            count(&name, &found, removed);
            nesting.open(name.into_owned());
        }
        if nesting.stack.len() > DEPTH || nesting.elements > ELEMENTS {
            return true;
        }
    }
    false
}

/// The open elements, as the HTML standard's tree construction would have them (§13.2.6.4.7), never fewer by more
/// than a small factor: list items, paragraphs and rows are not counted, what they need around them is.
#[derive(Debug, Default)]
struct Nesting {
    stack: Vec<String>,
    formatting: usize,
    elements: usize,
}

impl Nesting {
    fn open(&mut self, name: String) {
        const NOT_COUNTED: [&str; 18] = [
            "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta",
            "option", "p", "source", "tr", "wbr",
        ];
        self.elements = self.elements.saturating_add(1 + self.formatting);
        if NOT_COUNTED.contains(&name.as_str()) {
            return;
        }
        if matches!(name.as_str(), "td" | "th") {
            let cell = self.stack.iter().rposition(|open| matches!(open.as_str(), "td" | "th" | "table"));
            if let Some(cell) = cell.filter(|at| self.stack.get(*at).is_some_and(|open| open != "table")) {
                self.truncate(cell);
            }
        }
        self.formatting += usize::from(FORMATTING.contains(&name.as_str()));
        self.stack.push(name);
    }

    fn close(&mut self, name: &str) {
        // An end tag may rebuild what is open, too.
        self.elements = self.elements.saturating_add(self.formatting);
        if FORMATTING.contains(&name) {
            if let Some(at) = self.stack.iter().rposition(|open| open == name) {
                self.stack.remove(at);
                self.formatting -= 1;
            }
            return;
        }
        let table_part = matches!(name, "table" | "td" | "th" | "tbody" | "thead" | "tfoot" | "caption");
        for at in (0..self.stack.len()).rev() {
            let Some(open) = self.stack.get(at) else { return };
            if open == name {
                self.truncate(at);
                return;
            }
            if !table_part
                && matches!(open.as_str(), "table" | "td" | "th" | "caption" | "object" | "template")
            {
                return;
            }
            if !is_special(name) && is_special(open) {
                return;
            }
        }
    }

    fn truncate(&mut self, at: usize) {
        let gone = self.stack.drain(at..).filter(|name| FORMATTING.contains(&name.as_str())).count();
        // Formatting elements stay in the list of those to be re-opened until their own end tag.
        self.elements = self.elements.saturating_add(gone);
    }
}

/// Elements an unrelated end tag does not reach through (HTML standard §13.2.4.2, those that nest in mail).
fn is_special(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "details"
            | "dir"
            | "div"
            | "dl"
            | "fieldset"
            | "figure"
            | "footer"
            | "form"
            | "header"
            | "html"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "pre"
            | "section"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "ul"
    )
}

/// Elements that the HTML parser re-opens in each block until they are closed (HTML standard §13.2.4.3).
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Counts what of an element goes, with the addresses it names.
fn count(name: &str, attributes: &[(&str, &str)], removed: &mut Tally) {
    let named = |removed: &mut Tally, kind: &'static str, value: &str| {
        let mut decoded = String::new();
        html::push_decoded(&mut decoded, value);
        removed.name(kind, &decoded);
    };
    if let Some(kind) = removed_tag(name) {
        removed.add(kind);
        for known in ["src", "href", "action", "formaction", "data", "code"] {
            value_of(attributes, known).into_iter().for_each(|value| named(removed, kind, value));
        }
    }
    for (attribute, value) in attributes {
        if let Some(kind) = removed_attribute(attribute) {
            removed.add(kind);
            if kind != "event handlers" {
                named(removed, kind, value);
            }
        }
    }
    let refreshes =
        value_of(attributes, "http-equiv").is_some_and(|value| value.trim().eq_ignore_ascii_case("refresh"));
    if name == "meta" && refreshes {
        removed.add("redirects");
        let content = value_of(attributes, "content").unwrap_or_default();
        let target = content.split_once('=').map_or(content, |(_, target)| target);
        named(removed, "redirects", target.trim().trim_matches(['\'', '"']));
    }
}

fn removed_tag(name: &str) -> Option<&'static str> {
    Some(match name {
        "script" | "noscript" => "scripts",
        "link" => "linked resources",
        "iframe" | "frame" | "frameset" => "frames",
        "form" => "forms",
        "input" | "button" | "select" | "textarea" | "option" | "isindex" | "keygen" => "form fields",
        "object" | "embed" | "applet" | "param" => "embedded objects",
        "audio" | "video" | "source" | "track" => "media",
        "svg" | "math" => "drawings and formulas",
        "base" => "base addresses",
        "marquee" | "blink" | "canvas" | "template" | "dialog" | "portal" => "active elements",
        _ => return None,
    })
}

fn removed_attribute(name: &str) -> Option<&'static str> {
    let starts = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on"));
    if starts && name.len() > 3 {
        return Some("event handlers");
    }
    let loads = ["background", "srcset", "poster", "lowsrc", "dynsrc", "imagesrcset"];
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if loads.iter().any(|known| is(known)) {
        return Some("remote pictures");
    }
    is("ping").then_some("reports of clicks")
}
