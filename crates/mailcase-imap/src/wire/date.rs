//! Dates as IMAP writes them (RFC 3501 §9, `date-time` and `date`).

use jiff::Timestamp;
use jiff::civil::Date;

/// ` 1-Feb-2026 10:00:00 +0100`. Nothing when it is not a date.
pub(crate) fn internal_date(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.trim();
    jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text).ok()?.to_timestamp().ok()
}

/// For SEARCH: `1-Feb-2026`.
pub(crate) fn search_date(date: Date) -> String {
    date.strftime("%-d-%b-%Y").to_string()
}
