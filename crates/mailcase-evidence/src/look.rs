//! How the elements of a page look, as far as that decides whether a reader sees their text: style sheets, `style` and
//! old attributes, inherited through the open elements. Not a browser: no boxes are laid out.

pub(crate) mod colour;
mod elements;
mod shape;
mod sheet;
mod style;
pub(crate) mod value;

use std::cell::Cell;
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt};

use crate::html;
use crate::{HiddenReason, UsualHiding};
use colour::Colour;
use elements::{Element, Elements};
use shape::{NOTHING, Shape};
use sheet::Named;
pub(crate) use sheet::Sheets;
use style::{Ground, Style};
use value::{Block, Declaration};

/// Open elements looked after; what is deeper looks like the last of them.
const DEPTH: usize = 512;
/// Classes of one element.
const CLASSES: usize = 16;
/// Share of ink below which nothing is seen.
const FAINT: f32 = 0.05;
/// Contrast below which a text is taken for its background: light grey on white has 1.3.
const SAME: f32 = 1.15;
/// Contrast on white below which a colour is for darker grounds.
const PALE: f32 = 1.8;
/// Reasons kept of a page, so that each text can name its own.
const CAUSES: usize = 5_000;
/// Why something is not seen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cause {
    pub(crate) reason: HiddenReason,
    /// As in the page: `display:none`.
    pub(crate) because: String,
    pub(crate) usual: Option<UsualHiding>,
}

/// What an element is told about itself, the weakest first.
#[derive(Debug, Default)]
pub(crate) struct Cascade(Vec<Block>);

impl Cascade {
    pub(crate) fn declarations(&self) -> impl Iterator<Item = &Declaration> {
        let of = |important: bool| {
            self.0.iter().flat_map(|block| block.iter()).filter(move |one| one.important == important)
        };
        of(false).chain(of(true))
    }
}

/// The attributes of an element, values as they are written.
pub(crate) type Attributes<'a> = [(&'a str, &'a str)];

/// The open elements of a page and how they look.
#[derive(Debug)]
pub(crate) struct Looks {
    sheets: Sheets,
    elements: Elements,
    open: Vec<Rc<Element>>,
    /// How many of each name are open.
    counts: HashMap<String, Rc<Cell<usize>>>,
    /// Elements open below the deepest looked after.
    deeper: usize,
    blocks: HashMap<String, Block>,
    causes: Vec<Cause>,
}

impl Looks {
    pub(crate) fn new(sheets: Sheets) -> Self {
        Self {
            sheets,
            elements: Elements::new(),
            open: Vec::new(),
            counts: HashMap::new(),
            deeper: 0,
            blocks: HashMap::new(),
            causes: Vec::new(),
        }
    }

    /// Whether style sheets were not looked at to their end.
    pub(crate) fn is_cut(&self) -> bool {
        self.sheets.is_full()
    }

    /// Each declaration seen so far, once, and what style sheets load besides.
    pub(crate) fn told(&self) -> (Vec<Block>, &[String]) {
        let (of_sheets, loads) = self.sheets.contents();
        let mut blocks: Vec<Block> = of_sheets.map(Rc::clone).collect();
        // Selectors in one list share their declarations.
        blocks.dedup_by(|one, other| Rc::ptr_eq(one, other));
        let mut of_attributes: Vec<_> = self.blocks.iter().collect();
        of_attributes.sort_unstable_by_key(|(style, _)| *style);
        blocks.extend(of_attributes.into_iter().map(|(_, block)| Rc::clone(block)));
        (blocks, loads)
    }

    /// An element begins; says what style sheets and attributes tell about it.
    pub(crate) fn open(&mut self, name: &str, attributes: &Attributes<'_>) -> Rc<Cascade> {
        self.end_implied(name);
        if self.open.len() >= DEPTH {
            self.deeper += usize::from(!is_void(name));
            return Rc::default();
        }
        let outer = self.open.last().map(Rc::as_ref);
        let element = match self.elements.find(outer, name, attributes) {
            Some(known) => known,
            None => {
                let element = self.element(name, attributes);
                self.elements.keep(element)
            }
        };
        let cascade = Rc::clone(&element.cascade);
        if !is_void(name) {
            element.open.set(element.open.get() + 1);
            self.open.push(element);
        }
        cascade
    }

