//! What a page would cost to parse and what of it will be taken out, told before parsing in one linear pass.

use std::collections::BTreeMap;

use crate::html;

/// Deepest nesting given to the parser, whose cost grows with the square of it.
const DEPTH: usize = 500;
/// Elements the parser may build. It repeats open formatting elements in each new block, so that a small page can
/// ask for millions.
const ELEMENTS: usize = 100_000;
/// Counts what will go; true when parsing would cost too much. One pass, linear in the page.
pub(super) fn inspect(page: &str, removed: &mut Removed) -> bool {
    let mut nesting = Nesting::default();
    let mut rest = page;
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
            if let Some(kind) = removed_tag(&name) {
                removed.add(kind);
            }
            rest = html::attributes(tail, |attribute, value| {
                if let Some(kind) = removed_attribute(&name, attribute, value) {
                    removed.add(kind);
                }
            });
            nesting.open(name);
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

fn removed_tag(name: &str) -> Option<&'static str> {
    Some(match name {
        "script" | "noscript" => "scripts",
        "style" => "style sheets",
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

fn removed_attribute(tag: &str, name: &str, value: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    Some(match name.as_str() {
        _ if name.starts_with("on") && name.len() > 3 => "event handlers",
        "style" => "inline styles",
        "background" => "remote images",
        "srcset" | "poster" | "lowsrc" | "dynsrc" => "remote images",
        "http-equiv" if tag == "meta" && value.trim().eq_ignore_ascii_case("refresh") => "redirects",
        _ => return None,
    })
}

/// What was taken out, counted.
#[derive(Debug, Default)]
pub(super) struct Removed(BTreeMap<&'static str, usize>);

impl Removed {
    pub(super) fn add(&mut self, kind: &'static str) {
        *self.0.entry(kind).or_default() += 1;
    }

    pub(super) fn list(self) -> Vec<String> {
        self.0.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect()
    }
}
