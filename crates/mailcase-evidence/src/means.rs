//! What an examination has at its disposal.

use std::collections::BTreeMap;
use std::sync::Arc;

use mailcase_patterns::PatternSet;

use crate::{Keyring, Limits, Trust};

/// Limits, and what helps to read content that does not read by itself. The same bytes with the same means always give
/// the same evidence.
#[derive(Debug, Clone, Default)]
pub struct Means {
    pub limits: Limits,
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

impl From<Limits> for Means {
    fn from(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }
}
