//! Payment card numbers by the issuer ranges their networks publish, with the check digit of ISO/IEC 7812-1 (Luhn).

use Strength::{Strong, Weak};

/// A card number, told by brand and masked digits only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    pub brand: &'static str,
    /// So few numbers that are no cards begin like it that the check digit is proof enough.
    pub strong: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    Strong,
    /// Needs its groups of digits or a word like "card" near it.
    Weak,
}

/// Numbers from `first` to `last`, compared by as many digits as these have.
struct Range {
    brand: &'static str,
    first: u32,
    last: u32,
    lengths: &'static [usize],
    strength: Strength,
}

const fn range(
    brand: &'static str,
    first: u32,
    last: u32,
    lengths: &'static [usize],
    strength: Strength,
) -> Range {
    Range { brand, first, last, lengths, strength }
}

/// Shortest and longest number of ISO/IEC 7812-1 in use.
pub(crate) const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// Longer prefixes first: they are carved out of shorter ones.
const RANGES: &[Range] = &[
    range("Switch", 564_182, 564_182, &[16, 18, 19], Weak),
    range("Switch", 633_110, 633_110, &[16, 18, 19], Weak),
    range("Hipercard", 606_282, 606_282, &[16], Strong),
    range("Visa Electron", 417_500, 417_500, &[16], Strong),
    range("Discover", 622_126, 622_925, &[16, 17, 18, 19], Weak),
    range("Verve", 506_099, 506_198, &[16, 18, 19], Weak),
    range("Verve", 650_002, 650_027, &[16, 18, 19], Weak),
    range("RuPay", 508_500, 508_999, &[16], Strong),
    range("RuPay", 606_985, 607_984, &[16], Strong),
    range("RuPay", 608_001, 608_500, &[16], Strong),
    range("RuPay", 652_150, 653_149, &[16], Strong),
    range("Elo", 636_297, 636_297, &[16], Strong),
    range("Elo", 504_175, 504_175, &[16], Strong),
    range("Elo", 438_935, 438_935, &[16], Strong),
    range("Elo", 451_416, 451_416, &[16], Strong),
    range("Elo", 506_699, 506_778, &[16], Strong),
    range("BCGlobal", 6541, 6541, &[16], Strong),
    range("BCGlobal", 6556, 6556, &[16], Strong),
    range("Switch", 4903, 4903, &[16, 18, 19], Weak),
    range("Switch", 4905, 4905, &[16, 18, 19], Weak),
    range("Switch", 4911, 4911, &[16, 18, 19], Weak),
    range("Switch", 4936, 4936, &[16, 18, 19], Weak),
    range("Switch", 6333, 6333, &[16, 18, 19], Weak),
    range("Visa Electron", 4026, 4026, &[16], Strong),
    range("Visa Electron", 4508, 4508, &[16], Strong),
    range("Visa Electron", 4844, 4844, &[16], Strong),
    range("Visa Electron", 4913, 4913, &[16], Strong),
    range("Visa Electron", 4917, 4917, &[16], Strong),
    range("Laser", 6706, 6706, &[16, 17, 18, 19], Weak),
    range("Laser", 6709, 6709, &[16, 17, 18, 19], Weak),
    range("Laser", 6771, 6771, &[16, 17, 18, 19], Weak),
    range("Laser", 6304, 6304, &[16, 17, 18, 19], Weak),
    range("Solo", 6334, 6334, &[16, 18, 19], Weak),
    range("Solo", 6767, 6767, &[16, 18, 19], Weak),
    range("Maestro", 5018, 5018, &[12, 13, 14, 15, 16, 17, 18, 19], Weak),
    range("Maestro", 5020, 5020, &[12, 13, 14, 15, 16, 17, 18, 19], Weak),
    range("Maestro", 5038, 5038, &[12, 13, 14, 15, 16, 17, 18, 19], Weak),
    range("Maestro", 5893, 5893, &[12, 13, 14, 15, 16, 17, 18, 19], Weak),
    range("Maestro", 6304, 6304, &[12, 13, 14, 15], Weak),
    range("Maestro", 6759, 6759, &[12, 13, 14, 15, 16, 17, 18, 19], Weak),
    range("Maestro", 6761, 6763, &[12, 13, 14, 15, 16, 17, 18, 19], Weak),
    range("Dankort", 5019, 5019, &[16], Strong),
    range("Mir", 2200, 2204, &[16, 17, 18, 19], Weak),
    range("Mastercard", 2221, 2720, &[16], Strong),
    range("Troy", 9792, 9792, &[16], Strong),
    range("Discover", 6011, 6011, &[16, 17, 18, 19], Strong),
    range("JCB", 3528, 3589, &[16, 17, 18, 19], Strong),
    range("JCB", 2131, 2131, &[15], Weak),
    range("JCB", 1800, 1800, &[15], Weak),
    range("Diners Club", 3095, 3095, &[14, 16, 17, 18, 19], Weak),
    range("Carte Blanche", 389, 389, &[14], Weak),
    range("Diners Club", 300, 305, &[14, 16, 17, 18, 19], Weak),
    range("Discover", 644, 649, &[16, 17, 18, 19], Strong),
    range("Insta Payment", 637, 639, &[16], Weak),
    range("American Express", 34, 34, &[15], Strong),
    range("American Express", 37, 37, &[15], Strong),
    range("Diners Club", 36, 36, &[14, 15, 16, 17, 18, 19], Weak),
    range("Diners Club", 38, 39, &[14, 16, 17, 18, 19], Weak),
    range("Mastercard", 51, 55, &[16], Strong),
    range("Discover", 65, 65, &[16, 17, 18, 19], Strong),
    range("UnionPay", 62, 62, &[16, 17, 18, 19], Weak),
    range("UnionPay", 81, 81, &[16, 17, 18, 19], Weak),
    range("Visa", 4, 4, &[13, 16, 19], Strong),
    range("Korean local", 9, 9, &[16], Weak),
    range("UATP", 1, 1, &[15], Weak),
];

