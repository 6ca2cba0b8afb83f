//! Patterns everybody needs, ready to be taken over and changed.
//!
//! The lists that go around among analysts match version numbers as addresses, any sixteen digits as cards and nothing in
//! lower case. These have boundaries, ranges as the networks publish them, and what their value becomes is checked again
//! (check digits, public suffixes) where expressions cannot.

use mailcase_indicators::Kind;

use crate::{Gives, Pattern, Place};

/// A ready-made pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Stable.
    pub id: &'static str,
    pub title: &'static str,
    pub expression: &'static str,
    pub looks_at: &'static [Place],
    pub kind: Kind,
    /// What it finds, for those who read the expression.
    pub example: &'static str,
}

impl Named {
    /// As a pattern to begin with.
    #[must_use]
    pub fn pattern(&self) -> Pattern {
        Pattern {
            name: self.title.to_owned(),
            expression: self.expression.to_owned(),
            ignore_case: true,
            looks_at: self.looks_at.iter().copied().collect(),
            gives: Gives::Indicator { kind: self.kind },
        }
    }
}

const TEXTS: &[Place] = &[Place::Headers, Place::Body, Place::AttachmentText];
const WORDS: &[Place] = &[Place::Body, Place::AttachmentText];

const fn named(
    id: &'static str,
    title: &'static str,
    kind: Kind,
    expression: &'static str,
    example: &'static str,
) -> Named {
    Named { id, title, expression, looks_at: TEXTS, kind, example }
}

const fn card(
    id: &'static str,
    title: &'static str,
    expression: &'static str,
    example: &'static str,
) -> Named {
    Named { id, title, expression, looks_at: WORDS, kind: Kind::PaymentCard, example }
}

