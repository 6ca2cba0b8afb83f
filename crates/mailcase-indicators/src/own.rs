//! What the caller knows: its own assets, hosts everybody knows, and names that imitate its own.

use std::net::IpAddr;

use foldhash::HashSet;
use ipnet::IpNet;
use unicode_security::confusable_detection::skeleton;

use crate::{Finding, Kind, Worth, host};

/// Longest registered name compared by edit distance: a label has at most 63 bytes.
const NAME_BYTES: usize = 63;

/// A caller's allowlist.
#[derive(Debug, Clone, Default)]
pub struct Own {
    domains: HashSet<String>,
    /// Per own domain: its registered name as it looks, its ASCII form.
    looks: Vec<(String, String)>,
    networks: Vec<IpNet>,
    addresses: HashSet<String>,
    well_known: HashSet<String>,
}

/// A name that imitates one of the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookAlike {
    /// Whose name it imitates.
    pub of: String,
    /// Changed, left out, added or swapped letters; 0 when it only looks the same.
    pub distance: usize,
}

impl Own {
    /// Adds a domain with everything below it. What is no host name is left out.
    #[must_use]
    pub fn domain(mut self, name: &str) -> Self {
        if let Some(name) = host::ascii(name) {
            self.looks.push((look(&name), name.clone()));
            self.domains.insert(name);
        }
        self
    }

    /// Adds a network.
    #[must_use]
    pub fn network(mut self, network: IpNet) -> Self {
        self.networks.push(network);
        self
    }

    /// Adds an e-mail address. What is none is left out.
    #[must_use]
    pub fn address(mut self, address: &str) -> Self {
        self.addresses.extend(crate::address(address));
        self
    }

    /// Adds a domain everybody knows, with everything below it. What is no host name is left out.
    #[must_use]
    pub fn well_known(mut self, name: &str) -> Self {
        self.well_known.extend(host::ascii(name));
        self
    }

    /// Whether `name` (lower case, ASCII) is one of the own domains or below one.
    #[must_use]
    pub fn is_own(&self, name: &str) -> bool {
        holds(&self.domains, name)
    }

    /// What a finding is worth to this caller.
    #[must_use]
    pub fn worth(&self, finding: &Finding) -> Worth {
        if finding.worth == Worth::Noise {
            return Worth::Noise;
        }
        let of_host = |name: &str| match () {
            () if holds(&self.domains, name) => Worth::Own,
            () if holds(&self.well_known, name) => Worth::WellKnown,
            () => finding.worth,
        };
        match finding.kind {
            Kind::Domain => of_host(&finding.value),
            Kind::Url => match url::Url::parse(&finding.value).ok().as_ref().and_then(url::Url::host) {
                Some(url::Host::Domain(name)) => of_host(name),
                Some(url::Host::Ipv4(ip)) => self.of_ip(ip.into(), finding.worth),
                Some(url::Host::Ipv6(ip)) => self.of_ip(ip.into(), finding.worth),
                None => finding.worth,
            },
            Kind::Email if self.addresses.contains(&finding.value) => Worth::Own,
            Kind::Email => match finding.value.rsplit_once('@').map(|(_, name)| of_host(name)) {
                // An account at a provider everybody knows is somebody's own.
                Some(Worth::Own) => Worth::Own,
                _ => finding.worth,
            },
            Kind::Ipv4 | Kind::Ipv6 => {
                finding.value.parse().map_or(finding.worth, |ip| self.of_ip(ip, finding.worth))
            }
            _ => finding.worth,
        }
    }

    fn of_ip(&self, ip: IpAddr, otherwise: Worth) -> Worth {
        if self.networks.iter().any(|network| network.contains(&ip)) { Worth::Own } else { otherwise }
    }

    /// Which of the caller's domains `name` (lower case, ASCII) imitates: it looks the same (UTS 39 skeletons), its
    /// registered name is one or two letters away, or holds the own name between hyphens or in a label before it.
    #[must_use]
    pub fn look_alike(&self, name: &str) -> Option<LookAlike> {
        if holds(&self.domains, name) {
            return None;
        }
        let theirs = look(name);
        self.looks
            .iter()
            .filter_map(|(ours, domain)| Some((distance_of(&theirs, ours, name)?, domain)))
            .min_by_key(|(distance, _)| *distance)
            .map(|(distance, domain)| LookAlike { of: domain.clone(), distance })
    }
}

