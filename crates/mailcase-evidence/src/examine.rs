//! The examination from bytes to [`Evidence`].

use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::content::{SNIFF_BYTES, Sums};
use crate::scan::Scanner;
use crate::text::Text;
use crate::tree::{MessageHead, Tree, is_html};
use crate::{
    Body, Defect, Evidence, Limits, MessageHeaders, PARSER_VERSION, Part, PartKind, automatic, html,
    indicators, names, sniff,
};

/// Read from disk in pieces of this size.
pub(crate) const READ_BYTES: usize = 64 << 10;

/// Takes a message apart. Deterministic, bounded by `limits`, never fails.
#[must_use]
pub fn examine(raw: &[u8], limits: &Limits) -> Evidence {
    total(raw.len() as u64, || {
        let mut examination = Examination::new(limits);
        examination.feed(raw);
        examination.finish()
    })
}

/// Like [`examine`], with equal results, for bytes that come one piece after the other.
#[must_use]
pub fn examine_pieces<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>, limits: &Limits) -> Evidence {
    let mut size = 0_u64;
    let mut pieces = pieces.into_iter();
    let evidence = caught(|| {
        let mut examination = Examination::new(limits);
        for piece in pieces.by_ref() {
            size = size.saturating_add(piece.as_ref().len() as u64);
            examination.feed(piece.as_ref());
        }
        examination.finish()
    });
    evidence.unwrap_or_else(|| {
        given_up(pieces.fold(size, |size, piece| size.saturating_add(piece.as_ref().len() as u64)))
    })
}

/// Like [`examine`], with equal results, in bounded memory for messages of any size.
///
/// # Errors
/// Only those of the reader.
pub fn examine_reader<R: Read + Seek>(mut reader: R, size: u64, limits: &Limits) -> io::Result<Evidence> {
    reader.seek(SeekFrom::Start(0))?;
    if size <= limits.in_memory_bytes {
        let mut raw = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        reader.take(size).read_to_end(&mut raw)?;
        return Ok(examine(&raw, limits));
    }
    let mut failed = None;
    let evidence = total(size, || {
        let mut examination = Examination::new(limits);
        failed = read_through(&mut reader, |piece| examination.feed(piece)).err();
        examination.finish()
    });
    failed.map_or(Ok(evidence), Err)
}

/// The headers of a message of which only the first bytes are there: those [`examine`] finds in the whole of it. `None`
/// when the headers do not end within `beginning`, or it is no mail.
#[must_use]
pub fn examine_headers(beginning: &[u8], limits: &Limits) -> Option<MessageHeaders> {
    let head = caught(|| {
        let mut examination = Examination::new(limits);
        examination.feed(beginning);
        examination.tree.head.take()
    });
    let MessageHead { headers, envelope, .. } = head.flatten()?;
    Some(MessageHeaders { envelope, headers })
}

