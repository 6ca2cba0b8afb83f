//! A source that breaks one rule of the contract and keeps all others.

use crate::bench::FakeBench;
use bytes::Bytes;
use mailcase_mail::testkit::{Abilities, Bench, FakeMailbox, FakeSource, HeldMessage};
use mailcase_mail::{
    ActOutcome, Capabilities, CheckReport, Cursor, Discovery, Fetched, FetchedSender, Folder, FolderPath,
    Interrupt, MailSource, RemoteAction, RemoteHead, RemoteId, Scope, SourceError, Wake,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    SkipsTheLastOfAPage,
    ListsNewestFirst,
    IgnoresTheCursor,
    IgnoresReadMarks,
    IgnoresTheLimit,
    ForgetsTheFirstRun,
    HidesResets,
    EmptyForMissingFolders,
    FetchMarksRead,
    MakesLineEndsCrlf,
    DropsTheLastLineEnd,
    ChunksWithoutBound,
    ForgetsGoneMessages,
    ForgetsTheLast,
    AnswersTwice,
    OkAfterACut,
    OkWithoutReceiver,
    OutcomesReversed,
    DeletesAll,
    MoveCopies,
    RefusesWhatIsGone,
    InventoryOfUnread,
    WaitsForever,
    DeafToInterrupts,
    NeverAnnounces,
    CheckIgnoresFolders,
}

pub(crate) struct Faulty {
    inner: FakeSource,
    fault: Fault,
}

impl Faulty {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    async fn fetch_through(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        let (relay, mut relayed) = mpsc::channel(1);
        let fault = self.fault;
        let fetching = async {
            let result = self.inner.fetch(folder, ids, &relay).await;
            drop(relay);
            result
        };
        let passing = async {
            let mut gathered = Vec::new();
            while let Some(fetched) = relayed.recv().await {
                for fetched in spoiled(fault, fetched, &mut gathered) {
                    if out.send(fetched).await.is_err() && fault != Fault::OkWithoutReceiver {
                        return Err(SourceError::Abandoned);
                    }
                }
            }
            Ok(())
        };
        let (fetched, passed) = tokio::join!(fetching, passing);
        if fault == Fault::OkAfterACut { Ok(()) } else { fetched.and(passed) }
    }
}

/// What is said in place of `fetched`.
fn spoiled(fault: Fault, fetched: Fetched, gathered: &mut Vec<u8>) -> Vec<Fetched> {
    match (fault, fetched) {
        (Fault::MakesLineEndsCrlf, Fetched::Chunk(chunk)) => {
            let text = String::from_utf8_lossy(&chunk).replace("\r\n", "\n").replace('\n', "\r\n");
            vec![Fetched::Chunk(Bytes::from(text))]
        }
        (Fault::DropsTheLastLineEnd, Fetched::Chunk(chunk)) => {
            vec![Fetched::Chunk(chunk.slice(..chunk.len() - 1))]
        }
        (Fault::ChunksWithoutBound, Fetched::Chunk(chunk)) => {
            gathered.extend_from_slice(&chunk);
            Vec::new()
        }
        (Fault::ChunksWithoutBound, Fetched::End) => {
            vec![Fetched::Chunk(Bytes::from(std::mem::take(gathered))), Fetched::End]
        }
        (Fault::ForgetsGoneMessages, Fetched::Gone(_)) => Vec::new(),
        (Fault::AnswersTwice, Fetched::Gone(id)) => vec![Fetched::Gone(id.clone()), Fetched::Gone(id)],
        (_, fetched) => vec![fetched],
    }
}

impl MailSource for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn check(&mut self, folders: &[FolderPath]) -> CheckReport {
        let folders = if self.is(Fault::CheckIgnoresFolders) { &[] } else { folders };
        self.inner.check(folders).await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>, SourceError> {
        self.inner.folders().await
    }

