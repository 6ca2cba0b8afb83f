//! What becomes of an examined message. The facts are gathered by the engine; the choice is made here.

use crate::CaseId;
use crate::case::{CaseStatus, named};
use crate::connector::AutomaticMail;
use crate::message::Automatic;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

named! {
    /// What ties a message to a case.
    pub enum Tie, "tie" {
        /// It answers a message of the case (In-Reply-To or References).
        Reference = "reference",
        /// A message of the case answers it: the answer came first.
        Answered = "answered",
        /// It carries the case's signed token in its subject.
        SubjectToken = "subject_token",
        /// It was sent to an address with the case's signed token behind a plus.
        AddressToken = "address_token",
    }
}

/// The case a message belongs to, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thread {
    pub case: CaseId,
    pub status: CaseStatus,
    pub tie: Tie,
}

/// Everything the decision depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub thread: Option<Thread>,
    pub automatic: Option<Automatic>,
    pub automatic_mail: AutomaticMail,
    /// The connector's pre-filter does not take the message.
    pub filtered_out: bool,
}

/// Why a message is in the case it is in, or in none. Kept with the message and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "because")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Reason {
    /// It started its case.
    New,
    /// It joined a case.
    Joined { tie: Tie },
    /// Automatic mail that belongs to no case, on a connector that keeps such mail aside.
    AutomaticKept { kind: Automatic },
    /// The connector's pre-filter does not take it; it was recorded before that was known, after a crash or a failure.
    FilteredOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    NewCase,
    Append { case: CaseId, reopen: bool },
    Keep,
}

/// Decides. Automatic mail joins its case but never opens it again.
#[must_use]
pub fn decide(facts: &Facts) -> (Decision, Reason) {
    if facts.filtered_out {
        return (Decision::Keep, Reason::FilteredOut);
    }
    match (facts.thread, facts.automatic) {
        (Some(thread), automatic) => (
            Decision::Append {
                case: thread.case,
                reopen: automatic.is_none() && thread.status == CaseStatus::Resolved,
            },
            Reason::Joined { tie: thread.tie },
        ),
        (None, Some(kind)) if facts.automatic_mail == AutomaticMail::Keep => {
            (Decision::Keep, Reason::AutomaticKept { kind })
        }
        (None, _) => (Decision::NewCase, Reason::New),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decision_table() {
        let case = CaseId::new();
        let thread = |status| Some(Thread { case, status, tie: Tie::Reference });
        let joined = Reason::Joined { tie: Tie::Reference };
        let bounce = Some(Automatic::Bounce);
        let append = |reopen| Decision::Append { case, reopen };
        for (thread, automatic, automatic_mail, decision, reason) in [
            (None, None, AutomaticMail::Keep, Decision::NewCase, Reason::New),
            (None, None, AutomaticMail::Case, Decision::NewCase, Reason::New),
            (None, bounce, AutomaticMail::Case, Decision::NewCase, Reason::New),
            (
                None,
                bounce,
                AutomaticMail::Keep,
                Decision::Keep,
                Reason::AutomaticKept { kind: Automatic::Bounce },
            ),
            (thread(CaseStatus::Open), None, AutomaticMail::Keep, append(false), joined),
            (thread(CaseStatus::InProgress), None, AutomaticMail::Keep, append(false), joined),
            (thread(CaseStatus::Resolved), None, AutomaticMail::Keep, append(true), joined),
            (thread(CaseStatus::Resolved), bounce, AutomaticMail::Keep, append(false), joined),
            (thread(CaseStatus::Resolved), bounce, AutomaticMail::Case, append(false), joined),
        ] {
            let facts = Facts { thread, automatic, automatic_mail, filtered_out: false };
            assert_eq!(decide(&facts), (decision, reason), "{facts:?}");
            let facts = Facts { filtered_out: true, ..facts };
            assert_eq!(decide(&facts), (Decision::Keep, Reason::FilteredOut), "{facts:?}");
        }
    }
}
