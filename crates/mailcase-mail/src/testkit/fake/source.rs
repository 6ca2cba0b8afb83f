//! [`FakeSource`]: the fake mailbox through the trait, with the script's faults.

use super::listing::{self, Position};
use super::mailbox::{FakeMailbox, HeldFolder, Performed, State};
use super::script::{Call, Fault};
use crate::check::{CheckReport, CheckStep, StepStatus};
use crate::error::SourceError;
use crate::fetched::{Fetched, FetchedSender};
use crate::glance::{Criterion, GLANCE_BYTES, Glance};
use crate::grant::RefreshTokens;
use crate::remote::{Cursor, Discovery, Folder, FolderPath, RemoteHead, RemoteId};
use crate::source::{
    ActOutcome, Capabilities, Deadlines, Interrupt, MailSource, RemoteAction, Scope, Translation, Wake,
};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use tokio::time::Instant;

/// What the twin puts before the names of the mailbox.
const TWIN: &str = "twin-";

/// A source for a [`FakeMailbox`]. Several may be open on one mailbox.
#[derive(Debug)]
pub struct FakeSource {
    mailbox: FakeMailbox,
    deadlines: Deadlines,
    /// Signs in with what was granted, and takes the next refresh token as providers give one.
    tokens: Option<Arc<dyn RefreshTokens>>,
    /// Arrivals of each folder when it was last listed.
    looked: BTreeMap<FolderPath, u64>,
    /// Stands before every identity: what another kind of source calls the same messages.
    prefix: &'static str,
}

impl FakeSource {
    pub(super) fn new(mailbox: FakeMailbox) -> Self {
        Self { mailbox, deadlines: Deadlines::default(), tokens: None, looked: BTreeMap::new(), prefix: "" }
    }

    /// As a source of another kind for the same mailbox: it has other names for the same messages.
    pub(super) const fn twinned(mut self) -> Self {
        self.prefix = TWIN;
        self
    }

    /// What the mailbox calls what we call `id`; what it never wrote when it is no name of ours.
    fn inside(&self, id: &RemoteId) -> RemoteId {
        RemoteId::new(id.as_str().strip_prefix(self.prefix).unwrap_or_default())
    }

    fn outside(&self, head: RemoteHead) -> RemoteHead {
        RemoteHead { id: RemoteId::new(format!("{}{}", self.prefix, head.id.as_str())), ..head }
    }

    /// What we list of what the mailbox holds.
    fn listed(&self, heads: Vec<RemoteHead>) -> Vec<RemoteHead> {
        let state = self.mailbox.state();
        let is_seen = |head: &RemoteHead| self.prefix.is_empty() || !state.hidden.contains(&head.id);
        heads.into_iter().filter(is_seen).map(|head| self.outside(head)).collect()
    }

    pub(super) fn with_granted(mut self, tokens: Arc<dyn RefreshTokens>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Every sign-in makes the refresh token longer.
    async fn sign_in(&self) -> Result<(), SourceError> {
        let Some(tokens) = &self.tokens else { return Ok(()) };
        let turn = tokens.turn().await?.ok_or_else(|| SourceError::SignIn {
            message: "nobody granted access to the mailbox yet".to_owned(),
            hint: None,
        })?;
        let next = format!("{}+", turn.token().expose_secret());
        turn.end(Some(next.into())).await
    }

    /// How long a call that [hangs](FakeMailbox::hang_next) takes to fail.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// Lets the script strike; the answer is how much may still pass before the connection drops.
    async fn begin(&self, call: Call) -> Result<u64, SourceError> {
        let fault = self.mailbox.state().script.begin(call);
        match fault {
            None => Ok(u64::MAX),
            Some(Fault::Fail(error)) => Err(error),
            Some(Fault::CutAfter(amount)) => Ok(amount),
            Some(Fault::Hold(gate)) => {
                gate.pass().await;
                Ok(u64::MAX)
            }
            Some(Fault::Hang) => {
                tokio::time::sleep(self.deadlines.silence).await;
                Err(SourceError::TimedOut { what: format!("{call:?}"), after: self.deadlines.silence })
            }
        }
    }

    /// Runs a call until it ends or the server hangs up.
    async fn connected<T>(
        &self,
        call: impl Future<Output = Result<T, SourceError>> + Send,
    ) -> Result<T, SourceError> {
        let mut cuts = self.mailbox.cuts();
        tokio::select! {
            biased;
            result = call => result,
            _ = cuts.changed() => Err(hung_up()),
        }
    }

    fn folder<T>(&self, folder: &FolderPath, look: impl FnOnce(&HeldFolder) -> T) -> Result<T, SourceError> {
        let state = self.mailbox.state();
        let held = state.folders.get(folder.as_str()).ok_or_else(|| not_found(folder))?;
        match &held.closed {
            Some(reason) => Err(SourceError::Refused { message: reason.clone() }),
            None => Ok(look(held)),
        }
    }

    /// Sends one message; what is left of `budget` afterwards.
    async fn send(
        &self,
        folder: &FolderPath,
        id: &RemoteId,
        budget: u64,
        out: &FetchedSender,
    ) -> Result<u64, SourceError> {
        let (found, chunk_bytes) = {
            let mut state = self.mailbox.state();
            let chunk_bytes = state.chunk_bytes;
            let held_folder = state.folders.get_mut(folder.as_str()).ok_or_else(|| not_found(folder))?;
            let number = held_folder.number(&self.inside(id));
            let found = number.and_then(|number| {
                let held = held_folder.messages.get(&number)?;
                Some((held_folder.head(number, held), held.raw.clone(), held.unreadable.clone()))
            });
            (found, chunk_bytes)
        };
        let Some((head, mut raw, unreadable)) = found else {
            tell(out, Fetched::Gone(id.clone())).await?;
            return Ok(budget);
        };
        if let Some(reason) = unreadable {
            tell(out, Fetched::Unreadable { id: id.clone(), reason }).await?;
            return Ok(budget);
        }
        tell(out, Fetched::Begin(self.outside(head))).await?;
        let mut budget = budget;
        while !raw.is_empty() {
            let allowed = usize::try_from(budget).unwrap_or(usize::MAX);
            let chunk = raw.split_to(raw.len().min(chunk_bytes).min(allowed));
            if chunk.is_empty() {
                return Err(hung_up());
            }
            budget = budget.saturating_sub(chunk.len() as u64);
            tell(out, Fetched::Chunk(chunk)).await?;
        }
        // Counted before it is told: whoever hears `End` may ask the mailbox at once.
        self.mailbox.state().fetched.push(self.inside(id));
        tell(out, Fetched::End).await?;
        Ok(budget)
    }
}

impl MailSource for FakeSource {
    fn capabilities(&self) -> Capabilities {
        Capabilities { announces: self.mailbox.state().announces }
    }

