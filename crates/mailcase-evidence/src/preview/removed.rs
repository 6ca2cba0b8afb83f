//! What was taken out of a page: kinds, how often, and the addresses it would have led to or fetched from.

use std::collections::BTreeMap;

use crate::look::Looks;
use crate::look::value::{Declaration, Value};

/// Addresses named of one kind.
const ADDRESSES: usize = 50;
/// Longest address kept.
const ADDRESS_BYTES: usize = 2_000;

/// Something that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// For people, in the plural: `remote pictures`.
    pub kind: &'static str,
    pub count: usize,
    /// As in the mail, each once. Bounded.
    pub addresses: Vec<String>,
}

/// Counts while a page is made safe.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<&'static str, (usize, Vec<String>)>);

impl Tally {
    pub(super) fn add(&mut self, kind: &'static str) {
        self.0.entry(kind).or_default().0 += 1;
    }

    /// Names what one of `kind` leads to.
    pub(super) fn name(&mut self, kind: &'static str, address: &str) {
        let (_, known) = self.0.entry(kind).or_default();
        let address = crate::fields::bounded(address.trim(), ADDRESS_BYTES);
        if known.len() < ADDRESSES && !address.is_empty() && !known.contains(&address) {
            known.push(address);
        }
    }

    /// What of the style of a page is not in the preview.
    pub(super) fn styles(&mut self, looks: &Looks) {
        let (blocks, loads) = looks.told();
        for address in loads {
            self.add("styles that load something");
            self.name("styles that load something", address);
        }
        for declaration in blocks.iter().flat_map(|block| block.iter()) {
            for address in declaration.addresses() {
                self.add("styles that load something");
                self.name("styles that load something", address);
            }
            if let Some(kind) = kind_of(declaration) {
                self.add(kind);
            }
        }
        if looks.is_cut() {
            self.add("style sheets beyond the size limit");
        }
    }

    pub(super) fn list(self) -> Vec<Removed> {
        let told = |(kind, (count, addresses))| Removed { kind, count, addresses };
        self.0.into_iter().map(told).collect()
    }
}

fn kind_of(declaration: &Declaration) -> Option<&'static str> {
    let below_zero = |value: &Value| value.pixels(16.0).is_some_and(|pixels| pixels < 0.0);
    match (declaration.property, declaration.only_word()) {
        ("animation" | "animation-name" | "transition", word) if word != Some("none") => Some("animations"),
        ("position", Some("absolute" | "fixed" | "sticky")) => Some("styles that lay things over others"),
        (property, _) if property.starts_with("margin") && declaration.values.iter().any(below_zero) => {
            Some("styles that lay things over others")
        }
        ("content", word) if !matches!(word, Some("none" | "normal")) => Some("texts made by style sheets"),
        ("transform" | "filter" | "clip" | "clip-path", word) if word != Some("none") => {
            Some("filters and transformations")
        }
        _ => None,
    }
}
