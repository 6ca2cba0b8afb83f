//! The examination from bytes to [`Evidence`].

use std::cell::OnceCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::content::{Content, Encoding, SNIFF_BYTES};
use crate::heads::MessageHead;
use crate::open::Format;
use crate::scan::Scanner;
use crate::text::Text;
use crate::tree::{Tree, is_html};
use crate::verdicts::Claims;
use crate::{
    Body, Defect, Evidence, Limits, Means, MessageHeaders, OriginFacts, PARSER_VERSION, Part, PartKind,
    Verification, alternatives, automatic, html, indicators, lists, origin, patterns, reported, unseen,
    verdicts,
};

/// Read from disk in pieces of this size.
pub(crate) const READ_BYTES: usize = 64 << 10;

/// Takes a message apart. Deterministic, bounded by the limits of `means`, never fails.
#[must_use]
pub fn examine(raw: &[u8], means: &Means) -> Evidence {
    total(raw.len() as u64, || {
        let mut examination = Examination::new(means);
        examination.feed(raw);
        examination.finish()
    })
}

/// Like [`examine`], with equal results, for bytes that come one piece after the other.
#[must_use]
pub fn examine_pieces<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>, means: &Means) -> Evidence {
    let mut size = 0_u64;
    let mut pieces = pieces.into_iter();
    let evidence = caught(|| {
        let mut examination = Examination::new(means);
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
pub fn examine_reader<R: Read + Seek>(mut reader: R, size: u64, means: &Means) -> io::Result<Evidence> {
    reader.seek(SeekFrom::Start(0))?;
    if size <= means.limits.in_memory_bytes {
        let mut raw = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        reader.take(size).read_to_end(&mut raw)?;
        return Ok(examine(&raw, means));
    }
    let mut failed = None;
    let evidence = total(size, || {
        let mut examination = Examination::new(means);
        failed = read_through(&mut reader, |piece| examination.feed(piece)).err();
        examination.finish()
    });
    failed.map_or(Ok(evidence), Err)
}

/// The headers of a message of which only the first bytes are there: those [`examine`] finds in the whole of it. `None`
/// when the headers do not end within `beginning`, or it is no mail.
#[must_use]
pub fn examine_headers(beginning: &[u8], limits: &Limits) -> Option<MessageHeaders> {
    let means = Means::from(*limits);
    let head = caught(|| {
        let mut examination = Examination::new(&means);
        examination.feed(beginning);
        examination.decide();
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
pub(crate) struct Examination<'a> {
    pub(crate) tree: Tree<'a>,
    kind: Kind,
    size: u64,
    /// Hashes what is signed, when that is wanted.
    origin: origin::Reader,
}

enum Kind {
    /// Fewer bytes so far than tell a message from other files.
    Unknown(Vec<u8>),
    Mail(Box<Scanner>),
    /// No mail but a container of its own: an Outlook file, an archive.
    File(Box<Content>),
    Ended,
}

impl<'a> Examination<'a> {
    pub(crate) fn new(means: &'a Means) -> Self {
        Self {
            tree: Tree::new(means),
            kind: Kind::Unknown(Vec::new()),
            size: 0,
            origin: origin::Reader::default(),
        }
    }

    pub(crate) fn feed(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        match &mut self.kind {
            Kind::Mail(scanner) => {
                scanner.feed(&mut self.tree, piece);
                if self.tree.wants_facts() {
                    self.origin.feed(piece);
                }
            }
            Kind::File(content) => content.push(&mut self.tree, piece),
            Kind::Ended => {}
            Kind::Unknown(start) if start.is_empty() && Format::is_told(piece) => self.begin(piece),
            Kind::Unknown(start) => {
                start.extend_from_slice(piece);
                if Format::is_told(start) {
                    self.decide();
                }
            }
        }
    }

    /// Takes what is there as the beginning of what it looks like, if that has not been done.
    fn decide(&mut self) {
        if let Kind::Unknown(start) = &mut self.kind {
            let start = std::mem::take(start);
            self.begin(&start);
        }
    }

    fn begin(&mut self, start: &[u8]) {
        if Format::at_start(start.get(..SNIFF_BYTES).unwrap_or(start)) {
            let mut content = Box::new(Content::new(self.tree.open_file(), Encoding::Identity, None));
            content.push(&mut self.tree, start);
            self.kind = Kind::File(content);
        } else {
            let mut scanner = Box::new(Scanner::new(None));
            scanner.feed(&mut self.tree, start);
            if self.tree.wants_facts() {
                self.origin.feed(start);
            }
            self.kind = Kind::Mail(scanner);
        }
    }

    /// No more bytes: everything is in the tree after this.
    pub(crate) fn end(&mut self) {
        self.decide();
        match std::mem::replace(&mut self.kind, Kind::Ended) {
            Kind::Mail(mut scanner) => scanner.finish(&mut self.tree),
            Kind::File(content) => {
                self.tree.end_leaf(*content);
                self.tree.head.get_or_insert_with(no_message);
            }
            Kind::Unknown(_) | Kind::Ended => {}
        }
        self.tree.open_waiting();
    }

    pub(crate) fn finish(mut self) -> Evidence {
        self.end();
        let mut evidence = assemble(self.tree, self.origin);
        evidence.parser_version = PARSER_VERSION;
        evidence.size = self.size;
        evidence
    }
}

fn no_message() -> MessageHead {
    let message = "this file is no message; what it holds was taken apart as far as it is known";
    MessageHead { defects: vec![Defect::new("no_message", message)], ..MessageHead::default() }
}

fn assemble(tree: Tree<'_>, origin: origin::Reader) -> Evidence {
    let means = tree.means;
    let (root, texts, head) = tree.finish();
    let MessageHead { headers, envelope, received, defects } = head;
    let scope = means.scope;
    let mut evidence = Evidence { scope, envelope, headers, received, root, defects, ..Evidence::default() };
    let texts: Vec<PartText> = texts.into_iter().map(PartText::new).collect();
    bodies(&mut evidence, &texts, &means.limits);
    if scope.is_everything() {
        facts(&mut evidence, &texts, origin, means);
    }
    evidence
}

/// What a message that was taken apart tells.
fn facts(evidence: &mut Evidence, texts: &[PartText], origin: origin::Reader, means: &Means) {
    let Means { limits, trust, patterns, .. } = means;
    evidence.automatic = automatic::recognise(evidence, texts);
    evidence.mailing_list = lists::recognise(&evidence.headers);
    let Evidence { envelope, headers, received, .. } = &*evidence;
    evidence.verdicts = verdicts::of(Claims { envelope, headers, received }, trust);
    evidence.origin = OriginFacts::new(origin, evidence, trust);
    evidence.verdicts.own = Verification::offline(&evidence.origin);
    evidence.reported = reported::of(evidence, texts);
    patterns::collect(evidence, texts, patterns);
    indicators::collect(evidence, texts, limits);
    evidence.hidden = unseen::of(texts);
    evidence.alternatives = alternatives::of(evidence, texts);
    reported::mark(evidence, texts, means);
    let hidden = unseen::mark(evidence.hidden.iter().filter(|one| !reported::holds(evidence, &one.place)));
    let marks = hidden.into_iter().chain(evidence.alternatives.as_ref().map(alternatives::mark));
    let marks: Vec<_> = marks.collect();
    evidence.verdicts.marks.extend(marks);
}

/// The text of one part, HTML read once, when it is needed.
pub(crate) struct PartText {
    pub(crate) part: Part,
    pub(crate) text: Text,
    pub(crate) is_html: bool,
    page: OnceCell<html::Page>,
}

impl PartText {
    fn new((part, text): (Part, Text)) -> Self {
        let is_html = is_html(&part) || part.sniffed_type.as_deref() == Some("text/html");
        Self { part, text, is_html, page: OnceCell::new() }
    }

    /// What it says as a page, if it is one.
    pub(crate) fn html(&self) -> Option<&html::Page> {
        self.is_html.then(|| self.page.get_or_init(|| html::read(&self.text.content)))
    }

    /// What a person reads.
    pub(crate) fn visible(&self) -> &str {
        self.html().map_or(self.text.content.as_str(), |page| page.text.as_str())
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
