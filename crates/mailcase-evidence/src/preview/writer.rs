//! The second layer of a preview: clean HTML written again from nothing but known elements, known attributes and
//! values made here.

use percent_encoding::percent_decode_str;

use super::allowed::{ATTRIBUTES, TAGS, VOID, is_size};
use super::dress::Dress;
use super::links::Link;
use super::pictures;
use super::removed::Tally;
use crate::HiddenReason;
use crate::html;
use crate::look::colour::Colour;
use crate::look::{Attributes, Looks, value_of};
use mailcase_indicators::defang;

/// Links listed.
const LINKS: usize = 2_000;
/// Longest link target shown.
const TARGET_BYTES: usize = 2_000;
/// Longest text of a link told.
const LINK_TEXT_BYTES: usize = 500;
/// Side of a picture that nobody sees.
const PIXEL: u32 = 3;
/// All pictures of a page together.
const PICTURES_BYTES: usize = 16 << 20;

/// An element that is open in what is read.
struct Open {
    name: String,
    /// Whether its tag was written.
    written: bool,
}

/// A link that is open.
struct OpenLink {
    target: Option<String>,
    text: String,
    seen: bool,
}

pub(super) struct Writer<F> {
    cid: F,
    /// Whether text that was not seen is shown, as such.
    with_hidden: bool,
    looks: Looks,
    pub(super) out: String,
    pub(super) links: Vec<Link>,
    open: Vec<Open>,
    link: Option<OpenLink>,
    pub(super) removed: Tally,
    pictures: usize,
}

impl<F: Fn(&str) -> Option<String>> Writer<F> {
    pub(super) fn new(cid: F, with_hidden: bool, looks: Looks, removed: Tally) -> Self {
        Self {
            cid,
            with_hidden,
            looks,
            out: String::new(),
            links: Vec::new(),
            open: Vec::new(),
            link: None,
            removed,
            pictures: 0,
        }
    }