    async fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        let after = after.filter(|_| !self.is(Fault::IgnoresTheCursor));
        let limit = if self.is(Fault::IgnoresTheLimit) { limit + 1 } else { limit };
        let scope = if self.is(Fault::IgnoresReadMarks) { Scope::NewFromAll } else { scope };
        let found = self.inner.discover(folder, scope, after, limit).await;
        if let (Fault::EmptyForMissingFolders, Err(_)) = (self.fault, &found) {
            return Ok(Discovery {
                messages: Vec::new(),
                cursor: Cursor::new("x"),
                more: false,
                reset: None,
            });
        }
        let mut page = found?;
        match self.fault {
            Fault::SkipsTheLastOfAPage => drop(page.messages.pop()),
            Fault::ListsNewestFirst => page.messages.reverse(),
            Fault::HidesResets => page.reset = None,
            _ => {}
        }
        Ok(page)
    }

    async fn fetch(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        let asked = match ids.split_last() {
            Some((_, others)) if self.is(Fault::ForgetsTheLast) => others,
            _ => ids,
        };
        self.fetch_through(folder, asked, out).await?;
        if self.is(Fault::FetchMarksRead) {
            self.inner.act(folder, ids, &RemoteAction::MarkRead).await?;
        }
        Ok(())
    }

    async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        let mut heads = self.inner.inventory(folder).await?;
        if self.is(Fault::InventoryOfUnread) {
            heads.retain(|head| head.seen == Some(false));
        }
        Ok(heads)
    }

    async fn act(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> Result<Vec<ActOutcome>, SourceError> {
        if self.is(Fault::MoveCopies) && matches!(action, RemoteAction::Move(_)) {
            return Ok(vec![ActOutcome::Done; ids.len()]);
        }
        if self.is(Fault::DeletesAll) && *action == RemoteAction::Delete {
            let all: Vec<_> = self.inner.inventory(folder).await?.into_iter().map(|head| head.id).collect();
            self.inner.act(folder, &all, action).await?;
            return Ok(vec![ActOutcome::Done; ids.len()]);
        }
        let mut outcomes = self.inner.act(folder, ids, action).await?;
        if self.is(Fault::OutcomesReversed) {
            outcomes.reverse();
        }
        if self.is(Fault::RefusesWhatIsGone) {
            let refused = ActOutcome::Refused { reason: "gone".to_owned() };
            outcomes
                .iter_mut()
                .filter(|outcome| **outcome == ActOutcome::Gone)
                .for_each(|gone| *gone = refused.clone());
        }
        Ok(outcomes)
    }

    fn was_before_first_run(&self, cursor: &Cursor, id: &RemoteId) -> bool {
        !self.is(Fault::ForgetsTheFirstRun) && self.inner.was_before_first_run(cursor, id)
    }

    async fn wait(
        &mut self,
        folders: &[FolderPath],
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        match self.fault {
            Fault::WaitsForever => std::future::pending().await,
            Fault::DeafToInterrupts => self.inner.wait(folders, until, &Interrupt::default()).await,
            Fault::NeverAnnounces => self.inner.wait(&[], until, interrupt).await,
            _ => self.inner.wait(folders, until, interrupt).await,
        }
    }
}

/// The fake's world, with a source that breaks a rule.
pub(crate) struct FaultyBench {
    world: FakeBench,
    fault: Fault,
}

impl FaultyBench {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { world: FakeBench(FakeMailbox::new()), fault }
    }
}

impl Bench for FaultyBench {
    type Source = Faulty;

    fn abilities(&self) -> Abilities {
        self.world.abilities()
    }

    fn source(&self) -> Faulty {
        Faulty { inner: self.world.source(), fault: self.fault }
    }

    fn inbox(&self) -> FolderPath {
        self.world.inbox()
    }

    fn other_folder(&self) -> FolderPath {
        self.world.other_folder()
    }

    fn missing_folder(&self) -> FolderPath {
        self.world.missing_folder()
    }

    async fn deliver(&mut self, raw: &[u8]) {
        self.world.deliver(raw).await;
    }

    async fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) {
        self.world.deliver_dated(raw, received).await;
    }

    async fn move_in(&mut self, raw: &[u8]) {
        self.world.move_in(raw).await;
    }

    async fn remove(&mut self, raw: &[u8]) {
        self.world.remove(raw).await;
    }

    async fn mark_seen(&mut self, raw: &[u8]) {
        self.world.mark_seen(raw).await;
    }

    async fn reset_identities(&mut self) {
        self.world.reset_identities().await;
    }

    async fn list(&mut self, folder: &FolderPath) -> Vec<HeldMessage> {
        self.world.list(folder).await
    }

    async fn cut_connections(&mut self) -> bool {
        self.world.cut_connections().await
    }
}
