//! Messages copied into the text of another one, as mail programs do when they pass mail on.
//!
//! One pass over the lines. A head begins at a line with a label; where it ends, the pass goes on, whether it was one or not,
//! so that a text made of nothing but heads costs no more than any other. Programs write the same head above an answer: what
//! the subject around it says, and to whom it goes, tells the two apart.

use super::head::{Fields, Head, read};
use super::labels::{Divider, Label, Prefix, bare, divider, is_wrote, label, prefix};
use super::lines::Line;
use super::people::is_same;
use super::{MESSAGES, because};
use crate::{Address, Confidence};

/// The message a text is that of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) subject: &'a str,
    pub(super) from: &'a [Address],
    pub(super) to: &'a [Address],
    pub(super) cc: &'a [Address],
    /// Many get it: what looks like a head may be a list of messages.
    pub(super) many: bool,
    /// How often its text is quoted.
    pub(super) depth: usize,
}

/// A message found in a text. Offsets are bytes of the text.
#[derive(Debug)]
pub(super) struct Copied {
    /// Which of those found before holds it.
    pub(super) within: Option<usize>,
    /// Where its head begins, with the line that announces it.
    pub(super) head: usize,
    pub(super) body: usize,
    pub(super) end: usize,
    /// How often its text is quoted.
    pub(super) depth: usize,
    pub(super) fields: Fields,
    pub(super) because: String,
    pub(super) confidence: Confidence,
    announced_at: usize,
}

#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) copied: Vec<Copied>,
    /// Where what the writer of the text wrote ends.
    pub(super) own: usize,
    /// There may be more.
    pub(super) full: bool,
}

/// The line that announces a head.
#[derive(Debug, Clone, Copy)]
struct Mark<'t> {
    divider: Divider,
    line: Line<'t>,
}

struct Scan<'t> {
    text: &'t str,
    outer: Around<'t>,
    found: Scanned,
    /// Those whose text goes on, outermost first.
    open: Vec<usize>,
    mark: Option<Mark<'t>>,
    /// Where a tool begins to copy headers.
    headers: Option<Line<'t>>,
    /// What follows is an earlier mail that this one answers.
    answered: bool,
}

enum Judged {
    PassedOn(Confidence),
    Answered,
    Neither,
}

/// Everything passed on in `text`.
pub(super) fn scan<'t>(text: &'t str, outer: Around<'t>) -> Scanned {
    let found = Scanned { own: text.len(), ..Scanned::default() };
    let mut scan = Scan { text, outer, found, open: Vec::new(), mark: None, headers: None, answered: false };
    let mut at = 0;
    while let Some(line) = Line::at(text, at) {
        if scan.found.copied.len() >= MESSAGES {
            scan.found.full = true;
            break;
        }
        if line.is_plain() && scan.mark.is_none() {
            at = line.next;
            continue;
        }
        at = scan.line(line);
        if scan.answered && prefix(scan.around().subject) != Prefix::Forward {
            break;
        }
    }
    while let Some(top) = scan.open.pop() {
        scan.close(top, text.len());
    }
    scan.found
}

impl<'t> Scan<'t> {
    /// Looks at one line and says where the next look begins.
    fn line(&mut self, line: Line<'t>) -> usize {
        if line.text.is_empty() {
            return line.next;
        }
        if let Some(divider) = divider(line.text) {
            self.divider(divider, line);
            return line.next;
        }
        if self.headers.is_some() {
            return line.next;
        }
        if label(line.text).is_some() {
            let head = read(self.text, &line);
            let next = head.end;
            self.head(head, line);
            return next;
        }
        match self.mark.take().filter(|mark| mark.divider == Divider::Forwarded) {
            Some(mark) => {
                if let Some(fields) = Fields::of_line(line.text) {
                    let head = Head { fields, end: line.next, depth: line.depth };
                    self.accept(head, mark.line, because::announced(mark.line.text), Confidence::Likely);
                }
            }
            None if is_wrote(line.text) => self.answer(line.start),
            None => {}
        }
        line.next
    }

    fn divider(&mut self, divider: Divider, line: Line<'t>) {
        match divider {
            Divider::Forwarded | Divider::Original => {
                self.mark = Some(Mark { divider, line });
            }
            // A rule below a line that says more adds nothing.
            Divider::Rule => {
                self.mark.get_or_insert(Mark { divider, line });
            }
            Divider::Ends | Divider::TextEnd => {
                self.mark = None;
                if let Some(top) = self.open.pop() {
                    self.close(top, line.start);
                }
            }
            Divider::HeadersBegin => {
                self.own_until(line.start);
                self.headers = Some(line);
            }
            Divider::HeadersEnd => {
                if let Some(begin) = self.headers.take() {
                    let fields =
                        Fields::of_headers(self.text.get(begin.next..line.start).unwrap_or_default());
                    let head = Head { fields, end: line.next, depth: line.depth };
                    if head.fields.kinds() > 1 {
                        self.accept(head, begin, because::announced(begin.text), Confidence::Certain);
                    }
                }
            }
            Divider::TextBegin => {
                if let Some(top) = self.open.last().and_then(|top| self.found.copied.get_mut(*top)) {
                    top.body = line.next;
                }
            }
            Divider::Section => self.own_until(line.start),
        }
    }