    /// Writes `clean`, which stood in a `<body>` with these attributes.
    pub(super) fn write(&mut self, body: &Attributes<'_>, clean: &str) {
        self.element("body", "div", body);
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
            match &*name {
                known if !TAGS.contains(&known) => {}
                known if closing => self.close(known),
                "a" => self.begin_link(&found),
                "img" => self.picture(&found),
                known => self.element(known, known, &found),
            }
        }
        self.text(rest);
        while let Some(open) = self.open.pop() {
            self.end(open);
        }
        self.removed.styles(&self.looks);
    }

    /// Text is escaped already; what could open a tag or an attribute is escaped again to be sure.
    fn text(&mut self, text: &str) {
        if let Some(link) = self.link.as_mut().filter(|link| link.text.len() < LINK_TEXT_BYTES) {
            html::push_decoded(&mut link.text, text);
        }
        let unseen = if text.trim_ascii().is_empty() { None } else { self.looks.unseen() };
        let mark = match unseen.map(|cause| cause.reason) {
            // Only what its reader could not make out by any means is left out; what has the colour of its background
            // has it here too.
            None | Some(HiddenReason::OutlookHidden) if self.looks.needs_ground() => Some("lit"),
            None | Some(HiddenReason::OutlookHidden) => None,
            Some(_) if self.with_hidden => Some("unseen"),
            Some(HiddenReason::TextColour | HiddenReason::Reordered) => None,
            Some(_) => return,
        };
        let mark = mark.filter(|_| !text.trim_ascii().is_empty());
        if let Some(mark) = mark {
            self.out.push_str("<span class=\"");
            self.out.push_str(mark);
            self.out.push_str("\">");
        }
        for one in text.chars() {
            match one {
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                one => self.out.push(one),
            }
        }
        if mark.is_some() {
            self.out.push_str("</span>");
        }
    }

    /// Begins an element; `written_as` is the name of its tag here.
    fn element(&mut self, name: &str, written_as: &str, attributes: &Attributes<'_>) {
        let cascade = self.looks.open(name, attributes);
        let shown = self.with_hidden || !self.looks.is_gone();
        let void = VOID.contains(&name);
        if shown {
            let mut dress = Dress::of(&cascade, self.looks.font());
            old_looks(name, attributes, &mut dress);
            self.out.push('<');
            self.out.push_str(written_as);
            match name {
                "body" => self.out.push_str(" class=\"page\""),
                "a" => self.out.push_str(" class=\"link\""),
                _ => {}
            }
            for (known, allowed) in &ATTRIBUTES {
                let value = value_of(attributes, known).filter(|value| allowed(value));
                if let Some(value) = value.filter(|_| name != "body") {
                    self.out.push_str(&format!(" {known}=\"{value}\""));
                }
            }
            let style = dress.written();
            if !style.is_empty() {
                self.out.push_str(" style=\"");
                self.out.push_str(&style);
                self.out.push('"');
            }
            if let Some(target) =
                self.link.as_ref().and_then(|link| link.target.as_ref()).filter(|_| name == "a")
            {
                self.out.push_str(" title=\"");
                escape(&mut self.out, &defang(target));
                self.out.push('"');
            }
            self.out.push('>');
        }
        if !void {
            self.open.push(Open { name: name.to_owned(), written: shown });
        }
    }

    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else { return };
        while self.open.len() > at {
            if let Some(open) = self.open.pop() {
                self.end(open);
            }
        }
    }

    fn end(&mut self, open: Open) {
        self.looks.close(&open.name);
        if open.name == "a" {
            self.end_link(open.written);
            return;
        }
        if open.written {
            self.out.push_str("</");
            self.out.push_str(if open.name == "body" { "div" } else { &open.name });
            self.out.push('>');
        }
    }

    fn begin_link(&mut self, attributes: &Attributes<'_>) {
        let target = decoded(attributes, "href").map(|target| crate::fields::bounded(&target, TARGET_BYTES));
        let target = target.filter(|target| !target.is_empty());
        self.link = Some(OpenLink { target, text: String::new(), seen: true });
        self.element("a", "span", attributes);
        if let Some(link) = &mut self.link {
            link.seen = !self.looks.is_gone();
        }
    }

    fn end_link(&mut self, written: bool) {
        if written {
            self.out.push_str("</span>");
        }
        let Some(OpenLink { target: Some(target), text, seen }) = self.link.take() else { return };
        if self.links.len() >= LINKS {
            return;
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let link = Link::new(crate::fields::bounded(&text, LINK_TEXT_BYTES), target, seen);
        if written {
            self.out.push_str(&format!("<sup class=\"number\">{}</sup>", self.links.len() + 1));
            if link.differs {
                self.out.push_str("<span class=\"target\">[");
                escape(&mut self.out, &link.short());
                self.out.push_str("]</span>");
            }
        }
        self.links.push(link);
    }

    fn picture(&mut self, attributes: &Attributes<'_>) {
        let cascade = self.looks.open("img", attributes);
        let hidden = cascade.declarations().filter(|one| one.property == "display").last();
        let hidden = self.looks.is_gone() || hidden.is_some_and(|one| one.only_word() == Some("none"));
        let source = decoded(attributes, "src").unwrap_or_default();
        let alt = decoded(attributes, "alt").unwrap_or_default();
        if let Some(link) = self.link.as_mut().filter(|link| link.text.len() < LINK_TEXT_BYTES) {
            link.text.push_str(&alt);
        }
        let data = self.data_of(&source);
        if data.is_none() && !source.is_empty() {
            let starts =
                |scheme: &str| source.get(..scheme.len()).is_some_and(|one| one.eq_ignore_ascii_case(scheme));
            match () {
                () if starts("cid:") => self.removed.add("pictures that are not in the mail"),
                () if starts("data:") => self.removed.add("data that is no picture"),
                () => {
                    self.removed.add("remote pictures");
                    self.removed.name("remote pictures", &source);
                }
            }
        }
        if hidden && !self.with_hidden {
            return;
        }
        let Some(data) = data else {
            let tiny = ["width", "height"].iter().any(|side| {
                value_of(attributes, side)
                    .and_then(|size| size.parse().ok())
                    .is_some_and(|size: u32| size <= PIXEL)
            });
            let shown = if alt.trim().is_empty() { "picture" } else { alt.as_str() };
            if !tiny && !source.is_empty() {
                self.out.push_str("<span class=\"gone\">");
                escape(&mut self.out, shown);
                self.out.push_str("</span>");
            }
            return;
        };
        self.pictures += data.len();
        self.out.push_str("<img src=\"");
        self.out.push_str(&data);
        self.out.push_str("\" alt=\"");
        escape(&mut self.out, &alt);
        self.out.push('"');
        for name in ["width", "height"] {
            if let Some(value) = value_of(attributes, name).filter(|value| is_size(value)) {
                self.out.push_str(&format!(" {name}=\"{value}\""));
            }
        }
        let style = Dress::of(&cascade, self.looks.font()).written();
        if !style.is_empty() {
            self.out.push_str(&format!(" style=\"{style}\""));
        }
        self.out.push('>');
    }

    /// The picture as a data URL, when it came with the mail and is one.
    fn data_of(&self, source: &str) -> Option<String> {
        let (scheme, rest) = source.split_once(':')?;
        let data = if scheme.eq_ignore_ascii_case("cid") {
            let id = rest.trim_matches(['<', '>', ' ']);
            (self.cid)(id).or_else(|| (self.cid)(&percent_decode_str(id).decode_utf8_lossy()))?
        } else {
            source.to_owned()
        };
        pictures::checked(&data).filter(|data| self.pictures + data.len() <= PICTURES_BYTES)
    }
}

/// What attributes from before style sheets say.
fn old_looks(name: &str, attributes: &Attributes<'_>, dress: &mut Dress) {
    let colour = |of: &str| value_of(attributes, of).and_then(Colour::attribute);
    if let Some(ground) = colour("bgcolor") {
        dress.underlay("background-color", ground);
    }
    match name {
        "font" => {
            if let Some(colour) = colour("color") {
                dress.underlay("color", colour);
            }
            if let Some(face) = value_of(attributes, "face") {
                dress.underlay_family(face);
            }
            // HTML standard §15.3.4.
            let size = value_of(attributes, "size").and_then(|size| match size {
                "1" | "-2" => Some(10.0),
                "2" | "-1" => Some(13.0),
                "3" => Some(16.0),
                "4" | "+1" => Some(18.0),
                "5" | "+2" => Some(24.0),
                "6" | "+3" => Some(32.0),
                "7" | "+4" => Some(48.0),
                _ => None,
            });
            size.into_iter().for_each(|size| dress.underlay_font(size));
        }
        "body" => colour("text").into_iter().for_each(|colour| dress.underlay("color", colour)),
        _ => {}
    }
}

fn decoded(attributes: &Attributes<'_>, name: &str) -> Option<String> {
    value_of(attributes, name).map(|value| {
        let mut decoded = String::new();
        html::push_decoded(&mut decoded, value);
        decoded.trim().to_owned()
    })
}

pub(super) fn escape(out: &mut String, text: &str) {
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
