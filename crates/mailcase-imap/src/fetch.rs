//! Raw messages: pipelined, in parts, reconciled with what was asked for.
//!
//! Every body is asked for in parts of at most [`PART_BYTES`], so that no announced size is ever believed. A full
//! part has a successor. A part that is shorter is the last one if it meets the announced size, or if this
//! server was seen to give larger parts, so that it is not the server that cuts them; else one more is asked for.

use crate::connection::{Answer, Tag, answer_among};
use crate::cursor::{parse_remote_id, remote_id};
use crate::discover::head;
use crate::fetch_plan::{PART_BYTES, plan};
use crate::heads::Heads;
use crate::refusal::{asks_for_patience, refused, said};
use crate::session::Session;
use crate::wire::command::Command;
use crate::wire::response::{BodyPart, FetchData, Response};
use crate::wire::uid_set;
use bytes::Bytes;
use mailcase_mail::{Fetched, FetchedSender, FolderPath, RemoteHead, RemoteId, SourceError};
use std::collections::{BTreeSet, VecDeque};

/// Commands on their way at once: the next is with the server before the last is answered.
const BATCHES_IN_FLIGHT: usize = 3;
const PARTS_IN_FLIGHT: usize = 4;
/// A server that cuts parts to less than this on average, beyond the first so many, would be asked without end.
const CRUMB_BYTES: u64 = 4 << 10;
const PARTS_MAX: u64 = 1_000;
/// IMAP counts bytes of a message in 32 bits: whoever sends more sends without end.
const MESSAGE_MAX_BYTES: u64 = u32::MAX as u64;

impl Session {
    pub(crate) async fn fetch(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        let selected = self.ensure_selected(folder, false).await?;
        let mut uids = BTreeSet::new();
        for id in ids {
            match parse_remote_id(id) {
                Some((uidvalidity, uid)) if uidvalidity == selected.uidvalidity => {
                    uids.insert(uid);
                }
                // The identity is of another life of this folder: the UID may name a stranger now.
                _ => send(out, Fetched::Gone(id.clone())).await?,
            }
        }
        let uids: Vec<u32> = uids.into_iter().collect();
        let mut heads = Heads::default();
        // Those it will not describe are fetched all the same, each alone.
        self.describe(&uids, &mut heads).await?;
        let heads = Announced { uidvalidity: selected.uidvalidity, heads };
        self.connection.allow_literals(PART_BYTES as usize);
        let planned = plan(uids.iter().map(|&uid| (uid, heads.size(uid))));
        let left = self.fetch_batches(planned.batches, &heads, out).await?;
        let alone: BTreeSet<u32> = planned.alone.into_iter().chain(left).collect();
        for uid in alone {
            self.fetch_alone(uid, &heads, out).await?;
        }
        Ok(())
    }

    /// Fetches small messages; returns those not settled, to be fetched alone.
    async fn fetch_batches(
        &mut self,
        batches: Vec<Vec<u32>>,
        heads: &Announced,
        out: &FetchedSender,
    ) -> Result<Vec<u32>, SourceError> {
        let mut batches = batches.into_iter();
        let mut flying: VecDeque<(Tag, BTreeSet<u32>)> = VecDeque::new();
        let mut left = Vec::new();
        loop {
            while flying.len() < BATCHES_IN_FLIGHT
                && let Some(batch) = batches.next()
            {
                let set = uid_set::compress(&batch);
                let command = Command::new(format!("UID FETCH {set} (UID BODY.PEEK[]<0.{PART_BYTES}>)"));
                flying.push_back((self.connection.send(&command).await?, batch.into_iter().collect()));
            }
            if flying.is_empty() {
                return Ok(left);
            }
            match self.connection.next().await? {
                Response::Fetch(FetchData { uid: Some(uid), body: Some(part), .. }) => {
                    // Dovecot sends the bodies of several commands before it says that the first one is done.
                    if !flying.iter_mut().any(|(_, unanswered)| unanswered.remove(&uid)) {
                        // Not asked for, or twice: the first answer counts.
                        continue;
                    }
                    match self.whole(uid, part, heads) {
                        Some(bytes) => deliver(heads.head(uid), bytes, out).await?,
                        None => left.push(uid),
                    }
                }
                Response::Tagged { tag, line } => match answer_among(&mut flying, &tag, line)? {
                    (_, Answer::No(line)) if asks_for_patience(&line) => {
                        return Err(refused("to give messages", &line));
                    }
                    // One bad message can spoil the answer for all: each is asked for alone.
                    (unanswered, Answer::No(_) | Answer::Ok(_)) => left.extend(unanswered),
                },
                other => self.note(&other)?,
            }
        }
    }

