//! Microsoft's own description of Graph (CSDL, OData 4.0), read far enough to judge requests and answers by it.
//!
//! The description is not part of this repository: `MAILCASE_SCHEMAS` says where it is.

mod judging;

pub(crate) use judging::Judge;

use crate::exchange::schemas_folder;
use anyhow::{Context as _, Result};
use roxmltree::{Document, Node};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Where the description lies within the folder of schemas.
const FILE: &str = "graph/v1.0-metadata.xml.xz";
/// The description is 3.5 MB; what claims to be more than this is something else.
const XML_MAX_BYTES: u64 = 64 << 20;

#[derive(Debug, Clone)]
struct Property {
    kind: String,
    collection: bool,
    nullable: bool,
    navigation: bool,
}

#[derive(Debug, Clone, Default)]
struct Type {
    base: Option<String>,
    open: bool,
    properties: HashMap<String, Property>,
}

#[derive(Debug, Clone)]
struct Operation {
    name: String,
    action: bool,
    /// What it is called on.
    bound: (String, bool),
    parameters: Vec<(String, Property)>,
    returns: Option<(String, bool)>,
}

/// The description.
#[derive(Debug, Default)]
pub struct Csdl {
    types: HashMap<String, Type>,
    enums: HashMap<String, BTreeSet<String>>,
    operations: Vec<Operation>,
    /// Entity sets (`true`) and singletons of the service.
    roots: HashMap<String, (String, bool)>,
}

impl Csdl {
    /// The description, read once per process; nothing when it is not there or cannot be read.
    #[must_use]
    pub fn shared() -> Option<Arc<Self>> {
        static READ: OnceLock<Option<Arc<Csdl>>> = OnceLock::new();
        READ.get_or_init(|| Self::read(&schemas_folder().join(FILE)).ok().map(Arc::new)).clone()
    }

    fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
        let mut text = String::new();
        lzma_rust2::XzReader::new(BufReader::new(file), true)
            .take(XML_MAX_BYTES)
            .read_to_string(&mut text)
            .context("decompress the description of Graph")?;
        Self::parse(&text)
    }

    /// Reads the XML form.
    ///
    /// # Errors
    /// When it is no XML.
    pub fn parse(text: &str) -> Result<Self> {
        let document =
            Document::parse(text.trim_start_matches('\u{feff}')).context("the description of Graph")?;
        let mut csdl = Self::default();
        for schema in document.descendants().filter(|node| node.tag_name().name() == "Schema") {
            let namespace = Namespace {
                name: schema.attribute("Namespace").unwrap_or_default(),
                alias: schema.attribute("Alias").unwrap_or_default(),
            };
            for node in schema.children().filter(Node::is_element) {
                csdl.take(node, &namespace);
            }
        }
        Ok(csdl)
    }

    fn take(&mut self, node: Node<'_, '_>, namespace: &Namespace<'_>) {
        let name = node.attribute("Name").unwrap_or_default();
        match node.tag_name().name() {
            "EntityType" | "ComplexType" => {
                let kind = Type {
                    base: node.attribute("BaseType").map(|base| namespace.full(base).0),
                    open: node.attribute("OpenType") == Some("true"),
                    properties: node
                        .children()
                        .filter(|child| ["Property", "NavigationProperty"].contains(&child.tag_name().name()))
                        .map(|child| property(child, namespace))
                        .collect(),
                };
                self.types.insert(format!("{}.{name}", namespace.name), kind);
            }
            "EnumType" => {
                let members = node.children().filter_map(|member| member.attribute("Name"));
                let members = members.map(str::to_owned).collect();
                self.enums.insert(format!("{}.{name}", namespace.name), members);
            }
            action @ ("Action" | "Function") => {
                let mut parameters = node
                    .children()
                    .filter(|child| child.tag_name().name() == "Parameter")
                    .map(|child| property(child, namespace));
                let Some((_, bound)) =
                    parameters.next().filter(|_| node.attribute("IsBound") == Some("true"))
                else {
                    return;
                };
                let parameters = parameters.collect();
                let returns = node.children().find(|child| child.tag_name().name() == "ReturnType");
                self.operations.push(Operation {
                    name: name.to_owned(),
                    action: action == "Action",
                    bound: (bound.kind, bound.collection),
                    parameters,
                    returns: returns.and_then(|node| node.attribute("Type")).map(|kind| namespace.full(kind)),
                });
            }
            "EntityContainer" => {
                for root in node.children().filter(Node::is_element) {
                    let set = root.tag_name().name() == "EntitySet";
                    let kind = root.attribute("EntityType").or(root.attribute("Type"));
                    if let (Some(name), Some(kind)) = (root.attribute("Name"), kind) {
                        self.roots.insert(name.to_owned(), (namespace.full(kind).0, set));
                    }
                }
            }
            _ => {}
        }
    }

    /// A property of a type or of what it is derived from.
    fn property(&self, kind: &str, name: &str) -> Option<&Property> {
        let own = self.types.get(kind)?;
        match own.properties.get(name) {
            Some(property) => Some(property),
            None => self.property(own.base.as_deref()?, name),
        }
    }

    /// Whether anything goes: an open type without properties of its own. A message is open too, but whatever we made
    /// up for one would be a mistake.
    fn is_anything(&self, kind: &str) -> bool {
        self.types.get(kind).is_some_and(|own| own.open && own.base.is_none() && own.properties.is_empty())
    }

    /// Whether `kind` is `base` or derived from it.
    fn is_a(&self, kind: &str, base: &str) -> bool {
        kind == base
            || self
                .types
                .get(kind)
                .and_then(|own| own.base.as_deref())
                .is_some_and(|parent| self.is_a(parent, base))
    }

    fn operation(&self, name: &str, kind: &str, collection: bool) -> Option<&Operation> {
        self.operations.iter().find(|operation| {
            operation.name.eq_ignore_ascii_case(name)
                && operation.bound.1 == collection
                && self.is_a(kind, &operation.bound.0)
        })
    }
}

struct Namespace<'a> {
    name: &'a str,
    alias: &'a str,
}

impl Namespace<'_> {
    /// The full name of a type and whether it is a collection of it.
    fn full(&self, text: &str) -> (String, bool) {
        let (text, collection) =
            match text.strip_prefix("Collection(").and_then(|text| text.strip_suffix(')')) {
                Some(inner) => (inner, true),
                None => (text, false),
            };
        let full = match text.rsplit_once('.') {
            Some((before, name)) if before == self.alias => format!("{}.{name}", self.name),
            Some(("graph", name)) => format!("microsoft.graph.{name}"),
            _ => text.to_owned(),
        };
        (full, collection)
    }
}

fn property(node: Node<'_, '_>, namespace: &Namespace<'_>) -> (String, Property) {
    let (kind, collection) = namespace.full(node.attribute("Type").unwrap_or_default());
    let property = Property {
        kind,
        collection,
        nullable: node.attribute("Nullable") != Some("false"),
        navigation: node.tag_name().name() == "NavigationProperty",
    };
    (node.attribute("Name").unwrap_or_default().to_owned(), property)
}
