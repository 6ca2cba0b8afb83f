//! What the patterns of an organization find: which text of a message is which place.

use std::collections::HashSet;

use mailcase_patterns::{Gives, PatternSet, Place};
use serde::{Deserialize, Serialize};

use crate::examine::PartText;
use crate::{Defect, Evidence, Header, PartKind};

/// Values kept of one message, over all patterns.
const VALUES: usize = 500;

/// A value that a pattern found, once for each pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatternValue {
    /// Name of the pattern.
    pub pattern: String,
    pub value: String,
    /// What it became.
    pub gives: Gives,
    /// Where it was found first, as in [`crate::Indicator::places`].
    pub place: String,
    /// Bytes of that text before it.
    pub offset: usize,
    /// What stands around it there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub before: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub after: String,
}

/// Runs `patterns` over the message and writes down what they find.
pub(crate) fn collect(evidence: &mut Evidence, texts: &[PartText], patterns: &PatternSet) {
    if patterns.is_empty() {
        return;
    }
    let mut values = Values { patterns, list: Vec::new(), known: HashSet::new(), full: false };
    values.headers("", &evidence.headers);
    for part in evidence.root.walk() {
        values.headers(&part.path, &part.headers);
        if matches!(part.kind, PartKind::Attachment | PartKind::Message)
            && let Some(name) = &part.name
        {
            values.take(Place::AttachmentNames, &format!("{} attachment", part.path), name);
        }
    }
    for one in texts {
        let what = if one.is_html { "html" } else { "text" };
        let place = if one.part.kind == PartKind::Body { Place::Body } else { Place::AttachmentText };
        values.take(place, &format!("{} {what}", one.part.path), one.visible());
    }
    if values.full {
        let message = format!("patterns found more than {VALUES} values; only the first were kept");
        evidence.defects.push(Defect::new("limit_pattern_values", message));
    }
    evidence.pattern_values = values.list;
}

struct Values<'a> {
    patterns: &'a PatternSet,
    list: Vec<PatternValue>,
    known: HashSet<(usize, String)>,
    full: bool,
}

impl Values<'_> {
    fn headers(&mut self, path: &str, headers: &[Header]) {
        let separator = if path.is_empty() { "" } else { " " };
        for header in headers {
            let text = format!("{}: {}", header.name, header.value);
            self.take(Place::Headers, &format!("{path}{separator}header:{}", header.name), &text);
        }
    }

    fn take(&mut self, place: Place, said: &str, text: &str) {
        for hit in self.patterns.find(place, text) {
            if !self.known.insert((hit.pattern, hit.value.clone())) {
                continue;
            }
            if self.list.len() >= VALUES {
                self.full = true;
                return;
            }
            if let Some(pattern) = self.patterns.patterns().nth(hit.pattern) {
                self.list.push(PatternValue {
                    pattern: pattern.name.clone(),
                    value: hit.value,
                    gives: pattern.gives.clone(),
                    place: said.to_owned(),
                    offset: hit.offset,
                    before: hit.before.to_owned(),
                    after: hit.after.to_owned(),
                });
            }
        }
    }
}
