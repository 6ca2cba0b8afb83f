//! Clauses about calls that do not end well: dropped futures, cut connections.

use super::super::bench::Bench;
use super::super::letters::letter;
use super::fetching::large_letter;
use super::observing::{delivered, held, ids, list, raws};
use super::{left_out, within, yield_times};
use crate::fetched::{CHUNK_MAX_BYTES, Fetched};
use crate::source::{ActOutcome, MailSource, RemoteAction, Scope};
use std::future::Future;
use tokio::sync::mpsc;

/// How often others run before a call is dropped: the first awaits of a call lie closest together.
const DROP_AFTER_YIELDS: [usize; 9] = [0, 1, 2, 3, 5, 8, 13, 50, 200];

/// Starts a call and drops it after some turns; whether it ended before.
async fn dropped_after<T>(yields: usize, call: impl Future<Output = T>) -> bool {
    tokio::select! {
        biased;
        _ = call => true,
        () = yield_times(yields) => false,
    }
}

/// A fetch dropped in the middle of a message leaves nothing half done: the message can be fetched again.
pub async fn a_fetch_dropped_after_the_first_chunk_can_be_repeated<B: Bench>(bench: &mut B) {
    let messages = [large_letter("large", 4 * CHUNK_MAX_BYTES), letter("small")];
    for message in &messages {
        bench.deliver(message).await;
    }
    let before = held(bench).await;
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (heads, cursor) = list(&mut source, &inbox, Scope::NewFromAll, None, 100).await;
    let asked = ids(&heads);
    for _ in 0..2 {
        let (out, mut received) = mpsc::channel(1);
        let first_chunk = async {
            loop {
                if matches!(received.recv().await.expect("the fetch goes on"), Fetched::Chunk(_)) {
                    return;
                }
            }
        };
        within("fetch", async {
            tokio::select! {
                biased;
                () = first_chunk => {}
                result = source.fetch(&inbox, &asked, &out) => panic!("it ended: {result:?}"),
            }
        })
        .await;
    }
    let (none, _) = list(&mut source, &inbox, Scope::NewFromAll, Some(&cursor), 100).await;
    assert!(none.is_empty());
    assert!(raws(&mut source, &inbox, &heads).await == messages, "the source is usable");
    assert!(held(bench).await == before, "the mailbox is unchanged");
}

/// A listing dropped at any point can be repeated, and skipped nothing.
pub async fn listings_dropped_midway_can_be_repeated<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (all, _, cursor) = delivered(bench, &mut source, 3).await;
    let new = letter("new");
    bench.deliver(&new).await;
    let before = held(bench).await;
    for yields in DROP_AFTER_YIELDS {
        for mut source in [bench.source(), bench.source()] {
            dropped_after(yields, source.discover(&inbox, Scope::NewFromAll, Some(&cursor), 2)).await;
            dropped_after(yields, source.inventory(&inbox)).await;
            dropped_after(yields, source.folders()).await;
            dropped_after(yields, source.check(std::slice::from_ref(&inbox))).await;
            let (heads, _) = list(&mut source, &inbox, Scope::NewFromAll, None, 2).await;
            assert_eq!(ids(&heads)[..3], all);
        }
        dropped_after(yields, source.discover(&inbox, Scope::NewFromAll, Some(&cursor), 2)).await;
        let (heads, _) = list(&mut source, &inbox, Scope::NewFromAll, Some(&cursor), 2).await;
        assert_eq!(raws(&mut source, &inbox, &heads).await, std::slice::from_ref(&new));
    }
    assert_eq!(held(bench).await, before);
}

/// An action dropped at any point was done or was not; repeated, it is done.
pub async fn actions_dropped_midway_can_be_repeated<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (ids, letters, _) = delivered(bench, &mut source, DROP_AFTER_YIELDS.len()).await;
    for (id, yields) in ids.iter().zip(DROP_AFTER_YIELDS) {
        let asked = std::slice::from_ref(id);
        dropped_after(yields, source.act(&inbox, asked, &RemoteAction::MarkRead)).await;
        let outcomes = within("act", source.act(&inbox, asked, &RemoteAction::MarkRead)).await;
        assert_eq!(outcomes.expect("act works"), [ActOutcome::Done]);
    }
    let mut expected: Vec<_> =
        letters.into_iter().map(|raw| (raw, bench.abilities().read_marks.then_some(true))).collect();
    expected.sort();
    assert_eq!(held(bench).await, expected);
    if !bench.abilities().moves_and_deletes {
        return;
    }
    for (id, yields) in ids.iter().zip(DROP_AFTER_YIELDS) {
        let asked = std::slice::from_ref(id);
        let to = RemoteAction::Move(bench.other_folder());
        dropped_after(yields, source.act(&inbox, asked, &to)).await;
        let outcomes = within("act", source.act(&inbox, asked, &to)).await.expect("act works");
        assert!(matches!(outcomes[0], ActOutcome::Done | ActOutcome::Gone), "{outcomes:?}");
    }
    let other = bench.other_folder();
    assert_eq!(held(bench).await, []);
    let moved = bench.list(&other).await.len();
    let copies = if bench.abilities().moves_at_once { 0 } else { expected.len() };
    assert!((expected.len()..=expected.len() + copies).contains(&moved), "{moved}, each once");
}

/// When the server hangs up, the call fails rather than ending half-way, and the next one connects anew.
pub async fn a_cut_connection_fails_the_call_and_is_made_anew<B: Bench>(bench: &mut B) {
    let large = large_letter("large", 5 * CHUNK_MAX_BYTES);
    bench.deliver(&large).await;
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (heads, cursor) = list(&mut source, &inbox, Scope::NewFromAll, None, 100).await;
    let (out, mut received) = mpsc::channel(1);
    let asked = ids(&heads);
    let fetching = async {
        let result = source.fetch(&inbox, &asked, &out).await;
        drop(out);
        result
    };
    let cutting = async {
        let begun = received.recv().await;
        assert!(matches!(begun, Some(Fetched::Begin(_))), "{begun:?}");
        let cut = bench.cut_connections().await;
        let mut ended = false;
        while let Some(fetched) = received.recv().await {
            ended |= fetched == Fetched::End;
        }
        (cut, ended)
    };
    let (result, (cut, ended)) = within("fetch", async { tokio::join!(fetching, cutting) }).await;
    assert_eq!(result.is_ok(), ended, "a fetch is Ok when and only when every message ended: {result:?}");
    if !cut {
        left_out("a cut connection fails the call", "the bench cannot cut connections");
    }
    let new = letter("after the cut");
    bench.deliver(&new).await;
    if ended {
        // Everything had come before the connection was cut: it is this call that meets the end, or none.
        let met = within("discover", source.discover(&inbox, Scope::NewFromAll, Some(&cursor), 100)).await;
        drop(met);
    }
    let (next, _) = list(&mut source, &inbox, Scope::NewFromAll, Some(&cursor), 100).await;
    assert_eq!(raws(&mut source, &inbox, &next).await, [new]);
    assert!(raws(&mut source, &inbox, &heads).await == [large], "the source is usable");
}
