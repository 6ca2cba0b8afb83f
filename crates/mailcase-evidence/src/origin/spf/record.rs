//! The grammar of SPF records (RFC 7208 §4.6.1, §5, §6, §12).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::macros::Template;

/// Terms of one record: more do not fit into what a name server sends.
const TERMS: usize = 500;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) directives: Vec<Directive>,
    pub(super) redirect: Option<Template>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) qualifier: Qualifier,
    pub(super) mechanism: Mechanism,
    /// As it stands in the record.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Qualifier {
    Pass,
    Fail,
    SoftFail,
    Neutral,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    All,
    Include(Template),
    /// Without a name that of the record's own domain.
    A(Option<Template>, Lengths),
    Mx(Option<Template>, Lengths),
    Ptr(Option<Template>),
    Ip(IpNet),
    Exists(Template),
}

/// How many bits of an address count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lengths {
    pub(super) ip4: u8,
    pub(super) ip6: u8,
}

impl Lengths {
    pub(super) fn covers(self, address: IpAddr, client: IpAddr) -> bool {
        let network = match address {
            IpAddr::V4(address) => Ipv4Net::new(address, self.ip4).map(IpNet::V4),
            IpAddr::V6(address) => Ipv6Net::new(address, self.ip6).map(IpNet::V6),
        };
        network.is_ok_and(|network| network.contains(&client))
    }
}

/// Whether a TXT record is one of SPF (RFC 7208 §4.5).
pub(super) fn is_record(text: &str) -> bool {
    let version = text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("v=spf1"));
    version && text.get(6..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

impl Record {
    /// # Errors
    /// The term that breaks it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut record = Self { directives: Vec::new(), redirect: None };
        let mut explained = false;
        let terms = text.get(6..).unwrap_or_default().split(' ').filter(|term| !term.is_empty());
        for (count, term) in terms.enumerate() {
            let wrong = || crate::fields::bounded(term, 80);
            if count == TERMS {
                return Err(wrong());
            }
            match modifier(term) {
                Some((name, value)) => {
                    let template = Template::read(value).ok_or_else(wrong)?;
                    if name.eq_ignore_ascii_case("redirect") {
                        let first = !value.is_empty() && record.redirect.replace(template).is_none();
                        first.then_some(()).ok_or_else(wrong)?;
                    } else if name.eq_ignore_ascii_case("exp") && std::mem::replace(&mut explained, true) {
                        return Err(wrong());
                    }
                }
                None => record.directives.push(Directive::read(term).ok_or_else(wrong)?),
            }
        }
        Ok(record)
    }
}

/// `name=value`, told from a mechanism by its equals sign.
fn modifier(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let is_name = name.starts_with(|one: char| one.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    is_name.then_some((name, value))
}

impl Directive {
    fn read(term: &str) -> Option<Self> {
        let (qualifier, mechanism) = match term.as_bytes().first()? {
            b'+' => (Qualifier::Pass, term.get(1..)?),
            b'-' => (Qualifier::Fail, term.get(1..)?),
            b'~' => (Qualifier::SoftFail, term.get(1..)?),
            b'?' => (Qualifier::Neutral, term.get(1..)?),
            _ => (Qualifier::Pass, term),
        };
        let mechanism = Mechanism::read(mechanism)?;
        Some(Self { qualifier, mechanism, text: crate::fields::bounded(term, 200) })
    }
}

impl Mechanism {
    fn read(text: &str) -> Option<Self> {
        let end = text.find([':', '/']).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end)?;
        let value = rest.strip_prefix(':');
        Some(match name.to_ascii_lowercase().as_str() {
            "all" if rest.is_empty() => Self::All,
            "include" => Self::Include(named(value?)?),
            "exists" => Self::Exists(named(value?)?),
            "ptr" if rest.is_empty() => Self::Ptr(None),
            "ptr" => Self::Ptr(Some(named(value?)?)),
            "a" => {
                let (name, lengths) = name_and_lengths(rest)?;
                Self::A(name, lengths)
            }
            "mx" => {
                let (name, lengths) = name_and_lengths(rest)?;
                Self::Mx(name, lengths)
            }
            "ip4" => {
                let (address, length) = network(value?, 32)?;
                Self::Ip(Ipv4Net::new(address.parse::<Ipv4Addr>().ok()?, length).ok()?.into())
            }
            "ip6" => {
                let (address, length) = network(value?, 128)?;
                Self::Ip(Ipv6Net::new(address.parse::<Ipv6Addr>().ok()?, length).ok()?.into())
            }
            _ => return None,
        })
    }
}