    /// The body, if this one part surely is all of it.
    fn whole(&mut self, uid: u32, part: BodyPart, heads: &Announced) -> Option<Bytes> {
        let announced = heads.size(uid)?;
        let bytes = part.data.filter(|_| part.origin.unwrap_or(0) == 0)?;
        let length = u64::try_from(bytes.len()).ok()?;
        let complete = length == announced || (length > 0 && length < self.largest_part);
        self.largest_part = self.largest_part.max(length);
        (length < u64::from(PART_BYTES) && complete).then_some(bytes)
    }

    /// Fetches one message part by part.
    async fn fetch_alone(
        &mut self,
        uid: u32,
        heads: &Announced,
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        let mut body = Body::new(uid, heads.size(uid));
        let mut flying: VecDeque<(Tag, u64)> = VecDeque::new();
        loop {
            while let Some(offset) = body.next_to_ask(flying.len()) {
                let command =
                    Command::new(format!("UID FETCH {uid} (UID BODY.PEEK[]<{offset}.{PART_BYTES}>)"));
                flying.push_back((self.connection.send(&command).await?, offset));
            }
            if flying.is_empty() {
                break;
            }
            match self.connection.next().await? {
                Response::Fetch(data) if data.uid.is_none_or(|other| other == uid) => {
                    let Some(part) = data.body else { continue };
                    let asked = |offset| flying.iter().any(|(_, asked)| *asked == offset);
                    let Some(bytes) = body.accept(part, asked, &mut self.largest_part) else { continue };
                    if !body.begun && !body.is_hollow() {
                        body.begun = true;
                        send(out, Fetched::Begin(heads.head(uid))).await?;
                    }
                    if !bytes.is_empty() {
                        send(out, Fetched::Chunk(bytes)).await?;
                    }
                }
                Response::Tagged { tag, line } => match answer_among(&mut flying, &tag, line)? {
                    (_, Answer::No(line)) if asks_for_patience(&line) => {
                        return Err(refused("to give a message", &line));
                    }
                    (offset, Answer::No(line)) => body.refused(offset, said(&line)),
                    (offset, Answer::Ok(_)) => body.answered(offset),
                },
                other => self.note(&other)?,
            }
        }
        let id = remote_id(heads.uidvalidity, uid);
        match body.verdict() {
            Ok(()) => send(out, Fetched::End).await,
            Err(reason) => {
                let there = self.search(&format!("UID {uid}")).await?.contains(&uid);
                send(out, if there { Fetched::Unreadable { id, reason } } else { Fetched::Gone(id) }).await
            }
        }
    }
}

/// What is known of the messages before their bodies come.
struct Announced {
    uidvalidity: u32,
    heads: Heads,
}

impl Announced {
    fn size(&self, uid: u32) -> Option<u64> {
        self.heads.of(uid).and_then(|head| head.size)
    }

    fn head(&self, uid: u32) -> RemoteHead {
        head(self.uidvalidity, uid, self.heads.of(uid))
    }
}

/// A message arriving in parts.
#[derive(Debug)]
struct Body {
    uid: u32,
    announced: Option<u64>,
    received: u64,
    parts: u32,
    /// Offset asked for next.
    ask: u64,
    begun: bool,
    ended: bool,
    /// One part at a time: the server does not keep to the parts asked for.
    careful: bool,
    /// Parts that came before their turn: they are asked for again rather than held.
    early: BTreeSet<u64>,
    failed: Option<String>,
}

impl Body {
    const fn new(uid: u32, announced: Option<u64>) -> Self {
        Self {
            uid,
            announced,
            received: 0,
            parts: 0,
            ask: 0,
            begun: false,
            ended: false,
            careful: false,
            early: BTreeSet::new(),
            failed: None,
        }
    }

