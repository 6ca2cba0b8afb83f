//! Senders that pass for somebody of our own: by a domain that looks like ours, by the name of one of our people, or by
//! one of our domains itself.

use std::collections::BTreeSet;

use unicode_security::confusable_detection::skeleton;

use super::{AuthenticationResults, Claims, Mark, MarkKind, Trust, host_of};
use crate::{Address, Envelope};

/// Senders looked at, and domains of theirs: honest mail names a few, and each is held against everything that is own.
const SENDERS: usize = 20;
/// Bytes of a name that is compared.
const NAME_BYTES: usize = 200;

/// One of our own people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPerson {
    name: String,
    addresses: Vec<String>,
    look: String,
}

impl OwnPerson {
    /// `addresses` are those this person writes from, besides any of our own domains.
    #[must_use]
    pub fn new(name: &str, addresses: &[String]) -> Self {
        let addresses = addresses.iter().map(|one| one.trim().to_lowercase()).collect();
        Self { name: name.trim().to_owned(), addresses, look: look(name) }
    }
}

/// A name as it reads: whatever the order of its words, their case, and letters that look alike.
fn look(name: &str) -> String {
    let name = crate::fields::bounded(name, NAME_BYTES).to_lowercase();
    let mut words: Vec<String> = name
        .split(|one: char| !one.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| skeleton(word).collect())
        .collect();
    words.sort();
    words.join(" ")
}

pub(super) fn marks(claims: Claims<'_>, trust: &Trust) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let envelope = claims.envelope;
    let return_path = claims.headers.iter().find(|one| one.name.eq_ignore_ascii_case("return-path"));
    let return_path = return_path.map(|one| one.value.trim_matches(['<', '>', ' ']).to_owned());
    let return_path = [Address { name: None, address: return_path }];
    let mut seen = BTreeSet::new();
    for (place, list) in [
        ("From", &envelope.from[..]),
        ("Reply-To", &envelope.reply_to[..]),
        ("Sender", &envelope.sender[..]),
        ("Return-Path", &return_path[..]),
    ] {
        for host in list.iter().take(SENDERS).filter_map(|one| host_of(one.address.as_deref()?)) {
            if !seen.insert(host.clone()) || seen.len() > SENDERS {
                continue;
            }
            if let Some(like) = trust.own.look_alike(&host) {
                let shown = mailcase_indicators::host::shown(&host);
                let shown = shown.map(|(unicode, _)| format!(" (shown as {unicode})")).unwrap_or_default();
                let message = format!("{place} is of {host}{shown}, which looks like your own {}", like.of);
                marks.push(Mark { kind: MarkKind::LooksLikeOwnDomain, message });
            }
        }
    }
    for sender in envelope.from.iter().chain(&envelope.reply_to).take(SENDERS) {
        let Some((name, address)) = sender.name.as_deref().zip(sender.address.as_deref()) else { continue };
        if let Some(person) = imitated(name, address, trust)
            && !marks.iter().any(|mark| mark.kind == MarkKind::NameOfOwnPerson)
        {
            let message =
                format!("the name shown is that of your own {}, but the address is {address}", person.name);
            marks.push(Mark { kind: MarkKind::NameOfOwnPerson, message });
        }
    }
    marks
}

fn imitated<'a>(name: &str, address: &str, trust: &'a Trust) -> Option<&'a OwnPerson> {
    if trust.people.is_empty() || host_of(address).is_some_and(|host| trust.own.is_own(&host)) {
        return None;
    }
    let (look, address) = (look(name), address.trim().to_lowercase());
    let same: Vec<&OwnPerson> =
        trust.people.iter().filter(|person| !person.look.is_empty() && person.look == look).collect();
    // Two people may have one name.
    let known = same.iter().any(|person| person.addresses.contains(&address));
    same.first().copied().filter(|_| !known)
}

/// An own server found that a message from an own domain is not.
pub(super) fn failed(envelope: &Envelope, claims: &[AuthenticationResults], trust: &Trust) -> Option<Mark> {
    let from = envelope.from.iter().filter_map(|one| host_of(one.address.as_deref()?));
    let own = from.into_iter().find(|host| trust.own.is_own(host))?;
    let claim = claims.iter().find(|claim| {
        claim.trusted && claim.results.iter().any(|one| one.method == "dmarc" && one.result == "fail")
    })?;
    let server = if claim.server.is_empty() { "your server" } else { &claim.server };
    let message = format!("it says it is from your own {own}, but {server} found that DMARC fails");
    Some(Mark { kind: MarkKind::OwnDomainUnproven, message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Means, Own, examine};

    fn marks(raw: &str) -> Vec<MarkKind> {
        let person = OwnPerson::new("Jane Doe", &["Jane@private.example".to_owned()]);
        let trust = Trust {
            authserv_ids: vec!["mx.contoso.example".to_owned()],
            own: Own::default().domain("contoso.example"),
            people: vec![person],
            ..Trust::default()
        };
        let means = Means { trust: trust.into(), ..Means::default() };
        let kinds = [MarkKind::LooksLikeOwnDomain, MarkKind::NameOfOwnPerson, MarkKind::OwnDomainUnproven];
        let found = examine(raw.as_bytes(), &means).verdicts.marks;
        found.iter().map(|mark| mark.kind).filter(|kind| kinds.contains(kind)).collect()
    }

    #[test]
    fn those_who_pass_for_our_own_are_marked() {
        use MarkKind::{LooksLikeOwnDomain, NameOfOwnPerson};
        for (raw, want) in [
            ("From: Jane Doe <jane@contoso.example>\n\n", &[][..]),
            ("From: Jane Doe <jane@mail.contoso.example>\n\n", &[]),
            ("From: Jane Doe <JANE@private.example>\n\n", &[]),
            ("From: Jane Doe <ceo@evil.example>\n\n", &[NameOfOwnPerson]),
            ("From: \"DOE, Jane\" <ceo@evil.example>\n\n", &[NameOfOwnPerson]),
            ("From: J\u{430}ne D\u{43e}e <ceo@evil.example>\n\n", &[NameOfOwnPerson]),
            ("From: Jane Doering <ceo@evil.example>\n\n", &[]),
            ("From: x <a@cont0so.example>\n\n", &[LooksLikeOwnDomain]),
            ("From: x <a@evil.example>\nReply-To: a@contoso-payments.example\n\n", &[LooksLikeOwnDomain]),
            (
                "From: x <a@c\u{43e}ntoso.example>\nReply-To: b@c\u{43e}ntoso.example\n\n",
                &[LooksLikeOwnDomain],
            ),
            ("Return-Path: <a@contosso.example>\nFrom: x <a@evil.example>\n\n", &[LooksLikeOwnDomain]),
        ] {
            assert_eq!(marks(raw), want, "{raw}");
        }
    }

    #[test]
    fn own_domains_that_fail_are_marked_when_an_own_server_says_so() {
        let mail = |server: &str, result: &str| {
            format!(
                "Authentication-Results: {server}; dmarc={result} header.from=contoso.example\n\
                 Received: from x ([192.0.2.7]) by mx.contoso.example; Thu, 1 Jan 2026 12:00:00 +0000\n\
                 From: a@contoso.example\n\n"
            )
        };
        assert_eq!(marks(&mail("mx.contoso.example", "fail")), [MarkKind::OwnDomainUnproven]);
        assert_eq!(marks(&mail("mx.contoso.example", "pass")), []);
        assert_eq!(marks(&mail("mx.evil.example", "fail")), []);
    }
}
