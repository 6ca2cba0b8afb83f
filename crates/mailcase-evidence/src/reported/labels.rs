//! The words of `words.txt`, looked up: labels of heads, lines between messages, beginnings of subjects.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use foldhash::{HashMap, HashMapExt};

const WORDS: &str = include_str!("words.txt");
/// Bytes of a line a label is looked for in; the longest known has half of it.
const LABEL_BYTES: usize = 64;
/// Longest line between messages that is looked up, without its rules: a name and a date may stand in it.
const DIVIDER_BYTES: usize = 300;
/// Longest line above an answer: a name, an address and a date.
const WROTE_BYTES: usize = 500;
/// Characters a rule is made of.
const RULES: [char; 9] = ['-', '_', '=', '*', '~', '—', '–', '─', '━'];
/// So many make a rule.
const RULE_CHARS: usize = 5;
/// Longest beginning of a subject; the longest known has half of it.
const PREFIX_BYTES: usize = 48;
/// Beginnings in brackets passed over: `[EXTERNAL]`, `[list]`.
const TAGS: usize = 5;

/// What a line of a head tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    From,
    To,
    Cc,
    Date,
    Subject,
    ReplyTo,
    Other,
}

impl Label {
    pub(super) const ALL: [Self; 7] =
        [Self::From, Self::To, Self::Cc, Self::Date, Self::Subject, Self::ReplyTo, Self::Other];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// All that one word is a label for, in whatever language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Labels(u8);

impl Labels {
    pub(super) fn has(self, label: Label) -> bool {
        self.0 & label.bit() != 0
    }

    pub(super) fn add(&mut self, label: Label) {
        self.0 |= label.bit();
    }
}

/// A line between messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Divider {
    /// Says that a message was passed on.
    Forwarded,
    /// Says that another message follows, passed on or answered.
    Original,
    Rule,
    /// The message that was passed on ends.
    Ends,
    /// Reporting tools copy all headers, and then the text, between lines of their own.
    HeadersBegin,
    HeadersEnd,
    TextBegin,
    TextEnd,
    /// Any other section of a tool.
    Section,
}

/// What a subject says about its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Forward,
    Reply,
    Neither,
}

#[derive(Debug)]
struct Words {
    labels: HashMap<String, Labels>,
    between_rules: HashMap<String, Divider>,
    with_a_name: Vec<(String, Divider)>,
    alone: HashMap<String, Divider>,
    prefixes: HashMap<String, Prefix>,
    wrote: Option<AhoCorasick>,
    sent_from: Vec<String>,
}

static KNOWN: LazyLock<Words> = LazyLock::new(|| read(WORDS));

fn read(text: &str) -> Words {
    let mut words = Words {
        labels: HashMap::new(),
        between_rules: HashMap::new(),
        with_a_name: Vec::new(),
        alone: HashMap::new(),
        prefixes: HashMap::new(),
        wrote: None,
        sent_from: Vec::new(),
    };
    let mut wrote = Vec::new();
    for (kind, word) in entries(text) {
        let word = word.to_lowercase();
        match kind {
            "forwarded" => {
                words.between_rules.insert(word, Divider::Forwarded);
            }
            "original" => {
                words.between_rules.insert(word, Divider::Original);
            }
            "forwarded-by" => words.with_a_name.push((word, Divider::Forwarded)),
            "ends" => words.with_a_name.push((word, Divider::Ends)),
            "begin" => {
                words.alone.insert(word, Divider::Forwarded);
            }
            "forward" => {
                words.prefixes.insert(word, Prefix::Forward);
            }
            "reply" => {
                words.prefixes.insert(word, Prefix::Reply);
            }
            "wrote" => wrote.push(word),
            "sent-from" => words.sent_from.push(word),
            _ => {
                if let Some(label) = label_kind(kind) {
                    words.labels.entry(word).or_default().add(label);
                }
            }
        }
    }
    for (word, divider) in [
        ("begin email headers", Divider::HeadersBegin),
        ("end email headers", Divider::HeadersEnd),
        ("begin reported email", Divider::TextBegin),
        ("end reported email", Divider::TextEnd),
        ("begin reporter agent", Divider::Section),
        ("begin report count", Divider::Section),
        ("begin urls", Divider::Section),
        ("begin attachments", Divider::Section),
        ("begin attachment", Divider::Section),
    ] {
        words.between_rules.insert(word.to_owned(), divider);
    }
    words.wrote = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(wrote).ok();
    words
}

/// Kind and word of every entry.
pub(super) fn entries(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let entries = lines.filter_map(|line| {
        let (head, words) = line.split_once(" = ")?;
        Some((head.split_once(' ')?.1, words))
    });
    entries.flat_map(|(kind, words)| words.split(" | ").map(move |word| (kind, word.trim())))
}

fn label_kind(kind: &str) -> Option<Label> {
    Some(match kind {
        "from" => Label::From,
        "to" => Label::To,
        "cc" => Label::Cc,
        "date" => Label::Date,
        "subject" => Label::Subject,
        "reply-to" => Label::ReplyTo,
        "other" => Label::Other,
        _ => return None,
    })
}

/// The label a line begins with, its word and what follows it.
pub(super) fn label(line: &str) -> Option<(Labels, &str, &str)> {
    let start = line.get(..line.floor_char_boundary(LABEL_BYTES))?;
    // Most lines have neither; 0xEF is what the wide colon begins with.
    memchr::memchr2(b':', 0xef, start.as_bytes())?;
    let colon = start.find([':', '：'])?;
    let word = start.get(..colon)?.trim_matches(is_around_word);
    let labels = known_label(word)?;
    let value = line.get(colon..)?.trim_start_matches([':', '：']).trim_matches(is_blank);
    // `*From:* Anna`: what was bold.
    let value = value.strip_prefix('*').map_or(value, |rest| rest.trim_start_matches(['*', ' ']));
    Some((labels, word, value))
}

