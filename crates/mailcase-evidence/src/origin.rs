//! Whether a message is from whom it says, found out by ourselves: DKIM (RFC 6376), ARC (RFC 8617), SPF (RFC 7208) and
//! DMARC (RFC 9989).
//!
//! In two steps, so that nothing here asks anybody. [`OriginFacts`] are what the message says, its body hashed while it
//! streamed; [`judge`] holds them against what the DNS answered, and tells which answers are missing still. Time is the
//! time of arrival: a signature that expired since was good then.

mod canonical;
mod chain;
mod dkim;
mod dmarc;
mod dns;
mod facts;
mod head;
mod key;
mod reader;
mod signature;
mod spf;
mod tags;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use dns::{Answer, Answers, Question, RecordType};
pub use facts::OriginFacts;
pub(crate) use reader::Reader;

use crate::{Evidence, Mark, MarkKind, Property};
use dns::Lookup;
use facts::From;

const DAY: i64 = 24 * 3_600;
/// Keys are changed about so long after they were last used, at the earliest (RFC 6376 §3.6.1 leaves it to the domain).
const LATE: i64 = 7 * DAY;

/// What was found out about the origin of a message by ourselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Verification {
    /// DMARC first, then SPF, each signature, the ARC chain.
    pub checks: Vec<Check>,
    /// When the DNS was asked; never, without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// What it answered, so that the message can be judged again when its keys are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    #[serde(flatten)]
    pub question: Question,
    pub answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckMethod {
    Dmarc,
    Spf,
    Dkim,
    Arc,
}

impl CheckMethod {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dmarc => "DMARC",
            Self::Spf => "SPF",
            Self::Dkim => "DKIM",
            Self::Arc => "ARC",
        }
    }
}

/// The words of RFC 8601 §2.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    Pass,
    Fail,
    #[serde(rename = "softfail")]
    SoftFail,
    Neutral,
    /// There was nothing to check.
    None,
    /// It fits, but is made in a way nobody should rely on.
    Policy,
    #[serde(rename = "temperror")]
    TempError,
    #[serde(rename = "permerror")]
    PermError,
    /// The DNS was not asked.
    NotChecked,
}

/// What one method came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub method: CheckMethod,
    pub outcome: CheckOutcome,
    /// Why, for people.
    pub reason: String,
    /// Whom it speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Whether that is the sender people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aligned: Option<bool>,
    /// What else to know: a weak key, text that is not signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// `header.s`, `smtp.client-ip`, … with their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
}

impl Check {
    fn new(method: CheckMethod, outcome: CheckOutcome, reason: impl Into<String>) -> Self {
        let (notes, properties) = (Vec::new(), Vec::new());
        Self { method, outcome, reason: reason.into(), domain: None, aligned: None, notes, properties }
    }

    fn property(&mut self, name: &str, value: &str) {
        self.properties.push(Property { name: name.to_owned(), value: value.to_owned() });
    }
}

/// What came of judging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// These have to be asked first, all at once. Bounded for each message, over all rounds.
    NeedMore(Vec<Question>),
    Judged(Box<Verification>),
}

/// Holds what a message says against what the DNS answered.
#[must_use]
pub fn judge(facts: &OriginFacts, answers: &Answers) -> Judgement {
    let (checks, asked, missing) = checked(facts, answers);
    if !missing.is_empty() {
        return Judgement::NeedMore(missing);
    }
    let asked = asked.into_iter().map(|(question, answer)| Asked { question, answer }).collect();
    Judgement::Judged(Box::new(Verification { checks, asked_at: None, asked }))
}

fn checked(facts: &OriginFacts, answers: &Answers) -> (Vec<Check>, Vec<(Question, Answer)>, Vec<Question>) {
    let mut lookup = Lookup::new(answers);
    let mut checks = vec![spf::check(&mut lookup, &facts.handed_in)];
    checks.extend(dkim::checks(&mut lookup, facts));
    let dmarc = dmarc::check(&mut lookup, &facts.from, &mut checks);
    checks.extend(dkim::chain(&mut lookup, facts));
    checks.insert(0, dmarc);
    let (asked, missing) = lookup.finish();
    (checks, asked, missing)
}

impl Verification {
    /// What the message alone tells of its signatures. `None` when it has none.
    pub(crate) fn offline(facts: &OriginFacts) -> Option<Self> {
        let (mut checks, _, _) = checked(facts, &Answers::default());
        checks.retain(|check| matches!(check.method, CheckMethod::Dkim | CheckMethod::Arc));
        checks.iter_mut().for_each(|check| check.aligned = None);
        (!checks.is_empty()).then(|| Self { checks, ..Self::default() })
    }

    /// The answers it was made with that still hold: those that failed are asked for again.
    #[must_use]
    pub fn answers(&self) -> Answers {
        let mut answers = Answers::default();
        for Asked { question, answer } in &self.asked {
            if *answer != Answer::Failed {
                answers.insert(question.clone(), answer.clone());
            }
        }
        answers
    }

    /// What DMARC came to.
    #[must_use]
    pub fn dmarc(&self) -> Option<&Check> {
        self.checks.iter().find(|check| check.method == CheckMethod::Dmarc)
    }
}

impl Evidence {
    /// Takes what was found out with the DNS into the verdicts, and marks what follows from it.
    pub fn verified(&mut self, mut verification: Verification) {
        let marked = self.verdicts.marks.iter().any(|mark| mark.kind == MarkKind::OwnDomainUnproven);
        if let (From::Domain(domain), true, false) = (&self.origin.from, self.origin.own, marked)
            && let Some(dmarc) = verification.dmarc()
            && let Some(message) = unproven(dmarc, &verification.checks, domain)
        {
            self.verdicts.marks.push(Mark { kind: MarkKind::OwnDomainUnproven, message });
        }
        let late = self.origin.arrived.zip(verification.asked_at);
        let late = late.map(|(arrived, asked)| asked.as_second().saturating_sub(arrived));
        if let (Some(seconds @ LATE..), Some(first)) = (late, verification.checks.first_mut()) {
            let days = seconds / DAY;
            first.notes.push(format!(
                "the DNS was asked {days} days after the message arrived: keys and records may have changed"
            ));
        }
        self.verdicts.own = Some(verification);
    }
}

/// Why nobody vouches for mail from an own domain; nothing when somebody does, or nobody could be asked.
fn unproven(dmarc: &Check, checks: &[Check], domain: &str) -> Option<String> {
    let vouched = checks.iter().any(|check| {
        check.aligned == Some(true) && matches!(check.outcome, CheckOutcome::Pass | CheckOutcome::TempError)
    });
    let failed = match dmarc.outcome {
        CheckOutcome::Fail => true,
        CheckOutcome::None => !vouched,
        _ => false,
    };
    failed.then(|| format!("it says it is from your own {domain}, but neither DKIM nor SPF says so"))
}
