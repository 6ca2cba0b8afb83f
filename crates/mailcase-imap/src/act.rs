//! Changing the mailbox: the only place that does. Everything may be done twice.

use crate::connection::Answer;
use crate::cursor::parse_remote_id;
use crate::refusal::{asks_for_patience, refused, said};
use crate::session::{Session, folder_command};
use crate::wire::command::Command;
use crate::wire::response::StatusLine;
use crate::wire::uid_set;
use mailcase_mail::{ActOutcome, FolderPath, RemoteAction, RemoteId, SourceError};
use std::collections::{BTreeMap, BTreeSet};

impl Session {
    pub(crate) async fn act(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> Result<Vec<ActOutcome>, SourceError> {
        let selected = self.ensure_selected(folder, true).await?;
        let named: Vec<Option<u32>> = ids
            .iter()
            .map(|id| {
                parse_remote_id(id)
                    .filter(|(validity, _)| *validity == selected.uidvalidity)
                    .map(|(_, uid)| uid)
            })
            .collect();
        let uids: BTreeSet<u32> = named.iter().flatten().copied().collect();
        let uids: Vec<u32> = uids.into_iter().collect();
        let mut outcomes = BTreeMap::new();
        for set in uid_set::sets(&uids) {
            self.act_on_set(&set, action, &mut outcomes).await?;
        }
        // An identity of another life of this folder may name a stranger now: it is gone.
        let outcome =
            |uid: Option<u32>| uid.and_then(|uid| outcomes.get(&uid).cloned()).unwrap_or(ActOutcome::Gone);
        Ok(named.into_iter().map(outcome).collect())
    }

    async fn act_on_set(
        &mut self,
        set: &str,
        action: &RemoteAction,
        outcomes: &mut BTreeMap<u32, ActOutcome>,
    ) -> Result<(), SourceError> {
        let named = uid_set::parse(set).unwrap_or_default();
        // Commands pass over missing messages in silence, so what is there is asked first.
        // Without UIDPLUS a message marked as deleted stays: it counts as gone, and is not copied again.
        let stays = *action != RemoteAction::MarkRead && !self.has("UIDPLUS");
        let mut todo = self.search(&format!("UID {set}{}", if stays { " UNDELETED" } else { "" })).await?;
        // Whatever the server finds: only what was named is touched.
        todo.retain(|&uid| uid_set::holds(&named, uid));
        outcomes.extend(todo.iter().map(|&uid| (uid, ActOutcome::Done)));
        if todo.is_empty() {
            return Ok(());
        }
        let Some(line) = self.attempt(&todo, action).await? else { return Ok(()) };
        if let [only] = todo.as_slice() {
            outcomes.insert(*only, refusal(&line));
            return Ok(());
        }
        // One message may spoil it for the others.
        for uid in todo {
            if let Some(line) = self.attempt(&[uid], action).await? {
                outcomes.insert(uid, refusal(&line));
            }
        }
        Ok(())
    }

    /// Does it; gives back the server's refusal.
    async fn attempt(
        &mut self,
        uids: &[u32],
        action: &RemoteAction,
    ) -> Result<Option<StatusLine>, SourceError> {
        let set = uid_set::compress(uids);
        let seen = Command::new(format!("UID STORE {set} +FLAGS.SILENT (\\Seen)"));
        match action {
            RemoteAction::MarkRead => self.refusal_of(&seen).await,
            RemoteAction::Delete => self.remove(&set).await,
            RemoteAction::Move(target) if self.has("MOVE") => self.transfer("MOVE", &set, target).await,
            RemoteAction::Move(target) => {
                let copied = self.copied(uids, target).await?;
                let others: Vec<u32> = uids.iter().copied().filter(|uid| !copied.contains(uid)).collect();
                if !others.is_empty()
                    && let Some(line) = self.transfer("COPY", &uid_set::compress(&others), target).await?
                {
                    return Ok(Some(line));
                }
                self.remove(&set).await
            }
        }
    }

    /// Marks as deleted and removes exactly these. A bare EXPUNGE would remove what others marked, so without
    /// UIDPLUS they stay marked.
    async fn remove(&mut self, set: &str) -> Result<Option<StatusLine>, SourceError> {
        let mark = Command::new(format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"));
        if let Some(line) = self.refusal_of(&mark).await? {
            return Ok(Some(line));
        }
        if !self.has("UIDPLUS") {
            tracing::warn!("the server lacks UIDPLUS: messages stay in the folder, marked as deleted");
            return Ok(None);
        }
        self.refusal_of(&Command::new(format!("UID EXPUNGE {set}"))).await
    }

    async fn transfer(
        &mut self,
        verb: &str,
        set: &str,
        target: &FolderPath,
    ) -> Result<Option<StatusLine>, SourceError> {
        let command = folder_command(&format!("UID {verb} {set} "), target)?;
        let Some(line) = self.refusal_of(&command).await? else { return Ok(None) };
        // Not every server says TRYCREATE.
        if line.code("TRYCREATE").is_none() && self.folder_exists(target).await? {
            return Ok(Some(line));
        }
        self.create_folder(target).await?;
        self.refusal_of(&command).await
    }

    async fn refusal_of(&mut self, command: &Command) -> Result<Option<StatusLine>, SourceError> {
        match self.run(command, &mut |_| ()).await? {
            Answer::Ok(_) => Ok(None),
            Answer::No(line) if asks_for_patience(&line) => Err(refused("to change messages", &line)),
            Answer::No(line) => Ok(Some(line)),
        }
    }
}

fn refusal(line: &StatusLine) -> ActOutcome {
    ActOutcome::Refused { reason: format!("the server refused{}", said(line)) }
}