/// Hands all that `reader` has to `take`, piece by piece.
pub(crate) fn read_through<R: Read>(reader: &mut R, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => take(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Should any code below panic after all, the message is still there, with a defect.
fn total(size: u64, work: impl FnOnce() -> Evidence) -> Evidence {
    caught(work).unwrap_or_else(|| given_up(size))
}

fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn given_up(size: u64) -> Evidence {
    Evidence {
        parser_version: PARSER_VERSION,
        size,
        root: Part { path: "/".to_owned(), size, ..Part::default() },
        defects: vec![Defect::new("parser_failed", "the examination failed; only the raw message is there")],
        ..Evidence::default()
    }
}

/// A message being read.
struct Examination<'a> {
    limits: &'a Limits,
    tree: Tree<'a>,
    kind: Kind,
    size: u64,
}

enum Kind {
    /// Fewer bytes so far than a magic number has.
    Unknown(Vec<u8>),
    Mail(Box<Scanner>),
    Foreign {
        prefix: Vec<u8>,
        sums: Box<Sums>,
    },
}

impl<'a> Examination<'a> {
    fn new(limits: &'a Limits) -> Self {
        Self { limits, tree: Tree::new(limits), kind: Kind::Unknown(Vec::new()), size: 0 }
    }

    fn feed(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        match &mut self.kind {
            Kind::Mail(scanner) => scanner.feed(&mut self.tree, piece),
            Kind::Foreign { prefix, sums } => keep_foreign(prefix, sums, piece),
            Kind::Unknown(start) => {
                let begun = start.is_empty() && piece.len() >= sniff::COMPOUND_FILE.len();
                if !begun {
                    start.extend_from_slice(piece);
                    if start.len() < sniff::COMPOUND_FILE.len() {
                        return;
                    }
                }
                let start = std::mem::take(start);
                self.begin(if begun { piece } else { &start });
            }
        }
    }

    fn begin(&mut self, start: &[u8]) {
        if start.starts_with(&sniff::COMPOUND_FILE) {
            let (mut prefix, mut sums) = (Vec::new(), Box::<Sums>::default());
            keep_foreign(&mut prefix, &mut sums, start);
            self.kind = Kind::Foreign { prefix, sums };
        } else {
            let mut scanner = Box::new(Scanner::new(None));
            scanner.feed(&mut self.tree, start);
            self.kind = Kind::Mail(scanner);
        }
    }

    fn finish(mut self) -> Evidence {
        if let Kind::Unknown(start) = &mut self.kind {
            let start = std::mem::take(start);
            self.begin(&start);
        }
        let mut evidence = match self.kind {
            Kind::Foreign { prefix, sums } => foreign(&prefix, *sums),
            Kind::Mail(mut scanner) => {
                scanner.finish(&mut self.tree);
                assemble(self.tree, self.limits)
            }
            Kind::Unknown(_) => Evidence::default(),
        };
        evidence.parser_version = PARSER_VERSION;
        evidence.size = self.size;
        evidence
    }
}

fn keep_foreign(prefix: &mut Vec<u8>, sums: &mut Sums, piece: &[u8]) {
    let room = SNIFF_BYTES.saturating_sub(prefix.len()).min(piece.len());
    prefix.extend_from_slice(piece.get(..room).unwrap_or_default());
    sums.update(piece);
}

/// Outlook's own format: known for what it is, not taken apart.
fn foreign(prefix: &[u8], sums: Sums) -> Evidence {
    let (size, hashes) = sums.finish();
    let mut root = Part {
        path: "/".to_owned(),
        kind: PartKind::Attachment,
        content_type: "application/vnd.ms-outlook".to_owned(),
        sniffed_type: sniff::sniff(prefix).map(str::to_owned),
        size,
        hashes: Some(hashes),
        ..Part::default()
    };
    root.name = Some("message.msg".to_owned());
    root.safe_name = Some(names::safe_name(&root));
    root.name = None;
    let message = "this is a compound file (Outlook .msg); its content was not taken apart";
    Evidence { root, defects: vec![Defect::new("unsupported_format", message)], ..Evidence::default() }
}

fn assemble(tree: Tree<'_>, limits: &Limits) -> Evidence {
    let (root, texts, head) = tree.finish();
    let MessageHead { headers, envelope, received, defects } = head;
    let mut evidence = Evidence { envelope, headers, received, root, defects, ..Evidence::default() };
    let texts: Vec<PartText> = texts.into_iter().map(PartText::new).collect();
    bodies(&mut evidence, &texts, limits);
    evidence.automatic = automatic::recognise(&evidence, &texts);
    indicators::collect(&mut evidence, &texts, limits);
    evidence
}

/// The text of one part, HTML read once.
pub(crate) struct PartText {
    pub(crate) part: Part,
    pub(crate) text: Text,
    pub(crate) html: Option<html::Page>,
}

impl PartText {
    fn new((part, text): (Part, Text)) -> Self {
        let html = (is_html(&part) || part.sniffed_type.as_deref() == Some("text/html"))
            .then(|| html::read(&text.content));
        Self { part, text, html }
    }

    /// What a person reads.
    pub(crate) fn visible(&self) -> &str {
        self.html.as_ref().map_or(self.text.content.as_str(), |page| page.text.as_str())
    }
}

/// The bodies of the outermost message: those of messages within stay with their parts.
fn bodies(evidence: &mut Evidence, texts: &[PartText], limits: &Limits) {
    let within: Vec<&str> = evidence
        .root
        .walk()
        .filter(|part| part.kind == PartKind::Message)
        .map(|part| part.path.as_str())
        .collect();
    let own = |one: &&PartText| {
        one.part.kind == PartKind::Body
            && !within
                .iter()
                .any(|path| one.part.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    };
    let written = |one: &PartText| !one.text.content.trim().is_empty();
    let body = |one: &PartText, content: &str| {
        let kept = crate::fields::bounded(content, limits.body_bytes);
        Body {
            path: one.part.path.clone(),
            truncated: one.text.truncated || kept.len() < content.len(),
            content: kept,
        }
    };
    let html = texts.iter().filter(own).find(|one| is_html(&one.part) && written(one));
    let plain = texts.iter().filter(own).filter(|one| !is_html(&one.part));
    let plain = plain.clone().find(|one| written(one));
    evidence.html = html.map(|one| body(one, &one.text.content));
    evidence.text =
        plain.map(|one| body(one, &one.text.content)).or_else(|| html.map(|one| body(one, one.visible())));
}
