//! Text of HTML bodies that their reader does not see, and why: hidden by style sheets, `style` or attributes, written
//! in the colour of its background, pushed out of the window, or taken apart by characters without width.

mod characters;

use crate::examine::PartText;
use crate::html::pieces::{Piece, pieces};
use crate::look::{Cause, Looks, Sheets, value_of};
use crate::verdicts::{Mark, MarkKind};
use crate::{Hidden, HiddenReason, PartKind, UsualHiding, html};

/// Passages kept of one page, and of one message.
const PASSAGES: usize = 100;
const OF_MESSAGE: usize = 200;
/// Bytes kept of one passage.
const TEXT_BYTES: usize = 1_000;
/// Bytes of style sheets read of one page; templates have 20 to 60 KiB.
const SHEET_BYTES: usize = 256 << 10;
/// Passages looked through for one of the same reason, from the end.
const LOOKED_BACK: usize = 16;
/// Letters that lists of messages show behind the subject; some senders write twice as many.
const PREHEADER_LETTERS: usize = 400;
/// Letters that may be seen before it: "View in browser".
const BEFORE_PREHEADER: usize = 20;
/// Letters of a comment worth reading, and those its authors need for notes to themselves.
const COMMENT_LETTERS: usize = 40;
const NOTE_LETTERS: usize = 400;
/// Letters hidden from which on it is no accident.
const TELLING_LETTERS: usize = 10;

/// What the readers of a message's bodies do not see.
pub(crate) fn of(texts: &[PartText]) -> Vec<Hidden> {
    let mut found = Vec::new();
    for one in texts.iter().filter(|one| one.part.kind == PartKind::Body && one.is_html) {
        let place = format!("{} html", one.part.path);
        for hidden in find(&one.text.content) {
            if found.len() < OF_MESSAGE {
                found.push(Hidden { place: place.clone(), ..hidden });
            }
        }
    }
    found
}

/// What the reader of a page does not see.
pub(crate) fn find(page: &str) -> Vec<Hidden> {
    let mut search = Search { looks: Looks::new(sheets(page)), found: Vec::new(), seen: 0, running: None };
    for piece in pieces(page) {
        match piece {
            Piece::Text { text, offset } => search.text(text, offset),
            Piece::Open { name, attributes } => {
                search.looks.open(&name, &attributes);
            }
            Piece::Close { name } => search.looks.close(&name),
            Piece::Comment { text, offset } => search.comment(text, offset),
            Piece::Raw { name, text } if matches!(&*name, "xmp" | "textarea") => {
                search.see(text);
            }
            Piece::Raw { .. } | Piece::Declaration => {}
        }
    }
    search.found.into_iter().map(Passage::told).collect()
}

/// The style sheets of a page.
pub(crate) fn sheets(page: &str) -> Sheets {
    let mut sheets = Sheets::default();
    let mut tags = memchr::memrchr_iter(b'<', page.as_bytes());
    let last = tags.find_map(|at| {
        let name = page.as_bytes().get(at + 1..)?;
        let (name, end) = name.strip_prefix(b"/").map_or((name, page.len()), |name| (name, at));
        name.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"style")).then_some(end)
    });
    let Some(last) = last else { return sheets };
    let (mut left, mut media) = (SHEET_BYTES, String::new());
    for piece in pieces(page.get(..last).unwrap_or_default()) {
        match piece {
            Piece::Open { name, attributes } if name == "style" => {
                media = value_of(&attributes, "media").unwrap_or_default().to_owned();
            }
            Piece::Raw { name, text } if name == "style" => {
                let text = text.get(..text.floor_char_boundary(left)).unwrap_or_default();
                left -= text.len();
                sheets.add(text, &media);
            }
            _ => {}
        }
    }
    sheets
}

/// The mark of a message whose bodies hide more than newsletters do; `hidden` is what they hide.
pub(crate) fn mark<'a>(hidden: impl Iterator<Item = &'a Hidden>) -> Option<Mark> {
    let telling: Vec<&Hidden> = hidden.filter(|one| one.usual.is_none()).collect();
    let hidden: usize = telling.iter().map(|one| one.letters).sum();
    let at_once = telling.iter().any(|one| one.reason == HiddenReason::Reordered);
    if hidden < TELLING_LETTERS && !at_once {
        return None;
    }
    let mut because: Vec<&str> = Vec::new();
    for one in &telling {
        if because.len() < 4 && !because.contains(&one.because.as_str()) {
            because.push(&one.because);
        }
    }
    let message =
        format!("the reader does not see {hidden} letters of the HTML body ({})", because.join(", "));
    Some(Mark { kind: MarkKind::HiddenText, message })
}

/// Letters and digits: what is left when fillers are gone.
fn letters(text: &str) -> usize {
    text.chars().filter(|one| one.is_alphanumeric()).count()
}

