//! Follows a message while it streams, and hashes what its signatures are about.

use std::collections::HashSet;

use super::canonical::{Bodies, BodyHash, Hash, Hasher, header};
use super::chain::{Chain, Members};
use super::head::{Head, end_of};
use super::signature::{Kind, Signature, without_signature};
use crate::Header;

/// Bytes of headers that are looked at; mail with more than this is refused nearly everywhere.
const HEAD_BYTES: usize = 1 << 20;
/// Headers of that length, and the blank line after them.
const HEAD_ROOM: usize = HEAD_BYTES + 4;
/// Signatures looked at: honest mail carries one to four, and each may want the body hashed anew.
const SIGNATURES: usize = 10;

/// A signature with what it is about, hashed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signed {
    pub(super) signature: Signature,
    /// Of the headers it names and of itself.
    pub(super) digest: Vec<u8>,
    pub(super) body: Body,
    /// Headers people read that were added to or left out of those that are signed, lower case.
    pub(super) unsigned: Vec<String>,
}

/// How the body compares with its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Fits {
        /// Canonical bytes after the signed ones.
        more: u64,
    },
    Differs,
    /// `l=` counts more than there is.
    Short,
    /// What was read keeps the headers, and not the body they came with: an Outlook file.
    Lost,
}

/// Every signature of a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Signatures {
    /// What cannot be read is told instead, with the domain it names, if it does.
    pub(super) dkim: Vec<Result<Signed, (Option<String>, String)>>,
    /// How many more there are.
    pub(super) more: usize,
    pub(super) chain: Chain,
    /// The headers are too long to be looked at.
    pub(super) too_long: bool,
}

#[derive(Debug)]
pub(crate) struct Reader(State);

#[derive(Debug)]
enum State {
    Head(Vec<u8>),
    Body(Box<Reading>),
    /// Nothing more is wanted.
    Done(Box<Signatures>),
}

/// Signatures whose body is still coming.
#[derive(Debug)]
struct Reading {
    found: Found,
    bodies: Bodies,
}

/// Signatures without what is said of the body.
#[derive(Debug, Default)]
struct Found {
    dkim: Vec<Result<Half, (Option<String>, String)>>,
    more: usize,
    chain: Chain,
    /// The newest signature of the chain over the message.
    message: Option<Half>,
}

#[derive(Debug)]
struct Half {
    signature: Signature,
    digest: Vec<u8>,
    unsigned: Vec<String>,
}

impl Signatures {
    /// Of a message of which only the headers are left.
    fn without_body(headers: &[Header]) -> Self {
        let mut head = Vec::new();
        for Header { name, raw, .. } in headers {
            if head.len() + name.len() + raw.len() > HEAD_BYTES {
                return Self { too_long: true, ..Self::default() };
            }
            head.extend([name, ":", raw.trim_end(), "\r\n"].into_iter().flat_map(str::bytes));
        }
        Found::read(&Head::cut(&head)).finish(None)
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self(State::Head(Vec::new()))
    }
}

impl Reader {
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        match &mut self.0 {
            State::Done(_) => {}
            State::Body(reading) => reading.bodies.feed(piece),
            State::Head(head) if head.is_empty() => match end_of(piece, 0) {
                Some(end) => self.begin(piece, &end),
                None => head.extend_from_slice(piece.get(..HEAD_ROOM.min(piece.len())).unwrap_or_default()),
            },
            State::Head(head) => {
                let before = head.len();
                if before >= HEAD_ROOM {
                    return self.give_up();
                }
                // The end may lie across the pieces; what follows it must not be copied if it is large.
                let joint = piece.get(..HEAD_ROOM.min(piece.len())).unwrap_or_default();
                head.extend_from_slice(joint);
                if let Some(end) = end_of(head, before.saturating_sub(3)) {
                    let head = std::mem::take(head);
                    self.begin(&head, &end);
                    self.feed(piece.get(joint.len()..).unwrap_or_default());
                }
            }
        }
    }

    fn give_up(&mut self) {
        self.0 = State::Done(Box::new(Signatures { too_long: true, ..Signatures::default() }));
    }

    fn begin(&mut self, bytes: &[u8], end: &std::ops::Range<usize>) {
        let (head, rest) = bytes.split_at_checked(end.end).unwrap_or((bytes, &[]));
        let head = head.get(..end.start).unwrap_or_default();
        if head.len() > HEAD_BYTES {
            return self.give_up();
        }
        let found = Found::read(&Head::cut(head));
        let mut bodies = Bodies::new(found.wishes());
        if found.is_empty() {
            self.0 = State::Done(Box::default());
        } else {
            bodies.feed(rest);
            self.0 = State::Body(Box::new(Reading { found, bodies }));
        }
    }

    /// `headers` are those of the message, should it have been no mail that was fed.
    pub(super) fn finish_or(self, headers: &[Header]) -> Signatures {
        match &self.0 {
            State::Head(head) if head.is_empty() => Signatures::without_body(headers),
            _ => self.finish(),
        }
    }

    pub(super) fn finish(mut self) -> Signatures {
        if let State::Head(head) = &mut self.0 {
            let head = std::mem::take(head);
            self.begin(&head, &(head.len()..head.len()));
        }
        match self.0 {
            State::Head(_) => Signatures::default(),
            State::Done(signatures) => *signatures,
            State::Body(reading) => reading.found.finish(Some(&reading.bodies.finish())),
        }
    }
}

