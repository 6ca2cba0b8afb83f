//! The runners of this process: which connector each runs, and how they end.

use mailcase_core::ConnectorId;
use mailcase_mail::Interrupt;
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

/// A runner that was aborted ends at its next step; if it stands still within one, it is left to itself.
const ABORT_LONGEST: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) task: JoinHandle<()>,
    pub(crate) cancel: CancellationToken,
    pub(crate) interrupt: Interrupt,
}

#[derive(Debug)]
pub(crate) struct Runners {
    running: HashMap<ConnectorId, Running>,
    /// Told to end; each of these tasks waits for one of them, for a bounded time.
    ending: HashMap<ConnectorId, JoinHandle<()>>,
    patience: Duration,
}

impl Runners {
    pub(crate) fn new(patience: Duration) -> Self {
        Self { running: HashMap::new(), ending: HashMap::new(), patience }
    }

    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    pub(crate) fn started(&mut self, connector: ConnectorId, runner: Running) {
        self.running.insert(connector, runner);
    }

    pub(crate) fn wake(&self, connector: ConnectorId) {
        if let Some(runner) = self.running.get(&connector) {
            runner.interrupt.notify();
        }
    }

    pub(crate) fn wake_all(&self) {
        for runner in self.running.values() {
            runner.interrupt.notify();
        }
    }

    /// Tells the connector's runner to end, and waits for nothing.
    pub(crate) fn end(&mut self, connector: ConnectorId) {
        if let Some(runner) = self.running.remove(&connector) {
            runner.cancel.cancel();
            self.ending.insert(connector, tokio::spawn(ended(connector, runner.task, self.patience)));
        }
    }

    /// The end of the runner the connector had before, if it has not come yet: to be awaited before another begins.
    pub(crate) fn take_ending(&mut self, connector: ConnectorId) -> Option<JoinHandle<()>> {
        self.ending.remove(&connector)
    }

    /// Forgets those that have ended, also by themselves.
    pub(crate) fn forget_ended(&mut self) {
        self.ending.retain(|_, ending| !ending.is_finished());
        let finished = self.running.iter().filter(|(_, runner)| runner.task.is_finished());
        for connector in finished.map(|(connector, _)| *connector).collect::<Vec<_>>() {
            self.end(connector);
        }
    }

    /// Tells all to end and waits for it, all at once: no longer than the patience with one of them.
    pub(crate) async fn end_all(mut self) {
        for connector in self.running.keys().copied().collect::<Vec<_>>() {
            self.end(connector);
        }
        for (_, ending) in self.ending {
            join(ending).await;
        }
    }
}

/// Waits for a runner that was told to end; one that does not is aborted. Its fence keeps it from writing.
async fn ended(connector: ConnectorId, mut task: JoinHandle<()>, patience: Duration) {
    match tokio::time::timeout(patience, &mut task).await {
        Ok(outcome) => tell(outcome),
        Err(_) => {
            tracing::warn!(%connector, ?patience, "a runner did not end in time and is aborted");
            task.abort();
            match tokio::time::timeout(ABORT_LONGEST, task).await {
                Ok(outcome) => tell(outcome),
                Err(_) => tracing::error!(%connector, "an aborted runner stands still and is left to itself"),
            }
        }
    }
}

pub(crate) async fn join(task: JoinHandle<()>) {
    tell(task.await);
}

fn tell(outcome: Result<(), JoinError>) {
    if let Err(error) = outcome
        && !error.is_cancelled()
    {
        tracing::error!(%error, "a runner ended abnormally");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    fn running(task: impl Future<Output = ()> + Send + 'static) -> Running {
        Running {
            task: tokio::spawn(task),
            cancel: CancellationToken::new(),
            interrupt: Interrupt::default(),
        }
    }

    #[tokio::test]
    async fn a_runner_that_will_not_end_is_aborted_and_holds_up_nobody() {
        let mut runners = Runners::new(Duration::from_millis(20));
        let (stubborn, other) = (ConnectorId::new(), ConnectorId::new());
        let (alive, ended) = oneshot::channel::<()>();
        runners.started(
            stubborn,
            running(async move {
                let _alive = alive;
                std::future::pending::<()>().await;
            }),
        );
        runners.started(other, running(async {}));
        runners.end(stubborn);
        assert_eq!(runners.len(), 1, "told to end, not waited for");
        join(runners.take_ending(stubborn).unwrap()).await;
        assert!(ended.await.is_err(), "it is gone when its successor may begin");
        runners.end_all().await;
    }

    #[tokio::test]
    async fn those_that_end_by_themselves_are_forgotten_also_by_a_panic() {
        let mut runners = Runners::new(Duration::from_secs(60));
        let (tells, told) = oneshot::channel::<()>();
        runners.started(
            ConnectorId::new(),
            running(async move {
                let _tells = tells;
                panic!("a bug");
            }),
        );
        assert!(told.await.is_err());
        while runners.len() + runners.ending.len() > 0 {
            tokio::task::yield_now().await;
            runners.forget_ended();
        }
    }
}