/// Whether `name` or what it is below is in `names`.
fn holds(names: &HashSet<String>, name: &str) -> bool {
    !names.is_empty()
        && std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, rest)| rest))
            .any(|name| names.contains(name))
}

/// The registered name without its suffix, as it looks to people.
fn look(name: &str) -> String {
    let registered = host::registered(name);
    let shown = host::shown(registered).map_or_else(|| registered.to_owned(), |(unicode, _)| unicode);
    let label = shown.split('.').next().unwrap_or_default();
    // Pairs of letters that look like one are not in the tables.
    skeleton(&label.to_lowercase().replace("rn", "m").replace("vv", "w")).collect()
}

fn distance_of(theirs: &str, ours: &str, name: &str) -> Option<usize> {
    if theirs == ours {
        return Some(0);
    }
    // Short names are near to each other by chance.
    let length = ours.chars().count();
    let allowed = match length {
        0..=4 => return None,
        5..=8 => 1,
        _ => 2,
    };
    if name.split(['.', '-']).any(|piece| piece == ours) {
        return Some(0);
    }
    distance(theirs, ours, allowed)
}

/// Edit distance with swaps of neighbours (optimal string alignment), when it is not more than `most`.
fn distance(left: &str, right: &str, most: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > most * 4
        || left.len() > NAME_BYTES * 4
        || right.len() > NAME_BYTES * 4
    {
        return None;
    }
    let right: Vec<char> = right.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (row, one) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&last, column) + usize::from(one != *other);
            let mut best = changed.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let swapped = column.checked_sub(1).and_then(|index| right.get(index)) == Some(&one);
            if swapped && previous == Some(*other) && row > 0 {
                best = best.min(at(&before_last, column - 1) + 1);
            }
            current.push(best);
        }
        previous = Some(one);
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Findings, Limits, scan_text};

    fn own() -> Own {
        Own::default()
            .domain("contoso.example")
            .domain("northwind.com")
            .network("192.0.2.0/24".parse().unwrap())
            .address("boss@mail.example")
            .well_known("microsoft.com")
    }

    #[test]
    fn worth() {
        for (text, want) in [
            ("https://www.contoso.example/x", Worth::Own),
            ("https://notcontoso.example/x", Worth::Normal),
            ("https://www.microsoft.com/x", Worth::WellKnown),
            ("someone@contoso.example", Worth::Own),
            ("someone@microsoft.com", Worth::Normal),
            ("boss@mail.example", Worth::Own),
            ("192.0.2.77", Worth::Own),
            ("http://192.0.2.77/x", Worth::Own),
            ("198.51.100.1", Worth::Normal),
            ("http://www.w3.org/1999/xhtml", Worth::Noise),
        ] {
            let mut findings = Findings::new(Limits::default());
            scan_text(text, &mut findings);
            assert_eq!(own().worth(&findings.as_slice()[0]), want, "{text}");
        }
    }

    #[test]
    fn look_alikes() {
        for (name, want) in [
            ("northwind.com", None),
            ("www.northwind.com", None),
            ("northw1nd.com", Some(("northwind.com", 1))),
            ("northwnid.com", Some(("northwind.com", 1))),
            ("northwind.net", Some(("northwind.com", 0))),
            ("northwind-login.com", Some(("northwind.com", 0))),
            ("northwind.com.evil.example", Some(("northwind.com", 0))),
            ("southbound.com", None),
            // Cyrillic о.
            ("n\u{43e}rthwind.com", Some(("northwind.com", 0))),
        ] {
            let found = own().look_alike(&host::ascii(name).unwrap()).map(|found| (found.of, found.distance));
            assert_eq!(found, want.map(|(of, distance)| (of.to_owned(), distance)), "{name}");
        }
    }
}