impl Found {
    fn read(head: &Head<'_>) -> Self {
        let mut found = Self::default();
        let mut members = Members::default();
        for (at, name) in head.names() {
            match name {
                "dkim-signature" if found.dkim.len() < SIGNATURES => {
                    let value = head.value(at);
                    let read = Signature::read(&value, Kind::Dkim);
                    let read = read.map(|signature| Half::new(head, at, signature));
                    found.dkim.push(read.map_err(|reason| (domain_of(&value), reason)));
                }
                "dkim-signature" => found.more += 1,
                name => members.note(name, at, head),
            }
        }
        found.chain = Chain::read(head, members);
        found.message = match found.chain.newest_message_signature() {
            Some(at) => match Signature::read(&head.value(at), Kind::Arc) {
                Ok(signature) => Some(Half::new(head, at, signature)),
                Err(reason) => {
                    found.chain.broken(format!("the newest ARC-Message-Signature cannot be read: {reason}"));
                    None
                }
            },
            None => None,
        };
        found
    }

    fn is_empty(&self) -> bool {
        self.dkim.is_empty() && self.chain.is_empty()
    }

    fn wishes(&self) -> Vec<BodyHash> {
        let dkim = self.dkim.iter().filter_map(|one| one.as_ref().ok());
        dkim.chain(&self.message).map(|half| half.signature.body).collect()
    }

    fn finish(self, bodies: Option<&[(BodyHash, Vec<u8>, u64)]>) -> Signatures {
        let Self { dkim, more, mut chain, message } = self;
        chain.message = message.map(|half| half.with(bodies));
        let dkim = dkim.into_iter().map(|one| one.map(|half| half.with(bodies))).collect();
        Signatures { dkim, more, chain, too_long: false }
    }
}

/// Whose signature it claims to be, when it is broken otherwise.
fn domain_of(value: &str) -> Option<String> {
    mailcase_indicators::host::ascii(super::tags::Tags::read(value)?.get("d")?)
}

/// Headers people read or answer by; one that is not signed may be anybody's.
const READ_BY_PEOPLE: [&str; 6] = ["from", "subject", "to", "cc", "date", "reply-to"];

impl Half {
    fn new(head: &Head<'_>, at: usize, signature: Signature) -> Self {
        let mut hasher = Hasher::new(signature.by.algorithm.hash());
        let meant = head.meant(&signature.headers, at);
        for field in &meant {
            hasher.update(&header(signature.header_form, head.field(*field)));
            hasher.update(b"\r\n");
        }
        hasher.update(&header(signature.header_form, &without_signature(head.field(at))));
        let meant: HashSet<usize> = meant.into_iter().collect();
        let left: HashSet<&str> =
            head.names().filter(|(at, _)| !meant.contains(at)).map(|(_, name)| name).collect();
        let unsigned =
            READ_BY_PEOPLE.iter().copied().filter(|name| left.contains(name)).map(str::to_owned).collect();
        Self { signature, digest: hasher.finish(), unsigned }
    }

    fn with(self, bodies: Option<&[(BodyHash, Vec<u8>, u64)]>) -> Signed {
        let Self { signature, digest, unsigned } = self;
        let body = bodies.map(|bodies| bodies.iter().find(|(wish, _, _)| *wish == signature.body));
        let body = match body {
            None => Body::Lost,
            Some(Some((wish, _, written))) if wish.length.is_some_and(|length| length > *written) => {
                Body::Short
            }
            Some(Some((wish, hash, written))) if *hash == signature.body_hash => {
                Body::Fits { more: wish.length.map_or(0, |length| written.saturating_sub(length)) }
            }
            Some(_) => Body::Differs,
        };
        Signed { signature, digest, body, unsigned }
    }
}

/// The digest of a seal: all sets up to it, canonical, the seal itself without its signature.
pub(super) fn sealed(before: &mut Hasher, head: &Head<'_>, fields: [usize; 3]) -> Vec<u8> {
    use super::canonical::Form::Relaxed;
    let [results, message, seal] = fields;
    for field in [results, message] {
        before.update(&header(Relaxed, head.field(field)));
        before.update(b"\r\n");
    }
    let mut own = before.clone();
    own.update(&header(Relaxed, &without_signature(head.field(seal))));
    before.update(&header(Relaxed, head.field(seal)));
    before.update(b"\r\n");
    own.finish()
}

/// A hasher of seals: RFC 8617 §4.1.3 knows only this one.
pub(super) fn seal_hasher() -> Hasher {
    Hasher::new(Hash::Sha256)
}
