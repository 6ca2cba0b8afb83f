//! Examination away from the event loop: bounded in number, and never a failure. What is handed on is what the
//! decision and the database need, not the evidence itself, which may be large.

use crate::error::EngineError;
use crate::keyrings::Keys;
use crate::means::{MeansOf, With};
use crate::sieve::Sieve;
use crate::workbench::Workbench;
use bytes::Bytes;
use mailcase_core::case_token::TokenKey;
use mailcase_core::message::Automatic;
use mailcase_core::threading::answered_ids;
use mailcase_core::{ConnectorId, OrganizationId};
use mailcase_evidence::{AutomaticKind, Defect, Evidence, Limits, PARSER_VERSION};
use mailcase_mail::Glance;
use mailcase_store::{BlobHash, PackedEvidence, StoreError};
use std::collections::HashSet;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Whose mail a message is: of an organization, brought by these connectors.
#[derive(Debug, Clone)]
pub(crate) struct MailOf {
    pub(crate) organization: OrganizationId,
    pub(crate) connectors: Vec<ConnectorId>,
}

/// What an examined message is decided by, and its evidence ready to be written.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) answered_ids: Vec<String>,
    pub(crate) subject_token: Option<i64>,
    pub(crate) address_token: Option<i64>,
    pub(crate) automatic: Option<Automatic>,
    pub(crate) evidence: PackedEvidence,
}

/// What an examination comes to.
#[derive(Debug)]
pub(crate) enum Finding {
    Wanted(Box<Examined>),
    /// The connector's pre-filter does not take the message.
    Unwanted,
}

impl Examined {
    /// Memory it takes, in bytes, within a kibibyte or so.
    pub(crate) fn size(&self) -> usize {
        self.answered_ids.iter().map(String::len).sum::<usize>().saturating_add(self.evidence.size())
    }
}

/// Large messages examined while they are received; each occupies a thread for as long as its server takes. Further
/// ones are examined once they are stored.
const LIVE_MAX: usize = 4;
/// Pieces of such a message between the line and its examination.
const LIVE_PIECES: usize = 2;

/// Examines messages on blocking threads, a bounded number at a time.
#[derive(Debug, Clone)]
pub(crate) struct Examiner {
    workbench: Workbench,
    live: Arc<Semaphore>,
    /// Stored large messages one after the other: each may hold what several small ones do.
    stored: Arc<Semaphore>,
    limits: Limits,
    means: MeansOf,
    /// Case tokens are recognised by it.
    key: Arc<TokenKey>,
}

/// A large message being examined while it is received. When it is dropped unfinished, what was found is forgotten.
#[derive(Debug)]
pub(crate) struct LiveExamination {
    pieces: mpsc::Sender<Bytes>,
    look: oneshot::Receiver<Look>,
    examiner: Examiner,
    organization: OrganizationId,
    with: With,
}

/// What the bytes alone came to.
#[derive(Debug)]
enum Look {
    Done(Result<Finding, StoreError>),
    /// The DNS has to be asked first.
    ToVerify(Box<Evidence>),
}

impl LiveExamination {
    /// Hands on the next bytes; `false` when nobody takes them any longer.
    pub(crate) async fn feed(&self, piece: Bytes) -> bool {
        self.pieces.send(piece).await.is_ok()
    }

    /// What was found, after the last bytes; `None` when the examination was lost.
    pub(crate) async fn finish(self) -> Option<Finding> {
        drop(self.pieces);
        self.examiner.finding(self.organization, &self.with, self.look.await.ok()?).await?.ok()
    }
}

impl Examiner {
    pub(crate) fn new(places: usize, limits: Limits, key: TokenKey, means: MeansOf) -> Self {
        Self {
            workbench: Workbench::new(places),
            live: Arc::new(Semaphore::new(LIVE_MAX)),
            stored: Arc::new(Semaphore::new(1)),
            limits,
            means,
            key: Arc::new(key),
        }
    }

    /// Hashes and examines bytes held in memory, one after the other on the same thread while they are in its cache.
    /// The hash is told first: the blob store waits for it. `None` when the examination was lost.
    pub(crate) async fn examine(
        &self,
        of: &MailOf,
        sieve: &Arc<Sieve>,
        raw: Bytes,
        tell_hash: oneshot::Sender<BlobHash>,
    ) -> Option<Finding> {
        let with = self.with_now(of).await?;
        let organization = of.organization;
        let (tell, look) = oneshot::channel();
        let (examiner, sieve, held) = (self.clone(), Arc::clone(sieve), with.clone());
        self.workbench.work(move || {
            // When the connector was stopped meanwhile nobody listens, and the rest is not needed either.
            if tell_hash.send(BlobHash::of(&raw)).is_ok() {
                let means = held.means(examiner.limits);
                let evidence = guarded(|| Ok(mailcase_evidence::examine(&raw, &means)));
                drop(raw);
                drop(tell.send(examiner.look(organization, &held, &sieve, evidence)));
            }
        });
        self.finding(organization, &with, look.await.ok()?).await?.ok()
    }

