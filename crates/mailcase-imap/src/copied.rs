//! Copies left by a move that was cut off. Without MOVE (RFC 6851) a message is copied and then removed; when the
//! connection is lost between the two, the repetition finds the copy here and does not make another.

use crate::heads::{HeadFacts, Heads};
use crate::refusal::broken;
use crate::session::Session;
use crate::wire::date::search_date;
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use mailcase_mail::{FolderPath, SourceError};
use std::collections::{BTreeMap, BTreeSet};

/// Messages of the size and the moment of another that are looked at: more are a flood of the same, and no copy.
const ALIKE_MAX: usize = 20;

impl Session {
    /// Of messages of the open folder, those of which `target` holds a copy: of the same size, received at the same
    /// moment, with the same beginning. That has the traces of a single delivery, so that no other message is taken for
    /// one. The folder is open again afterwards, as it was.
    pub(crate) async fn copied(
        &mut self,
        uids: &[u32],
        target: &FolderPath,
    ) -> Result<BTreeSet<u32>, SourceError> {
        let Some(open) = self.selected.clone() else { return Ok(BTreeSet::new()) };
        let mut heads = Heads::default();
        self.describe(uids, &mut heads).await?;
        let alike = match self.select(target, false).await {
            Ok(_) => self.alike(uids, &heads).await?,
            Err(SourceError::FolderNotFound { .. }) => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let theirs = self.beginnings(&alike.values().flatten().copied().collect()).await?;
        let again = self.select(&open.folder, open.writable).await?;
        if again.uidvalidity != open.uidvalidity {
            return Err(broken("the server gave the messages of a folder new identities"));
        }
        let ours = self.beginnings(&alike.keys().copied().collect()).await?;
        let is_copied = |uid: &u32, alike: &BTreeSet<u32>| {
            ours.get(uid).is_some_and(|begin| alike.iter().any(|other| theirs.get(other) == Some(begin)))
        };
        Ok(alike.iter().filter(|(uid, alike)| is_copied(uid, alike)).map(|(uid, _)| *uid).collect())
    }

    /// For each message the ones of the open folder with its size and moment; those without any are left out.
    async fn alike(
        &mut self,
        uids: &[u32],
        heads: &Heads,
    ) -> Result<BTreeMap<u32, BTreeSet<u32>>, SourceError> {
        let mut found = BTreeMap::new();
        for uid in uids {
            let Some(facts @ HeadFacts { size: Some(size), received: Some(received), .. }) = heads.of(*uid)
            else {
                continue;
            };
            // Servers compare days, each in a zone of its own.
            let day = received.to_zoned(TimeZone::UTC).date();
            let (Ok(since), Ok(before)) = (day.checked_sub(1.day()), day.checked_add(2.days())) else {
                continue;
            };
            let (since, before) = (search_date(since), search_date(before));
            let (larger, smaller) = (size.saturating_sub(1), size.saturating_add(1));
            let criteria =
                format!("UNDELETED SINCE {since} BEFORE {before} LARGER {larger} SMALLER {smaller}");
            let mut candidates = self.search(&criteria).await?;
            candidates.truncate(ALIKE_MAX);
            let mut theirs = Heads::default();
            self.describe(&candidates, &mut theirs).await?;
            let same = |other: &u32| {
                theirs.of(*other).is_some_and(|one| one.size == facts.size && one.received == facts.received)
            };
            let alike: BTreeSet<u32> = candidates.into_iter().filter(same).collect();
            if !alike.is_empty() {
                found.insert(*uid, alike);
            }
        }
        Ok(found)
    }
}