    fn element(&mut self, name: &str, attributes: &Attributes<'_>) -> Element {
        let (cascade, named) = self.cascade(name, attributes);
        let style = if is_void(name) {
            self.style()
        } else {
            self.styled(name, attributes, named.as_ref(), &cascade)
        };
        let open = Rc::clone(self.counts.entry(name.to_owned()).or_default());
        Element::new(name, named, style, cascade, open)
    }

    /// An element ends, and with it what is open in it.
    pub(crate) fn close(&mut self, name: &str) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        if self.open.last().is_some_and(|top| top.name == name) {
            self.truncate(self.open.len() - 1);
            return;
        }
        if self.counts.get(name).is_none_or(|open| open.get() == 0) {
            return;
        }
        let ends_cells = is_table_part(name);
        for at in (0..self.open.len()).rev() {
            let Some(open) = self.open.get(at) else { return };
            if open.name == name {
                self.truncate(at);
                return;
            }
            // A cell is not left by the end of what is around its table.
            if !ends_cells && matches!(open.name.as_str(), "td" | "th" | "table" | "caption") {
                return;
            }
        }
    }

    /// Why text here is not seen, if it is not.
    pub(crate) fn unseen(&self) -> Option<Cause> {
        let style = self.style();
        if let Some(cause) = style.cause.and_then(|at| self.causes.get(at)) {
            return Some(cause.clone());
        }
        let cause = |reason, because: String| Some(Cause { reason, because, usual: None });
        if !style.visible {
            return cause(HiddenReason::Visibility, "visibility:hidden".to_owned());
        }
        if style.opacity < FAINT {
            return cause(HiddenReason::Opacity, format!("opacity:{:.2}", style.opacity));
        }
        if style.font <= NOTHING {
            return cause(HiddenReason::TinyText, format!("font-size:{:.1}px", style.font));
        }
        if let Ground::Colour(ground) = style.ground {
            let seen = style.colour.over(ground);
            if seen.contrast(ground) < SAME {
                let because = format!("{} on {}", style.colour.written(), ground.written());
                return cause(HiddenReason::TextColour, because);
            }
        }
        style.lesser.and_then(|at| self.causes.get(at)).cloned()
    }

    /// Whether nothing in this element takes part in what is seen.
    pub(crate) fn is_gone(&self) -> bool {
        self.style().cause.is_some()
    }

    /// Whether text here was made for a picture behind it and cannot be read on white paper.
    pub(crate) fn needs_ground(&self) -> bool {
        let Style { colour, ground, .. } = self.style();
        ground == Ground::Unknown && colour.over(Colour::WHITE).contrast(Colour::WHITE) < PALE
    }

    /// Whether what is behind a text here is rather black than white.
    pub(crate) fn is_dark(&self) -> bool {
        matches!(self.style().ground, Ground::Colour(ground) if ground.is_dark())
    }

    /// Size of the font here, in pixels.
    pub(crate) fn font(&self) -> f32 {
        self.style().font
    }

    fn style(&self) -> Style {
        self.open.last().map_or(Style::PAGE, |open| open.style)
    }

    fn truncate(&mut self, at: usize) {
        for element in self.open.drain(at..) {
            element.open.set(element.open.get().saturating_sub(1));
        }
    }

    /// Ends what the beginning of `name` ends (HTML standard §13.1.2.4).
    fn end_implied(&mut self, name: &str) {
        let Some(top) = self.open.last().map(|open| open.name.as_str()) else { return };
        let ends_top = match name {
            "li" => top == "li",
            "dt" | "dd" => matches!(top, "dt" | "dd"),
            "option" => top == "option",
            "p" | "div" | "table" | "ul" | "ol" | "blockquote" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
            | "pre" | "hr" | "center" | "section" | "article" => top == "p",
            _ => false,
        };
        if ends_top {
            self.truncate(self.open.len() - 1);
        }
        let ended: &[&str] = match name {
            "td" | "th" => &["td", "th"],
            "tr" => &["tr"],
            "tbody" | "thead" | "tfoot" => &["tbody", "thead", "tfoot"],
            _ => return,
        };
        let table = self.open.iter().rposition(|open| open.name == "table").map_or(0, |at| at + 1);
        let within = self.open.get(table..).unwrap_or_default();
        if let Some(at) = within.iter().rposition(|open| ended.contains(&open.name.as_str())) {
            self.truncate(table + at);
        }
    }

    fn cascade(&mut self, name: &str, attributes: &Attributes<'_>) -> (Cascade, Option<Named>) {
        let mut blocks = Vec::new();
        let mut named = None;
        if !self.sheets.is_empty() {
            let this = self::named(name, attributes);
            let open: Vec<&Named> =
                self.open.iter().filter_map(|open| open.named.as_ref()).chain([&this]).collect();
            blocks = self.sheets.matching(&open);
            named = Some(this);
        }
        if let Some(style) = value_of(attributes, "style").filter(|style| !style.is_empty()) {
            let block = match self.blocks.get(style) {
                Some(known) => Rc::clone(known),
                None => {
                    let mut decoded = String::with_capacity(style.len());
                    html::push_decoded(&mut decoded, style);
                    let block = value::read(&decoded);
                    self.blocks.insert(style.to_owned(), Rc::clone(&block));
                    block
                }
            };
            blocks.push(block);
        }
        (Cascade(blocks), named)
    }

    fn styled(
        &mut self,
        name: &str,
        attributes: &Attributes<'_>,
        named: Option<&Named>,
        cascade: &Cascade,
    ) -> Style {
        let outer = self.style();
        let mut style = outer;
        let mut shape = Shape::of(name);
        style::old_attributes(name, attributes, &mut style);
        let mut ground = match value_of(attributes, "bgcolor").and_then(Colour::attribute) {
            Some(colour) => Some(Ground::Colour(colour)),
            None => {
                value_of(attributes, "background").filter(|value| !value.is_empty()).map(|_| Ground::Unknown)
            }
        };
        for declaration in cascade.declarations() {
            style::inherit(declaration, &outer, &mut style);
            if let Some(set) = style::ground(declaration) {
                // What is drawn is drawn over the colour.
                let keeps = declaration.property == "background-color" && ground == Some(Ground::Unknown);
                ground = if keeps { ground } else { Some(set) };
            }
            shape.set(declaration, style.font);
        }
        style.opacity *= shape.opacity;
        style.ground = match (ground, outer.ground) {
            (Some(Ground::Colour(colour)), Ground::Colour(below)) => Ground::Colour(colour.over(below)),
            (Some(Ground::Colour(colour)), Ground::Unknown) if colour.is_transparent() => Ground::Unknown,
            (Some(set), _) => set,
            (None, below) => below,
        };
        let has_hidden = attributes.iter().any(|(name, _)| name.eq_ignore_ascii_case("hidden"));
        // A rule may show what the attribute hides.
        let hidden = (has_hidden && shape.display.is_empty())
            .then(|| (HiddenReason::HiddenAttribute, "hidden".to_owned()));
        if style.cause.is_none() {
            let usual = named.filter(|named| self.sheets.reveals(named)).map(|_| UsualHiding::SmallScreen);
            style.cause = hidden
                .or_else(|| shape.hides())
                .and_then(|(reason, because)| self.cause(Cause { reason, because, usual }));
        }
        if shape.reversed && shape.right_to_left && style.lesser.is_none() {
            let because = "unicode-bidi:bidi-override".to_owned();
            style.lesser = self.cause(Cause { reason: HiddenReason::Reordered, because, usual: None });
        }
        if shape.outlook && style.lesser.is_none() {
            let because = "mso-hide:all".to_owned();
            let usual = Some(UsualHiding::Outlook);
            style.lesser = self.cause(Cause { reason: HiddenReason::OutlookHidden, because, usual });
        }
        style
    }

    fn cause(&mut self, cause: Cause) -> Option<usize> {
        if self.causes.len() >= CAUSES {
            return self.causes.iter().rposition(|known| known.reason == cause.reason);
        }
        self.causes.push(cause);
        Some(self.causes.len() - 1)
    }
}

pub(crate) fn value_of<'a>(attributes: &Attributes<'a>, name: &str) -> Option<&'a str> {
    attributes.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

fn named(name: &str, attributes: &Attributes<'_>) -> Named {
    let classes = value_of(attributes, "class").unwrap_or_default();
    Named {
        element: name.to_owned(),
        id: value_of(attributes, "id").filter(|id| !id.is_empty()).map(str::to_owned),
        classes: classes.split_ascii_whitespace().take(CLASSES).map(str::to_owned).collect(),
    }
}

/// Elements without content.
pub(crate) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "wbr"
    )
}

fn is_table_part(name: &str) -> bool {
    matches!(name, "table" | "tr" | "td" | "th" | "tbody" | "thead" | "tfoot" | "caption" | "body" | "html")
}
