//! Whether the server that handed a message in may send for its envelope sender (RFC 7208 §4).

mod macros;
mod record;

use std::net::IpAddr;

use macros::{Template, Values, reverse_name};
use mailcase_indicators::host;
use record::{Mechanism, Qualifier, Record, is_record};

use super::dns::{Looked, Lookup, RecordType, named};
use super::facts::{Client, HandedIn};
use super::signature::is_within;
use super::{Check, CheckMethod, CheckOutcome as Outcome};

/// Terms that ask the DNS (RFC 7208 §4.6.4).
const TERMS: u32 = 10;
/// Questions that come to nothing (RFC 7208 §4.6.4).
const VOID: u32 = 2;
/// Names of mail servers, and of an address (RFC 7208 §4.6.4).
const NAMES: usize = 10;

/// What the check came to, and for which domain.
pub(super) fn check(lookup: &mut Lookup<'_>, handed_in: &HandedIn) -> Check {
    let mut check = Check::new(CheckMethod::Spf, Outcome::None, "");
    let greeting = handed_in.greeting.as_deref().and_then(host::ascii);
    let client = match handed_in.by {
        Client::Outside(address) => address,
        Client::Within => {
            "it was handed on by an own server, so that there is no outside server to check"
                .clone_into(&mut check.reason);
            return check;
        }
        Client::Unknown => {
            "no own server wrote down from which address it came".clone_into(&mut check.reason);
            return check;
        }
    };
    check.property("smtp.client-ip", &client.to_string());
    // A mailer that takes no bounces is known by how it greets (RFC 7208 §2.4).
    let sender = match handed_in.sender.as_deref().filter(|sender| !sender.is_empty()) {
        Some(sender) => {
            check.property("smtp.mailfrom", &crate::fields::bounded(sender, 320));
            let (local, host) = sender.rsplit_once('@').unwrap_or(("postmaster", sender));
            let local = if local.is_empty() { "postmaster" } else { local };
            host::ascii(host).map(|host| format!("{local}@{host}"))
        }
        None => {
            if let Some(greeting) = &greeting {
                check.property("smtp.helo", greeting);
            }
            greeting.as_ref().map(|greeting| format!("postmaster@{greeting}"))
        }
    };
    let domain = sender.as_deref().and_then(|sender| named(sender.rsplit_once('@')?.1));
    let (Some(sender), Some(domain)) = (sender, domain) else {
        "no own server wrote down an envelope sender that has a domain".clone_into(&mut check.reason);
        return check;
    };
    let mut evaluation = Evaluation {
        lookup,
        client: plain(client),
        sender: &sender,
        greeting: greeting.as_deref().unwrap_or("unknown"),
        terms: 0,
        void: 0,
        because: String::new(),
    };
    let outcome = evaluation.domain(&domain);
    check.outcome = outcome;
    check.reason = explained(outcome, client, &domain, &evaluation.because);
    check.domain = Some(domain);
    check
}

/// An IPv4 address in the clothes of IPv6 is judged as what it is.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn explained(outcome: Outcome, client: IpAddr, domain: &str, because: &str) -> String {
    match outcome {
        Outcome::Pass => format!("{domain} lets {client} send for it ({because})"),
        Outcome::Fail => format!("{domain} does not let {client} send for it ({because})"),
        Outcome::SoftFail => format!("{domain} doubts that {client} sends for it ({because})"),
        Outcome::Neutral => format!("{domain} says nothing about {client} ({because})"),
        Outcome::None => format!("{domain} has no SPF record"),
        _ => because.to_owned(),
    }
}

struct Evaluation<'a, 'b> {
    lookup: &'a mut Lookup<'b>,
    client: IpAddr,
    sender: &'a str,
    greeting: &'a str,
    terms: u32,
    void: u32,
    /// What decided.
    because: String,
}

/// What ends an evaluation early.
type Ended<T> = Result<T, Outcome>;

