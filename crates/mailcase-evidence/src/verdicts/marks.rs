//! Oddities of the headers that deceivers need, and honest senders sometimes have.

use std::collections::BTreeSet;

use super::{Claims, Mark, MarkKind, Route, organization_of};
use crate::Address;

/// A message may be dated so much after its arrival: clocks differ.
const CLOCKS_DIFFER: i64 = 15 * 60;
/// Mail is delivered within this or bounces (RFC 5321 §4.5.4.1 asks for 4 to 5 days of tries).
const LONG_AGO: i64 = 7 * 24 * 3_600;

pub(super) fn of(claims: Claims<'_>, route: &Route) -> Vec<Mark> {
    let mut marks = Vec::new();
    senders(claims, &mut marks);
    dates(claims, route, &mut marks);
    marks
}

/// Senders whose name is an address, and not theirs.
pub(super) fn names(senders: &[Address]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for sender in senders {
        let Some((name, address)) = sender.name.as_deref().zip(sender.address.as_deref()) else { continue };
        let shown = name.split([' ', '<', '>', '"', '\'', '(', ')', ',']).find(|word| is_address(word));
        if let Some(shown) = shown.filter(|shown| !shown.eq_ignore_ascii_case(address)) {
            let message = format!("the name shown is {shown}, but the message is from {address}");
            marks.push(Mark { kind: MarkKind::NameIsAnotherAddress, message });
        }
    }
    marks
}

fn organizations(list: &[Address]) -> BTreeSet<String> {
    list.iter().filter_map(|one| host(one.address.as_deref()?)).map(organization_of).collect()
}

fn host(address: &str) -> Option<&str> {
    address.trim().rsplit_once('@').map(|(_, host)| host).filter(|host| !host.is_empty())
}

fn senders(claims: Claims<'_>, marks: &mut Vec<Mark>) {
    let mut mark = |kind, message: String| marks.push(Mark { kind, message });
    let envelope = claims.envelope;
    let from = organizations(&envelope.from);
    let is_list = claims.headers.iter().any(|one| one.name.eq_ignore_ascii_case("list-id"));
    if from.is_empty() && !claims.headers.is_empty() {
        mark(MarkKind::NoSender, "no sender address is in From".to_owned());
    }
    if envelope.from.len() > 1 {
        mark(MarkKind::SeveralSenders, format!("From names {} senders", envelope.from.len()));
    }
    marks.extend(names(&envelope.from));
    let mut mark = |kind, message: String| marks.push(Mark { kind, message });
    let foreign = |list: &[Address]| -> Option<String> {
        let others: Vec<String> = organizations(list).difference(&from).cloned().collect();
        (!from.is_empty() && !others.is_empty()).then(|| others.join(", "))
    };
    // Lists set Reply-To and Sender to themselves.
    if let Some(others) = foreign(&envelope.reply_to).filter(|_| !is_list) {
        mark(MarkKind::ReplyToDrift, format!("answers go to {others}, the sender is of {}", joined(&from)));
    }
    if let Some(others) = foreign(&envelope.sender).filter(|_| !is_list) {
        mark(MarkKind::SenderDiffers, format!("handed in by {others} for {}", joined(&from)));
    }
    let path = claims.headers.iter().find(|one| one.name.eq_ignore_ascii_case("return-path"));
    let path = path.map(|one| one.value.trim_matches(['<', '>', ' ']).to_owned());
    if let Some(others) = foreign(&[Address { name: None, address: path }]).filter(|_| !is_list) {
        mark(
            MarkKind::ReturnPathDiffers,
            format!("bounces go to {others}, the sender is of {}", joined(&from)),
        );
    }
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A word that reads like an address.
fn is_address(word: &str) -> bool {
    host(word).is_some_and(|host| host.contains('.') && !host.starts_with('.') && !host.ends_with('.'))
}

fn dates(claims: Claims<'_>, route: &Route, marks: &mut Vec<Mark>) {
    let mut mark = |kind, message: String| marks.push(Mark { kind, message });
    // Only hops up to the border are believed.
    let believed = claims.received.get(..=route.border.unwrap_or_default()).unwrap_or_default();
    let arrived = believed.iter().rev().find_map(|hop| hop.date);
    if let Some((date, arrived)) = claims.envelope.date.zip(arrived) {
        let early = date.as_second().saturating_sub(arrived.as_second());
        if early > CLOCKS_DIFFER {
            mark(MarkKind::DateInFuture, format!("dated {date}, but arrived at {arrived}"));
        } else if early < -LONG_AGO {
            mark(MarkKind::DateLongAgo, format!("dated {date}, and arrived only at {arrived}"));
        }
    }
    if route.delays.iter().flatten().any(|delay| *delay < -CLOCKS_DIFFER) {
        mark(MarkKind::RouteGoesBack, "a hop is dated before the one it took the message from".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Means, examine};

    fn marks(raw: &str) -> Vec<MarkKind> {
        examine(raw.as_bytes(), &Means::default()).verdicts.marks.iter().map(|mark| mark.kind).collect()
    }

    #[test]
    fn senders_that_deceive_are_marked() {
        use MarkKind::{
            NameIsAnotherAddress, NoSender, ReplyToDrift, ReturnPathDiffers, SenderDiffers, SeveralSenders,
        };
        for (raw, want) in [
            ("From: Anna <anna@a.example>\nReply-To: anna@mail.a.example\n\n", &[][..]),
            ("From: Anna <anna@bücher.example>\nReply-To: anna@xn--bcher-kva.example\n\n", &[]),
            ("From: Anna <anna@one.co.uk>\nReply-To: anna@two.co.uk\n\n", &[ReplyToDrift]),
            ("List-Id: <l.example>\nFrom: Anna <anna@a.example>\nReply-To: l@l.example\n\n", &[]),
            ("From: \"ceo@a.example\" <eve@b.example>\n\n", &[NameIsAnotherAddress]),
            ("From: \"Anna (anna@a.example)\" <Anna@A.example>\n\n", &[]),
            ("From: a@a.example, b@a.example\n\n", &[SeveralSenders]),
            ("From: Anna\n\n", &[NoSender]),
            ("From: a@a.example\nSender: b@b.example\n\n", &[SenderDiffers]),
            ("Return-Path: <x@b.example>\nFrom: a@a.example\n\n", &[ReturnPathDiffers]),
            ("Return-Path: <>\nFrom: a@a.example\n\n", &[]),
        ] {
            assert_eq!(marks(raw), want, "{raw}");
        }
    }

    #[test]
    fn dates_that_cannot_be_are_marked() {
        let mail = |date: &str, old: &str| {
            format!(
                "Received: from a by mx.example; Thu, 1 Jan 2026 12:00:00 +0000\n\
                 Received: from b by a; {old}\nDate: {date}\nFrom: a@a.example\n\n"
            )
        };
        let now = "Thu, 1 Jan 2026 11:59:00 +0000";
        assert_eq!(marks(&mail(now, now)), []);
        assert_eq!(marks(&mail("Fri, 2 Jan 2026 12:00:00 +0000", now)), [MarkKind::DateInFuture]);
        assert_eq!(marks(&mail("Mon, 1 Dec 2025 12:00:00 +0000", now)), [MarkKind::DateLongAgo]);
        assert_eq!(marks(&mail(now, "Thu, 1 Jan 2026 13:00:00 +0000")), [MarkKind::RouteGoesBack]);
    }
}
