//! Whether the domain people see vouches for a message, and what it wants done otherwise (RFC 9989, before it RFC 7489).

mod record;
mod walk;

use mailcase_indicators::host;

use super::dns::{Exists, Lookup};
use super::facts::From;
use super::{Check, CheckMethod, CheckOutcome as Outcome};
use record::{Policies, Policy};
use walk::{Walk, walk};

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
    // Where nobody published anything, what was registered together belongs together.
    for one in checks.iter_mut() {
        let of = one.domain.as_deref().unwrap_or_default();
        one.aligned = Some(host::registered(of) == host::registered(domain) && !of.is_empty());
    }
    let walked = walk(lookup, domain);
    let applied = match walked.applied() {
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
    let Some(policies) = applied.record.policies else {
        check.reason = format!("the DMARC record of {} says nothing that can be read", applied.at);
        return check;
    };
    let unsure = align(lookup, checks, domain, &walked, |method| match method {
        CheckMethod::Spf => applied.record.strict_spf,
        _ => applied.record.strict_dkim,
    });
    let policy = match wanted(lookup, policies, applied.at == domain, domain) {
        Ok(policy) => policy,
        Err(outcome) => {
            check.outcome = outcome;
            check.reason =
                format!("whether {domain} exists, and so which policy is meant for it, is not known");
            return check;
        }
    };
    check.property("policy.dmarc", policy.word());
    check.property("policy.domain", applied.at);
    if applied.record.testing {
        check.notes.push("the domain says that it is trying its policy out (t=y)".to_owned());
    }
    let policy = if applied.record.testing { policy.milder() } else { policy };
    decide(&mut check, checks, domain, policy, unsure);
    check
}

/// The policy for `domain` of the record that applies to it (RFC 9989 §4.10.1).
fn wanted(lookup: &mut Lookup<'_>, policies: Policies, own: bool, domain: &str) -> Result<Policy, Outcome> {
    if own {
        return Ok(policies.own);
    }
    if policies.missing == policies.below {
        return Ok(policies.below);
    }
    match lookup.exists(domain) {
        Exists::Yes => Ok(policies.below),
        Exists::No => Ok(policies.missing),
        Exists::Failed => Err(Outcome::TempError),
        Exists::Unknown => Err(Outcome::NotChecked),
    }
}

/// Tells each check whether it speaks for `domain` (RFC 9989 §4.10.2). What keeps one that would from being told apart, if
/// something does.
fn align(
    lookup: &mut Lookup<'_>,
    checks: &mut [Check],
    domain: &str,
    walked: &Walk<'_>,
    strict: impl Fn(CheckMethod) -> bool,
) -> Option<Outcome> {
    let mut unsure = None;
    for one in checks.iter_mut() {
        let Some(of) = one.domain.clone() else { continue };
        if of == domain || strict(one.method) {
            one.aligned = Some(of == domain);
            continue;
        }
        // Of what speaks for nobody, what was registered is enough to know.
        if !matches!(one.outcome, Outcome::Pass | Outcome::NotChecked | Outcome::TempError) {
            continue;
        }
        // Organizations that have no more than the last label in common are none.
        if labels_in_common(&of, domain) < 2 {
            one.aligned = Some(false);
            continue;
        }
        let theirs = walk(lookup, &of);
        match walked.organization().and_then(|ours| Ok((ours, theirs.organization()?))) {
            Ok((ours, theirs)) => one.aligned = Some(ours == theirs),
            Err(outcome) if one.outcome == Outcome::Pass => {
                one.aligned = None;
                unsure = unsure.or(Some(outcome));
            }
            Err(_) => {}
        }
    }
    unsure
}

fn labels_in_common(one: &str, other: &str) -> usize {
    one.rsplit('.').zip(other.rsplit('.')).take_while(|(one, other)| one == other).count()
}

fn decide(check: &mut Check, checks: &[Check], domain: &str, policy: Policy, unsure: Option<Outcome>) {
    let mut aligned = checks.iter().filter(|one| {
        one.aligned == Some(true) && matches!(one.method, CheckMethod::Dkim | CheckMethod::Spf)
    });
    if let Some(by) = aligned.clone().find(|one| one.outcome == Outcome::Pass) {
        check.outcome = Outcome::Pass;
        let of = by.domain.as_deref().unwrap_or_default();
        check.reason = format!("{} of {of} speaks for {domain}", by.method.name());
        return;
    }
    if unsure == Some(Outcome::NotChecked) || aligned.clone().any(|one| one.outcome == Outcome::NotChecked) {
        check.outcome = Outcome::NotChecked;
        "what could speak for the sender was not checked".clone_into(&mut check.reason);
    } else if unsure.is_some() || aligned.any(|one| one.outcome == Outcome::TempError) {
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