    async fn check(&mut self, folders: &[FolderPath]) -> CheckReport {
        let mut report = CheckReport::default();
        let connected = match self.sign_in().await {
            Ok(()) => self.begin(Call::Check).await,
            Err(error) => Err(error),
        };
        report.steps.push(step("connect", "Open the mailbox", connected.map(|_| "it is open".to_owned())));
        for folder in folders {
            let found = self.folder(folder, |held| format!("{} messages", held.messages.len()));
            report.steps.push(step("folder", &format!("Find the folder {folder}"), found));
        }
        report
    }

    async fn folders(&mut self) -> Result<Vec<Folder>, SourceError> {
        self.connected(self.begin(Call::Folders)).await?;
        let names = self.mailbox.folder_names();
        Ok(names
            .into_iter()
            .map(|name| Folder {
                role: (name == super::INBOX).then(|| "inbox".to_owned()),
                path: FolderPath::new(name),
                delimiter: Some("/".to_owned()),
                selectable: true,
            })
            .collect())
    }

    async fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        self.sign_in().await?;
        self.connected(self.begin(Call::Discover)).await?;
        let (mut discovery, arrivals) =
            self.folder(folder, |held| (listing::discover(held, scope, after, limit.max(1)), held.arrivals))?;
        self.looked.insert(folder.clone(), arrivals);
        let messages = self.listed(std::mem::take(&mut discovery.messages));
        Ok(Discovery { messages, ..discovery })
    }

    /// Of every message, whatever it is asked: this server cannot search.
    async fn glance(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        _criteria: &[Criterion],
    ) -> Result<Vec<Glance>, SourceError> {
        self.connected(self.begin(Call::Glance)).await?;
        self.folder(folder, |held| {
            let found =
                ids.iter().filter_map(|id| Some((id, held.messages.get(&held.number(&self.inside(id))?)?)));
            found
                .map(|(id, message)| Glance {
                    id: id.clone(),
                    bytes: message.raw.slice(..message.raw.len().min(GLANCE_BYTES)),
                })
                .collect()
        })
    }

    async fn fetch(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        self.connected(async {
            let mut budget = self.begin(Call::Fetch).await?;
            self.folder(folder, |_| ())?;
            for id in ids {
                budget = self.send(folder, id, budget, out).await?;
            }
            Ok(())
        })
        .await
    }

