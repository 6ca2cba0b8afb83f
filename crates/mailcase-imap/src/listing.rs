//! Listings that outlive a server which hangs up over one message.

use crate::discover::head;
use crate::heads::Heads;
use crate::session::Session;
use crate::source::ImapSource;
use mailcase_mail::{Cursor, Discovery, FolderPath, RemoteHead, Scope, SourceError};
use std::collections::{BTreeSet, HashMap};

/// How often the server may hang up in one call while it describes messages: enough to find one message among many
/// thousands by halving. What is left then is listed with its identity alone.
const BREAKS_MAX: usize = 16;
/// A server that falls silent takes longer than one that hangs up: so many breaks does one silence count for.
const SILENCE_WEIGHT: usize = 4;
/// Most messages of a folder remembered as described; beyond this they are described anew.
const DESCRIBED_MAX: usize = 1_000_000;

/// Which messages were described already, or not to be described, by folder: the unread ones are listed on every poll.
#[derive(Debug, Default)]
pub(crate) struct Described(HashMap<FolderPath, (u32, BTreeSet<u32>)>);

impl Described {
    fn of(&mut self, folder: &FolderPath, uidvalidity: u32) -> &mut BTreeSet<u32> {
        let (validity, uids) = self.0.entry(folder.clone()).or_default();
        if *validity != uidvalidity || uids.len() > DESCRIBED_MAX {
            *validity = uidvalidity;
            uids.clear();
        }
        uids
    }
}

impl ImapSource {
    pub(crate) async fn list(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        let mut session = self.session().await?;
        let listing = match session.find_new(folder, scope, after, limit, self.held_when_listed(folder)).await
        {
            Ok(listing) => listing,
            Err(error) => return self.keep(session, Err(error)),
        };
        let selected = session.selected.clone();
        let mut heads = Heads::default();
        let mut uids = listing.uids();
        if scope == Scope::Unseen {
            // What is left unread on the server is listed on every poll: the caller knows its size since the first time.
            let described = self.described.of(folder, listing.uidvalidity);
            uids.retain(|uid| !described.contains(uid));
        }
        self.describe(session, folder, listing.uidvalidity, &uids, &mut heads).await?;
        if scope == Scope::Unseen {
            self.described.of(folder, listing.uidvalidity).extend(uids);
        }
        if let Some(selected) = selected {
            self.remember_listing(&selected);
        }
        Ok(listing.described(&heads))
    }

    pub(crate) async fn hold(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        let mut session = self.session().await?;
        let selected = match session.select(folder, false).await {
            Ok(selected) => selected,
            Err(error) => return self.keep(session, Err(error)),
        };
        let uidvalidity = selected.uidvalidity;
        if selected.exists == 0 {
            return self.keep(session, Ok(Vec::new()));
        }
        let mut heads = Heads::default();
        let complete = match session.describe_all(&mut heads).await {
            Ok(complete) => complete,
            Err(error) if is_a_break(&error) => {
                session = self.reopen(folder, uidvalidity, error).await?;
                false
            }
            Err(error) => return self.keep(session, Err(error)),
        };
        let mut uids = heads.uids();
        if complete && u32::try_from(uids.len()) == Ok(session.exists()) {
            return self.keep(session, Ok(described(uidvalidity, &uids, &heads)));
        }
        // Something was left out, or changed meanwhile: the search decides what is there.
        uids = match session.search("ALL").await {
            Ok(uids) => uids,
            Err(error) => return self.keep(session, Err(error)),
        };
        if complete {
            return self.keep(session, Ok(described(uidvalidity, &uids, &heads)));
        }
        let missing: Vec<u32> = uids.iter().copied().filter(|&uid| !heads.is_known(uid)).collect();
        self.describe(session, folder, uidvalidity, &missing, &mut heads).await?;
        Ok(described(uidvalidity, &uids, &heads))
    }

    /// Describes messages. When the server hangs up, breaks its protocol or falls silent over one of them, that one is
    /// asked for no more: its fetch will be tried, and shows whether it is to blame. An error when nothing is described.
    async fn describe(
        &mut self,
        mut session: Session,
        folder: &FolderPath,
        uidvalidity: u32,
        uids: &[u32],
        heads: &mut Heads,
    ) -> Result<(), SourceError> {
        let mut open = vec![uids.to_vec()];
        let mut spent = 0_usize;
        while let Some(part) = open.pop() {
            let error = match session.describe(&part, heads).await {
                Ok(()) => continue,
                Err(error) if is_a_break(&error) => error,
                Err(error) => return self.keep(session, Err(error)),
            };
            drop(session);
            let weight = if matches!(error, SourceError::TimedOut { .. }) { SILENCE_WEIGHT } else { 1 };
            spent = spent.saturating_add(weight);
            open.extend(narrowed(part, heads));
            tracing::warn!(spent, "the server broke off while it described messages");
            if spent >= BREAKS_MAX {
                let hopeless = !open.is_empty() && !uids.iter().any(|&uid| heads.is_known(uid));
                return if hopeless { Err(error) } else { Ok(()) };
            }
            // Also when nothing is left: a server that is going down is no message's fault.
            session = self.reopen(folder, uidvalidity, error).await?;
        }
        self.keep(session, Ok(()))
    }

    /// A new session in the same life of the folder.
    async fn reopen(
        &mut self,
        folder: &FolderPath,
        uidvalidity: u32,
        error: SourceError,
    ) -> Result<Session, SourceError> {
        let mut session = self.session().await?;
        let selected = session.ensure_selected(folder, false).await?;
        if selected.uidvalidity == uidvalidity { Ok(session) } else { Err(error) }
    }
}

/// What is still to be asked of a part over which the server broke off, next last.
fn narrowed(part: Vec<u32>, heads: &Heads) -> Vec<Vec<u32>> {
    let asked = part.len();
    let mut owed = part;
    owed.retain(|&uid| !heads.is_known(uid));
    if owed.len() < asked || asked == 1 {
        // Answers come in the order asked: the one owed next is to blame.
        owed.drain(..owed.len().min(1));
        return if owed.is_empty() { Vec::new() } else { vec![owed] };
    }
    // Answers were still being gathered when it happened: nobody knows over which.
    let second = owed.split_off(asked / 2);
    vec![second, owed]
}

fn described(uidvalidity: u32, uids: &[u32], heads: &Heads) -> Vec<RemoteHead> {
    uids.iter().map(|&uid| head(uidvalidity, uid, heads.of(uid))).collect()
}

/// Whether the connection broke in a way one message can cause.
const fn is_a_break(error: &SourceError) -> bool {
    matches!(
        error,
        SourceError::Unreachable { .. } | SourceError::TimedOut { .. } | SourceError::Protocol { .. }
    )
}