impl<'b> Evaluation<'_, 'b> {
    fn domain(&mut self, domain: &str) -> Outcome {
        self.record(domain).unwrap_or_else(|outcome| outcome)
    }

    fn wrong<T>(&mut self, because: String) -> Ended<T> {
        self.because = because;
        Err(Outcome::PermError)
    }

    fn record(&mut self, domain: &str) -> Ended<Outcome> {
        let records: Vec<&String> = match self.lookup.get(domain, RecordType::Txt) {
            Looked::Unknown => return Err(Outcome::NotChecked),
            Looked::Failed => return self.no_answer(domain),
            Looked::Nothing => Vec::new(),
            Looked::Records(records) => records.iter().filter(|text| is_record(text)).collect(),
        };
        let text = match records[..] {
            [] => return Ok(Outcome::None),
            [text] => text,
            _ => return self.wrong(format!("{domain} has several SPF records")),
        };
        let record = match Record::read(text) {
            Ok(record) => record,
            Err(term) => return self.wrong(format!("the SPF record of {domain} cannot be read at “{term}”")),
        };
        for directive in &record.directives {
            if self.matches(&directive.mechanism, domain)? {
                self.because = format!("{} of {domain}", directive.text);
                return Ok(match directive.qualifier {
                    Qualifier::Pass => Outcome::Pass,
                    Qualifier::Fail => Outcome::Fail,
                    Qualifier::SoftFail => Outcome::SoftFail,
                    Qualifier::Neutral => Outcome::Neutral,
                });
            }
        }
        let Some(redirect) = &record.redirect else {
            self.because = format!("nothing in the record of {domain} fits");
            return Ok(Outcome::Neutral);
        };
        self.count_term()?;
        let target = self.target(Some(redirect), domain)?;
        match self.domain(&target) {
            Outcome::None => self.wrong(format!("{domain} refers to {target}, which has no SPF record")),
            outcome => Ok(outcome),
        }
    }

    fn no_answer<T>(&mut self, name: &str) -> Ended<T> {
        self.because = format!("the DNS did not answer for {name}");
        Err(Outcome::TempError)
    }

    fn count_term(&mut self) -> Ended<()> {
        self.terms += 1;
        if self.terms > TERMS {
            return self.wrong(format!("its SPF record asks the DNS more than {TERMS} times"));
        }
        Ok(())
    }

    fn matches(&mut self, mechanism: &Mechanism, domain: &str) -> Ended<bool> {
        if !matches!(mechanism, Mechanism::All | Mechanism::Ip(_)) {
            self.count_term()?;
        }
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip(network) => Ok(network.contains(&self.client)),
            Mechanism::Include(template) => {
                let target = self.target(Some(template), domain)?;
                match self.domain(&target) {
                    Outcome::Pass => Ok(true),
                    Outcome::None => {
                        self.wrong(format!("{domain} includes {target}, which has no SPF record"))
                    }
                    outcome @ (Outcome::TempError | Outcome::PermError | Outcome::NotChecked) => Err(outcome),
                    _ => Ok(false),
                }
            }
            Mechanism::A(template, lengths) => {
                let name = self.target(template.as_ref(), domain)?;
                let addresses = self.addresses(&name, true)?;
                Ok(addresses.into_iter().any(|address| lengths.covers(address, self.client)))
            }
            Mechanism::Mx(template, lengths) => {
                let name = self.target(template.as_ref(), domain)?;
                let servers = self.records(&name, RecordType::Mx, true)?;
                if servers.len() > NAMES {
                    return self.wrong(format!("{name} has more than {NAMES} mail servers"));
                }
                // All that are not known yet are asked for at once.
                let mut unknown = false;
                for server in servers {
                    match self.addresses(server, false) {
                        Err(Outcome::NotChecked) => unknown = true,
                        Err(outcome) => return Err(outcome),
                        Ok(addresses) if addresses.iter().any(|one| lengths.covers(*one, self.client)) => {
                            return if unknown { Err(Outcome::NotChecked) } else { Ok(true) };
                        }
                        Ok(_) => {}
                    }
                }
                if unknown { Err(Outcome::NotChecked) } else { Ok(false) }
            }
            Mechanism::Exists(template) => {
                let name = self.target(Some(template), domain)?;
                Ok(!self.records(&name, RecordType::A, true)?.is_empty())
            }
            Mechanism::Ptr(template) => {
                let name = self.target(template.as_ref(), domain)?;
                Ok(self.proven_names()?.iter().any(|proven| is_within(proven, &name)))
            }
        }
    }

    /// The name a term means; without one that of the record.
    fn target(&mut self, template: Option<&Template>, domain: &str) -> Ended<String> {
        let Some(template) = template else { return Ok(domain.to_owned()) };
        let validated = if template.needs_validated() { self.proven_name(domain)? } else { String::new() };
        let values = Values {
            client: self.client,
            sender: self.sender,
            domain,
            greeting: self.greeting,
            validated: &validated,
        };
        Ok(template.fill(&values).trim_end_matches('.').to_ascii_lowercase())
    }

    fn records(&mut self, name: &str, record: RecordType, counts: bool) -> Ended<&'b [String]> {
        match self.lookup.get(name, record) {
            Looked::Unknown => Err(Outcome::NotChecked),
            Looked::Failed => self.no_answer(name),
            Looked::Records(records) if !records.is_empty() => Ok(records),
            _ if !counts => Ok(&[]),
            _ => {
                self.void += 1;
                if self.void > VOID {
                    return self
                        .wrong(format!("its SPF record asks for more than {VOID} names that are not there"));
                }
                Ok(&[])
            }
        }
    }

    /// Of the client's kind.
    fn addresses(&mut self, name: &str, counts: bool) -> Ended<Vec<IpAddr>> {
        let record = if self.client.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
        Ok(self.records(name, record, counts)?.iter().filter_map(|one| one.parse().ok()).collect())
    }

    /// The names of the client's address that have this address (RFC 7208 §5.5). Trouble is no name.
    fn proven_names(&mut self) -> Ended<Vec<String>> {
        let names = match self.lookup.get(&reverse_name(self.client), RecordType::Ptr) {
            Looked::Unknown => return Err(Outcome::NotChecked),
            Looked::Records(names) => names,
            Looked::Failed | Looked::Nothing => &[],
        };
        let mut unknown = false;
        let mut proven = Vec::new();
        for name in names.iter().take(NAMES) {
            let Some(name) = named(name) else { continue };
            match self.addresses(&name, false) {
                Ok(addresses) if addresses.contains(&self.client) => proven.push(name),
                Err(Outcome::NotChecked) => unknown = true,
                _ => {}
            }
        }
        if unknown { Err(Outcome::NotChecked) } else { Ok(proven) }
    }

    /// For `%{p}`: the domain itself if it is proven, else a name below it, else any.
    fn proven_name(&mut self, domain: &str) -> Ended<String> {
        let proven = self.proven_names()?;
        let exact = proven.iter().find(|name| *name == domain);
        let found = exact.or_else(|| proven.iter().find(|name| is_within(name, domain))).or(proven.first());
        Ok(found.cloned().unwrap_or_else(|| "unknown".to_owned()))
    }
}
