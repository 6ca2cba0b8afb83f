//! Counts what is the same, what is different for a reason, and what is just different.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// So many differences are shown.
const SHOWN: usize = 60;
const SHOWN_CHARS: usize = 300;

/// The comparison with one source.
pub(crate) struct Tally {
    source: &'static str,
    matched: usize,
    /// By rule: how often, and where first.
    justified: BTreeMap<&'static str, (usize, String)>,
    differing: Vec<String>,
}

impl Tally {
    pub(crate) fn new(source: &'static str) -> Self {
        Self { source, matched: 0, justified: BTreeMap::new(), differing: Vec::new() }
    }

    /// Compares one thing; `reason` names the rule by which a difference is right.
    pub(crate) fn compare<T: PartialEq + Debug>(
        &mut self,
        place: &str,
        ours: T,
        theirs: T,
        reason: impl FnOnce(&T, &T) -> Option<&'static str>,
    ) {
        if ours == theirs {
            self.matched += 1;
        } else if let Some(rule) = reason(&ours, &theirs) {
            let entry = self.justified.entry(rule).or_insert_with(|| (0, place.to_owned()));
            entry.0 += 1;
        } else {
            let cut = |shown: String| -> String { shown.chars().take(SHOWN_CHARS).collect() };
            self.differing.push(format!(
                "{place}\n    ours   {}\n    theirs {}",
                cut(format!("{ours:?}")),
                cut(format!("{theirs:?}"))
            ));
        }
    }

    pub(crate) fn same<T: PartialEq + Debug>(&mut self, place: &str, ours: T, theirs: T) {
        self.compare(place, ours, theirs, |_, _| None);
    }

    /// Prints the figures.
    ///
    /// # Panics
    /// When there is a difference without a reason, or too little was compared.
    pub(crate) fn finish(self, least: usize) {
        let justified: usize = self.justified.values().map(|(count, _)| count).sum();
        println!(
            "{}: {} matched, {} differing, {justified} justified",
            self.source,
            self.matched,
            self.differing.len()
        );
        for (rule, (count, first)) in &self.justified {
            println!("  justified {count}: {rule} (first at {first})");
        }
        let shown: Vec<&str> = self.differing.iter().take(SHOWN).map(String::as_str).collect();
        assert!(self.differing.is_empty(), "{} differences:\n{}", self.differing.len(), shown.join("\n"));
        assert!(self.matched >= least, "only {} things were compared", self.matched);
    }
}

/// They replaced bytes that fit no charset by U+FFFD; here each became the character it has in some charset.
pub(crate) fn replaced(ours: &str, theirs: &str) -> Option<&'static str> {
    let (first, others) = theirs.split_once(char::REPLACEMENT_CHARACTER)?;
    let mut rest = ours.strip_prefix(first)?;
    for piece in others.split(char::REPLACEMENT_CHARACTER) {
        // At least one character stands for the replaced one.
        rest = rest.strip_prefix(rest.chars().next()?)?;
        let at = rest.find(piece)?;
        rest = rest.get(at + piece.len()..)?;
    }
    (rest.is_empty() || theirs.ends_with(char::REPLACEMENT_CHARACTER))
        .then_some("bytes that fit no declared charset are read as some charset, not replaced")
}
