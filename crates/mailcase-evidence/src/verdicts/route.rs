//! The way a message took, as far as its Received headers tell it.

use super::{Route, Trust};
use crate::Hop;

/// Hops are newest first.
pub(super) fn of(hops: &[Hop], trust: &Trust) -> Route {
    let second = |hop: &Hop| hop.date.map(jiff::Timestamp::as_second);
    let delays = hops
        .iter()
        .enumerate()
        .map(|(at, hop)| {
            let before = hops.get(at + 1..).unwrap_or_default().iter().find_map(second)?;
            Some(second(hop)?.saturating_sub(before))
        })
        .collect();
    let newest = hops.iter().find_map(second);
    let oldest = hops.iter().rev().find_map(second);
    let several = hops.iter().filter(|hop| hop.date.is_some()).count() > 1;
    let total = newest.zip(oldest).filter(|_| several).map(|(newest, oldest)| newest.saturating_sub(oldest));
    Route { delays, total, border: border(hops, trust) }
}

/// The newest hop is written by the server the message was taken from, and is true. One that came from an own address was
/// handed on by an own server, so the next older hop is true as well. Programs on one machine hand mail on without an
/// address.
fn border(hops: &[Hop], trust: &Trust) -> Option<usize> {
    let last = hops.len().checked_sub(1)?;
    let from_within = |at: usize| {
        let address = hops.get(at).and_then(|hop| hop.from_ip.as_deref());
        address.is_none_or(|address| trust.is_own_address(address))
    };
    Some((0..last).find(|at| !from_within(*at)).unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(by: &str, from_ip: Option<&str>, date: Option<&str>) -> Hop {
        Hop {
            by: Some(by.to_owned()),
            from_ip: from_ip.map(str::to_owned),
            date: date.map(|date| date.parse().unwrap()),
            ..Hop::default()
        }
    }

    #[test]
    fn delays_are_between_dated_hops() {
        let hops = [
            hop("c", None, Some("2026-01-01T00:01:00Z")),
            hop("b", None, None),
            hop("a", None, Some("2026-01-01T00:00:10Z")),
            hop("z", None, Some("2026-01-01T00:00:20Z")),
        ];
        let route = of(&hops, &Trust::default());
        assert_eq!(route.delays, [Some(50), None, Some(-10), None]);
        assert_eq!(route.total, Some(40));
        assert_eq!(of(&[], &Trust::default()), Route::default());
        assert_eq!(of(&hops[..1], &Trust::default()).total, None);
    }

    #[test]
    fn the_border_is_where_own_servers_took_it() {
        let hops = [
            hop("store.example.org", Some("10.0.0.5"), None),
            hop("mx.example.org", Some("192.0.2.7"), None),
            hop("10.0.0.9", Some("10.1.1.1"), None),
        ];
        assert_eq!(of(&hops, &Trust::default()).border, Some(1), "private addresses are within");
        let forged =
            [hop("mx.example.org", Some("192.0.2.7"), None), hop("mx.example.org", Some("10.0.0.5"), None)];
        assert_eq!(of(&forged, &Trust::default()).border, Some(0), "a name proves nothing");
        let networks = Trust { networks: vec!["192.0.2.0/24".parse().unwrap()], ..Trust::default() };
        assert_eq!(of(&hops, &networks).border, Some(2), "everything came from within");
        assert_eq!(of(&[], &Trust::default()).border, None);
    }
}
