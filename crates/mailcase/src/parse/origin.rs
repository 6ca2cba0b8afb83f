//! What speaks for and against the origin of a message, in rows.

use mailcase_evidence::{AuthenticationResults, Check, CheckOutcome, Evidence, Hop};

/// Hops shown; honest mail has fewer.
const HOPS: usize = 30;

/// What was found out here, claims of servers, oddities, then the hops with their delays, newest first.
pub(super) fn rows(evidence: &Evidence) -> Vec<Vec<String>> {
    let verdicts = &evidence.verdicts;
    let own = verdicts.own.iter().flat_map(|own| &own.checks);
    let mut rows: Vec<Vec<String>> = own.map(check).collect();
    rows.extend(verdicts.authentication.iter().map(claim));
    rows.extend(verdicts.marks.iter().map(|mark| vec!["!".to_owned(), mark.message.clone()]));
    for (at, hop) in evidence.received.iter().enumerate().take(HOPS) {
        let delay = verdicts.route.delays.get(at).copied().flatten();
        let border = verdicts.route.border == Some(at);
        rows.push(vec![format!("hop {}", at + 1), way(hop, delay, border)]);
    }
    rows
}

fn check(check: &Check) -> Vec<String> {
    let outcome = match check.outcome {
        CheckOutcome::Pass => "pass",
        CheckOutcome::Fail => "fail",
        CheckOutcome::SoftFail => "softfail",
        CheckOutcome::Neutral => "neutral",
        CheckOutcome::None => "none",
        CheckOutcome::Policy => "not to be relied on",
        CheckOutcome::TempError => "temperror",
        CheckOutcome::PermError => "permerror",
        CheckOutcome::NotChecked => "not checked",
    };
    let of = check.domain.as_ref().map(|domain| format!(" of {domain}")).unwrap_or_default();
    let notes = check.notes.iter().map(|note| format!("; {note}")).collect::<String>();
    vec!["check".to_owned(), format!("{}{of} {outcome}: {}{notes}", check.method.name(), check.reason)]
}

fn claim(results: &AuthenticationResults) -> Vec<String> {
    let who = if results.server.is_empty() { "nobody named" } else { &results.server };
    let trust = if results.trusted { "" } else { ", not verified" };
    let words: Vec<String> =
        results.results.iter().map(|one| format!("{} {}", one.method, one.result)).collect();
    vec!["claim".to_owned(), format!("{} (by {who}{trust})", words.join(", "))]
}

fn way(hop: &Hop, delay: Option<i64>, border: bool) -> String {
    let mut words = Vec::new();
    for (word, value) in [("from", &hop.from), ("at", &hop.from_ip), ("by", &hop.by), ("with", &hop.with)] {
        words.extend(value.iter().map(|value| format!("{word} {value}")));
    }
    words.extend(delay.map(|seconds| format!("after {seconds} s")));
    if border {
        words.push("← from outside".to_owned());
    }
    words.join(" ")
}