/// A name that must be there.
fn named(text: &str) -> Option<Template> {
    Template::read(text).filter(|_| !text.is_empty())
}

/// `:name/24//64`, each part optional. A slash within a macro belongs to the macro.
fn name_and_lengths(rest: &str) -> Option<(Option<Template>, Lengths)> {
    let after = rest.rfind('}').map_or(0, |at| at + 1);
    let slash = rest.get(after..)?.find('/').map_or(rest.len(), |at| after + at);
    let (name, lengths) = rest.split_at_checked(slash)?;
    let name = match name.strip_prefix(':') {
        Some(name) => Some(named(name)?),
        None if name.is_empty() => None,
        None => return None,
    };
    let (ip4, ip6) = match lengths.split_once("//") {
        Some((ip4, ip6)) => (ip4, Some(ip6)),
        None => (lengths, None),
    };
    let ip4 = match ip4.strip_prefix('/') {
        Some(ip4) => length(ip4, 32)?,
        None => 32,
    };
    Some((name, Lengths { ip4, ip6: ip6.map_or(Some(128), |ip6| length(ip6, 128))? }))
}

fn network(text: &str, most: u8) -> Option<(&str, u8)> {
    match text.split_once('/') {
        Some((address, bits)) => Some((address, length(bits, most)?)),
        None => Some((text, most)),
    }
}

/// Without leading zeros (RFC 7208 §12).
fn length(text: &str, most: u8) -> Option<u8> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (canonical && digits).then(|| text.parse().ok().filter(|bits| *bits <= most))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_from_other_text() {
        for (text, want) in [
            ("v=spf1", true),
            ("V=SPF1 -all", true),
            ("v=spf10 -all", false),
            ("v=spf1\t-all", false),
            ("v=spf", false),
            ("google-site-verification=x", false),
        ] {
            assert_eq!(is_record(text), want, "{text}");
        }
    }

    #[test]
    fn records_of_the_standard_are_read() {
        let record = Record::read(
            "v=spf1 a:a.example/24//64 mx/26 -ip4:192.0.2.0/24 ~ip6:2001:db8::/32 ?include:_spf.%{d2} ptr \
             exists:%{ir}.x.example redirect=b.example unknown=x -all",
        )
        .unwrap();
        assert_eq!(record.directives.len(), 8);
        let Mechanism::A(Some(_), lengths) = &record.directives[0].mechanism else { panic!() };
        assert_eq!((lengths.ip4, lengths.ip6), (24, 64));
        let Mechanism::Mx(None, lengths) = &record.directives[1].mechanism else { panic!() };
        assert_eq!((lengths.ip4, lengths.ip6), (26, 128));
        assert_eq!(record.directives[2].mechanism, Mechanism::Ip("192.0.2.0/24".parse().unwrap()));
        assert_eq!(record.directives[3].qualifier, Qualifier::SoftFail);
        assert!(record.redirect.is_some());
    }

    #[test]
    fn what_breaks_the_grammar_is_told() {
        for term in [
            "al",
            "all:",
            "all:x",
            "include",
            "include:",
            "ip4:1.2.3",
            "ip4:1.2.3.4/33",
            "ip4:1.2.3.4/024",
            "ip4:::1",
            "ip6:1.2.3.4",
            "ip6:::1/129",
            "a:",
            "a/",
            "a/33",
            "a//129",
            "a/24//",
            "mx:x/1/2",
            "exists:%{z}",
            "exists:%",
            "exists:%{",
            "redirect=",
            "redirect=a.example redirect=b.example",
            "exp=a.example exp=b.example",
            "--all",
            "ptr:",
            "ptr/24",
        ] {
            assert!(Record::read(&format!("v=spf1 {term}")).is_err(), "{term}");
        }
    }
}