/// The brand of a number of digits alone; nothing when it is of none, or its check digit is wrong.
#[must_use]
pub fn card(digits: &str) -> Option<Card> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || !DIGITS.contains(&digits.len()) || !luhn(digits) || !is_varied(digits) {
        return None;
    }
    let found = RANGES.iter().find(|range| {
        let prefix = digits.get(..decimal_digits(range.first)).and_then(|prefix| prefix.parse::<u32>().ok());
        range.lengths.contains(&digits.len())
            && prefix.is_some_and(|prefix| (range.first..=range.last).contains(&prefix))
    })?;
    // Numbers of other lengths than nearly all cards have are more often something else.
    let usual = matches!(digits.len(), 15 | 16);
    Some(Card { brand: found.brand, strong: found.strength == Strong && usual })
}

/// The first six and the last four digits, what is between them as stars.
pub(crate) fn masked(digits: &str) -> String {
    let end = digits.len().saturating_sub(4);
    let shown = |at: usize| at < 6 || at >= end;
    digits.chars().enumerate().map(|(at, digit)| if shown(at) { digit } else { '*' }).collect()
}

const fn decimal_digits(number: u32) -> usize {
    match number {
        0..=9 => 1,
        10..=99 => 2,
        100..=999 => 3,
        1_000..=9_999 => 4,
        10_000..=99_999 => 5,
        _ => 6,
    }
}

fn luhn(digits: &str) -> bool {
    let sum = |(index, digit): (usize, u8)| {
        let digit = u32::from(digit - b'0');
        match (index % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        }
    };
    digits.bytes().rev().enumerate().map(sum).sum::<u32>() % 10 == 0
}

/// Zeros and nines are placeholders.
fn is_varied(digits: &str) -> bool {
    let mut seen = [false; 10];
    for digit in digits.bytes() {
        if let Some(one) = seen.get_mut(usize::from(digit.saturating_sub(b'0'))) {
            *one = true;
        }
    }
    seen.iter().filter(|seen| **seen).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Completes `number` with its check digit.
    fn checked(number: &str) -> String {
        (0..10).map(|digit| format!("{number}{digit}")).find(|digits| luhn(digits)).unwrap()
    }

    #[test]
    fn published_test_numbers() {
        for (digits, brand) in [
            ("378282246310005", "American Express"),
            ("371449635398431", "American Express"),
            ("30569309025904", "Diners Club"),
            ("38520000023237", "Diners Club"),
            ("36227206271667", "Diners Club"),
            ("6011111111111117", "Discover"),
            ("6011000990139424", "Discover"),
            ("3530111333300000", "JCB"),
            ("3566002020360505", "JCB"),
            ("5555555555554444", "Mastercard"),
            ("5105105105105100", "Mastercard"),
            ("2223003122003222", "Mastercard"),
            ("4111111111111111", "Visa"),
            ("4012888888881881", "Visa"),
            ("4222222222222", "Visa"),
            ("5019717010103742", "Dankort"),
            ("6331101999990016", "Switch"),
            ("6200000000000005", "UnionPay"),
            ("6759649826438453", "Maestro"),
        ] {
            assert_eq!(card(digits).map(|card| card.brand), Some(brand), "{digits}");
        }
    }

    #[test]
    fn every_brand_of_the_guide() {
        for (start, length, brand) in [
            ("34", 15, "American Express"),
            ("6541", 16, "BCGlobal"),
            ("6556", 16, "BCGlobal"),
            ("389", 14, "Carte Blanche"),
            ("300", 14, "Diners Club"),
            ("6011", 16, "Discover"),
            ("622126", 16, "Discover"),
            ("638", 16, "Insta Payment"),
            ("3528", 16, "JCB"),
            ("2131", 15, "JCB"),
            ("9", 16, "Korean local"),
            ("6706", 16, "Laser"),
            ("6304", 19, "Laser"),
            ("5018", 13, "Maestro"),
            ("2720", 16, "Mastercard"),
            ("6334", 18, "Solo"),
            ("6767", 16, "Solo"),
            ("4903", 19, "Switch"),
            ("564182", 16, "Switch"),
            ("62", 17, "UnionPay"),
            ("4", 19, "Visa"),
        ] {
            let body = format!("{start}{}", "0123456789012345678".get(..length - 1 - start.len()).unwrap());
            assert_eq!(card(&checked(&body)).map(|card| card.brand), Some(brand), "{start} {length}");
        }
    }

    #[test]
    fn no_cards() {
        for digits in
            ["4111111111111112", "0000000000000000", "411111111111111", "7000000000000003", "12a4", ""]
        {
            assert_eq!(card(digits), None, "{digits}");
        }
    }

    #[test]
    fn masks() {
        assert_eq!(masked("4111111111111111"), "411111******1111");
        assert_eq!(masked("123456789012"), "123456**9012");
    }
}
