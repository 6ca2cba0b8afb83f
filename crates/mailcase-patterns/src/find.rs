//! What a set of patterns finds in a text.

use mailcase_indicators::normalised;

use crate::compile::Compiled;
use crate::{Gives, PatternSet, Place};

/// Matches of one pattern in one text; more is a list somebody should load elsewhere.
pub const MATCHES: usize = 200;
/// Longest value kept, in bytes; a longer match is no value but a passage.
pub const VALUE_BYTES: usize = 1_000;
/// Bytes of one text that are looked at. Expressions are linear, but some are slow: a few MB/s.
pub const TEXT_BYTES: usize = 1 << 20;
/// Bytes on each side of a match that are shown with it.
const CONTEXT_BYTES: usize = 60;

/// A value found by a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<'a> {
    /// Index of the pattern in its set.
    pub pattern: usize,
    /// Normalised where it is an indicator.
    pub value: String,
    /// As it stands in the text.
    pub found: &'a str,
    /// Bytes of the text before it.
    pub offset: usize,
    /// What stands around it.
    pub before: &'a str,
    pub after: &'a str,
}

impl PatternSet {
    /// What those patterns that look at `place` find in `text`, pattern by pattern, in the order of the text. What is no
    /// value of the kind it shall become is left out.
    pub fn find<'a>(&'a self, place: Place, text: &'a str) -> impl Iterator<Item = Hit<'a>> {
        let text = text.get(..text.floor_char_boundary(TEXT_BYTES)).unwrap_or(text);
        let looking =
            self.list.iter().enumerate().filter(move |(_, one)| one.pattern.looks_at.contains(&place));
        looking.flat_map(move |(index, one)| one.hits(index, text).take(MATCHES))
    }
}

impl Compiled {
    fn hits<'a>(&'a self, pattern: usize, text: &'a str) -> impl Iterator<Item = Hit<'a>> {
        self.regex.captures_iter(text).take(MATCHES).filter_map(move |captures| {
            let group = captures.get(self.group)?;
            let value = self.value(group.as_str())?;
            let before = text
                .get(text.floor_char_boundary(group.start().saturating_sub(CONTEXT_BYTES))..group.start());
            let after = text.get(group.end()..text.floor_char_boundary(group.end() + CONTEXT_BYTES));
            Some(Hit {
                pattern,
                value,
                found: group.as_str(),
                offset: group.start(),
                before: before.unwrap_or_default(),
                after: after.unwrap_or_default(),
            })
        })
    }

    fn value(&self, found: &str) -> Option<String> {
        let found = found.trim();
        if found.is_empty() || found.len() > VALUE_BYTES {
            return None;
        }
        match &self.pattern.gives {
            Gives::Indicator { kind } => normalised(*kind, found),
            Gives::Field { .. } => Some(found.to_owned()),
        }
    }
}
