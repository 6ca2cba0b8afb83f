//! Waiting for a change on disk: events of the kernel where there are any, a look each second everywhere.

use crate::blocking::Lane;
use mailcase_mail::{Interrupt, SourceError, Wake};
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// How often the file system is asked: network shares send no events for what other machines do.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Most directories watched by events; more are only looked at.
const WATCHES_MAX: usize = 256;

/// What a look found.
#[derive(Debug)]
pub(crate) struct Look {
    /// There is something new.
    pub(crate) news: bool,
    /// Where changes would show.
    pub(crate) watched: Vec<PathBuf>,
    /// When something may be new without any event, because it was still being written.
    pub(crate) again_in: Option<Duration>,
}

/// Waits until a look finds news. `look` is told whether an event makes a thorough look necessary.
pub(crate) async fn wait<F>(
    lane: &Lane,
    until: Instant,
    interrupt: &Interrupt,
    mut look: impl FnMut(bool) -> F + Send,
) -> Result<Wake, SourceError>
where
    F: Future<Output = Result<Look, SourceError>> + Send,
{
    let waiting = async {
        let first = look(false).await?;
        if first.news {
            return Ok(Wake::Changed);
        }
        let mut events = Events::on(lane, first.watched).await;
        // Looked at again at once: something may have come before the events did.
        let mut thorough = false;
        loop {
            let found = look(thorough).await?;
            if found.news {
                return Ok(Wake::Changed);
            }
            let pause = found.again_in.map_or(LOOK_EVERY, |again_in| again_in.min(LOOK_EVERY));
            thorough = tokio::select! {
                () = events.next() => true,
                () = tokio::time::sleep(pause) => false,
            };
        }
    };
    tokio::select! {
        biased;
        () = interrupt.notified() => Ok(Wake::Interrupted),
        wake = waiting => wake,
        () = tokio::time::sleep_until(until) => Ok(Wake::TimedOut),
    }
}

#[cfg(target_os = "linux")]
use self::linux::Events;
#[cfg(not(target_os = "linux"))]
use self::other::Events;

#[cfg(target_os = "linux")]
mod linux {
    //! Events by inotify.

    use super::{Lane, PathBuf, WATCHES_MAX};
    use futures::{FutureExt, StreamExt};
    use inotify::{EventStream, Inotify, WatchMask};

    /// Room for many events at once; what does not fit comes with the next read.
    const BUFFER_BYTES: usize = 4096;

    pub(super) struct Events(Option<EventStream<Vec<u8>>>);

    impl Events {
        /// Watches `paths`. Without events (too many paths or watchers, another file system) the regular look remains.
        pub(super) async fn on(lane: &Lane, paths: Vec<PathBuf>) -> Self {
            if paths.len() > WATCHES_MAX {
                return Self(None);
            }
            let added = lane.run("watching the folder", move || {
                let Ok(inotify) = Inotify::init() else { return Ok(None) };
                let mask =
                    WatchMask::CREATE | WatchMask::MOVED_TO | WatchMask::CLOSE_WRITE | WatchMask::DELETE_SELF;
                let added = paths.iter().all(|path| inotify.watches().add(path, mask).is_ok());
                Ok(added.then_some(inotify))
            });
            let inotify = added.await.ok().flatten();
            Self(inotify.and_then(|inotify| inotify.into_event_stream(vec![0; BUFFER_BYTES]).ok()))
        }

        /// Returns when something happened; several things at once count once.
        pub(super) async fn next(&mut self) {
            let Some(stream) = &mut self.0 else { return std::future::pending().await };
            if !matches!(stream.next().await, Some(Ok(_))) {
                self.0 = None;
                return std::future::pending().await;
            }
            while let Some(Some(Ok(_))) = stream.next().now_or_never() {}
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    //! No events: the regular look remains.

    use super::{Lane, PathBuf};

    pub(super) struct Events;

    impl Events {
        pub(super) async fn on(_lane: &Lane, _paths: Vec<PathBuf>) -> Self {
            Self
        }

        pub(super) async fn next(&mut self) {
            std::future::pending().await
        }
    }
}