    /// Begins to examine a message of which more is to come. `None` when too many are under way, unless there is a
    /// filter: then it waits for a place, as only what is examined may be kept.
    pub(crate) async fn examine_live(&self, of: &MailOf, sieve: &Arc<Sieve>) -> Option<LiveExamination> {
        let with = self.with_now(of).await?;
        let organization = of.organization;
        let live = Arc::clone(&self.live);
        let place =
            if sieve.is_open() { live.try_acquire_owned().ok() } else { live.acquire_owned().await.ok() };
        let place = place?;
        let (pieces, mut coming) = mpsc::channel(LIVE_PIECES);
        let (tell, look) = oneshot::channel();
        let (examiner, sieve, held) = (self.clone(), Arc::clone(sieve), with.clone());
        tokio::task::spawn_blocking(move || {
            let pieces = std::iter::from_fn(|| coming.blocking_recv());
            let means = held.means(examiner.limits);
            let evidence = guarded(|| Ok(mailcase_evidence::examine_pieces(pieces, &means)));
            // Nobody listens when the message broke off.
            if !tell.is_closed() {
                drop(tell.send(examiner.look(organization, &held, &sieve, evidence)));
            }
            drop(place);
        });
        Some(LiveExamination { pieces, look, examiner: self.clone(), organization, with })
    }

    /// Examines a stored message as a stream, in bounded memory; tells also whether the filter takes it.
    pub(crate) async fn examine_stream<R>(
        &self,
        of: &MailOf,
        sieve: &Arc<Sieve>,
        reader: R,
        size: u64,
    ) -> Result<(Examined, bool), EngineError>
    where
        R: Read + Seek + Send + 'static,
    {
        let with = self.with(of).await?;
        let organization = of.organization;
        let _place = self.stored.acquire().await.map_err(|_| EngineError::Stopping)?;
        let means = with.means(self.limits);
        let work = tokio::task::spawn_blocking(move || {
            guarded(|| mailcase_evidence::examine_reader(reader, size, &means))
        });
        let mut evidence = work.await.map_err(|_| EngineError::Task)?;
        with.verify(&mut evidence).await;
        let (examiner, sieve) = (self.clone(), Arc::clone(sieve));
        let work = tokio::task::spawn_blocking(move || {
            Ok((examiner.examined(organization, &with.keys, &evidence)?, sieve.admit(&evidence).is_ok()))
        });
        work.await.map_err(|_| EngineError::Task)?.map_err(|error: StoreError| error.into())
    }

    /// The remote identities of those messages the filter keeps out for certain, by their first bytes.
    pub(crate) async fn held_back(
        &self,
        sieve: &Arc<Sieve>,
        glances: Vec<Glance>,
    ) -> Result<HashSet<String>, EngineError> {
        let (examiner, sieve) = (self.clone(), Arc::clone(sieve));
        let work = tokio::task::spawn_blocking(move || {
            let unwanted = glances.iter().filter(|glance| sieve.holds_back(&glance.bytes, &examiner.limits));
            unwanted.map(|glance| glance.id.as_str().to_owned()).collect()
        });
        work.await.map_err(|_| EngineError::Task)
    }

    /// What mail is read with right now; `None` when that is not known, and the message has to wait.
    async fn with_now(&self, of: &MailOf) -> Option<With> {
        self.with(of)
            .await
            .inspect_err(|error| {
                tracing::warn!(%error, "keys or settings could not be looked up; a message is examined later");
            })
            .ok()
    }

    async fn with(&self, of: &MailOf) -> Result<With, EngineError> {
        self.means.of(of.organization, &of.connectors).await
    }

    fn look(&self, organization: OrganizationId, with: &With, sieve: &Sieve, evidence: Evidence) -> Look {
        if sieve.admit(&evidence).is_err() {
            return Look::Done(Ok(Finding::Unwanted));
        }
        if with.origin.dns.is_some() {
            return Look::ToVerify(Box::new(evidence));
        }
        Look::Done(self.wanted(organization, &with.keys, &evidence))
    }

    /// Asks the DNS where that is wanted; no thread waits for it. `None` when the work was lost.
    async fn finding(
        &self,
        organization: OrganizationId,
        with: &With,
        look: Look,
    ) -> Option<Result<Finding, StoreError>> {
        let mut evidence = match look {
            Look::Done(finding) => return Some(finding),
            Look::ToVerify(evidence) => evidence,
        };
        with.verify(&mut evidence).await;
        let (tell, finding) = oneshot::channel();
        let (examiner, keys) = (self.clone(), with.keys.clone());
        self.workbench.work(move || {
            drop(tell.send(examiner.wanted(organization, &keys, &evidence)));
        });
        finding.await.ok()
    }

    fn wanted(
        &self,
        organization: OrganizationId,
        keys: &Keys,
        evidence: &Evidence,
    ) -> Result<Finding, StoreError> {
        self.examined(organization, keys, evidence).map(|examined| Finding::Wanted(Box::new(examined)))
    }

