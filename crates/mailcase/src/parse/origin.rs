//! What speaks for and against the origin of a message, in rows.

use mailcase_evidence::{AuthenticationResults, Evidence, Hop};

/// Hops shown; honest mail has fewer.
const HOPS: usize = 30;

/// Claims of servers, oddities, then the hops with their delays, newest first.
pub(super) fn rows(evidence: &Evidence) -> Vec<Vec<String>> {
    let verdicts = &evidence.verdicts;
    let mut rows: Vec<Vec<String>> = verdicts.authentication.iter().map(claim).collect();
    rows.extend(verdicts.marks.iter().map(|mark| vec!["!".to_owned(), mark.message.clone()]));
    for (at, hop) in evidence.received.iter().enumerate().take(HOPS) {
        let delay = verdicts.route.delays.get(at).copied().flatten();
        let border = verdicts.route.border == Some(at);
        rows.push(vec![format!("hop {}", at + 1), way(hop, delay, border)]);
    }
    rows
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
