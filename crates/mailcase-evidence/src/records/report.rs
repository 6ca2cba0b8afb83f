//! Reports in groups of fields: delivery (RFC 3464), disposition (RFC 8098), abuse and authentication failure
//! (RFC 5965, RFC 6591). Every field becomes a fact of its name, in order: those of a recipient begin with
//! `final_recipient` or `original_recipient`.

use super::Record;
use crate::fields::bounded;

/// Bytes of a field name kept.
const NAME_BYTES: usize = 60;

pub(super) fn read(text: &str, record: &mut Record) {
    let mut field: Option<(String, String)> = None;
    for line in text.lines() {
        match &mut field {
            Some((_, value)) if line.starts_with([' ', '\t']) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            _ => {
                write(record, field.take());
                field = line
                    .split_once(':')
                    .and_then(|(name, value)| Some((word(name)?, value.trim().to_owned())));
            }
        }
    }
    write(record, field);
}

fn write(record: &mut Record, field: Option<(String, String)>) {
    let Some((name, value)) = field else { return };
    let typed = name.ends_with("recipient") || name.ends_with("mta") || name == "diagnostic_code";
    // `rfc822; someone@example.com`: the type is always the same, unless somebody invents one.
    let plain = value.split_once(';').filter(|(kind, _)| {
        matches!(kind.trim().to_ascii_lowercase().as_str(), "rfc822" | "utf-8" | "dns" | "smtp")
    });
    match plain.filter(|_| typed) {
        Some((_, value)) => record.fact(&name, value),
        None => record.fact(&name, &value),
    }
}

/// `Final-Recipient` as `final_recipient`; nothing when it is no field name.
fn word(name: &str) -> Option<String> {
    let name = name.trim();
    let valid = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    valid.then(|| bounded(name, NAME_BYTES).to_ascii_lowercase().replace('-', "_"))
}
