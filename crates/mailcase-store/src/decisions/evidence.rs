//! Evidence on its way into the database: the whole as compressed JSON, and the parts people search by.

use super::{Claimed, DecidedMessage, kept_message_id};
use crate::error::{Result, StoreError};
use crate::indicators::{Locus, indicator_hash, kind_name};
use crate::search;
use crate::sql::{Tx, Value, args, insert_rows};
use jiff::Timestamp;
use mailcase_core::case::title_from_subject;
use mailcase_core::threading::normalize_message_id;
use mailcase_core::{MessageId, OrganizationId};
use mailcase_evidence::{Evidence, Part, PartKind};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// Fast, and already a quarter of the size on mail.
const ZSTD_LEVEL: i32 = 1;
/// Attachments of one message that are listed by themselves; the tree has them all.
const ATTACHMENTS_MAX: usize = 1_000;
/// Memory of the values of one attachment, about: three hashes, names, types.
const ATTACHMENT_BYTES: usize = 1_000;
/// Memory of an indicator beside its value, about.
const INDICATOR_BYTES: usize = 100;
/// Characters of a file name kept: file systems take 255 bytes, lists show fewer.
const NAME_MAX_CHARS: usize = 255;

/// A message's evidence, ready to be written. Making it needs no database: it is made where the message is examined,
/// so that the one writer of SQLite has nothing to do but write.
#[derive(Clone)]
pub struct PackedEvidence {
    parser_version: u32,
    body: Vec<u8>,
    words: String,
    attachments: Vec<Vec<Value>>,
    indicators: Vec<PackedIndicator>,
    defects: usize,
    needs_key: bool,
    /// Of the organization's keys it was made with.
    key_generation: i64,
    pub(super) shown: Shown,
}

#[derive(Clone)]
struct PackedIndicator {
    hash: Vec<u8>,
    kind: &'static str,
    value: String,
    locus: Locus,
}

/// What lists, titles and threads need of a message.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) message_id: Option<String>,
    pub(super) sent: Option<Timestamp>,
    subject: Option<String>,
    from_name: Option<String>,
    from_address: Option<String>,
    to: Option<String>,
}

/// Header text kept in a message's row, in characters: more is never shown in a list.
const SHOWN_MAX_CHARS: usize = 500;
/// Recipients shown in a list.
const SHOWN_RECIPIENTS: usize = 20;

impl std::fmt::Debug for PackedEvidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackedEvidence").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl PackedEvidence {
    /// Packs the evidence of a message of `org`.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when it cannot be compressed, which takes a lack of memory.
    pub fn new(org: OrganizationId, evidence: &Evidence) -> Result<Self> {
        let text = serde_json::to_vec(evidence).map_err(StoreError::decode)?;
        let body = compress(&text).map_err(StoreError::io("compressing evidence"))?;
        let parts = attachments(evidence);
        let words = words(evidence, &parts);
        let mut indicators = BTreeMap::new();
        for indicator in &evidence.indicators {
            let kind = kind_name(indicator.kind);
            let value = indicator.value.replace('\0', "");
            let hash = indicator_hash(org, kind, &value);
            let locus = Locus::of(indicator.kind, &value);
            indicators.entry(hash.clone()).or_insert(PackedIndicator { hash, kind, value, locus });
        }
        let defects = evidence.root.walk().map(|part| part.defects.len()).sum::<usize>();
        Ok(Self {
            parser_version: evidence.parser_version,
            body,
            words,
            attachments: parts.iter().map(|part| attachment_values(part)).collect(),
            indicators: indicators.into_values().collect(),
            defects: defects.saturating_add(evidence.defects.len()),
            needs_key: evidence.needs_key(),
            key_generation: 0,
            shown: Shown::of(evidence),
        })
    }

    /// Says which keys it was made with: see [`KeyMaterials::generation`](crate::KeyMaterials). When it needs a key and others
    /// came meanwhile, the message is looked at again.
    #[must_use]
    pub fn made_with(mut self, key_generation: i64) -> Self {
        self.key_generation = key_generation;
        self
    }

    /// Whether a key came or went since it was made, and it is one that might have helped.
    pub(super) fn misses_keys_of(&self, key_generation: i64) -> bool {
        self.needs_key && self.key_generation != key_generation
    }

    /// Whether it was written so.
    pub(crate) fn is(&self, body: &[u8]) -> bool {
        self.body == body
    }

    /// Memory it takes, in bytes, within a kibibyte or so.
    #[must_use]
    pub fn size(&self) -> usize {
        let attachments = self.attachments.len().saturating_mul(ATTACHMENT_BYTES);
        let indicators =
            self.indicators.iter().map(|indicator| indicator.value.len().saturating_add(INDICATOR_BYTES));
        let sizes = [self.body.len(), self.words.len(), attachments];
        sizes.into_iter().chain(indicators).fold(0, usize::saturating_add)
    }

    /// The values of a message's row that come from its evidence, in the order of the statement that writes them.
    pub(super) fn row(&self) -> Vec<Value> {
        let Shown { subject, from_name, from_address, to, sent, .. } = &self.shown;
        args![
            self.parser_version,
            subject,
            from_name,
            from_address,
            to,
            *sent,
            self.attachments.len(),
            self.indicators.len(),
            self.defects,
            self.needs_key
        ]
    }
}