/// In the order they are shown.
pub const NAMED: &[Named] = &[
    named(
        "ipv4",
        "IPv4 address",
        Kind::Ipv4,
        r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|\[\.\]|\(\.\))){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b",
        "192.0.2[.]17",
    ),
    named(
        "ipv6",
        "IPv6 address",
        Kind::Ipv6,
        r"(?:\b[0-9a-f]{1,4}|:):(?:[0-9a-f]{1,4}|:)(?:[0-9a-f:]|\b\.)*[0-9a-f:]",
        "2001:db8::17",
    ),
    named(
        "email",
        "E-mail address",
        Kind::Email,
        r"\b[a-z0-9.!#$%&'*+/=?^_`{|}~-]+(?:@|\[@\]|\(at\)|\[at\])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.|\[\.\]))+[a-z][a-z0-9-]+\b",
        "ann@example.org",
    ),
    named(
        "url",
        "URL",
        Kind::Url,
        r#"\b(?:https?|hxxps?|ftps?)(?:://|\[:\]//|\[://\])[^\s<>"'`{}|\\^]+[^\s<>"'`{}|\\^.,;:!?)]"#,
        "hxxps://portal.example.org/login?id=1",
    ),
    named(
        "domain",
        "Domain",
        Kind::Domain,
        r"\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.|\[\.\]))+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})\b",
        "portal.example[.]org",
    ),
    named("md5", "MD5", Kind::Md5, r"\b[0-9a-f]{32}\b", "d41d8cd98f00b204e9800998ecf8427e"),
    named("sha1", "SHA-1", Kind::Sha1, r"\b[0-9a-f]{40}\b", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    named(
        "sha256",
        "SHA-256",
        Kind::Sha256,
        r"\b[0-9a-f]{64}\b",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
    named(
        "date_time",
        "Date and time",
        Kind::DateTime,
        r"\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d+)?)?(?:Z|[+-][01]\d:?[0-5]\d)?",
        "2026-11-22T08:25:00Z",
    ),
    Named {
        id: "attachment_name",
        title: "Attachment name",
        expression: r"[^/\\]+\.[a-z0-9]{1,10}$",
        looks_at: &[Place::AttachmentNames],
        kind: Kind::FileName,
        example: "invoice.pdf",
    },
    card("amex", "American Express card", r"\b3[47]\d{2}[ -]?\d{6}[ -]?\d{5}\b", "3782 822463 10005"),
    card("bcglobal", "BCGlobal card", r"\b(?:6541|6556)(?:[ -]?\d{4}){3}\b", "6541 0000 0000 0003"),
    card("carte_blanche", "Carte Blanche card", r"\b389\d[ -]?\d{6}[ -]?\d{4}\b", "3890 000000 0007"),
    card("dankort", "Dankort", r"\b5019(?:[ -]?\d{4}){3}\b", "5019 7170 1010 3742"),
    card(
        "diners_club",
        "Diners Club card",
        r"\b3(?:0[0-5]|[68]\d|9\d)\d[ -]?(?:\d{6}[ -]?\d{4}|\d{4}[ -]?\d{4}[ -]?\d{4})\b",
        "3056 930902 5904",
    ),
    card(
        "discover",
        "Discover card",
        r"\b6(?:011|4[4-9]\d|5\d{2}|22[1-9])(?:[ -]?\d{4}){3}(?:\d{1,3})?\b",
        "6011 1111 1111 1117",
    ),
    card("insta_payment", "Insta Payment card", r"\b63[7-9]\d(?:[ -]?\d{4}){3}\b", "6371 0000 0000 0008"),
    card(
        "jcb",
        "JCB card",
        r"\b(?:(?:2131|1800)(?:[ -]?\d){11}|35(?:2[89]|[3-8]\d)(?:[ -]?\d{4}){3}(?:\d{1,3})?)\b",
        "3530 1113 3330 0000",
    ),
    card("korean_local", "Korean local card", r"\b9\d{3}(?:[ -]?\d{4}){3}\b", "9400 0000 0000 0007"),
    card(
        "laser",
        "Laser card",
        r"\b(?:6304|6706|6709|6771)(?:[ -]?\d{4}){3}(?:[ -]?\d{2,3})?\b",
        "6771 0000 0000 0004",
    ),
    card(
        "maestro",
        "Maestro card",
        r"\b(?:5018|5020|5038|5893|6304|6759|676[123])(?:[ -]?\d){8,15}\b",
        "6759 6498 2643 8453",
    ),
    card(
        "mastercard",
        "Mastercard",
        r"\b(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)(?:[ -]?\d{4}){3}\b",
        "5555 5555 5555 4444",
    ),
    card("solo", "Solo card", r"\b(?:6334|6767)(?:[ -]?\d{4}){3}(?:[ -]?\d{2,3})?\b", "6334 0000 0000 0004"),
    card(
        "switch",
        "Switch card",
        r"\b(?:4903|4905|4911|4936|6333|5641[ -]?82|6331[ -]?10)(?:[ -]?\d){10,15}\b",
        "4903 0000 0000 0000",
    ),
    card(
        "unionpay",
        "UnionPay card",
        r"\b(?:62|81)\d{2}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?\b",
        "6240 0086 3140 1148",
    ),
    card(
        "visa",
        "Visa card",
        r"\b4\d{3}(?:[ -]?\d{4}){2}(?:[ -]?\d{4}(?:\d{3})?|\d)\b",
        "4111 1111 1111 1111",
    ),
    card(
        "visa_electron",
        "Visa Electron card",
        r"\b(?:4026|4175[ -]?00|4405|4508|4844|4913|4917)(?:[ -]?\d){10,12}\b",
        "4917 3008 0000 0000",
    ),
    card(
        "visa_or_mastercard",
        "Visa card or Mastercard",
        r"\b(?:4\d{3}|5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)(?:[ -]?\d{4}){3}\b",
        "5105 1051 0510 5100",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PatternSet;

    #[test]
    fn each_finds_its_example_and_nothing_around_it() {
        for one in NAMED {
            let set = PatternSet::new([one.pattern()]).unwrap();
            let place = *one.looks_at.first().unwrap();
            let text = if place == Place::AttachmentNames {
                one.example.to_owned()
            } else {
                format!("seen: {} today", one.example)
            };
            let found: Vec<&str> = set.find(place, &text).map(|hit| hit.found).collect();
            assert_eq!(found, [one.example], "{}", one.id);
        }
    }

    #[test]
    fn what_only_looks_like_it_is_passed_over() {
        let table = [
            ("ipv4", "version 1.2.3.400 and 999.1.1.1"),
            ("ipv6", "at 12:30:45 on std::vec"),
            ("email", "write to us at the desk"),
            ("url", "https is a protocol, see http:// alone"),
            ("domain", "this.that and localhost"),
            ("md5", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("sha1", "d41d8cd98f00b204e9800998ecf8427e"),
            ("date_time", "2026-13-22T08:25:00Z and 2026-11-22"),
            ("visa", "4111 1111 1111 1112 has the wrong check digit"),
            ("visa", "order 84111111111111111"),
            ("amex", "3782 822463 10006"),
            ("mastercard", "5555555555554445"),
        ];
        for (id, text) in table {
            let one = NAMED.iter().find(|one| one.id == id).unwrap();
            let set = PatternSet::new([one.pattern()]).unwrap();
            let place = *one.looks_at.first().unwrap();
            let found: Vec<String> = set.find(place, text).map(|hit| hit.value).collect();
            assert!(found.is_empty(), "{id}: {found:?}");
        }
    }

    #[test]
    fn names_are_unique() {
        for (at, one) in NAMED.iter().enumerate() {
            assert!(NAMED.iter().skip(at + 1).all(|other| other.id != one.id && other.title != one.title));
        }
    }
}
