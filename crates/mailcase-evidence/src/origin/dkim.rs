//! DKIM signatures (RFC 6376 §6.1) and the ARC chain (RFC 8617 §5.2) held against their keys.

use super::canonical::Form;
use super::dns::Lookup;
use super::facts::OriginFacts;
use super::key::{Held, hold};
use super::reader::{Body, Signed};
use super::{Check, CheckMethod, CheckOutcome as Outcome};

/// A signature may be dated so much after the arrival: clocks differ.
const CLOCKS_DIFFER: i64 = 15 * 60;

/// Every DKIM signature, in the order of the headers.
pub(super) fn checks(lookup: &mut Lookup<'_>, facts: &OriginFacts) -> Vec<Check> {
    let mut checks = Vec::new();
    for one in &facts.signatures.dkim {
        checks.push(match one {
            Ok(signed) => check(lookup, CheckMethod::Dkim, signed, facts.arrived),
            Err((domain, reason)) => Check {
                domain: domain.clone(),
                ..Check::new(
                    CheckMethod::Dkim,
                    Outcome::PermError,
                    format!("it is no valid signature: {reason}"),
                )
            },
        });
    }
    let more = facts.signatures.more;
    if let (Some(last), 1..) = (checks.last_mut(), more) {
        last.notes.push(format!("{more} more signatures were not looked at"));
    }
    if facts.signatures.too_long {
        let reason = "the headers are too long to be looked at";
        checks.push(Check::new(CheckMethod::Dkim, Outcome::PermError, reason));
    }
    checks
}

fn check(lookup: &mut Lookup<'_>, method: CheckMethod, signed: &Signed, arrived: Option<i64>) -> Check {
    let signature = &signed.signature;
    let mut check = Check::new(method, Outcome::Fail, "");
    check.domain = Some(signature.by.domain.clone());
    check.property("header.d", &signature.by.domain);
    check.property("header.s", &signature.by.selector);
    check.property("header.a", signature.by.algorithm.word());
    if let Some(identity) = &signature.identity {
        check.property("header.i", &crate::fields::bounded(identity, 320));
    }
    let form = |form: Form| if form == Form::Simple { "simple" } else { "relaxed" };
    check.property("header.c", &format!("{}/{}", form(signature.header_form), form(signature.body.form)));
    notes(signed, arrived, &mut check.notes);
    let without_key = match signed.body {
        Body::Differs => Some((Outcome::Fail, "the body was changed after it was signed")),
        Body::Short => Some((Outcome::Fail, "it is about more text than the body has (l=)")),
        Body::Lost => Some((Outcome::NotChecked, "the file does not keep the body as it was signed")),
        Body::Fits { .. } => None,
    };
    if let Some((outcome, reason)) = without_key {
        check.outcome = outcome;
        reason.clone_into(&mut check.reason);
        return check;
    }
    let held = hold(lookup, &signature.by, &signed.digest);
    judged(&mut check, signed, held, arrived);
    check
}

fn notes(signed: &Signed, arrived: Option<i64>, notes: &mut Vec<String>) {
    let signature = &signed.signature;
    if let Body::Fits { more: more @ 1.. } = signed.body {
        notes.push(format!(
            "{more} bytes at the end of the body are not signed (l=): anybody may have added them"
        ));
    }
    if !signed.unsigned.is_empty() {
        notes.push(format!("not signed: {}", signed.unsigned.join(", ")));
    }
    if let (Some(made), Some(arrived)) = (signature.signed_at, arrived)
        && made.saturating_sub(arrived) > CLOCKS_DIFFER
    {
        notes.push("it is dated after the message arrived".to_owned());
    }
    if signature.expires_at.is_some() && arrived.is_none() {
        notes.push("it has a time to expire at, but when the message arrived is unknown".to_owned());
    }
}

fn judged(check: &mut Check, signed: &Signed, held: Held, arrived: Option<i64>) {
    let signature = &signed.signature;
    check.outcome = held.outcome;
    check.reason = held.reason;
    if held.outcome == Outcome::NotChecked {
        check.reason = "the body is as it was signed; the key was not asked for".to_owned();
    }
    if held.testing {
        check.notes.push("the domain says that it is trying DKIM out (t=y)".to_owned());
    }
    if held.outcome != Outcome::Pass {
        return;
    }
    let exact = signature.identity.as_deref().and_then(|identity| identity.rsplit_once('@'));
    let exact = exact.is_none_or(|(_, host)| host.eq_ignore_ascii_case(&signature.by.domain));
    if held.strict && !exact {
        check.outcome = Outcome::PermError;
        check.reason = "its key is not for names below the domain (t=s)".to_owned();
    } else if signature.expires_at.zip(arrived).is_some_and(|(expires, arrived)| arrived > expires) {
        check.outcome = Outcome::Fail;
        check.reason = "it fits, but had expired when the message arrived".to_owned();
    } else if signed.unsigned.iter().any(|name| name == "from") {
        check.outcome = Outcome::Policy;
        check.reason = "it fits, but a second From was added that is not signed".to_owned();
    }
}

/// The ARC chain as a whole. `None` when there is none.
pub(super) fn chain(lookup: &mut Lookup<'_>, facts: &OriginFacts) -> Option<Check> {
    let chain = &facts.signatures.chain;
    if chain.is_empty() {
        return None;
    }
    let mut arc = Check::new(CheckMethod::Arc, Outcome::Fail, "");
    arc.property("arc.sets", &chain.seals.len().to_string());
    let sealers: Vec<&str> = chain.seals.iter().map(|seal| seal.by.domain.as_str()).collect();
    if !sealers.is_empty() {
        arc.property("arc.chain", &crate::fields::bounded(&sealers.join(", "), 1_000));
    }
    arc.domain = sealers.last().map(|&last| last.to_owned());
    if let Some(reason) = &chain.broken {
        arc.reason = format!("the chain is broken: {reason}");
        return Some(arc);
    }
    let Some(message) = &chain.message else {
        "the chain is broken: its newest set signs nothing".clone_into(&mut arc.reason);
        return Some(arc);
    };
    let newest = check(lookup, CheckMethod::Arc, message, facts.arrived);
    // All are asked for at once.
    let seals: Vec<Held> = chain.seals.iter().map(|seal| hold(lookup, &seal.by, &seal.digest)).collect();
    arc.notes = newest.notes;
    if newest.outcome != Outcome::Pass {
        (arc.outcome, arc.reason) =
            (worse(newest.outcome), format!("the newest signature over the message: {}", newest.reason));
        return Some(arc);
    }
    for (at, held) in seals.iter().enumerate().rev() {
        if held.outcome != Outcome::Pass {
            arc.outcome = worse(held.outcome);
            arc.reason = format!("the seal of set {}: {}", at + 1, held.reason);
            return Some(arc);
        }
    }
    arc.outcome = Outcome::Pass;
    arc.reason = format!("every server of the chain sealed what it got: {}", sealers.join(", "));
    Some(arc)
}

/// A chain knows fewer outcomes than a signature (RFC 8617 §4.4).
const fn worse(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::NotChecked | Outcome::TempError => outcome,
        _ => Outcome::Fail,
    }
}