    /// The offset of the next part to ask for: ahead of what came while the announced size says that there is more.
    fn next_to_ask(&mut self, in_flight: usize) -> Option<u64> {
        if self.ended || self.failed.is_some() {
            return None;
        }
        let ahead = self.ask == 0 || self.announced.is_some_and(|size| self.ask < size);
        if in_flight > 0 && (self.careful || !ahead || in_flight >= PARTS_IN_FLIGHT) {
            return None;
        }
        if in_flight == 0 && (self.careful || !ahead) {
            self.ask = self.received;
        }
        let offset = self.ask;
        self.ask = offset.saturating_add(u64::from(PART_BYTES));
        Some(offset)
    }

    /// Takes a part if it is the one that comes next; gives back its bytes.
    fn accept(
        &mut self,
        part: BodyPart,
        asked: impl Fn(u64) -> bool,
        largest_part: &mut u64,
    ) -> Option<Bytes> {
        let expected = self.received;
        if self.ended || self.failed.is_some() || !asked(expected) {
            return None;
        }
        let bytes = part.data.unwrap_or_default();
        // A server that knows no parts sends the whole again, without an origin; nothing needs none.
        let origin = part.origin.unwrap_or(if bytes.is_empty() { expected } else { 0 });
        if origin != expected {
            if origin > expected && asked(origin) {
                self.early.insert(origin);
                self.careful = true;
            }
            return None;
        }
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let received = self.received.saturating_add(length);
        if length > u64::from(PART_BYTES) || received > MESSAGE_MAX_BYTES {
            self.failed = Some("the server sends more than a message can be".to_owned());
            return None;
        }
        self.received = received;
        self.parts = self.parts.saturating_add(1);
        if u64::from(self.parts) > PARTS_MAX.saturating_add(received / CRUMB_BYTES) {
            self.failed = Some("the server gives the message in crumbs".to_owned());
            return None;
        }
        // Beyond the announced size the announcement is known to be false and proves nothing.
        let reached = self.announced == Some(received);
        if length < u64::from(PART_BYTES) {
            self.ended = length == 0 || reached || length < *largest_part;
            self.careful = true;
        }
        *largest_part = (*largest_part).max(length);
        Some(bytes)
    }

    /// A part was answered with OK: it must have come.
    fn answered(&mut self, offset: u64) {
        let came_early = self.early.remove(&offset);
        if !self.ended && self.failed.is_none() && offset == self.received && !came_early {
            self.failed = Some("the server answered without giving the message".to_owned());
        }
    }

    /// A part was refused. Behind the announced end that only means that there is nothing.
    fn refused(&mut self, offset: u64, said: String) {
        if self.ended || self.failed.is_some() || offset != self.received {
            return;
        }
        if self.received > 0 && self.announced.is_some_and(|size| self.received >= size) {
            self.ended = true;
        } else {
            self.failed = Some(format!("the server refused to give the message{said}"));
        }
    }

    /// Whether no bytes came and nobody said that there are none.
    fn is_hollow(&self) -> bool {
        self.received == 0 && self.announced != Some(0)
    }

    /// Whether the message is complete, or why not.
    fn verdict(self) -> Result<(), String> {
        if let Some(reason) = self.failed {
            return Err(reason);
        }
        if !self.ended {
            return Err("the message came to no end".to_owned());
        }
        if self.is_hollow() {
            return Err(
                "the server gives no bytes of the message and does not say that it is empty".to_owned()
            );
        }
        tracing::trace!(uid = self.uid, bytes = self.received, "fetched in parts");
        Ok(())
    }
}

async fn deliver(head: RemoteHead, bytes: Bytes, out: &FetchedSender) -> Result<(), SourceError> {
    send(out, Fetched::Begin(head)).await?;
    if !bytes.is_empty() {
        send(out, Fetched::Chunk(bytes)).await?;
    }
    send(out, Fetched::End).await
}

async fn send(out: &FetchedSender, fetched: Fetched) -> Result<(), SourceError> {
    out.send(fetched).await.map_err(|_| SourceError::Abandoned)
}

#[cfg(test)]
mod tests;
