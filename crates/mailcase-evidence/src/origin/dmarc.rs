//! Whether the domain people see vouches for a message, and what it wants done otherwise (RFC 7489).

use mailcase_indicators::host;

use super::dns::{Looked, Lookup, RecordType};
use super::facts::From;
use super::tags::Tags;
use super::{Check, CheckMethod, CheckOutcome as Outcome};

/// What a domain wants done with mail it does not vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
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

    const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

/// What a record says. The share of mail it is for (`pct`) is a request to receivers, and no verdict.
#[derive(Debug, PartialEq, Eq)]
struct Record {
    policy: Policy,
    below: Policy,
    strict_dkim: bool,
    strict_spf: bool,
}

impl Record {
    /// `None` for what is no record (RFC 7489 §6.6.3).
    fn read(text: &str) -> Option<Self> {
        let tags = Tags::read(text)?;
        if tags.first() != Some("v") || tags.get("v") != Some("DMARC1") {
            return None;
        }
        let policy = tags.get("p").and_then(Policy::read);
        let below = tags.get("sp").map(Policy::read);
        // One that asks for reports and says nothing sensible else watches only.
        let policy = match (policy, below) {
            (Some(policy), None | Some(Some(_))) => policy,
            _ if tags.get("rua").is_some_and(|value| !value.is_empty()) => Policy::None,
            _ => return None,
        };
        let strict = |name: &str| tags.get(name).is_some_and(|value| value.eq_ignore_ascii_case("s"));
        let below = below.flatten().unwrap_or(policy);
        Some(Self { policy, below, strict_dkim: strict("adkim"), strict_spf: strict("aspf") })
    }
}

/// Asks for the policy of the sender's domain, and whether one of `checks` speaks for that domain; tells each of them.
pub(super) fn check(lookup: &mut Lookup<'_>, from: &From, checks: &mut [Check]) -> Check {
    let mut check = Check::new(CheckMethod::Dmarc, Outcome::None, "");
    let domain = match from {
        From::Domain(domain) => domain,
        From::Nobody => {
            "From names no address".clone_into(&mut check.reason);
            return check;
        }
        From::Unclear => {
            check.outcome = Outcome::PermError;
            "From names senders of several domains, or none that can be read".clone_into(&mut check.reason);
            return check;
        }
    };
    check.domain = Some(domain.clone());
    check.property("header.from", domain);
    let organization = host::registered(domain);
    for one in checks.iter_mut() {
        let of = one.domain.as_deref().unwrap_or_default();
        one.aligned = Some(host::registered(of) == organization && !of.is_empty());
    }
    let (record, at) = match discover(lookup, domain, organization) {
        Ok(Some(found)) => found,
        Ok(None) => {
            check.reason = format!("{domain} has no DMARC record");
            return check;
        }
        Err(outcome) => {
            check.outcome = outcome;
            check.reason = match outcome {
                Outcome::NotChecked => "the policy was not asked for".to_owned(),
                _ => format!("the DNS did not answer for the policy of {domain}"),
            };
            return check;
        }
    };
    let policy = if at == domain { record.policy } else { record.below };
    check.property("policy.dmarc", policy.word());
    check.property("policy.domain", at);
    decide(&mut check, checks, &record, domain, policy);
    check
}

/// The record of the domain itself, or of the organization it belongs to.
fn discover<'a>(
    lookup: &mut Lookup<'_>,
    domain: &'a str,
    organization: &'a str,
) -> Result<Option<(Record, &'a str)>, Outcome> {
    let mut pending = false;
    for at in [domain, organization] {
        match lookup.get(&format!("_dmarc.{at}"), RecordType::Txt) {
            // Both are asked for at once.
            Looked::Unknown => pending = true,
            Looked::Failed if !pending => return Err(Outcome::TempError),
            Looked::Records(texts) if !pending => {
                let mut records = texts.iter().filter_map(|text| Record::read(text));
                match (records.next(), records.next()) {
                    (Some(record), None) => return Ok(Some((record, at))),
                    // Several are as good as none (RFC 7489 §6.6.3).
                    (Some(_), Some(_)) => return Ok(None),
                    (None, _) => {}
                }
            }
            Looked::Failed | Looked::Records(_) | Looked::Nothing => {}
        }
    }
    if pending { Err(Outcome::NotChecked) } else { Ok(None) }
}

fn decide(check: &mut Check, checks: &mut [Check], record: &Record, domain: &str, policy: Policy) {
    for one in checks.iter_mut() {
        let strict = if one.method == CheckMethod::Spf { record.strict_spf } else { record.strict_dkim };
        if strict {
            one.aligned = Some(one.domain.as_deref() == Some(domain));
        }
    }
    let mut aligned = checks.iter().filter(|one| {
        one.aligned == Some(true) && matches!(one.method, CheckMethod::Dkim | CheckMethod::Spf)
    });
    if let Some(by) = aligned.clone().find(|one| one.outcome == Outcome::Pass) {
        check.outcome = Outcome::Pass;
        let of = by.domain.as_deref().unwrap_or_default();
        check.reason = format!("{} of {of} speaks for {domain}", by.method.name());
        return;
    }
    if aligned.clone().any(|one| one.outcome == Outcome::NotChecked) {
        check.outcome = Outcome::NotChecked;
        "what could speak for the sender was not checked".clone_into(&mut check.reason);
    } else if aligned.any(|one| one.outcome == Outcome::TempError) {
        check.outcome = Outcome::TempError;
        "what could speak for the sender could not be asked for".clone_into(&mut check.reason);
    } else {
        check.outcome = Outcome::Fail;
        let wish = match policy {
            Policy::None => "which asks for nothing to be done then",
            Policy::Quarantine => "which wants such mail set aside",
            Policy::Reject => "which wants such mail refused",
        };
        check.reason = format!("neither DKIM nor SPF speaks for {domain}, {wish}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_the_standard_says() {
        let read = |text: &str| Record::read(text).map(|one| (one.policy, one.below));
        for (text, want) in [
            ("v=DMARC1; p=reject", Some((Policy::Reject, Policy::Reject))),
            ("v=DMARC1; p=none; sp=quarantine; pct=0", Some((Policy::None, Policy::Quarantine))),
            ("v=DMARC1;p=REJECT ;", Some((Policy::Reject, Policy::Reject))),
            ("v=DMARC1; rua=mailto:a@b.example", Some((Policy::None, Policy::None))),
            ("v=DMARC1; p=refuse; rua=mailto:a@b.example", Some((Policy::None, Policy::None))),
            ("v=DMARC1; p=reject; sp=x; rua=mailto:a@b.example", Some((Policy::None, Policy::None))),
            ("v=DMARC1; p=refuse", None),
            ("v=DMARC1", None),
            ("p=reject; v=DMARC1", None),
            ("v=DMARC2; p=reject", None),
            ("v=spf1 -all", None),
        ] {
            assert_eq!(read(text), want, "{text}");
        }
        let strict = Record::read("v=DMARC1; p=none; adkim=s; aspf=r").unwrap();
        assert!(strict.strict_dkim && !strict.strict_spf);
    }
}
