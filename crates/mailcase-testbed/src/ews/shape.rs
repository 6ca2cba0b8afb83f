//! Which properties of an item or folder are wanted, and how they are written: in the order of Microsoft's schema.

mod extended;
mod folder;
mod message;

pub(crate) use extended::Extended;
pub(crate) use folder::folder;
pub(crate) use message::{id, is_single, items, message};

use super::soap::{Failure, child, elements, is_true};
use jiff::Timestamp;
use roxmltree::Node;

/// What is shown when nothing is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    IdOnly,
    Default,
    All,
}

/// `t:ItemShape` or `t:FolderShape`.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) base: Base,
    pub(crate) named: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) extended: Vec<Extended>,
    pub(crate) mime: bool,
    /// Of the body: `HTML` or `Text`, or what it is.
    pub(crate) body: Option<&'static str>,
}

impl Shape {
    pub(crate) const ID_ONLY: Self = Self {
        base: Base::IdOnly,
        named: Vec::new(),
        headers: Vec::new(),
        extended: Vec::new(),
        mime: false,
        body: None,
    };

    /// Reads the shape element of this name.
    pub(crate) fn read(operation: Node<'_, '_>, name: &str) -> Result<Self, Failure> {
        let shape = operation.children().find(|node| node.is_element() && node.tag_name().name() == name);
        let Some(shape) = shape else {
            return Err(Failure::schema(&format!("The element '{name}' is missing.")));
        };
        let text = |wanted: &str| {
            let found = shape.children().find(|node| node.tag_name().name() == wanted);
            found.and_then(|node| node.text()).unwrap_or_default()
        };
        let base = match text("BaseShape") {
            "IdOnly" => Base::IdOnly,
            "Default" => Base::Default,
            "AllProperties" => Base::All,
            other => return Err(Failure::schema(&format!("The base shape '{other}' does not exist."))),
        };
        let body = match text("BodyType") {
            "HTML" => Some("HTML"),
            "Text" => Some("Text"),
            _ => None,
        };
        let mut read = Self { base, mime: is_true(text("IncludeMimeContent")), body, ..Self::ID_ONLY };
        let more = shape.children().find(|node| node.tag_name().name() == "AdditionalProperties");
        for path in more.into_iter().flat_map(|more| more.children()).filter(Node::is_element) {
            let uri = path.attribute("FieldURI").unwrap_or_default();
            match path.tag_name().name() {
                "FieldURI" if uri == "item:MimeContent" => read.mime = true,
                "FieldURI" => read.named.push(uri.to_owned()),
                "IndexedFieldURI" if uri == "item:InternetMessageHeader" => {
                    read.headers.push(path.attribute("FieldIndex").unwrap_or_default().to_owned());
                }
                "IndexedFieldURI" => {}
                _ => read.extended.push(Extended::read(path)?),
            }
        }
        Ok(read)
    }

    /// Whether a property is wanted; `from` says which base shape has it already.
    pub(crate) fn wants(&self, uri: &str, from: Option<Base>) -> bool {
        let base = match from {
            Some(Base::IdOnly) => true,
            Some(Base::Default) => self.base != Base::IdOnly,
            Some(Base::All) => self.base == Base::All,
            None => false,
        };
        base || self.named.iter().any(|named| named == uri)
    }
}

/// UTC to the second, as Exchange writes it.
pub(crate) fn time(when: Timestamp) -> String {
    when.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(crate) const fn yes(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

/// The references to items or folders in a list element.
pub(crate) fn listed<'a>(operation: Node<'a, 'a>, list: &str) -> Result<Vec<Node<'a, 'a>>, Failure> {
    let found: Vec<_> = child(operation, list).into_iter().flat_map(elements).collect();
    if found.is_empty() {
        return Err(Failure::schema(&format!("The element '{list}' is missing or empty.")));
    }
    Ok(found)
}
