//! What is asked of the DNS, and what it answered. Nothing here asks: whoever calls does.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Questions of one message. SPF alone may cost 10 names of mail servers for each of its 10 steps (RFC 7208 §4.6.4); no
/// honest sender comes near.
const QUESTIONS: usize = 150;
/// Records looked at of one answer.
const RECORDS: usize = 50;
/// Bytes of one record: an RSA key of 8192 bits takes 1,500.
const RECORD_BYTES: usize = 4_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    Txt,
    A,
    Aaaa,
    Mx,
    Ptr,
}

/// One question to the DNS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Question {
    /// Lower case, without the dot at the end.
    pub name: String,
    pub record: RecordType,
}

/// What the DNS said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "records")]
pub enum Answer {
    /// TXT: the strings of each record joined. A, AAAA: addresses. MX: names, the preferred first. PTR: names.
    Records(Vec<String>),
    /// There is nothing of that type.
    NotFound,
    /// There is no such name.
    NoSuchName,
    /// Nobody knows right now.
    Failed,
}

/// The answers there are so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers(BTreeMap<Question, Answer>);

impl Answers {
    /// Keeps an answer, bounded, of TXT records only those that can matter: names of large organizations hold dozens.
    pub fn insert(&mut self, question: Question, answer: Answer) {
        let answer = match answer {
            Answer::Records(records) => {
                let matters = |record: &String| match question.record {
                    RecordType::Txt => matters(&question.name, record),
                    _ => true,
                };
                let records = records.into_iter().filter(matters).take(RECORDS);
                Answer::Records(records.map(|record| crate::fields::bounded(&record, RECORD_BYTES)).collect())
            }
            other => other,
        };
        self.0.insert(question, answer);
    }

    #[must_use]
    pub fn get(&self, question: &Question) -> Option<&Answer> {
        self.0.get(question)
    }
}

fn matters(name: &str, record: &str) -> bool {
    let begins = |version: &str| {
        let start = record.trim_start().get(..version.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(version))
    };
    if name.contains("._domainkey.") {
        true
    } else if name.starts_with("_dmarc.") {
        begins("v=dmarc1")
    } else {
        begins("v=spf1")
    }
}

/// What came of looking something up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked<'a> {
    Records(&'a [String]),
    Nothing,
    Failed,
    /// It has to be asked first.
    Unknown,
}

/// Whether a name exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exists {
    Yes,
    No,
    Failed,
    /// It has to be asked first.
    Unknown,
}

/// Looks answers up, and notes what it looked for.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    answers: &'a Answers,
    asked: BTreeSet<Question>,
    missing: BTreeSet<Question>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(answers: &'a Answers) -> Self {
        Self { answers, asked: BTreeSet::new(), missing: BTreeSet::new() }
    }

    /// `name` in any case, with or without the dot at its end. What is no name is not there.
    pub(super) fn get(&mut self, name: &str, record: RecordType) -> Looked<'a> {
        let Some(name) = named(name) else { return Looked::Nothing };
        let question = Question { name, record };
        if !self.asked.contains(&question) && self.asked.len() >= QUESTIONS {
            return Looked::Failed;
        }
        let answer = self.answers.get(&question);
        if answer.is_none() {
            self.missing.insert(question.clone());
        }
        self.asked.insert(question);
        match answer {
            None => Looked::Unknown,
            Some(Answer::Records(records)) => Looked::Records(records),
            Some(Answer::NotFound | Answer::NoSuchName) => Looked::Nothing,
            Some(Answer::Failed) => Looked::Failed,
        }
    }

    /// Whether there is such a name, with whatever records.
    pub(super) fn exists(&mut self, name: &str) -> Exists {
        match self.get(name, RecordType::A) {
            Looked::Unknown => Exists::Unknown,
            Looked::Failed => Exists::Failed,
            Looked::Records(_) => Exists::Yes,
            Looked::Nothing => {
                let question = named(name).map(|name| Question { name, record: RecordType::A });
                let answer = question.and_then(|question| self.answers.get(&question));
                if answer == Some(&Answer::NotFound) { Exists::Yes } else { Exists::No }
            }
        }
    }

    /// Whether something has to be asked first.
    pub(super) fn is_waiting(&self) -> bool {
        !self.missing.is_empty()
    }

    /// What was looked up, with its answers; and what could not be.
    pub(super) fn finish(self) -> (Vec<(Question, Answer)>, Vec<Question>) {
        let known =
            |question: Question| self.answers.get(&question).cloned().map(|answer| (question, answer));
        (self.asked.into_iter().filter_map(known).collect(), self.missing.into_iter().collect())
    }
}

/// A name that can be asked for, lower case (RFC 1035 §2.3.4).
pub(super) fn named(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label =
        |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_graphic());
    let several = name.contains('.');
    (several && name.len() <= 253 && name.split('.').all(is_label)).then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str) -> Question {
        Question { name: name.to_owned(), record: RecordType::Txt }
    }

    #[test]
    fn only_records_that_matter_are_kept() {
        let mut answers = Answers::default();
        let records = |list: &[&str]| Answer::Records(list.iter().map(|one| (*one).to_owned()).collect());
        answers.insert(question("a.example"), records(&["site-verification=1", "V=SPF1 -all"]));
        assert_eq!(answers.get(&question("a.example")), Some(&records(&["V=SPF1 -all"])));
        answers.insert(question("_dmarc.a.example"), records(&["v=spf1 -all", "v=DMARC1; p=none"]));
        assert_eq!(answers.get(&question("_dmarc.a.example")), Some(&records(&["v=DMARC1; p=none"])));
        answers.insert(question("k._domainkey.a.example"), records(&["p="]));
        assert_eq!(answers.get(&question("k._domainkey.a.example")), Some(&records(&["p="])));
    }

    #[test]
    fn what_is_looked_up_is_noted_and_bounded() {
        let mut answers = Answers::default();
        answers.insert(question("a.example"), Answer::NotFound);
        let mut lookup = Lookup::new(&answers);
        assert_eq!(lookup.get("A.Example.", RecordType::Txt), Looked::Nothing);
        for _ in 0..2 {
            assert_eq!(lookup.get("b.example", RecordType::Txt), Looked::Unknown);
        }
        for broken in ["example", "a..example", "a b.example", "ä.example", &"a.".repeat(200)] {
            assert_eq!(lookup.get(broken, RecordType::Txt), Looked::Nothing);
        }
        for number in 2..QUESTIONS {
            assert_eq!(lookup.get(&format!("{number}.example"), RecordType::A), Looked::Unknown);
        }
        assert_eq!(lookup.get("more.example", RecordType::A), Looked::Failed);
        let (asked, missing) = lookup.finish();
        assert_eq!(asked, [(question("a.example"), Answer::NotFound)]);
        assert_eq!(missing.len(), QUESTIONS - 1);
    }
}
