//! Clauses about `act`: only the messages named, idempotent, one outcome each.

use super::super::bench::Bench;
use super::observing::{delivered, held, held_in};
use super::{left_out, within};
use crate::error::SourceError;
use crate::remote::{FolderPath, RemoteId};
use crate::source::{ActOutcome, MailSource, RemoteAction};

async fn act<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    ids: &[RemoteId],
    action: &RemoteAction,
) -> Vec<ActOutcome> {
    let outcomes = within("act", source.act(folder, ids, action)).await.expect("act works");
    assert_eq!(outcomes.len(), ids.len(), "one outcome per id");
    outcomes
}

async fn raw_in<B: Bench>(bench: &mut B, folder: &FolderPath) -> Vec<Vec<u8>> {
    held_in(bench, folder).await.into_iter().map(|(raw, _)| raw).collect()
}

/// No ids, no outcomes, no change.
pub async fn acting_on_nothing_does_nothing<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    delivered(bench, &mut source, 2).await;
    let before = held(bench).await;
    assert_eq!(act(&mut source, &inbox, &[], &RemoteAction::MarkRead).await, []);
    if bench.abilities().moves_and_deletes {
        assert_eq!(act(&mut source, &inbox, &[], &RemoteAction::Delete).await, []);
    }
    assert_eq!(held(bench).await, before);
}

/// Marking read marks the messages named and no others. A mailbox without read marks says it is done.
pub async fn marking_read_marks_only_those<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (ids, letters, _) = delivered(bench, &mut source, 3).await;
    let asked = [ids[2].clone(), ids[0].clone()];
    assert_eq!(
        act(&mut source, &inbox, &asked, &RemoteAction::MarkRead).await,
        [ActOutcome::Done, ActOutcome::Done]
    );
    let marks = bench.abilities().read_marks;
    let expected: Vec<_> =
        letters.iter().enumerate().map(|(at, raw)| (raw.clone(), marks.then_some(at != 1))).collect();
    assert_eq!(held(bench).await, expected);
}

/// Marking read twice is marking read once, also by a fresh source, and keeps the identity.
pub async fn marking_read_twice_is_once<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (ids, _, _) = delivered(bench, &mut source, 2).await;
    for _ in 0..2 {
        let outcomes = act(&mut source, &inbox, &ids[..1], &RemoteAction::MarkRead).await;
        assert_eq!(outcomes, [ActOutcome::Done]);
    }
    let after = held(bench).await;
    let mut source = bench.source();
    assert_eq!(act(&mut source, &inbox, &ids[..1], &RemoteAction::MarkRead).await, [ActOutcome::Done]);
    assert_eq!(held(bench).await, after);
}

/// Moving creates the folder, takes the messages out of theirs, and keeps their bytes.
pub async fn moving_creates_the_folder_and_keeps_the_bytes<B: Bench>(bench: &mut B) {
    if !bench.abilities().moves_and_deletes {
        return left_out("moving creates the folder", "the mailbox cannot move");
    }
    let mut source = bench.source();
    let (inbox, other) = (bench.inbox(), bench.other_folder());
    let (ids, letters, _) = delivered(bench, &mut source, 3).await;
    assert_eq!(raw_in(bench, &other).await, Vec::<Vec<u8>>::new());
    let action = RemoteAction::Move(other.clone());
    assert_eq!(act(&mut source, &inbox, &ids[..2], &action).await, [ActOutcome::Done, ActOutcome::Done]);
    assert_eq!(raw_in(bench, &inbox).await, letters[2..]);
    assert_eq!(raw_in(bench, &other).await, letters[..2]);
    // Into a folder that is there already.
    assert_eq!(act(&mut source, &inbox, &ids[2..], &action).await, [ActOutcome::Done]);
    assert_eq!(raw_in(bench, &other).await, letters);
    let folders = within("folders", source.folders()).await.expect("folders works");
    assert!(folders.iter().any(|folder| folder.path == other), "{other} is missing from {folders:?}");
}

/// A move repeated after a crash finds the message gone and does nothing.
pub async fn moving_twice_is_once<B: Bench>(bench: &mut B) {
    if !bench.abilities().moves_and_deletes {
        return left_out("moving twice is once", "the mailbox cannot move");
    }
    let mut source = bench.source();
    let (inbox, other) = (bench.inbox(), bench.other_folder());
    let (ids, letters, _) = delivered(bench, &mut source, 2).await;
    let action = RemoteAction::Move(other.clone());
    assert_eq!(act(&mut source, &inbox, &ids[..1], &action).await, [ActOutcome::Done]);
    for mut source in [source, bench.source()] {
        assert_eq!(act(&mut source, &inbox, &ids, &action).await[0], ActOutcome::Gone);
    }
    assert_eq!(raw_in(bench, &other).await, letters, "each is there once");
}

/// Deleting removes the messages named and no others; repeated, it finds them gone.
pub async fn deleting_removes_only_those<B: Bench>(bench: &mut B) {
    if !bench.abilities().moves_and_deletes {
        return left_out("deleting removes only those", "the mailbox cannot delete");
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (ids, letters, _) = delivered(bench, &mut source, 4).await;
    let asked = [ids[3].clone(), ids[1].clone()];
    let done = act(&mut source, &inbox, &asked, &RemoteAction::Delete).await;
    assert_eq!(done, [ActOutcome::Done, ActOutcome::Done]);
    assert_eq!(raw_in(bench, &inbox).await, [letters[0].clone(), letters[2].clone()]);
    let again = act(&mut source, &inbox, &asked, &RemoteAction::Delete).await;
    assert_eq!(again, [ActOutcome::Gone, ActOutcome::Gone]);
    assert_eq!(raw_in(bench, &inbox).await.len(), 2);
}

/// One outcome per id, in the order asked, whatever became of each.
pub async fn outcomes_come_in_order<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (ids, letters, _) = delivered(bench, &mut source, 3).await;
    let unknown = RemoteId::new("no such identity");
    let asked = [ids[2].clone(), ids[0].clone(), unknown, ids[1].clone()];
    let mut expected = [ActOutcome::Done, ActOutcome::Done, ActOutcome::Gone, ActOutcome::Done];
    if bench.abilities().removes {
        bench.remove(&letters[1]).await;
        expected[3] = ActOutcome::Gone;
    }
    assert_eq!(act(&mut source, &inbox, &asked, &RemoteAction::MarkRead).await, expected);
}

/// A mailbox that cannot move or delete says so as `Unsupported` and changes nothing.
pub async fn an_action_the_mailbox_lacks_fails_clearly<B: Bench>(bench: &mut B) {
    if bench.abilities().moves_and_deletes {
        return left_out("an action the mailbox lacks fails clearly", "it lacks none");
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (ids, _, _) = delivered(bench, &mut source, 2).await;
    let before = held(bench).await;
    for action in [RemoteAction::Delete, RemoteAction::Move(bench.other_folder())] {
        let error = within("act", source.act(&inbox, &ids, &action)).await.expect_err("it cannot");
        assert!(matches!(error, SourceError::Unsupported { hint: Some(_), .. }), "{error:?}");
    }
    assert_eq!(held(bench).await, before);
}
