//! A table (RFC 4180) that spreadsheets take for data: no cell begins a formula.

use crate::names::word;
use crate::{Export, Item, Verdict, line};
use mailcase_indicators::defang_kind;

const HEAD: [&str; 8] = ["kind", "value", "detail", "mark", "note", "messages", "last_seen", "places"];

/// A row per indicator under a row of names, lines ending in CRLF.
#[must_use]
pub fn csv(export: &Export, defanged: bool) -> String {
    let mut out = HEAD.join(",");
    out.push_str("\r\n");
    for item in &export.items {
        row(&mut out, item, defanged);
    }
    out
}

fn row(out: &mut String, item: &Item, defanged: bool) {
    let value = if defanged { defang_kind(item.kind, &item.value) } else { item.value.clone() };
    let cells = [
        word(item.kind).to_owned(),
        value,
        item.detail.clone().unwrap_or_default(),
        item.verdict.map(Verdict::word).unwrap_or_default().to_owned(),
        item.note.clone(),
        item.messages.to_string(),
        item.last_seen.map(|at| at.to_string()).unwrap_or_default(),
        item.places.join("; "),
    ];
    for (column, cell) in cells.iter().enumerate() {
        if column > 0 {
            out.push(',');
        }
        write(out, cell);
    }
    out.push_str("\r\n");
}

/// A cell. One that a spreadsheet would take for a formula begins with an apostrophe, which shows it as text (OWASP, CSV
/// injection).
fn write(out: &mut String, cell: &str) {
    // Control characters are looked at before they are gone: a tab before `=` is how filters are passed.
    let starts = cell.trim_start_matches(|one: char| one.is_whitespace() || one.is_control());
    let formula = starts.starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
        || cell.starts_with(['\t', '\r']);
    let cell = line(cell);
    out.push('"');
    if formula {
        out.push('\'');
    }
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        for (cell, want) in [
            ("evil.example", "\"evil.example\""),
            ("say \"hi\", you", "\"say \"\"hi\"\", you\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+49 30 1", "\"'+49 30 1\""),
            ("-1", "\"'-1\""),
            ("@SUM(1)", "\"'@SUM(1)\""),
            ("\t=1", "\"' =1\""),
            (" =1", "\"' =1\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            ("a\r\nb", "\"a  b\""),
            ("", "\"\""),
        ] {
            let mut out = String::new();
            write(&mut out, cell);
            assert_eq!(out, want, "{cell:?}");
        }
    }
}
