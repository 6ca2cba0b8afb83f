//! Clauses about identities the server gave anew.

use super::super::bench::Bench;
use super::observing::{Answer, delivered, fetch, held, ids, list, page, raws};
use super::{left_out, within};
use crate::source::{ActOutcome, MailSource, RemoteAction, Scope};

/// A reset is reported once, with a reason, and everything is listed under the new identities.
pub async fn reset_identities_are_reported_and_listed_anew<B: Bench>(bench: &mut B) {
    if !bench.abilities().resets {
        return left_out("reset identities are reported", "identities are never reset");
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (old, letters, cursor) = delivered(bench, &mut source, 3).await;
    bench.reset_identities().await;
    for mut source in [source, bench.source()] {
        let first = page(&mut source, &inbox, Scope::NewFromUnread, Some(&cursor), 2).await;
        let reset = first.reset.expect("the reset is reported");
        assert!(!reset.reason.is_empty());
        assert_eq!(first.messages.len(), 2);
        let rest = page(&mut source, &inbox, Scope::NewFromUnread, Some(&first.cursor), 2).await;
        assert_eq!(rest.reset, None, "it is reported once");
        let heads: Vec<_> = first.messages.into_iter().chain(rest.messages).collect();
        let mut found = raws(&mut source, &inbox, &heads).await;
        found.sort();
        assert_eq!(found, letters, "everything is listed anew");
        assert!(!ids(&heads).iter().any(|id| old.contains(id)), "under new identities");
    }
}

/// After a reset an old identity names nothing: fetching it is `Gone`, acting on it changes nothing.
pub async fn old_identities_name_nothing_after_a_reset<B: Bench>(bench: &mut B) {
    if !bench.abilities().resets {
        return left_out("old identities name nothing after a reset", "identities are never reset");
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (old, _, cursor) = delivered(bench, &mut source, 3).await;
    bench.reset_identities().await;
    let before = held(bench).await;
    for mut source in [source, bench.source()] {
        let answers = fetch(&mut source, &inbox, &old).await;
        assert!(answers.values().all(|answer| *answer == Answer::Gone), "{answers:?}");
        let mut actions = vec![RemoteAction::MarkRead];
        if bench.abilities().moves_and_deletes {
            actions.extend([RemoteAction::Delete, RemoteAction::Move(bench.other_folder())]);
        }
        for action in actions {
            let outcomes = within("act", source.act(&inbox, &old, &action)).await.expect("act works");
            assert_eq!(outcomes, [ActOutcome::Gone, ActOutcome::Gone, ActOutcome::Gone], "{action:?}");
        }
        assert_eq!(held(bench).await, before, "nothing was done to the messages under their new identities");
        let (heads, next) = list(&mut source, &inbox, Scope::NewFromAll, Some(&cursor), 10).await;
        assert_eq!(heads.len(), 3);
        let (none, _) = list(&mut source, &inbox, Scope::NewFromAll, Some(&next), 10).await;
        assert!(none.is_empty());
    }
}
