//! What an organization says of its own mail: its domains, its people, its servers, and whether the DNS may be asked.

use crate::connector::FieldError;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// Entries of one list. Every message is held against them.
const ENTRIES: usize = 500;
/// Addresses of one person.
const ADDRESSES: usize = 20;
/// Characters of one entry: an address has at most 320.
const ENTRY_CHARS: usize = 320;
/// Shortest name of a person that is told from other words.
const NAME_CHARS: usize = 5;
/// Name servers: the first that answers is believed.
const RESOLVERS: usize = 5;

/// Without any of it nothing a header claims is believed, and nobody is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OriginSettings {
    /// Own domains, each with everything below it.
    pub domains: Vec<String>,
    /// People in whose name others may write.
    pub people: Vec<OwnPerson>,
    /// Names under which own servers write `Authentication-Results`. An empty one stands for headers without a name.
    pub authserv_ids: Vec<String>,
    /// Networks in which own servers hand mail to each other, such as `192.0.2.0/24`.
    pub networks: Vec<String>,
    /// Whether DKIM, ARC, SPF and DMARC are verified with the DNS.
    pub dns: bool,
    /// Name servers to ask instead of those of the system: `192.0.2.53` or `192.0.2.53:5353`.
    pub resolvers: Vec<String>,
}

/// One of the organization's own people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OwnPerson {
    /// As mail programs show it.
    pub name: String,
    /// Further addresses this person writes from, besides those in own domains.
    pub addresses: Vec<String>,
}

impl OriginSettings {
    /// Trimmed, lower case where case means nothing, each once, empty ones left out.
    #[must_use]
    pub fn tidied(self) -> Self {
        let tidy = |list: Vec<String>| once(list.into_iter().map(|one| one.trim().to_lowercase()), false);
        let mut people: Vec<OwnPerson> = Vec::new();
        for person in self.people {
            let name = person.name.split_whitespace().collect::<Vec<_>>().join(" ");
            let person = OwnPerson { name, addresses: tidy(person.addresses) };
            let says_nothing = person.name.is_empty() && person.addresses.is_empty();
            if !says_nothing && !people.contains(&person) {
                people.push(person);
            }
        }
        Self {
            domains: tidy(self.domains),
            people,
            authserv_ids: once(self.authserv_ids.into_iter().map(|one| one.trim().to_lowercase()), true),
            networks: tidy(self.networks),
            dns: self.dns,
            resolvers: tidy(self.resolvers),
        }
    }

    /// Every mistake at once.
    #[must_use]
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        check("domains", &self.domains, ENTRIES, &mut mistakes, |one| {
            (!is_domain(one)).then(|| format!("`{one}` is no domain such as example.org"))
        });
        check("authserv_ids", &self.authserv_ids, ENTRIES, &mut mistakes, |one| {
            let broken = one.contains(|one: char| one.is_whitespace() || matches!(one, ';' | '('));
            broken.then(|| format!("`{one}` is no name servers write in Authentication-Results"))
        });
        check("networks", &self.networks, ENTRIES, &mut mistakes, |one| {
            (!is_network(one)).then(|| format!("`{one}` is no network such as 192.0.2.0/24"))
        });
        check("resolvers", &self.resolvers, RESOLVERS, &mut mistakes, |one| {
            resolver(one)
                .is_none()
                .then(|| format!("`{one}` is no address such as 192.0.2.53 or [2001:db8::1]:53"))
        });
        if self.people.len() > ENTRIES {
            mistakes.push(FieldError::new("people", format!("name at most {ENTRIES}")));
        }
        for (at, person) in self.people.iter().enumerate() {
            let chars = person.name.chars().count();
            if !(NAME_CHARS..=ENTRY_CHARS).contains(&chars) {
                let message = format!("a name has {NAME_CHARS} to {ENTRY_CHARS} characters");
                mistakes.push(FieldError::new(format!("people[{at}].name"), message));
            }
            let field = format!("people[{at}].addresses");
            check(&field, &person.addresses, ADDRESSES, &mut mistakes, |one| {
                let address =
                    one.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && is_domain(host));
                (!address).then(|| format!("`{one}` is no address"))
            });
        }
        mistakes
    }

    /// The name servers to ask; none stands for those of the system.
    #[must_use]
    pub fn name_servers(&self) -> Vec<SocketAddr> {
        self.resolvers.iter().filter_map(|one| resolver(one)).collect()
    }
}

