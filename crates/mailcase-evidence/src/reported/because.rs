//! What gave a message away that was passed on, in words.

use crate::fields::bounded;

/// Bytes of a line shown.
const SHOWN_BYTES: usize = 120;

/// A line announces it.
pub(super) fn announced(line: &str) -> String {
    bounded(line, SHOWN_BYTES)
}

/// There is only a head.
pub(super) fn labelled(labels: &[String]) -> String {
    bounded(&labels.join(", "), SHOWN_BYTES)
}