fn is_around_word(one: char) -> bool {
    is_blank(one) || matches!(one, '*' | '_' | '|' | '"')
}

fn known_label(word: &str) -> Option<Labels> {
    if word.is_empty() {
        return None;
    }
    KNOWN.labels.get(&collapsed(word)).copied()
}

/// Further labels in the value of one, as some programs lose the ends of lines: where each begins, its meaning, and where
/// its value does. Only labels of one word.
pub(super) fn labels_within(value: &str) -> Vec<(usize, Labels, usize)> {
    let mut found = Vec::new();
    for (colon, sign) in value.char_indices().filter(|(_, one)| matches!(one, ':' | '：')) {
        let before = value.get(..colon).unwrap_or_default();
        let window = before.get(before.ceil_char_boundary(colon.saturating_sub(LABEL_BYTES))..);
        let word: usize = window
            .unwrap_or_default()
            .chars()
            .rev()
            .take_while(|one| one.is_alphabetic())
            .map(char::len_utf8)
            .sum();
        let start = colon - word;
        if let Some(labels) = before.get(start..).and_then(known_label) {
            found.push((start, labels, colon + sign.len_utf8()));
        }
    }
    found
}

/// What divides messages, if `line` (without quotes and blanks around) does.
pub(super) fn divider(line: &str) -> Option<Divider> {
    let line = line.strip_prefix("8<").unwrap_or(line);
    let inner = line.trim_start_matches(RULES);
    let rule = line.len() - inner.len();
    if rule < 2 {
        return alone(line);
    }
    let inner = inner.trim_matches(is_rule_or_blank);
    if inner.is_empty() {
        return (line.chars().count() >= RULE_CHARS).then_some(Divider::Rule);
    }
    if inner.len() > DIVIDER_BYTES {
        return None;
    }
    let inner = collapsed(inner.trim_end_matches([':', '：']));
    if let Some(known) = KNOWN.between_rules.get(&inner) {
        return Some(*known);
    }
    let named = KNOWN.with_a_name.iter().find(|(word, _)| {
        inner.strip_prefix(word.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    });
    named.map(|(_, divider)| *divider)
}

fn alone(line: &str) -> Option<Divider> {
    let word = line.strip_suffix([':', '：'])?;
    (word.len() <= DIVIDER_BYTES).then(|| KNOWN.alone.get(&collapsed(word)).copied())?
}

/// Whether a line stands above an answer: "On … Anna wrote:".
pub(super) fn is_wrote(line: &str) -> bool {
    let Some(line) = line.strip_suffix([':', '：']).filter(|line| line.len() <= WROTE_BYTES) else {
        return false;
    };
    let lower = line.to_lowercase();
    let dated = lower.contains(|one: char| one.is_ascii_digit());
    let addressed = lower.contains('@');
    // Some languages put no word there.
    if addressed && dated && lower.trim_end().ends_with(['>', ')', ']']) {
        return true;
    }
    let Some(wrote) = &KNOWN.wrote else { return false };
    let mut found =
        wrote.find_iter(lower.as_str()).filter(|found| is_word(&lower, found.start(), found.end()));
    found.any(|found| dated || addressed || (found.start() == 0 && found.end() == lower.len()))
}

/// Whether what lies there is no piece of a longer word. Scripts without blanks between words have none.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|text| text.chars().next_back());
    let after = text.get(end..).and_then(|text| text.chars().next());
    let letter = |one: Option<char>| one.is_some_and(|one| one.is_alphabetic() && one < '\u{2e80}');
    !letter(before) && !letter(after)
}

/// Whether a program wrote that line below what a person wrote.
pub(super) fn is_sent_from(line: &str) -> bool {
    let start = line.get(..line.floor_char_boundary(LABEL_BYTES)).unwrap_or_default().to_lowercase();
    KNOWN.sent_from.iter().any(|known| start.starts_with(known.as_str()))
}

/// What the beginning of a subject says.
pub(super) fn prefix(subject: &str) -> Prefix {
    taken(subject).map_or(Prefix::Neither, |(prefix, _)| prefix)
}

/// A subject without all that says how it came.
pub(super) fn bare(subject: &str) -> &str {
    let mut rest = untagged(subject);
    while let Some((_, after)) = taken(rest) {
        rest = untagged(after);
    }
    rest
}

/// Takes one beginning off.
fn taken(subject: &str) -> Option<(Prefix, &str)> {
    let subject = untagged(subject);
    let start = subject.get(..subject.floor_char_boundary(PREFIX_BYTES))?;
    let colon = start.find([':', '：'])?;
    let word = start.get(..colon)?;
    // `Re[2]:`, `Fwd (3):`, `AW^2:`.
    let word = word.split(['[', '(', '^']).next().unwrap_or_default();
    let prefix = KNOWN.prefixes.get(&collapsed(word.trim_matches(is_blank)))?;
    Some((*prefix, subject.get(colon..)?.trim_start_matches([':', '：'])))
}

fn untagged(subject: &str) -> &str {
    let mut rest = subject.trim_matches(is_blank);
    for _ in 0..TAGS {
        let Some((_, after)) = rest.strip_prefix('[').and_then(|tag| tag.split_once(']')) else { break };
        rest = after.trim_start_matches(is_blank);
    }
    rest
}

fn collapsed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out
}

fn is_rule_or_blank(one: char) -> bool {
    RULES.contains(&one) || is_blank(one)
}

/// White space, and characters that show nothing.
pub(super) fn is_blank(one: char) -> bool {
    one.is_whitespace()
        || matches!(one, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