fn once(items: impl Iterator<Item = String>, empty: bool) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for one in items {
        if (empty || !one.is_empty()) && !list.contains(&one) {
            list.push(one);
        }
    }
    list
}

fn check(
    field: &str,
    list: &[String],
    most: usize,
    mistakes: &mut Vec<FieldError>,
    wrong: impl Fn(&str) -> Option<String>,
) {
    if list.len() > most {
        mistakes.push(FieldError::new(field, format!("name at most {most}")));
    }
    for (at, one) in list.iter().enumerate() {
        let message = if one.chars().count() > ENTRY_CHARS {
            Some(format!("an entry has at most {ENTRY_CHARS} characters"))
        } else {
            wrong(one)
        };
        mistakes.extend(message.map(|message| FieldError::new(format!("{field}[{at}]"), message)));
    }
}

fn is_domain(text: &str) -> bool {
    let Ok(ascii) = idna::domain_to_ascii(text) else { return false };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let last = ascii.rsplit('.').next().unwrap_or_default();
    ascii.contains('.')
        && ascii.len() <= 253
        && ascii.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_network(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    digits && length.parse::<u8>().is_ok_and(|length| length <= most)
}

/// Port 53 unless another is named.
fn resolver(text: &str) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| Some(SocketAddr::new(text.parse().ok()?, 53)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Vec<String> {
        items.iter().map(|one| (*one).to_owned()).collect()
    }

    #[test]
    fn settings_are_tidied() {
        let settings = OriginSettings {
            domains: list(&[" Example.org", "example.org", ""]),
            people: vec![
                OwnPerson { name: " Jane  Doe ".to_owned(), addresses: list(&["Jane@Private.Example "]) },
                OwnPerson::default(),
            ],
            authserv_ids: list(&["MX.example.org", ""]),
            ..OriginSettings::default()
        };
        let tidied = settings.tidied();
        assert_eq!(tidied.domains, ["example.org"]);
        assert_eq!(tidied.people.len(), 1);
        assert_eq!(
            (tidied.people[0].name.as_str(), &tidied.people[0].addresses[..]),
            ("Jane Doe", &list(&["jane@private.example"])[..])
        );
        assert_eq!(tidied.authserv_ids, ["mx.example.org", ""], "Exchange names nobody");
        assert_eq!(tidied.mistakes(), []);
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let person =
            |name: &str, address: &str| OwnPerson { name: name.to_owned(), addresses: list(&[address]) };
        let settings = OriginSettings {
            domains: list(&["example.org", "bücher.example", "org", "a b.org", "192.0.2.1", "@example.org"]),
            people: vec![person("Jane Doe", "jane@a.example"), person("Jo", "jane")],
            authserv_ids: list(&["mx.example.org", "a b"]),
            networks: list(&["192.0.2.0/24", "2001:db8::/32", "192.0.2.0/33", "192.0.2.0", "a/8"]),
            dns: true,
            resolvers: list(&["192.0.2.53", "[2001:db8::1]:5353", "2001:db8::1", "dns.example"]),
        };
        let fields: Vec<String> = settings.mistakes().into_iter().map(|one| one.field).collect();
        assert_eq!(
            fields,
            [
                "domains[2]",
                "domains[3]",
                "domains[4]",
                "domains[5]",
                "authserv_ids[1]",
                "networks[2]",
                "networks[3]",
                "networks[4]",
                "resolvers[3]",
                "people[1].name",
                "people[1].addresses[0]",
            ]
        );
        let servers: Vec<String> = settings.name_servers().iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["192.0.2.53:53", "[2001:db8::1]:5353", "[2001:db8::1]:53"]);
        let many =
            OriginSettings { domains: vec!["a.example".to_owned(); ENTRIES + 1], ..Default::default() };
        assert_eq!(many.mistakes()[0].field, "domains");
    }
}