struct Passage {
    cause: Cause,
    text: String,
    letters: usize,
    offset: usize,
    times: usize,
}

impl Passage {
    fn told(self) -> Hidden {
        let Self { cause: Cause { reason, because, usual }, text, letters, offset, times } = self;
        let mut usual = usual;
        if reason == HiddenReason::Comment && letters < NOTE_LETTERS {
            usual = Some(UsualHiding::Note);
        }
        Hidden { reason, because, text, letters, place: String::new(), offset, times, usual }
    }
}

struct Search {
    looks: Looks,
    found: Vec<Passage>,
    /// Letters the reader has seen so far; not counted beyond [`BEFORE_PREHEADER`].
    seen: usize,
    /// The passage that goes on while nothing else is seen.
    running: Option<usize>,
}

impl Search {
    fn text(&mut self, text: &str, offset: usize) {
        if text.trim_ascii().is_empty() {
            return;
        }
        let Some(mut cause) = self.looks.unseen() else {
            self.running = None;
            self.see(text);
            self.characters(text, offset);
            return;
        };
        let mut decoded = String::with_capacity(text.len());
        html::push_decoded(&mut decoded, text);
        let letters = letters(&decoded);
        if letters == 0 {
            return;
        }
        if self.seen <= BEFORE_PREHEADER
            && cause.usual.is_none()
            && self.so_far() + letters <= PREHEADER_LETTERS
        {
            cause.usual = Some(UsualHiding::Preheader);
        }
        self.keep(cause, &decoded, letters, offset);
    }

    fn see(&mut self, text: &str) {
        if self.seen <= BEFORE_PREHEADER {
            self.seen += letters(text);
        }
    }

    /// Letters of what may be the preheader.
    fn so_far(&self) -> usize {
        let is_preheader = |one: &&Passage| one.cause.usual == Some(UsualHiding::Preheader);
        self.found.iter().filter(is_preheader).map(|one| one.letters).sum()
    }

    fn comment(&mut self, text: &str, offset: usize) {
        let conditional =
            text.trim_ascii_start().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("[if"));
        // Style sheets and what only programs read.
        if text.len() < COMMENT_LETTERS || text.contains('{') || text.contains("<xml") {
            return;
        }
        let said = html::read(
            text.get(text.find(']').filter(|_| conditional).map_or(0, |at| at + 2)..).unwrap_or_default(),
        );
        let letters = letters(&said.text);
        if letters < COMMENT_LETTERS {
            return;
        }
        let cause = if conditional {
            let because = "conditional comment".to_owned();
            Cause { reason: HiddenReason::ConditionalComment, because, usual: Some(UsualHiding::Outlook) }
        } else {
            Cause { reason: HiddenReason::Comment, because: "comment".to_owned(), usual: None }
        };
        self.running = None;
        self.keep(cause, &said.text, letters, offset);
    }

    /// What is odd about characters that are seen.
    fn characters(&mut self, text: &str, offset: usize) {
        if text.is_ascii() && !text.contains('&') {
            return;
        }
        let mut decoded = String::with_capacity(text.len());
        html::push_decoded(&mut decoded, text);
        for (because, words, times) in characters::find(&decoded) {
            let reason = match because {
                characters::OVERRIDE => HiddenReason::Reordered,
                _ => HiddenReason::ZeroWidth,
            };
            let cause = Cause { reason, because: because.to_owned(), usual: None };
            self.running = None;
            self.keep(cause, &words, times, offset);
        }
    }

    fn keep(&mut self, cause: Cause, text: &str, letters: usize, offset: usize) {
        let same = |one: &Passage| one.cause == cause;
        let goes_on = self.running.filter(|at| self.found.get(*at).is_some_and(same));
        let recent = self.found.len().saturating_sub(LOOKED_BACK);
        let before = || self.found.get(recent..)?.iter().rposition(same).map(|at| recent + at);
        let known = goes_on.or_else(before);
        let at = known.unwrap_or(self.found.len());
        if at == self.found.len() {
            if at >= PASSAGES {
                return;
            }
            self.found.push(Passage { cause, text: String::new(), letters: 0, offset, times: 0 });
        }
        let Some(passage) = self.found.get_mut(at) else { return };
        passage.letters += letters;
        passage.times += usize::from(goes_on.is_none());
        self.running = Some(at);
        if passage.text.len() >= TEXT_BYTES {
            return;
        }
        for word in text.split_whitespace() {
            if !passage.text.is_empty() {
                passage.text.push(' ');
            }
            passage.text.extend(word.chars().filter(|one| !characters::is_filler(*one)));
            if passage.text.len() >= TEXT_BYTES {
                break;
            }
        }
        passage.text = crate::fields::bounded(passage.text.trim(), TEXT_BYTES);
    }
}

#[cfg(test)]
mod tests;
