//! Clauses about `wait`: it ends for the right reason, and in time.

use super::super::bench::Bench;
use super::super::letters::letter;
use super::observing::{delivered, list, raws};
use super::{STEP_DEADLINE, left_out, within, yield_times};
use crate::source::{Interrupt, MailSource, Scope, Wake};
use std::time::Duration;
use tokio::time::Instant;

/// A wait short enough to see it time out.
const SHORT_WAIT: Duration = Duration::from_millis(150);

/// A wait with nothing to report ends when its time has come and not before; the source goes on working.
pub async fn a_wait_times_out<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    delivered(bench, &mut source, 1).await;
    let folders = [bench.inbox()];
    for _ in 0..2 {
        let until = Instant::now() + SHORT_WAIT;
        let wake = within("wait", source.wait(&folders, until, &Interrupt::default())).await;
        assert_eq!(wake.expect("wait works"), Wake::TimedOut);
        assert!(Instant::now() >= until, "it ended too early");
    }
    delivered_next(bench, &mut source).await;
}

/// An interrupt ends a wait that is under way.
pub async fn a_wait_is_interrupted<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    delivered(bench, &mut source, 1).await;
    let folders = [bench.inbox()];
    let interrupt = Interrupt::default();
    let until = Instant::now() + 2 * STEP_DEADLINE;
    let waiting = source.wait(&folders, until, &interrupt);
    let interrupting = async {
        yield_times(20).await;
        interrupt.notify();
    };
    let (wake, ()) = within("wait", async { tokio::join!(waiting, interrupting) }).await;
    assert_eq!(wake.expect("wait works"), Wake::Interrupted);
    delivered_next(bench, &mut source).await;
}

/// A notification before the wait ends it at once, and only that one.
pub async fn a_notification_before_the_wait_counts<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    delivered(bench, &mut source, 1).await;
    let folders = [bench.inbox()];
    let interrupt = Interrupt::default();
    interrupt.notify();
    let until = Instant::now() + 2 * STEP_DEADLINE;
    let wake = within("wait", source.wait(&folders, until, &interrupt)).await;
    assert_eq!(wake.expect("wait works"), Wake::Interrupted);
    let until = Instant::now() + SHORT_WAIT;
    let wake = within("wait", source.wait(&folders, until, &interrupt)).await;
    assert_eq!(wake.expect("wait works"), Wake::TimedOut, "one notification ends one wait");
}

/// A source that announces ends the wait when mail arrives, long before its time.
pub async fn new_mail_is_announced<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let (_, _, cursor) = delivered(bench, &mut source, 1).await;
    if !source.capabilities().announces {
        return left_out("new mail is announced", "the source does not announce");
    }
    let folders = [bench.inbox()];
    let new = letter("announced");
    let interrupt = Interrupt::default();
    let until = Instant::now() + 2 * STEP_DEADLINE;
    let waiting = source.wait(&folders, until, &interrupt);
    let arriving = async {
        yield_times(20).await;
        bench.deliver(&new).await;
    };
    let (wake, ()) = within("wait", async { tokio::join!(waiting, arriving) }).await;
    assert_eq!(wake.expect("wait works"), Wake::Changed);
    let (heads, _) = list(&mut source, &folders[0], Scope::NewFromAll, Some(&cursor), 10).await;
    assert_eq!(raws(&mut source, &folders[0], &heads).await, [new]);
}

/// Mail that arrives between the listing and the wait is announced too.
pub async fn mail_that_came_before_the_wait_is_announced<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let (_, _, cursor) = delivered(bench, &mut source, 1).await;
    if !source.capabilities().announces {
        return left_out("mail that came before the wait is announced", "the source does not announce");
    }
    let new = letter("in between");
    bench.deliver(&new).await;
    let folders = [bench.inbox()];
    let until = Instant::now() + 2 * STEP_DEADLINE;
    let wake = within("wait", source.wait(&folders, until, &Interrupt::default())).await;
    assert_eq!(wake.expect("wait works"), Wake::Changed);
    let (heads, _) = list(&mut source, &folders[0], Scope::NewFromAll, Some(&cursor), 10).await;
    assert_eq!(raws(&mut source, &folders[0], &heads).await, [new]);
}

/// A wait may be dropped at any point.
pub async fn a_dropped_wait_leaves_a_usable_source<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    delivered(bench, &mut source, 1).await;
    let folders = [bench.inbox()];
    for times in [0, 1, 2, 5, 20, 100] {
        let interrupt = Interrupt::default();
        let until = Instant::now() + 2 * STEP_DEADLINE;
        tokio::select! {
            biased;
            wake = source.wait(&folders, until, &interrupt) => panic!("nothing happened, yet {wake:?}"),
            () = yield_times(times) => {}
        }
    }
    delivered_next(bench, &mut source).await;
}

/// The source still lists and fetches.
async fn delivered_next<B: Bench>(bench: &mut B, source: &mut B::Source) {
    let next = letter("next");
    bench.deliver(&next).await;
    let inbox = bench.inbox();
    let (heads, _) = list(source, &inbox, Scope::NewFromAll, None, 10).await;
    assert_eq!(raws(source, &inbox, &heads).await.last(), Some(&next));
}