    fn examined(
        &self,
        organization: OrganizationId,
        keys: &Keys,
        evidence: &Evidence,
    ) -> Result<Examined, StoreError> {
        let envelope = &evidence.envelope;
        let token = |text: &str| self.key.find(organization, text);
        Ok(Examined {
            answered_ids: answered_ids(&envelope.in_reply_to, &envelope.references),
            subject_token: envelope.subject.as_deref().and_then(token),
            address_token: recipients(evidence).find_map(token),
            automatic: automatic(evidence),
            evidence: PackedEvidence::new(organization, evidence)?.made_with(keys.generation),
        })
    }
}

/// Headers in which a server writes whom it delivered to.
const DELIVERED_TO: [&str; 3] = ["delivered-to", "x-original-to", "envelope-to"];

/// Every address the message says it was sent to.
fn recipients(evidence: &Evidence) -> impl Iterator<Item = &str> {
    let envelope = &evidence.envelope;
    let listed = [&envelope.to, &envelope.cc, &envelope.bcc].into_iter().flatten();
    let delivered = evidence
        .headers
        .iter()
        .filter(|header| DELIVERED_TO.iter().any(|name| header.name.eq_ignore_ascii_case(name)))
        .map(|header| header.value.as_str());
    listed.filter_map(|address| address.address.as_deref()).chain(delivered)
}

/// Turns a panic or a read error into evidence that says so: the message goes on its way all the same.
fn guarded(examine: impl FnOnce() -> std::io::Result<Evidence>) -> Evidence {
    match catch_unwind(AssertUnwindSafe(examine)) {
        Ok(Ok(evidence)) => evidence,
        Ok(Err(error)) => failed(&format!("the stored bytes could not be read: {error}")),
        Err(_) => {
            metrics::counter!("mailcase_examination_panics_total").increment(1);
            failed("the parser gave up on this message; the raw message is kept")
        }
    }
}

fn failed(message: &str) -> Evidence {
    Evidence {
        parser_version: PARSER_VERSION,
        defects: vec![Defect { code: "examination_failed".to_owned(), message: message.to_owned() }],
        ..Evidence::default()
    }
}

/// The evidence's mark in the words of the decision.
fn automatic(evidence: &Evidence) -> Option<Automatic> {
    evidence.automatic.as_ref().map(|mark| match mark.kind {
        AutomaticKind::Bounce => Automatic::Bounce,
        AutomaticKind::OutOfOffice => Automatic::OutOfOffice,
        AutomaticKind::Receipt => Automatic::Receipt,
        AutomaticKind::AutoReply => Automatic::AutoReply,
        AutomaticKind::AutoGenerated => Automatic::AutoGenerated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_store::{BlobConfig, DatabaseConfig, MasterKey, Store, StoreConfig};

    #[tokio::test]
    async fn a_panic_or_a_read_error_becomes_evidence_that_says_so() {
        let evidence = guarded(|| panic!("parser bug"));
        assert_eq!(evidence.defects[0].code, "examination_failed");
        let evidence = guarded(|| Err(std::io::Error::other("disk")));
        assert!(evidence.defects[0].message.contains("disk"));
    }

    #[tokio::test]
    async fn bytes_in_memory_coming_and_stored_are_examined_alike() {
        let key = TokenKey::new([7; 32]);
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            database: DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
            blobs: BlobConfig::Disk { dir: folder.path().join("blobs") },
            master_key: MasterKey::new([7; 32]),
        };
        let store = Store::open(config).await.unwrap();
        let organization = store.create_organization("Example").await.unwrap();
        let of = MailOf { organization, connectors: vec![ConnectorId::new()] };
        let token = key.subject_token(organization, 42);
        let examiner = Examiner::new(
            1,
            Limits::default(),
            key,
            MeansOf::new(&store, crate::Keyrings::new(store.clone())),
        );
        let raw = Bytes::from(format!("Subject: Re: {token} hello\r\nIn-Reply-To: <a@x>\r\n\r\nbody\r\n"));
        let (tell_hash, hash) = oneshot::channel();
        let open = Arc::new(Sieve::default());
        let small = examiner.examine(&of, &open, raw.clone(), tell_hash).await.unwrap();
        assert_eq!(hash.await.unwrap(), BlobHash::of(&raw));
        let live = examiner.examine_live(&of, &open).await.unwrap();
        for piece in raw.chunks(7) {
            assert!(live.feed(Bytes::copy_from_slice(piece)).await);
        }
        let live = live.finish().await.unwrap();
        let size = raw.len() as u64;
        let stored = std::io::Cursor::new(raw.clone());
        let (streamed, wanted) = examiner.examine_stream(&of, &open, stored, size).await.unwrap();
        assert!(wanted);
        let (Finding::Wanted(small), Finding::Wanted(live)) = (small, live) else {
            panic!("without a filter everything is wanted")
        };
        for examined in [*small, *live, streamed] {
            assert_eq!(examined.subject_token, Some(42));
            assert_eq!(examined.answered_ids, ["a@x"]);
        }
    }
}
