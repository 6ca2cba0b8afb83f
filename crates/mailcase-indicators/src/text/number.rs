//! Payment cards and telephone numbers: digits in groups.

use super::{Scan, context};
use crate::{Kind, cards};

/// Digits of an E.164 number with its country code.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// Longest text of a number with what separates its digits.
const NUMBER_BYTES: usize = 32;
/// Bytes before a number in which a word tells that it is a card's.
const CONTEXT_BYTES: usize = 48;

/// Country codes in use (ITU-T E.164), as prefixes.
const COUNTRY_CODES: &[&str] = &[
    "1", "20", "211", "212", "213", "216", "218", "22", "23", "24", "25", "26", "27", "290", "291", "297",
    "298", "299", "30", "31", "32", "33", "34", "350", "351", "352", "353", "354", "355", "356", "357",
    "358", "359", "36", "37", "380", "381", "382", "383", "385", "386", "387", "389", "39", "40", "41",
    "420", "421", "423", "43", "44", "45", "46", "47", "48", "49", "50", "51", "52", "53", "54", "55", "56",
    "57", "58", "59", "60", "61", "62", "63", "64", "65", "66", "67", "68", "690", "691", "692", "7", "800",
    "81", "82", "84", "850", "852", "853", "855", "856", "86", "870", "880", "881", "882", "883", "886",
    "90", "91", "92", "93", "94", "95", "960", "961", "962", "963", "964", "965", "966", "967", "968", "970",
    "971", "972", "973", "974", "975", "976", "977", "979", "98", "992", "993", "994", "995", "996", "998",
];

/// Digits with single separators between their groups.
struct Groups {
    digits: String,
    /// How many digits each group has.
    sizes: Vec<usize>,
    /// Bytes of the text.
    length: usize,
}

impl Scan<'_> {
    /// Takes the card number that begins at `start`, if there is one.
    pub(super) fn card(&mut self, start: usize) -> bool {
        if matches!(
            self.before(start),
            Some(b'-' | b'.' | b'/' | b'_' | b'=' | b'+' | b'#' | b'%' | b'&' | b'$' | b':')
        ) {
            return false;
        }
        // The first group has four digits or more.
        if !self.slice(start, start + 4).bytes().all(|byte| byte.is_ascii_digit())
            || start + 4 > self.text.len()
        {
            return false;
        }
        let Some(groups) = groups(self.slice(start, self.window(start)), &[' ', '-'], *cards::DIGITS.end())
        else {
            return false;
        };
        let end = start + groups.length;
        let glued = self.byte(end).is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'@' | b'/' | b'%')
        });
        let decimal =
            self.byte(end) == Some(b'.') && self.byte(end + 1).is_some_and(|byte| byte.is_ascii_digit());
        if glued || decimal || groups.digits.len() < *cards::DIGITS.start() {
            return false;
        }
        let Some(card) = cards::card(&groups.digits) else { return false };
        let grouped = is_printed(&groups.sizes);
        let alone = groups.sizes.len() == 1;
        let told = || tells_card(context::tail(self.text, start, CONTEXT_BYTES));
        let is_card = match (grouped, alone) {
            (true, _) => card.strong || told(),
            (false, true) => {
                told() || (card.strong && !tells_other(context::tail(self.text, start, CONTEXT_BYTES)))
            }
            (false, false) => false,
        };
        if is_card {
            self.add_detailed(Kind::PaymentCard, cards::masked(&groups.digits), card.brand, start, end);
            self.done = end;
        }
        is_card
    }

    /// Takes the telephone number whose plus sign is at `start`, if there is one.
    pub(super) fn phone(&mut self, start: usize) -> bool {
        if self.before(start).is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'=' | b'+' | b'%' | b'-')
        }) {
            return false;
        }
        let text = self.slice(start + 1, self.window(start));
        let Some(groups) = groups(text, &[' ', '-', '.', '(', ')', '\u{a0}', '/'], *PHONE_DIGITS.end())
        else {
            return false;
        };
        let end = start + 1 + groups.length;
        let glued = self
            .byte(end)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b'+' | b'_' | b'@'));
        let known = COUNTRY_CODES.iter().any(|code| groups.digits.starts_with(code));
        // Many tiny groups are a formula.
        let plain = groups.sizes.len() <= 7;
        if glued || !known || !plain || !PHONE_DIGITS.contains(&groups.digits.len()) {
            return false;
        }
        self.add(Kind::Phone, format!("+{}", groups.digits), start, end);
        self.done = end;
        true
    }

    /// Where what is looked at from `start` ends, on a character boundary.
    fn window(&self, start: usize) -> usize {
        self.text.floor_char_boundary((start + NUMBER_BYTES).min(self.text.len()))
    }
}

/// The digits at the begin of `text`, up to `most`; `(0)` of a trunk prefix is left out.
fn groups(text: &str, separators: &[char], most: usize) -> Option<Groups> {
    let mut digits = String::with_capacity(most);
    let mut sizes = Vec::new();
    let mut size = 0;
    let mut length = 0;
    let mut separated = 0;
    let mut at = 0;
    while let Some(one) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if one.is_ascii_digit() {
            digits.push(one);
            size += 1;
            separated = 0;
            length = at + 1;
        } else if separators.contains(&one) && separated < 2 {
            if text.get(at..at + 3) == Some("(0)") {
                at += 3;
                continue;
            }
            if size > 0 {
                sizes.push(std::mem::take(&mut size));
            }
            separated += 1;
        } else {
            break;
        }
        if digits.len() > most {
            return None;
        }
        at += one.len_utf8();
    }
    if size > 0 {
        sizes.push(size);
    }
    (!digits.is_empty()).then_some(Groups { digits, sizes, length })
}

/// Groups as they are printed on cards.
fn is_printed(sizes: &[usize]) -> bool {
    matches!(sizes, [4, 4, 4, 1..=4] | [4, 4, 4, 4, 1..=3] | [4, 6, 4 | 5] | [6, 13] | [4, 4, 5])
}

fn tells_card(before: &str) -> bool {
    const WORDS: [&str; 16] = [
        "card",
        "visa",
        "master",
        "amex",
        "maestro",
        "credit",
        "debit",
        "karte",
        "carte",
        "tarjeta",
        "cart\u{e3}o",
        "carta",
        "kort",
        "kart",
        "\u{43a}\u{430}\u{440}\u{442}",
        "diners",
    ];
    let lower = before.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

/// Words after which a long number is something else.
fn tells_other(before: &str) -> bool {
    const WORDS: [&str; 14] = [
        "order", "track", "invoice", "account", "phone", "ticket", "case", "serial", "imei", "session",
        "message", "id", "ref", "number",
    ];
    let lower = before.to_lowercase();
    let words = lower.rsplit(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty()).take(3);
    words.into_iter().any(|word| WORDS.iter().any(|known| word.starts_with(known)))
}
