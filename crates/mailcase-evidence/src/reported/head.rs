//! The head of a copied message: lines of labels and values.

use super::labels::{Label, Labels, is_blank, label, labels_within};
use super::lines::Line;
use super::people::people;
use crate::Address;
use crate::fields::{Block, Field, bounded};

/// Bytes of one value kept.
const VALUE_BYTES: usize = 4 << 10;
/// Lines that the recipients of a message may take; other values take fewer.
const RECIPIENT_LINES: usize = 10;
const OTHER_LINES: usize = 1;
/// Labels of no use here within one head.
const OTHERS: usize = 10;
/// All headers of a message that a tool copied.
const DUMP_BYTES: usize = 64 << 10;
/// Longest value that is looked into for further labels.
const PACKED_BYTES: usize = 2 << 10;

/// What a head says.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) from: Vec<Address>,
    pub(super) to: Vec<Address>,
    pub(super) cc: Vec<Address>,
    pub(super) subject: Option<String>,
    /// As written.
    pub(super) date: Option<String>,
    pub(super) message_id: Option<String>,
    /// The labels as written.
    pub(super) labels: Vec<String>,
    known: Labels,
}

impl Fields {
    pub(super) fn has(&self, label: Label) -> bool {
        self.known.has(label)
    }

    /// How many of sender, recipient, date and subject there are.
    pub(super) fn kinds(&self) -> usize {
        [Label::From, Label::To, Label::Date, Label::Subject].into_iter().filter(|one| self.has(*one)).count()
    }

    fn set(&mut self, label: Label, value: &str) {
        self.known.add(label);
        let value = bounded(value.trim_matches(is_blank), VALUE_BYTES);
        // QQ ends its values so.
        let text = || Some(value.trim_end_matches([';', '；']).to_owned()).filter(|text| !text.is_empty());
        match label {
            Label::From => self.from = people(&value),
            Label::To => self.to = people(&value),
            Label::Cc => self.cc = people(&value),
            Label::Date => self.date = text(),
            Label::Subject => self.subject = Some(value),
            Label::ReplyTo | Label::Other => {}
        }
    }

    /// What all headers of a message say.
    pub(super) fn of_headers(headers: &str) -> Self {
        let headers = headers.get(..headers.floor_char_boundary(DUMP_BYTES)).unwrap_or_default();
        let block = Block::cut(headers.trim_start().as_bytes());
        let mut fields = Self::default();
        for (label, name) in [
            (Label::From, "From"),
            (Label::To, "To"),
            (Label::Cc, "Cc"),
            (Label::Date, "Date"),
            (Label::Subject, "Subject"),
        ] {
            if let Some(field) = block.first(name) {
                fields.set(label, &field.text(VALUE_BYTES));
            }
        }
        fields.message_id = block.first("Message-ID").and_then(|field| field.ids().into_iter().next());
        fields
    }

    /// One line that has it all: `06.01.2025, 09:00, "Anna" <anna@x>:`, as Yandex writes it.
    pub(super) fn of_line(line: &str) -> Option<Self> {
        let line = line.strip_suffix(':')?;
        let open = line.rfind('<')?;
        let before = line.get(..open)?.trim_end();
        let name = before.strip_suffix('"').and_then(|name| name.rfind('"'));
        let from = name.or_else(|| before.rfind(", ").map(|at| at + 2)).unwrap_or_default();
        let mut fields = Self::default();
        fields.set(Label::From, line.get(from..)?);
        fields.set(Label::Date, line.get(..from)?.trim_end_matches([',', ' ']));
        let dated =
            fields.date.as_deref().is_some_and(|date| date.contains(|one: char| one.is_ascii_digit()));
        (dated && fields.from.iter().any(|one| one.address.is_some())).then_some(fields)
    }

    /// The moment it was sent, if the head names the zone.
    pub(super) fn sent(&self) -> Option<jiff::Timestamp> {
        let date = self.date.as_deref()?;
        let zone = date.rsplit(' ').find(|word| !word.starts_with('('))?;
        let offset = zone.strip_prefix(['+', '-']).is_some_and(|digits| digits.len() == 4);
        (offset || matches!(zone, "GMT" | "UTC" | "Z"))
            .then(|| Field { name: b"Date", value: date.as_bytes() }.date())?
    }
}

/// A head, and where it ends.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) fields: Fields,
    /// Where the text of the message begins.
    pub(super) end: usize,
    pub(super) depth: usize,
}

/// A head while it is read.
struct Reading<'t> {
    fields: Fields,
    last: Label,
    value: String,
    /// Lines without a label since; they belong to the value when another label follows.
    waiting: Vec<&'t str>,
    blank: bool,
    /// Values stand below their labels.
    below: bool,
    others: usize,
}

