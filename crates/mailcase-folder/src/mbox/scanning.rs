//! Messages of an mbox file by place: finding them, proving that they are still there, reading them.

use super::splitting::{PIECE_MAX_BYTES, Separator, Splitter, is_time};
use crate::files::SETTLE;
use crate::sending::Pieces;
use crate::settings::Quoting;
use bytes::Bytes;
use mailcase_mail::{CHUNK_MAX_BYTES, RemoteHead, RemoteId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::time::SystemTime;

/// Most bytes read for one page, so that a step on a file of many gigabytes stays short.
const PAGE_MAX_BYTES: u64 = 256 << 20;
/// Bytes read from the file at once.
const BUFFER_BYTES: usize = 256 * 1024;
/// Bytes of the digest in an identity: enough that nobody finds two messages with the same.
const DIGEST_BYTES: usize = 16;
/// Between the parts of an identity.
const SEPARATOR: char = '.';

/// Place, length and digest of a message; its identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Frame {
    pub(super) offset: u64,
    length: u64,
    digest: String,
}

/// One page of a listing.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) messages: Vec<RemoteHead>,
    /// The last message looked at, listed or not.
    pub(super) last: Option<Frame>,
    /// Where the next message begins.
    pub(super) end: u64,
    pub(super) more: bool,
    /// The last message may still be written, and was left for later.
    pub(super) unsettled: bool,
}

/// Lists messages from the one that begins at `at`; those that are not `wanted` are passed over.
pub(super) fn page(
    mut file: File,
    quoting: Quoting,
    at: u64,
    limit: usize,
    wanted: impl Fn(u64, Option<jiff::Timestamp>) -> bool,
) -> io::Result<Page> {
    file.seek(SeekFrom::Start(at))?;
    let watched = file.try_clone()?;
    let length = file.metadata()?.len();
    let mut splitter = Splitter::new(BufReader::with_capacity(BUFFER_BYTES, file), quoting, at);
    let mut page = Page { messages: Vec::new(), last: None, end: at, more: false, unsettled: false };
    while let Some(separator) = splitter.next_message()? {
        if page.messages.len() >= limit || page.end.saturating_sub(at) >= PAGE_MAX_BYTES {
            page.more = true;
            break;
        }
        let (size, digest) = digest_content(&mut splitter)?;
        if splitter.is_at_end() && !is_settled(&watched, length)? {
            page.unsettled = true;
            break;
        }
        let frame = Frame {
            offset: separator.offset,
            length: splitter.end().saturating_sub(separator.offset),
            digest,
        };
        page.end = splitter.end();
        let received = received(&separator);
        if wanted(frame.offset, received) {
            page.messages.push(RemoteHead { id: frame.id(), size: Some(size), received, seen: None });
        }
        page.last = Some(frame);
    }
    Ok(page)
}

/// Whether nobody has written to the file lately, nor since its length was taken.
fn is_settled(file: &File, length: u64) -> io::Result<bool> {
    let metadata = file.metadata()?;
    let modified = metadata.modified()?;
    let age = match SystemTime::now().duration_since(modified) {
        Ok(age) => age,
        Err(ahead) => ahead.duration(),
    };
    Ok(metadata.len() == length && age >= SETTLE)
}

fn digest_content<R: io::BufRead>(splitter: &mut Splitter<R>) -> io::Result<(u64, String)> {
    let mut digest = Sha256::new();
    let mut size = 0_u64;
    let mut buffer = Vec::with_capacity(BUFFER_BYTES.saturating_add(PIECE_MAX_BYTES));
    loop {
        let more = splitter.read_content(&mut buffer, BUFFER_BYTES)?;
        digest.update(&buffer);
        size = size.saturating_add(buffer.len() as u64);
        buffer.clear();
        if !more {
            return Ok((size, written(digest)));
        }
    }
}

fn written(digest: Sha256) -> String {
    let digest = digest.finalize();
    data_encoding::HEXLOWER.encode(digest.get(..DIGEST_BYTES).unwrap_or_default())
}