impl Shown {
    fn of(evidence: &Evidence) -> Self {
        let cut = |text: &str| text.chars().take(SHOWN_MAX_CHARS).collect::<String>();
        let envelope = &evidence.envelope;
        let from = envelope.from.first().or(envelope.sender.first());
        let named = envelope.to.iter().filter_map(|to| to.address.as_deref().or(to.name.as_deref()));
        let to: Vec<&str> = named.take(SHOWN_RECIPIENTS).collect();
        let message_id = envelope.message_id.as_deref().and_then(normalize_message_id);
        Self {
            title: title_from_subject(envelope.subject.as_deref().unwrap_or_default()),
            message_id: message_id.as_deref().map(kept_message_id).filter(|id| !id.is_empty()),
            sent: envelope.date,
            subject: envelope.subject.as_deref().map(cut),
            from_name: from.and_then(|from| from.name.as_deref()).map(cut),
            from_address: from.and_then(|from| from.address.as_deref()).map(cut),
            to: (!to.is_empty()).then(|| cut(&to.join(", "))),
        }
    }
}

thread_local! {
    /// Making a compressor costs as much as compressing the evidence of a small message.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

fn compress(text: &[u8]) -> std::io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(compressor) => compressor.compress(text),
        None => kept.insert(zstd::bulk::Compressor::new(ZSTD_LEVEL)?).compress(text),
    })
}

fn attachments(evidence: &Evidence) -> Vec<&Part> {
    evidence.root.walk().filter(|part| is_attachment(part)).take(ATTACHMENTS_MAX).collect()
}

fn words(evidence: &Evidence, attachments: &[&Part]) -> String {
    search::message_words(evidence, attachments.iter().filter_map(|part| part.name.as_deref()))
}

/// What a person would save as a file; a message within is one.
fn is_attachment(part: &Part) -> bool {
    matches!(part.kind, PartKind::Attachment | PartKind::Message) && part.path != "/"
}

fn attachment_values(part: &Part) -> Vec<Value> {
    let cut = |name: &str| name.chars().take(NAME_MAX_CHARS).collect::<String>();
    let hashes = part.hashes.as_ref();
    args![
        &part.path,
        part.name.as_deref().map(cut),
        part.safe_name.as_deref().map(cut),
        &part.content_type,
        &part.sniffed_type,
        part.size,
        hashes.map(|hashes| hashes.md5.as_str()),
        hashes.map(|hashes| hashes.sha1.as_str()),
        hashes.map(|hashes| hashes.sha256.as_str())
    ]
}

/// Writes the evidence of the messages that are ours.
pub(crate) async fn write(
    tx: &mut Tx,
    claimed: &HashMap<MessageId, Claimed<'_>>,
    batch: &[&DecidedMessage],
) -> Result<()> {
    let (mut bodies, mut words, mut found) = (Vec::new(), Vec::new(), Found::default());
    // In the order of their numbers: rows are then appended, and FTS5, which flushes whenever a number is lower than
    // the one before, flushes once.
    let mut own: Vec<&Claimed<'_>> =
        batch.iter().filter_map(|decided| claimed.get(&decided.message)).collect();
    own.sort_by_key(|own| own.seq);
    for own in own {
        let Claimed { decided, .. } = own;
        let packed = &decided.evidence;
        bodies.push(args![own.seq, packed.parser_version, packed.body.clone()]);
        words.push((own.seq, packed.words.as_str()));
        found.add(own.seq, decided.organization, packed);
    }
    // A message that is decided again after it was set aside may have left its evidence.
    let head = "INSERT INTO message_evidence (message_seq, parser_version, body)";
    let tail = "ON CONFLICT (message_seq) DO UPDATE SET parser_version = excluded.parser_version, \
                body = excluded.body";
    insert_rows(tx, head, tail, bodies).await?;
    search::index(tx, words).await?;
    found.write(tx).await
}

