//! The record in which a domain says what it wants (RFC 9989 §4.7).

use crate::origin::tags::Tags;

/// What a domain wants done with mail it does not vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    None,
    Quarantine,
    Reject,
}

impl Policy {
    fn read(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "none" => Self::None,
            "quarantine" => Self::Quarantine,
            "reject" => Self::Reject,
            _ => return None,
        })
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    /// What is meant while it is tried out (`t=y`).
    pub(super) const fn milder(self) -> Self {
        match self {
            Self::None | Self::Quarantine => Self::None,
            Self::Reject => Self::Quarantine,
        }
    }
}

/// Policies for the domain of the record, for names below it, and for those of them that do not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policies {
    pub(super) own: Policy,
    pub(super) below: Policy,
    pub(super) missing: Policy,
}

/// Whether others register names below a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    Yes,
    No,
    Unsaid,
}

/// What a record says. The share of mail it is for (`pct` of RFC 7489) is a request to receivers, and no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// None, when what it says of them cannot be read.
    pub(super) policies: Option<Policies>,
    pub(super) strict_dkim: bool,
    pub(super) strict_spf: bool,
    pub(super) suffix: Suffix,
    /// `t=y`
    pub(super) testing: bool,
}

impl Record {
    /// `None` for what is no record. What is wrong in one counts as not said.
    pub(super) fn read(text: &str) -> Option<Self> {
        let tags = Tags::readable(text);
        if tags.first() != Some("v") || tags.get("v") != Some("DMARC1") {
            return None;
        }
        let is =
            |name: &str, word: &str| tags.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
        let suffix = if is("psd", "y") {
            Suffix::Yes
        } else if is("psd", "n") {
            Suffix::No
        } else {
            Suffix::Unsaid
        };
        Some(Self {
            policies: policies(&tags),
            strict_dkim: is("adkim", "s"),
            strict_spf: is("aspf", "s"),
            suffix,
            testing: is("t", "y"),
        })
    }
}

fn policies(tags: &Tags<'_>) -> Option<Policies> {
    let read = |name: &str| tags.get(name).map(|word| Policy::read(word).ok_or(())).transpose();
    match (read("p"), read("sp"), read("np")) {
        (Ok(own), Ok(below), Ok(missing)) => {
            let own = own.unwrap_or(Policy::None);
            let below = below.unwrap_or(own);
            Some(Policies { own, below, missing: missing.unwrap_or(below) })
        }
        // One that asks for reports, and says nothing sensible else, watches only.
        _ => tags.get("rua").filter(|value| !value.is_empty()).map(|_| Policies {
            own: Policy::None,
            below: Policy::None,
            missing: Policy::None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_the_standard_says() {
        use Policy::{None as Nothing, Quarantine, Reject};
        let read = |text: &str| {
            let policies = |one: Record| one.policies.map(|one| (one.own, one.below, one.missing));
            Record::read(text).map(policies)
        };
        for (text, want) in [
            ("v=DMARC1; p=reject", Some(Some((Reject, Reject, Reject)))),
            ("v=DMARC1; p=none; sp=quarantine; pct=0", Some(Some((Nothing, Quarantine, Quarantine)))),
            ("v=DMARC1; p=none; np=reject", Some(Some((Nothing, Nothing, Reject)))),
            ("v=DMARC1; p=none; sp=quarantine; np=reject", Some(Some((Nothing, Quarantine, Reject)))),
            ("v=DMARC1;p=REJECT ;", Some(Some((Reject, Reject, Reject)))),
            ("v = DMARC1 ; nonsense; sp=reject; p=none", Some(Some((Nothing, Reject, Reject)))),
            ("v=DMARC1; rua=mailto:a@b.example", Some(Some((Nothing, Nothing, Nothing)))),
            ("v=DMARC1; p=refuse; rua=mailto:a@b.example", Some(Some((Nothing, Nothing, Nothing)))),
            ("v=DMARC1; p=reject; sp=x; rua=mailto:a@b.example", Some(Some((Nothing, Nothing, Nothing)))),
            ("v=DMARC1; p=refuse", Some(None)),
            ("v=DMARC1; p=reject; np=", Some(None)),
            ("v=DMARC1", Some(Some((Nothing, Nothing, Nothing)))),
            ("p=reject; v=DMARC1", None),
            ("v=dmarc1; p=reject", None),
            ("v=DMARC2; p=reject", None),
            ("v=spf1 -all", None),
        ] {
            assert_eq!(read(text), want, "{text}");
        }
        let strict = Record::read("v=DMARC1; p=none; adkim=s; aspf=r; psd=Y; t=y").unwrap();
        assert!(strict.strict_dkim && !strict.strict_spf && strict.testing);
        assert_eq!(strict.suffix, Suffix::Yes);
        assert_eq!(Record::read("v=DMARC1; psd=n").unwrap().suffix, Suffix::No);
        assert_eq!(Record::read("v=DMARC1; psd=u; t=n").unwrap().suffix, Suffix::Unsaid);
    }
}