/// The date of the line a message begins with, read as UTC: `From somebody Mon Jan  5 10:00:00 2026`.
fn received(separator: &Separator) -> Option<jiff::Timestamp> {
    let line = std::str::from_utf8(&separator.line).ok()?;
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let time_at = words.iter().rposition(|word| is_time(word.as_bytes()))?;
    let month = words.get(time_at.checked_sub(2)?)?;
    let day = words.get(time_at.checked_sub(1)?)?;
    let time = words.get(time_at)?;
    let year = words
        .get(time_at.checked_add(1)?..)?
        .iter()
        .find(|word| word.len() == 4 && word.parse::<i16>().is_ok())?;
    let format = if time.matches(':').count() == 2 { "%b %d %H:%M:%S %Y" } else { "%b %d %H:%M %Y" };
    let date = jiff::civil::DateTime::strptime(format, format!("{month} {day} {time} {year}")).ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

impl Frame {
    fn id(&self) -> RemoteId {
        RemoteId::new(format!("{}{SEPARATOR}{}{SEPARATOR}{}", self.offset, self.length, self.digest))
    }

    /// Reads an identity; `None` for what no message of an mbox file has.
    pub(super) fn read(id: &RemoteId) -> Option<Self> {
        let mut parts = id.as_str().split(SEPARATOR);
        let frame = Self {
            offset: parts.next()?.parse().ok()?,
            length: parts.next()?.parse().ok()?,
            digest: parts.next()?.to_owned(),
        };
        (frame.id() == *id).then_some(frame)
    }

    /// Whether the message is where it was, unchanged.
    pub(super) fn is_there(&self, file: &File, quoting: Quoting) -> io::Result<bool> {
        self.verified(file, quoting).map(|found| found.is_some())
    }

    /// The size of the message and its first line, if it is where it was.
    fn verified(&self, file: &File, quoting: Quoting) -> io::Result<Option<(u64, Separator)>> {
        let Some(end) = self.offset.checked_add(self.length) else { return Ok(None) };
        if file.metadata()?.len() < end {
            return Ok(None);
        }
        let mut splitter = self.splitter(file.try_clone()?, quoting)?;
        let separator = match splitter.next_message() {
            Ok(Some(separator)) => separator,
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
            Err(error) => return Err(error),
        };
        let (size, digest) = digest_content(&mut splitter)?;
        let whole = splitter.is_at_end() && digest == self.digest;
        Ok(whole.then_some((size, separator)))
    }

    fn splitter(&self, file: File, quoting: Quoting) -> io::Result<Section> {
        splitter(file, quoting, self.offset, self.length)
    }
}

/// One message of a file, being split.
pub(super) type Section = Splitter<BufReader<Take<File>>>;

/// Reads the message that lies between `offset` and `offset + length`.
pub(super) fn splitter(mut file: File, quoting: Quoting, offset: u64, length: u64) -> io::Result<Section> {
    file.seek(SeekFrom::Start(offset))?;
    Ok(Splitter::new(BufReader::with_capacity(BUFFER_BYTES, file.take(length)), quoting, offset))
}

/// A message of the file being read.
#[derive(Debug)]
pub(super) struct Slice {
    splitter: Section,
    ended: bool,
    expected: String,
    /// Of what was read so far; `None` once it was compared.
    digest: Option<Sha256>,
}

impl Slice {
    /// Finds the message; `None` when it is not where it was, or not what it was.
    pub(super) fn open(
        file: File,
        quoting: Quoting,
        id: &RemoteId,
    ) -> io::Result<Option<(RemoteHead, Self)>> {
        let Some(frame) = Frame::read(id) else { return Ok(None) };
        let Some((size, separator)) = frame.verified(&file, quoting)? else { return Ok(None) };
        let mut splitter = frame.splitter(file, quoting)?;
        splitter.next_message()?;
        let head =
            RemoteHead { id: id.clone(), size: Some(size), received: received(&separator), seen: None };
        let slice = Self { splitter, ended: false, expected: frame.digest, digest: Some(Sha256::new()) };
        Ok(Some((head, slice)))
    }
}

impl Pieces for Slice {
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        if !self.ended {
            let mut piece = Vec::new();
            let enough = CHUNK_MAX_BYTES.saturating_sub(PIECE_MAX_BYTES);
            self.ended = !self.splitter.read_content(&mut piece, enough)?;
            if !piece.is_empty() {
                if let Some(digest) = &mut self.digest {
                    digest.update(&piece);
                }
                return Ok(Some(Bytes::from(piece)));
            }
        }
        // Found unchanged when it was opened, but that was before it was sent.
        let unchanged = self.digest.take().is_none_or(|digest| written(digest) == self.expected);
        if unchanged { Ok(None) } else { Err(io::Error::other("the mbox file changed while it was read")) }
    }
}
