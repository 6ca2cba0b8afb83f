//! What an examination has at its disposal.

use std::collections::BTreeMap;
use std::sync::Arc;

use mailcase_patterns::PatternSet;
use serde::{Deserialize, Serialize};

use crate::{Keyring, Limits, Trust};

/// Limits, and what helps to read content that does not read by itself. The same bytes with the same means always give
/// the same evidence.
#[derive(Debug, Clone, Default)]
pub struct Means {
    pub limits: Limits,
    pub scope: Scope,
    /// Keys that open encrypted mail.
    pub keys: Keyring,
    /// Tried on locked archives and documents, before those found in the message and those everybody uses.
    pub passwords: Vec<String>,
    /// Charsets to read the text of parts in, by path, against what is declared. Unknown names are passed over.
    pub charsets: BTreeMap<String, String>,
    /// Whose word about the origin of a message counts.
    pub trust: Arc<Trust>,
    /// What an organization looks for itself.
    pub patterns: PatternSet,
}

/// How much of a message is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The tree of its parts with their hashes and texts, its headers and bodies.
    Tree,
    /// That, and what it tells: indicators, verdicts, reported mail, hidden text, values of patterns.
    #[default]
    Everything,
}

impl Scope {
    pub(crate) fn is_everything(&self) -> bool {
        *self == Self::Everything
    }
}

impl From<Limits> for Means {
    fn from(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }
}
