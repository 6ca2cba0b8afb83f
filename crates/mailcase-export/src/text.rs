//! One value per line.

use crate::{Export, line};
use mailcase_indicators::defang_kind;

/// Every value once, one per line.
#[must_use]
pub fn text(export: &Export, defanged: bool) -> String {
    let mut out = String::new();
    for item in &export.items {
        let value = line(&item.value);
        out.push_str(&if defanged { defang_kind(item.kind, &value) } else { value });
        out.push('\n');
    }
    out
}
