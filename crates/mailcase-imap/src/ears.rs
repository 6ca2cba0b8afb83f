//! Hearing of new mail in several folders: IDLE (RFC 2177) tells of the one selected, so that each further folder takes a
//! connection of its own, on which nothing is done but waiting.

use crate::session::Session;
use crate::source::ImapSource;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use mailcase_mail::{FolderPath, Interrupt, SourceError, Wake};
use std::time::Duration;
use tokio::time::Instant;

/// Folders heard beside the first. Servers allow one account ten connections (Dovecot) to twenty, and its people have open
/// some themselves; the folders behind these are looked at as often as the connector polls.
const EARS_MAX: usize = 4;
/// A server that refused another connection is not asked for one again before.
const NO_EARS_FOR: Duration = Duration::from_secs(3600);

#[derive(Debug, Default)]
pub(crate) struct Ears {
    /// Taken out during a wait: one that is dropped leaves none.
    open: Vec<(FolderPath, Session)>,
    none_before: Option<Instant>,
}

impl ImapSource {
    /// Waits for news of the first folder in `session`, and of the `others` as far as there are ears for them.
    pub(crate) async fn wait_everywhere(
        &mut self,
        session: &mut Session,
        (first, others): (&FolderPath, &[FolderPath]),
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        if self.moved_on(session, first).await? {
            return Ok(Wake::Changed);
        }
        if others.is_empty() || !session.has("IDLE") {
            return session.wait(until, self.renew_after, interrupt).await;
        }
        let (mut ears, changed) = tokio::select! {
            biased;
            () = interrupt.notified() => return Ok(Wake::Interrupted),
            pricked = self.prick_up(others) => pricked,
        };
        let wake = if changed {
            Ok(Wake::Changed)
        } else {
            hear(session, &mut ears, until, self.renew_after, interrupt).await
        };
        self.ears.open = ears;
        wake
    }

    /// Ears on `folders`, those there are and new ones; and whether one of the folders changed since it was listed.
    async fn prick_up(&mut self, folders: &[FolderPath]) -> (Vec<(FolderPath, Session)>, bool) {
        let mut before = std::mem::take(&mut self.ears.open);
        let (mut ears, mut changed) = (Vec::new(), false);
        for folder in folders.iter().take(EARS_MAX) {
            let kept =
                before.iter().position(|(heard, _)| heard == folder).map(|at| before.swap_remove(at).1);
            let ear = match kept.map(|mut ear| (ear.still_lives(), ear)) {
                Some((true, ear)) => Some(ear),
                _ => self.another_ear().await,
            };
            let Some(mut ear) = ear else { continue };
            match self.moved_on(&mut ear, folder).await {
                Ok(moved_on) => {
                    changed |= moved_on;
                    ears.push((folder.clone(), ear));
                }
                // The next listing meets the trouble too, and tells of it.
                Err(error) => tracing::debug!(%error, "a folder cannot be listened to"),
            }
        }
        (ears, changed)
    }

    async fn another_ear(&mut self) -> Option<Session> {
        if self.ears.none_before.is_some_and(|before| Instant::now() < before) {
            return None;
        }
        match Session::open(&self.account, &self.deadlines).await {
            Ok(session) => Some(session),
            Err(error) => {
                tracing::debug!(%error, "no further connection to listen on; folders are polled");
                self.ears.none_before = Instant::now().checked_add(NO_EARS_FOR);
                None
            }
        }
    }
}

/// Waits on all of them until one hears something. All end in an orderly way, so that they can be used again; an ear that
/// breaks is dropped, which is no reason to stop listening.
async fn hear(
    session: &mut Session,
    ears: &mut Vec<(FolderPath, Session)>,
    until: Instant,
    renew_after: Duration,
    interrupt: &Interrupt,
) -> Result<Wake, SourceError> {
    let stop = Interrupt::default();
    let stops: Vec<Interrupt> = ears.iter().map(|_| Interrupt::default()).collect();
    let mut main = std::pin::pin!(session.wait(until, renew_after, &stop));
    let mut listening: FuturesUnordered<_> = ears
        .iter_mut()
        .zip(&stops)
        .enumerate()
        .map(|(at, ((_, ear), stop))| async move { (at, ear.wait(until, renew_after, stop).await) })
        .collect();
    let (mut ended, mut heard, mut interrupted, mut broken) = (None, false, false, Vec::new());
    while ended.is_none() || !listening.is_empty() {
        tokio::select! {
            biased;
            () = interrupt.notified(), if !interrupted => interrupted = true,
            result = &mut main, if ended.is_none() => ended = Some(result),
            Some((at, result)) = listening.next() => match result {
                Ok(wake) => heard |= wake == Wake::Changed,
                Err(_) => {
                    broken.push(at);
                    continue;
                }
            },
        }
        // Whatever it was, the wait is over.
        stop.notify();
        stops.iter().for_each(Interrupt::notify);
    }
    drop(listening);
    broken.sort_unstable();
    for at in broken.into_iter().rev() {
        ears.remove(at);
    }
    match ended {
        Some(Ok(_)) if heard => Ok(Wake::Changed),
        Some(Ok(_)) if interrupted => Ok(Wake::Interrupted),
        Some(result) => result,
        None => Ok(Wake::TimedOut),
    }
}
