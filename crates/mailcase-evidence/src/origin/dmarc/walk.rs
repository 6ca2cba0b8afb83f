//! The walk up the tree of names, which finds the policy for a domain and the organization it belongs to (RFC 9989 §4.10).

use super::record::{Record, Suffix};
use crate::origin::CheckOutcome as Outcome;
use crate::origin::dns::{Looked, Lookup, RecordType};

/// Labels of the longest name asked for after the domain itself, so that no name costs more than eight questions.
const LABELS: usize = 7;

/// A record and the domain it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) at: &'a str,
    pub(super) record: Record,
}

/// What a walk found, the longest name first.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    /// Where it began.
    domain: &'a str,
    found: Vec<Found<'a>>,
    /// Why it is not all there is.
    broken: Option<Outcome>,
}

/// Walks from `domain` up. Everything is asked for at once.
pub(super) fn walk<'a>(lookup: &mut Lookup<'_>, domain: &'a str) -> Walk<'a> {
    let mut walk = Walk { domain, found: Vec::new(), broken: None };
    for at in targets(domain) {
        let broken = match lookup.get(&format!("_dmarc.{at}"), RecordType::Txt) {
            Looked::Nothing => continue,
            Looked::Unknown => Outcome::NotChecked,
            Looked::Failed => Outcome::TempError,
            Looked::Records(texts) => {
                let mut records = texts.iter().filter_map(|text| Record::read(text));
                // Several are as good as none.
                if let (Some(record), None) = (records.next(), records.next()) {
                    walk.found.push(Found { at, record });
                    if record.suffix != Suffix::Unsaid {
                        return walk;
                    }
                }
                continue;
            }
        };
        walk.broken = walk.broken.or(Some(broken));
    }
    walk
}

/// The domain itself, then names above it.
fn targets(domain: &str) -> impl Iterator<Item = &str> {
    let labels = domain.split('.').count();
    let above = std::iter::successors(Some(domain), |name| name.split_once('.').map(|(_, above)| above));
    above.enumerate().filter(move |(at, _)| *at == 0 || labels - at <= LABELS).map(|(_, name)| name)
}

impl<'a> Walk<'a> {
    /// The record that applies to the domain (RFC 9989 §4.10.1): its own, that of its organization, that of the suffix it was
    /// registered under.
    pub(super) fn applied(&self) -> Result<Option<Found<'a>>, Outcome> {
        if let Some(own) = self.found.first().filter(|found| found.at == self.domain) {
            return Ok(Some(*own));
        }
        let organization = self.organization()?;
        let of = |found: &&Found<'_>| found.at == organization;
        let suffix = |found: &&Found<'_>| found.record.suffix == Suffix::Yes;
        Ok(self.found.iter().find(of).or_else(|| self.found.iter().find(suffix)).copied())
    }

    /// The organization that the domain belongs to (RFC 9989 §4.10.2).
    pub(super) fn organization(&self) -> Result<&'a str, Outcome> {
        if let Some(outcome) = self.broken {
            return Err(outcome);
        }
        // It ended at a record that says what it is.
        let Some(last) = self.found.last() else { return Ok(self.domain) };
        let one_more = usize::from(last.record.suffix == Suffix::Yes && last.at != self.domain);
        Ok(lowest(self.domain, last.at.split('.').count() + one_more))
    }
}

/// The last labels of a name.
fn lowest(name: &str, labels: usize) -> &str {
    let dot = name.rmatch_indices('.').nth(labels.saturating_sub(1));
    dot.and_then(|(at, _)| name.get(at + 1..)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::dns::{Answer, Answers, Question};

    fn answers(records: &[(&str, &str)], asked: &[&str]) -> Answers {
        let mut answers = Answers::default();
        for at in asked.iter().flat_map(|name| targets(name)) {
            let name = format!("_dmarc.{at}");
            let found = records.iter().filter(|(of, _)| *of == at).map(|(_, text)| (*text).to_owned());
            let found: Vec<String> = found.collect();
            let answer = match found.as_slice() {
                [] => Answer::NotFound,
                [one] if one == "?" => Answer::Failed,
                _ => Answer::Records(found),
            };
            answers.insert(Question { name, record: RecordType::Txt }, answer);
        }
        answers
    }

    #[test]
    fn no_name_costs_more_than_eight_questions() {
        let all = |name: &str| targets(name).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            all("a.mail.example.com"),
            ["a.mail.example.com", "mail.example.com", "example.com", "com"]
        );
        assert_eq!(all("com"), ["com"]);
        let long = all("a.b.c.d.e.f.g.h.i.j.mail.example.com");
        assert_eq!(long.len(), 8);
        assert_eq!(long[1], "g.h.i.j.mail.example.com");
        assert_eq!(all("a.b.c.d.e.f.example.com")[1], "b.c.d.e.f.example.com");
    }

    #[test]
    fn the_standards_examples() {
        let (plain, suffix, own) = ("v=DMARC1", "v=DMARC1; psd=y", "v=DMARC1; psd=n");
        for (domain, records, organization, applied) in [
            (
                "a.mail.example.com",
                &[("mail.example.com", plain), ("example.com", plain)][..],
                "example.com",
                "example.com",
            ),
            (
                "a.mail.example.com",
                &[("mail.example.com", own), ("example.com", plain)],
                "mail.example.com",
                "mail.example.com",
            ),
            ("a.mail.example.com", &[("com", suffix)], "example.com", "com"),
            ("mail.example.com", &[("example.com", suffix)], "mail.example.com", "example.com"),
            (
                "signing.example.com",
                &[("signing.example.com", plain), ("example.com", plain)],
                "example.com",
                "signing.example.com",
            ),
            (
                "giant.bank.example",
                &[("giant.bank.example", plain), ("bank.example", suffix)],
                "giant.bank.example",
                "giant.bank.example",
            ),
            ("mail.mega.bank.example", &[("bank.example", suffix)], "mega.bank.example", "bank.example"),
            ("bank.example", &[("bank.example", suffix)], "bank.example", "bank.example"),
            ("a.b.c.d.e.f.g.h.i.j.k.example.com", &[("example.com", plain)], "example.com", "example.com"),
            ("a.example.com", &[], "a.example.com", ""),
            // Several are none.
            ("a.example.com", &[("a.example.com", plain), ("a.example.com", plain)], "a.example.com", ""),
        ] {
            let answers = answers(records, &[domain]);
            let walk = walk(&mut Lookup::new(&answers), domain);
            assert_eq!(walk.organization(), Ok(organization), "{domain} {records:?}");
            let found = walk.applied().unwrap().map_or("", |found| found.at);
            assert_eq!(found, applied, "{domain} {records:?}");
        }
    }

    #[test]
    fn what_is_not_answered_stops_what_depends_on_it() {
        let own = answers(&[("a.example", "v=DMARC1"), ("example", "?")], &["a.example"]);
        let found = walk(&mut Lookup::new(&own), "a.example");
        assert!(found.applied().unwrap().is_some(), "its own record goes first");
        assert_eq!(found.organization(), Err(Outcome::TempError));
        let above = answers(&[("a.example", "?"), ("example", "v=DMARC1")], &["a.example"]);
        let found = walk(&mut Lookup::new(&above), "a.example");
        assert_eq!(found.applied(), Err(Outcome::TempError));
        let nothing = Answers::default();
        let mut lookup = Lookup::new(&nothing);
        assert_eq!(walk(&mut lookup, "a.example").applied(), Err(Outcome::NotChecked));
        assert_eq!(lookup.finish().1.len(), 2, "all at once");
    }
}
