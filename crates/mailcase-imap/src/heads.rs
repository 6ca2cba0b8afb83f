//! What the server says of messages without giving them, also when one of them makes it refuse the answer for all.

use crate::refusal::{asks_for_patience, not_understood, refused};
use crate::session::{MESSAGES_MAX, Selected, Session, too_many_messages};
use crate::wire::command::Command;
use crate::wire::response::{Response, Status, StatusLine};
use crate::wire::uid_set;
use jiff::Timestamp;
use mailcase_mail::SourceError;
use std::collections::BTreeMap;

/// What is asked of a message without its body.
pub(crate) const HEAD_ITEMS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE)";
/// Refusals put up with in one call: by halving, enough to find a dozen bad messages among thousands. What is left then
/// is described by nobody.
const REFUSALS_MAX: usize = 200;
/// After so many single messages were refused and none was described, it is not about single messages. So few in all
/// may each be a bad one, though.
const HOPELESS: usize = 8;

/// What the server says of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct HeadFacts {
    pub(crate) size: Option<u64>,
    pub(crate) seen: Option<bool>,
    pub(crate) received: Option<Timestamp>,
}

/// What is known of messages, by UID.
#[derive(Debug, Default)]
pub(crate) struct Heads(BTreeMap<u32, HeadFacts>);

impl Heads {
    pub(crate) fn of(&self, uid: u32) -> Option<&HeadFacts> {
        self.0.get(&uid)
    }

    pub(crate) fn is_known(&self, uid: u32) -> bool {
        self.0.contains_key(&uid)
    }

    pub(crate) fn uids(&self) -> Vec<u32> {
        self.0.keys().copied().collect()
    }

    /// Keeps what is said of a message that was asked for; a later answer adds to an earlier one.
    fn collect(&mut self, response: Response, asked: impl Fn(u32) -> bool) -> Result<(), SourceError> {
        if let Response::Fetch(data) = response
            && let Some(uid) = data.uid
            && asked(uid)
        {
            let known = self.0.entry(uid).or_default();
            known.size = data.size.or(known.size);
            known.seen = data.seen.or(known.seen);
            known.received = data.received.or(known.received);
        }
        if self.0.len() > MESSAGES_MAX { Err(too_many_messages()) } else { Ok(()) }
    }
}

impl Session {
    /// Adds to `heads` what the server says of these messages, given in ascending order. Those it says nothing of are
    /// missing, and so are those it refuses to describe while it describes others. What came before an error is kept.
    pub(crate) async fn describe(&mut self, uids: &[u32], heads: &mut Heads) -> Result<(), SourceError> {
        let mut open: Vec<String> = uid_set::sets(uids);
        open.reverse();
        let (mut refusals, mut single) = (0_usize, 0_usize);
        let mut refusal = None;
        while let Some(set) = open.pop() {
            let asked = uid_set::parse(&set).unwrap_or_default();
            let answer = self.ask("UID FETCH", &set, HEAD_ITEMS, heads, |uid| {
                // Sets span no gaps: what is within them was asked for.
                uid_set::holds(&asked, uid)
            });
            // One bad message can spoil the answer for all: those not answered are asked for in halves.
            let Some(line) = answer.await? else { continue };
            let is_open = |uid: &u32| uid_set::holds(&asked, *uid) && !heads.is_known(*uid);
            let rest: Vec<u32> = uids.iter().copied().filter(is_open).collect();
            refusals = refusals.saturating_add(1);
            match rest.split_at(rest.len() / 2) {
                ([], _) => single = single.saturating_add(1),
                (first, second) => open.extend([second, first].map(uid_set::compress)),
            }
            refusal = Some(line);
            let hopeless = single >= HOPELESS && !uids.iter().any(|&uid| heads.is_known(uid));
            if hopeless || refusals >= REFUSALS_MAX {
                break;
            }
        }
        match refusal {
            Some(line)
                if !uids.iter().any(|&uid| heads.is_known(uid)) && !self.describes_anything(uids).await? =>
            {
                Err(refused_or_not_understood(&line))
            }
            _ => Ok(()),
        }
    }

    /// Describes everything the folder holds; false when the server refused, perhaps for one of the messages.
    pub(crate) async fn describe_all(&mut self, heads: &mut Heads) -> Result<bool, SourceError> {
        Ok(self.ask("UID FETCH", "1:*", HEAD_ITEMS, heads, |_| true).await?.is_none())
    }

    /// Whether the server describes a message that was not refused before, or at least names the few that were: then
    /// the refusal is about those messages.
    async fn describes_anything(&mut self, refused: &[u32]) -> Result<bool, SourceError> {
        let mut others = Heads::default();
        if self.ask("FETCH", "1", HEAD_ITEMS, &mut others, |_| true).await?.is_none() && !others.0.is_empty()
        {
            return Ok(true);
        }
        if refused.len() > HOPELESS {
            return Ok(false);
        }
        let few = uid_set::compress(refused);
        let named = self.ask("UID FETCH", &few, "(UID)", &mut others, |uid| refused.contains(&uid));
        Ok(named.await?.is_none() && refused.iter().any(|&uid| others.is_known(uid)))
    }

    /// Asks once; gives back the refusal. That some are gone is none (RFC 5530): the others were answered.
    async fn ask(
        &mut self,
        verb: &str,
        set: &str,
        items: &str,
        heads: &mut Heads,
        asked: impl Fn(u32) -> bool + Send + Sync,
    ) -> Result<Option<StatusLine>, SourceError> {
        let command = Command::new(format!("{verb} {set} {items}"));
        let line = self.try_run(&command, &mut |response| heads.collect(response, &asked)).await?;
        if line.status == Status::Ok || line.code("EXPUNGEISSUED").is_some() {
            return Ok(None);
        }
        if asks_for_patience(&line) {
            return Err(refused_or_not_understood(&line));
        }
        Ok(Some(line))
    }

    /// How many messages the folder holds, as far as the server said.
    pub(crate) fn exists(&self) -> u32 {
        self.selected.as_ref().map_or(0, |Selected { exists, .. }| *exists)
    }
}

fn refused_or_not_understood(line: &StatusLine) -> SourceError {
    if line.status == Status::No || asks_for_patience(line) {
        return refused("to describe messages", line);
    }
    not_understood(line)
}
