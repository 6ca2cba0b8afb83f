//! Elements of a page, each looked at once: pages repeat the same ones within the same ones by thousands.

use std::cell::Cell;
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt};

use super::sheet::Named;
use super::style::Style;
use super::{Attributes, Cascade};

/// Elements remembered of a page. Templates have some hundred; what differs each time is not worth it.
const REMEMBERED: usize = 2_000;
/// Longest tag remembered.
const TAG_BYTES: usize = 1 << 10;
/// Stands between the pieces of a tag: no byte of UTF-8.
const DIVIDER: u8 = 0xff;

/// An element, as style sheets and what is in it see it.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    /// Nothing when there are no style sheets.
    pub(super) named: Option<Named>,
    pub(super) style: Style,
    pub(super) cascade: Rc<Cascade>,
    /// How many elements of its name are open.
    pub(super) open: Rc<Cell<usize>>,
    /// Its place among those remembered.
    place: Option<usize>,
}

impl Element {
    pub(super) fn new(
        name: &str,
        named: Option<Named>,
        style: Style,
        cascade: Cascade,
        open: Rc<Cell<usize>>,
    ) -> Self {
        Self { name: name.to_owned(), named, style, cascade: Rc::new(cascade), open, place: None }
    }
}

/// Elements by their tags and by what they are in. That is all on which their looks depend, so that the same in the same
/// looks the same.
#[derive(Debug)]
pub(super) struct Elements {
    known: HashMap<Box<[u8]>, Rc<Element>>,
    /// The tag asked for last, behind the place of what it is in; empty when it is not to be remembered.
    tag: Vec<u8>,
}

impl Elements {
    pub(super) fn new() -> Self {
        Self { known: HashMap::new(), tag: Vec::new() }
    }

    /// The element of this tag within `outer`, if it was seen.
    pub(super) fn find(
        &mut self,
        outer: Option<&Element>,
        name: &str,
        attributes: &Attributes<'_>,
    ) -> Option<Rc<Element>> {
        self.tag.clear();
        let place = match outer {
            Some(outer) => outer.place? + 1,
            None => 0,
        };
        self.tag.extend_from_slice(&place.to_le_bytes());
        self.tag.extend_from_slice(name.as_bytes());
        for (name, value) in attributes {
            for piece in [name, value] {
                self.tag.push(DIVIDER);
                self.tag.extend_from_slice(piece.as_bytes());
            }
            if self.tag.len() > TAG_BYTES {
                self.tag.clear();
                return None;
            }
        }
        self.known.get(self.tag.as_slice()).map(Rc::clone)
    }

    /// Remembers the element of the tag asked for last.
    pub(super) fn keep(&mut self, mut element: Element) -> Rc<Element> {
        let remembers = !self.tag.is_empty() && self.known.len() < REMEMBERED;
        element.place = remembers.then_some(self.known.len());
        let element = Rc::new(element);
        if remembers {
            self.known.insert(self.tag.as_slice().into(), Rc::clone(&element));
        }
        element
    }
}