    async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        self.connected(self.begin(Call::Inventory)).await?;
        self.folder(folder, |held| {
            held.messages.iter().map(|(number, message)| held.head(*number, message)).collect()
        })
        .map(|heads| self.listed(heads))
    }

    async fn act(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> Result<Vec<ActOutcome>, SourceError> {
        let mut budget = self.connected(self.begin(Call::Act)).await?;
        let mut outcomes = Vec::with_capacity(ids.len());
        let mut arrived = false;
        {
            let mut state = self.mailbox.state();
            if !state.folders.contains_key(folder.as_str()) {
                return Err(not_found(folder));
            }
            for id in ids {
                if budget == 0 {
                    return Err(hung_up());
                }
                budget = budget.saturating_sub(1);
                let outcome = perform(&mut state, folder, &self.inside(id), action);
                arrived |= outcome == ActOutcome::Done && matches!(action, RemoteAction::Move(_));
                outcomes.push(outcome);
            }
        }
        if arrived {
            self.mailbox.announce();
        }
        // The connection may also drop after the last action and before its answer.
        if budget == 0 { Err(hung_up()) } else { Ok(outcomes) }
    }

    fn was_before_first_run(&self, cursor: &Cursor, id: &RemoteId) -> bool {
        let Some(position) = Position::read(cursor) else { return false };
        let folder = HeldFolder { validity: position.validity, ..HeldFolder::default() };
        let number = folder.number(&self.inside(id));
        number.is_some_and(|number| number <= position.floor || position.out.contains(&number))
    }

    fn leaving_out(&self, cursor: &Cursor, ids: &[RemoteId]) -> Cursor {
        let Some(mut position) = Position::read(cursor) else { return cursor.clone() };
        let folder = HeldFolder { validity: position.validity, ..HeldFolder::default() };
        position.out.extend(ids.iter().filter_map(|id| folder.number(&self.inside(id))));
        position.write()
    }

    /// Of what the mailbox holds: the twin knows both names.
    async fn translate(
        &mut self,
        ids: &[RemoteId],
        way: Translation,
    ) -> Result<Vec<Option<RemoteId>>, SourceError> {
        if self.prefix.is_empty() {
            let message = "the fake mailbox knows its own names alone".to_owned();
            return Err(SourceError::Unsupported { message, hint: None });
        }
        self.connected(self.begin(Call::Translate)).await?;
        let state = self.mailbox.state();
        let is_there = |id: &RemoteId| {
            let mut folders = state.folders.values();
            folders.any(|held| held.number(id).is_some_and(|number| held.messages.contains_key(&number)))
        };
        let named = |id: &RemoteId| match way {
            Translation::Into(_) => Some(self.inside(id)).filter(is_there),
            Translation::From(_) => {
                is_there(id).then(|| RemoteId::new(format!("{}{}", self.prefix, id.as_str())))
            }
        };
        Ok(ids.iter().map(named).collect())
    }

    async fn wait(
        &mut self,
        folders: &[FolderPath],
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        let mut changes = self.mailbox.changes();
        let waiting = async {
            self.begin(Call::Wait).await?;
            let announces = self.capabilities().announces;
            let (Some(folder), true) = (folders.first(), announces) else {
                return std::future::pending().await;
            };
            let first = self.folder(folder, |held| held.arrivals)?;
            let looked = self.looked.get(folder).copied().unwrap_or(first);
            while self.folder(folder, |held| held.arrivals)? == looked {
                if changes.changed().await.is_err() {
                    return std::future::pending().await;
                }
            }
            Ok(Wake::Changed)
        };
        let waiting = self.connected(waiting);
        tokio::select! {
            biased;
            () = interrupt.notified() => Ok(Wake::Interrupted),
            result = waiting => result,
            () = tokio::time::sleep_until(until) => Ok(Wake::TimedOut),
        }
    }
}

fn perform(state: &mut State, folder: &FolderPath, id: &RemoteId, action: &RemoteAction) -> ActOutcome {
    let Some(held) = state.folders.get_mut(folder.as_str()).and_then(|held| held.find(id)) else {
        return ActOutcome::Gone;
    };
    if let Some(reason) = &held.refused {
        return ActOutcome::Refused { reason: reason.clone() };
    }
    match action {
        RemoteAction::MarkRead => held.seen = true,
        // A message that lies where it should go is left alone, with its identity.
        RemoteAction::Move(to) if to == folder => {}
        RemoteAction::Move(to) => {
            state.move_message(folder.as_str(), to.as_str(), id);
        }
        RemoteAction::Delete => {
            state.folders.get_mut(folder.as_str()).and_then(|held| held.take(id));
        }
    }
    state.performed.push(Performed {
        folder: folder.as_str().to_owned(),
        id: id.clone(),
        action: action.clone(),
    });
    ActOutcome::Done
}

async fn tell(out: &FetchedSender, fetched: Fetched) -> Result<(), SourceError> {
    out.send(fetched).await.map_err(|_| SourceError::Abandoned)
}

fn hung_up() -> SourceError {
    SourceError::Unreachable {
        message: "the fake server hung up".to_owned(),
        hint: Some("Try again.".to_owned()),
    }
}

fn not_found(folder: &FolderPath) -> SourceError {
    SourceError::FolderNotFound { folder: folder.clone() }
}

fn step(name: &str, title: &str, result: Result<String, SourceError>) -> CheckStep {
    let (status, detail, hint) = match result {
        Ok(detail) => (StepStatus::Passed, detail, None),
        Err(error) => (StepStatus::Failed, error.to_string(), error.hint().map(str::to_owned)),
    };
    CheckStep {
        name: name.to_owned(),
        title: title.to_owned(),
        status,
        detail,
        hint,
        millis: 0,
        beginning: None,
    }
}