    fn head(&mut self, head: Head, line: Line<'t>) {
        let mark = self.mark.take();
        let divider = mark.map(|mark| mark.divider);
        let first = mark.map_or(line, |mark| mark.line);
        match self.judge(&head, divider, first.depth) {
            Judged::PassedOn(confidence) => {
                let why = match divider {
                    Some(Divider::Forwarded) => because::announced(first.text),
                    _ => because::labelled(&head.fields.labels),
                };
                self.accept(head, first, why, confidence);
            }
            Judged::Answered => self.answer(first.start),
            Judged::Neither => {}
        }
    }

    fn judge(&self, head: &Head, divider: Option<Divider>, depth: usize) -> Judged {
        let (around, fields) = (self.around(), &head.fields);
        let (kinds, said) = (fields.kinds(), prefix(around.subject));
        if kinds < 2 {
            return Judged::Neither;
        }
        let addressed = fields.from.iter().any(|one| one.address.is_some());
        if divider == Some(Divider::Forwarded) {
            return match said {
                Prefix::Forward => Judged::PassedOn(certain_if(kinds > 2 && addressed)),
                _ if self.answered => Judged::Neither,
                // Somebody answers what was passed on.
                Prefix::Reply if depth > around.depth => Judged::Answered,
                _ => Judged::PassedOn(certain_if(kinds > 2 && addressed)),
            };
        }
        let answered = self.answered && said != Prefix::Forward;
        if kinds < 3 || fields.from.is_empty() || !fields.has(Label::Subject) || answered {
            return Judged::Neither;
        }
        let subject = fields.subject.as_deref().unwrap_or_default();
        match said {
            Prefix::Reply => Judged::Answered,
            Prefix::Forward => {
                Judged::PassedOn(certain_if(bare(subject) == bare(around.subject) && addressed))
            }
            Prefix::Neither if kinds < 4 && divider.is_none() => Judged::Neither,
            Prefix::Neither => {
                let known = |list: &[Address]| {
                    fields.from.iter().any(|from| list.iter().any(|one| is_same(one, from)))
                };
                let to_writer = known(around.to) || known(around.cc) || known(around.from);
                let to_nobody = around.to.is_empty() && around.cc.is_empty();
                let doubtful = kinds < 4 || !addressed || around.many || to_nobody || to_writer;
                if doubtful { Judged::Answered } else { Judged::PassedOn(Confidence::Doubtful) }
            }
        }
    }

    /// The message the text is that of where the scan stands.
    fn around(&self) -> Around<'_> {
        self.open.last().and_then(|top| self.found.copied.get(*top)).map_or(self.outer, |copied| Around {
            subject: copied.fields.subject.as_deref().unwrap_or_default(),
            from: &copied.fields.from,
            to: &copied.fields.to,
            cc: &copied.fields.cc,
            many: self.outer.many,
            depth: copied.depth,
        })
    }

    fn answer(&mut self, at: usize) {
        self.own_until(at);
        self.answered = true;
    }

    fn own_until(&mut self, at: usize) {
        if self.found.copied.is_empty() {
            self.found.own = self.found.own.min(at);
        }
    }

    fn accept(&mut self, head: Head, first: Line<'t>, because: String, confidence: Confidence) {
        self.own_until(first.start);
        self.leave(&head, &first);
        self.answered = false;
        self.open.push(self.found.copied.len());
        let within = self.open.iter().rev().nth(1).copied();
        self.found.copied.push(Copied {
            within,
            head: first.start,
            body: head.end,
            end: self.text.len(),
            depth: head.depth,
            fields: head.fields,
            because,
            confidence,
            announced_at: first.depth,
        });
    }

    /// Ends the messages that do not hold the one that begins at `first`.
    fn leave(&mut self, head: &Head, first: &Line<'_>) {
        let mut beside = None;
        while let Some(top) = self.open.last().copied() {
            let Some(copied) = self.found.copied.get(top) else { break };
            let holds = match beside {
                None => holds(copied, head, first),
                // What held the one before holds this one too, unless it is quoted less.
                Some(()) => first.depth >= copied.depth,
            };
            if holds {
                break;
            }
            beside = Some(());
            self.open.pop();
            self.close(top, first.start);
        }
    }

    fn close(&mut self, index: usize, at: usize) {
        if let Some(copied) = self.found.copied.get_mut(index) {
            copied.end = at.max(copied.body);
        }
    }
}

/// Whether `copied` was itself passed on, and holds what begins at `first`, or both stand beside each other.
fn holds(copied: &Copied, head: &Head, first: &Line<'_>) -> bool {
    if first.depth != copied.announced_at {
        return first.depth > copied.announced_at;
    }
    let subject = copied.fields.subject.as_deref().unwrap_or_default();
    prefix(subject) != Prefix::Neither
        || bare(subject) == bare(head.fields.subject.as_deref().unwrap_or_default())
}

const fn certain_if(sure: bool) -> Confidence {
    if sure { Confidence::Certain } else { Confidence::Likely }
}