/// Reads the head that begins with `first`, a line with a label. No line is read twice by two heads: the next look goes on
/// where this one ends.
pub(super) fn read(text: &str, first: &Line<'_>) -> Head {
    let mut end = first.start;
    let mut at = first.start;
    let mut reading: Option<Reading<'_>> = None;
    while let Some(line) = Line::at(text, at) {
        at = line.next;
        if line.depth != first.depth {
            break;
        }
        let takes = match (&mut reading, label(line.text)) {
            (None, Some(found)) => {
                reading = Some(Reading::begin(found));
                true
            }
            (Some(reading), Some(found)) => reading.go_on(found),
            (Some(reading), None) if reading.wants_value(line.text) => {
                reading.below = true;
                line.text.clone_into(&mut reading.value);
                true
            }
            (Some(reading), None) => {
                if reading.may_go_on(line.text) {
                    continue;
                }
                false
            }
            (None, None) => false,
        };
        if !takes {
            break;
        }
        end = line.next;
    }
    let mut fields = reading.map(Reading::finish).unwrap_or_default();
    if fields.kinds() < 3 && first.text.matches([':', '：']).count() > 2 {
        unpack(first.text, &mut fields);
    }
    // A head is at least its first line.
    Head { fields, end: end.max(first.next), depth: first.depth }
}

type Found<'t> = (Labels, &'t str, &'t str);

impl<'t> Reading<'t> {
    fn begin((labels, word, value): Found<'t>) -> Self {
        let last = Label::ALL.into_iter().find(|one| labels.has(*one)).unwrap_or(Label::Other);
        let fields = Fields { labels: vec![word.to_owned()], ..Fields::default() };
        Self {
            fields,
            last,
            value: value.to_owned(),
            waiting: Vec::new(),
            blank: false,
            below: false,
            others: 0,
        }
    }

    /// Takes the next label, unless it begins another head.
    fn go_on(&mut self, (labels, word, value): Found<'t>) -> bool {
        let free = |one: &Label| labels.has(*one) && *one != self.last && !self.fields.has(*one);
        let Some(label) = Label::ALL.into_iter().find(free).or_else(|| self.other(labels)) else {
            return false;
        };
        for line in std::mem::take(&mut self.waiting) {
            self.value.push(' ');
            self.value.push_str(line);
        }
        self.fields.set(self.last, &std::mem::take(&mut self.value));
        self.fields.labels.push(word.to_owned());
        self.last = label;
        value.clone_into(&mut self.value);
        self.blank = false;
        true
    }

    fn other(&mut self, labels: Labels) -> Option<Label> {
        self.others += 1;
        (labels.has(Label::Other) && self.others <= OTHERS).then_some(Label::Other)
    }

    /// Whether a line is the value, as values stand below their labels: the first one tells.
    fn wants_value(&self, line: &str) -> bool {
        let first = self.fields.labels.len() == 1 && self.last == Label::From;
        self.value.is_empty() && !line.is_empty() && self.waiting.is_empty() && (first || self.below)
    }

    /// Whether a line without a label may belong to the head.
    fn may_go_on(&mut self, line: &'t str) -> bool {
        let complete = self.fields.kinds() + usize::from(!self.fields.has(self.last)) >= 4;
        if line.is_empty() {
            let first = !self.blank && !complete && self.waiting.is_empty();
            self.blank = true;
            return first;
        }
        let recipients = matches!(self.last, Label::To | Label::Cc);
        let room = if recipients { RECIPIENT_LINES } else { OTHER_LINES };
        self.waiting.push(line);
        !self.blank && self.waiting.len() <= room
    }

    fn finish(mut self) -> Fields {
        self.fields.set(self.last, &self.value);
        self.fields
    }
}

/// Labels that follow each other on one line.
fn unpack(line: &str, fields: &mut Fields) {
    let line = line.get(..line.floor_char_boundary(PACKED_BYTES)).unwrap_or_default();
    let found = labels_within(line);
    if found.len() < 3 {
        return;
    }
    *fields = Fields::default();
    let ends = found.iter().skip(1).map(|(start, _, _)| *start).chain([line.len()]);
    for ((start, labels, value), end) in found.iter().zip(ends) {
        let free = Label::ALL.into_iter().find(|one| labels.has(*one) && !fields.has(*one));
        let word = line.get(*start..*value).unwrap_or_default().trim_end_matches([':', '：']);
        if let Some((label, value)) = free.zip(line.get(*value..end)) {
            fields.labels.push(word.to_owned());
            fields.set(label, value);
        }
    }
}
