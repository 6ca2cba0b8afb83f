//! Cases as analysts work them.

use mailcase_core::case::Severity;

pub(crate) mod timeline;

pub use timeline::{TimelineEntry, TimelineKind};

/// Severities in order, as lists sort by them.
pub(crate) const fn severity_rank(severity: Severity) -> i64 {
    match severity {
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}