/// Rows of what was found, of one message or many.
#[derive(Default)]
struct Found<'a> {
    attachments: Vec<Vec<Value>>,
    /// Sorted by hash over the whole batch: two replicas insert shared indicators in the same order.
    indicators: BTreeMap<&'a [u8], Vec<Value>>,
    sightings: Vec<Vec<Value>>,
}

impl<'a> Found<'a> {
    fn add(&mut self, seq: i64, org: OrganizationId, packed: &'a PackedEvidence) {
        self.attachments.extend(packed.attachments.iter().map(|attachment| {
            let mut values = args![seq];
            values.extend(attachment.iter().cloned());
            values
        }));
        for indicator in &packed.indicators {
            let hash = indicator.hash.clone();
            self.indicators.entry(&indicator.hash).or_insert_with(|| {
                let Locus { host_key, address } = indicator.locus.clone();
                args![hash, org, indicator.kind, &indicator.value, host_key, address, true]
            });
            self.sightings.push(args![seq, indicator.hash.clone()]);
        }
    }

    async fn write(self, tx: &mut Tx) -> Result<()> {
        let Self { attachments, indicators, sightings } = self;
        let head = "INSERT INTO attachments (message_seq, path, name, safe_name, content_type, sniffed_type, size, md5, \
                    sha1, sha256)";
        insert_rows(tx, head, "ON CONFLICT (message_seq, path) DO NOTHING", attachments).await?;
        let head = "INSERT INTO indicators (hash, organization_id, kind, value, host_key, address, located)";
        insert_rows(tx, head, "ON CONFLICT (hash) DO NOTHING", indicators.into_values().collect()).await?;
        let head = "INSERT INTO sightings (message_seq, indicator_id) SELECT v.column1, i.id FROM (";
        // `WHERE true`: without it SQLite takes ON for a part of the join.
        let tail = ") AS v JOIN indicators i ON i.hash = v.column2 WHERE true \
                    ON CONFLICT (message_seq, indicator_id) DO NOTHING";
        insert_rows(tx, head, tail, sightings).await?;
        Ok(())
    }
}

/// New evidence of a decided message in the place of the old one, which is what is written there.
pub(crate) struct Replacement<'a> {
    pub(crate) seq: i64,
    pub(crate) old: Evidence,
    pub(crate) new: &'a PackedEvidence,
}

/// Replaces the evidence of messages of an organization.
pub(crate) async fn replace(tx: &mut Tx, org: OrganizationId, messages: &[Replacement<'_>]) -> Result<()> {
    let mut found = Found::default();
    for Replacement { seq, old, new } in messages {
        replace_row(tx, *seq, old, new).await?;
        found.add(*seq, org, new);
    }
    found.write(tx).await
}

async fn replace_row(tx: &mut Tx, seq: i64, old: &Evidence, packed: &PackedEvidence) -> Result<()> {
    search::reindex(tx, seq, &words(old, &attachments(old)), &packed.words).await?;
    let sql = "UPDATE message_evidence SET parser_version = $2, body = $3 WHERE message_seq = $1";
    tx.execute(sql, args![seq, packed.parser_version, packed.body.clone()]).await?;
    let sql = "UPDATE messages SET parser_version = $2, subject = $3, from_name = $4, from_address = $5, to_text = $6, \
               sent_at = $7, attachment_count = $8, indicator_count = $9, defect_count = $10, needs_key = $11 WHERE seq = $1";
    let mut row = args![seq];
    row.extend(packed.row());
    tx.execute(sql, row).await?;
    tx.execute("DELETE FROM attachments WHERE message_seq = $1", args![seq]).await?;
    tx.execute("DELETE FROM sightings WHERE message_seq = $1", args![seq]).await?;
    Ok(())
}

/// Evidence as it was written.
pub(crate) fn unpack(body: &[u8]) -> Result<Evidence> {
    let reader = zstd::stream::read::Decoder::new(body).map_err(StoreError::io("reading evidence"))?;
    serde_json::from_reader(std::io::BufReader::new(reader)).map_err(StoreError::decode)
}
