//! Canonical forms of headers and bodies (RFC 6376 §3.4), the body's while it streams: a message of any size is hashed
//! in the memory of a small one.

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// Canonical bytes gathered before they are hashed: hashing few bytes at a time is slow.
const GATHERED: usize = 16 << 10;

/// Bytes looked at together for what a canonical form changes.
const LOOKED_AT: usize = 256;

/// How much a signature forgives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Simple,
    Relaxed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
}

#[derive(Debug, Clone)]
pub(super) enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(super) fn new(hash: Hash) -> Self {
        match hash {
            Hash::Sha1 => Self::Sha1(Sha1::new()),
            Hash::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
        }
    }
}

/// A header field, found with its folds, in canonical form without the line end after it.
pub(super) fn header(form: Form, field: &[u8]) -> Vec<u8> {
    match form {
        Form::Simple => with_crlf(field),
        Form::Relaxed => relaxed(field),
    }
}

fn relaxed(field: &[u8]) -> Vec<u8> {
    let colon = memchr::memchr(b':', field).unwrap_or(field.len());
    let (name, value) = field.split_at_checked(colon).unwrap_or((field, &[]));
    let mut out = name.trim_ascii_end().to_ascii_lowercase();
    out.push(b':');
    let begin = out.len();
    let mut blank = false;
    for byte in value.get(1..).unwrap_or_default() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => blank = true,
            other => {
                if blank && out.len() > begin {
                    out.push(b' ');
                }
                blank = false;
                out.push(*other);
            }
        }
    }
    out
}

/// What stores mail may end lines by LF alone; they were signed with both.
fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len() + 8);
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if at > 0 {
            lines.extend_from_slice(b"\r\n");
        }
        lines.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
    }
    lines
}

/// Which hash of a body is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BodyHash {
    pub(super) form: Form,
    pub(super) hash: Hash,
    /// Of so many canonical bytes alone (`l=`).
    pub(super) length: Option<u64>,
}

/// A body being hashed in every way its signatures ask for.
#[derive(Debug)]
pub(super) struct Bodies {
    /// A CR that belongs to a line end if a LF follows.
    carriage: bool,
    forms: Vec<Canonical>,
}

impl Bodies {
    /// Equal wishes are one.
    pub(super) fn new(wanted: impl IntoIterator<Item = BodyHash>) -> Self {
        let mut forms: Vec<Canonical> = Vec::new();
        for wish in wanted {
            let at = forms.iter().position(|one| one.form == wish.form).unwrap_or_else(|| {
                forms.push(Canonical::new(wish.form));
                forms.len() - 1
            });
            if let Some(form) = forms.get_mut(at)
                && !form.sinks.iter().any(|sink| sink.wish == wish)
            {
                form.sinks.push(Sink { wish, hasher: Hasher::new(wish.hash), taken: 0 });
            }
        }
        Self { carriage: false, forms }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() {
            let (same, other) = rest.split_at_checked(self.unchanged(rest)).unwrap_or((&[], rest));
            if !same.is_empty() {
                self.forms.iter_mut().for_each(|form| form.lines(same));
                rest = other;
                continue;
            }
            let end = memchr::memchr(b'\n', rest);
            let (line, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, &[]));
            if !line.is_empty() {
                if std::mem::take(&mut self.carriage) {
                    self.run(b"\r");
                }
                let content = line.strip_suffix(b"\r");
                self.carriage = content.is_some();
                self.run(content.unwrap_or(line));
            }
            if end.is_some() {
                self.carriage = false;
                self.forms.iter_mut().for_each(Canonical::end_line);
            }
            rest = after.get(1..).unwrap_or_default();
        }
    }

    /// The length of the whole lines that `rest` begins with, the last of them not empty, that no form changes.
    fn unchanged(&self, rest: &[u8]) -> usize {
        let at_begin = !self.carriage && self.forms.iter().all(|form| !form.in_line && !form.blank);
        // Empty lines are passed over one by one, so that many of them are not looked through again for each.
        if !at_begin || matches!(rest, [b'\n', ..] | [b'\r', b'\n', ..]) {
            return 0;
        }
        let mut length = 0;
        // Each looks at its first byte together with the last one before it.
        while let Some(window) = rest.get(length..rest.len().min(length + LOOKED_AT + 1))
            && window.len() > 1
            && !is_changed(window)
        {
            length += window.len() - 1;
        }
        let lines = rest.get(..length + 1).unwrap_or_default();
        let mut end = memchr::memrchr(b'\n', lines).map_or(0, |at| at + 1);
        while lines.get(..end).is_some_and(|lines| lines.ends_with(b"\n\r\n")) {
            end -= 2;
        }
        end
    }

    fn run(&mut self, bytes: &[u8]) {
        self.forms.iter_mut().for_each(|form| form.run(bytes));
    }

    /// Each wish with its hash, and how many canonical bytes there were.
    pub(super) fn finish(mut self) -> Vec<(BodyHash, Vec<u8>, u64)> {
        if std::mem::take(&mut self.carriage) {
            self.run(b"\r");
        }
        self.forms.into_iter().flat_map(Canonical::finish).collect()
    }
}

/// Whether some form may change what is between the first and the last of these bytes: blanks that are tabs, several or
/// at the end of a line, and line ends that are not both CR and LF.
fn is_changed(bytes: &[u8]) -> bool {
    let after = bytes.get(1..).unwrap_or_default();
    let changed = |one: u8, next: u8| {
        (one == b'\t')
            | (next == b'\t')
            | ((one == b' ') & ((next == b' ') | (next == b'\r') | (next == b'\n')))
            | ((one == b'\r') != (next == b'\n'))
    };
    // No way out early, so that many are compared at once.
    bytes.iter().zip(after).fold(false, |found, (one, next)| found | changed(*one, *next))
}

#[derive(Debug)]
struct Canonical {
    form: Form,
    /// Empty lines that count only if something follows.
    empty: u64,
    /// Blanks that count, as one, only if something follows on the line.
    blank: bool,
    in_line: bool,
    written: u64,
    gathered: Vec<u8>,
    sinks: Vec<Sink>,
}

#[derive(Debug)]
struct Sink {
    wish: BodyHash,
    hasher: Hasher,
    taken: u64,
}

impl Canonical {
    fn new(form: Form) -> Self {
        Self {
            form,
            empty: 0,
            blank: false,
            in_line: false,
            written: 0,
            gathered: Vec::new(),
            sinks: Vec::new(),
        }
    }

    fn run(&mut self, bytes: &[u8]) {
        if self.form == Form::Simple {
            return self.word(bytes);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let word = memchr::memchr2(b' ', b'\t', rest).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(word).unwrap_or((rest, &[]));
            self.word(word);
            let text = after.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(after.len());
            self.blank |= text > 0;
            rest = after.get(text..).unwrap_or_default();
        }
    }

    /// Whole lines that stay as they are, the last of them not empty.
    fn lines(&mut self, lines: &[u8]) {
        self.end_empty();
        self.write(lines);
    }

    fn end_empty(&mut self) {
        for _ in 0..std::mem::take(&mut self.empty) {
            self.write(b"\r\n");
        }
    }

    fn word(&mut self, word: &[u8]) {
        if word.is_empty() {
            return;
        }
        self.end_empty();
        if std::mem::take(&mut self.blank) {
            self.write(b" ");
        }
        self.in_line = true;
        self.write(word);
    }

    fn end_line(&mut self) {
        self.blank = false;
        if std::mem::take(&mut self.in_line) {
            self.write(b"\r\n");
        } else {
            self.empty = self.empty.saturating_add(1);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.written = self.written.saturating_add(bytes.len() as u64);
        if bytes.len() >= GATHERED {
            self.hash_gathered();
            self.hash(bytes);
            return;
        }
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= GATHERED {
            self.hash_gathered();
        }
    }

    fn hash_gathered(&mut self) {
        let mut gathered = std::mem::take(&mut self.gathered);
        self.hash(&gathered);
        gathered.clear();
        self.gathered = gathered;
    }

    fn hash(&mut self, bytes: &[u8]) {
        for sink in &mut self.sinks {
            let room = sink.wish.length.map_or(u64::MAX, |length| length.saturating_sub(sink.taken));
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
            sink.hasher.update(bytes.get(..room).unwrap_or_default());
            sink.taken = sink.taken.saturating_add(room as u64);
        }
    }

    fn finish(mut self) -> Vec<(BodyHash, Vec<u8>, u64)> {
        // An empty body is one line end, unless it is forgiven.
        if self.in_line || (self.form == Form::Simple && self.written == 0) {
            self.write(b"\r\n");
        }
        self.hash_gathered();
        let written = self.written;
        self.sinks.into_iter().map(|sink| (sink.wish, sink.hasher.finish(), written)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64;
    use proptest::prelude::*;

    fn hashed(form: Form, length: Option<u64>, pieces: &[&[u8]]) -> (Vec<u8>, u64) {
        let mut bodies = Bodies::new([BodyHash { form, hash: Hash::Sha256, length }]);
        pieces.iter().for_each(|piece| bodies.feed(piece));
        let (_, hash, written) = bodies.finish().remove(0);
        (hash, written)
    }

    fn plain(bytes: &[u8]) -> Vec<u8> {
        let mut hasher = Hasher::new(Hash::Sha256);
        hasher.update(bytes);
        hasher.finish()
    }

    #[test]
    fn bodies_of_the_standard_have_its_canonical_forms() {
        // RFC 6376 §3.4.5.
        let body = b" C \r\nD \t E\r\n\r\n\r\n";
        for (form, want) in [(Form::Relaxed, " C\r\nD E\r\n"), (Form::Simple, " C \r\nD \t E\r\n")] {
            assert_eq!(hashed(form, None, &[body]), (plain(want.as_bytes()), want.len() as u64));
        }
        // RFC 6376 §3.4.3 and §3.4.4: the hashes of an empty body.
        for (form, hash, want) in [
            (Form::Simple, Hash::Sha1, "uoq1oCgLlTqpdDX/iUbLy7J1Wic="),
            (Form::Simple, Hash::Sha256, "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="),
            (Form::Relaxed, Hash::Sha1, "2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
            (Form::Relaxed, Hash::Sha256, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ] {
            for body in [&b""[..], b"\r\n", b"\n\n\n"] {
                let mut bodies = Bodies::new([BodyHash { form, hash, length: None }]);
                bodies.feed(body);
                assert_eq!(BASE64.encode(&bodies.finish()[0].1), want);
            }
        }
    }

    #[test]
    fn ends_of_lines_and_lengths_count_as_written() {
        for (form, body, want) in [
            (Form::Simple, "a", "a\r\n"),
            (Form::Simple, "a\r\n \r\n", "a\r\n \r\n"),
            (Form::Relaxed, "a\r\n \r\n", "a\r\n"),
            (Form::Relaxed, " \t \r\n", ""),
            (Form::Relaxed, "a\n\n\nb  \tc \n", "a\r\n\r\n\r\nb c\r\n"),
            (Form::Simple, "a\rb\r\r\nc\r", "a\rb\r\r\nc\r\r\n"),
        ] {
            assert_eq!(hashed(form, None, &[body.as_bytes()]).0, plain(want.as_bytes()), "{body:?}");
        }
        assert_eq!(hashed(Form::Simple, Some(2), &[b"abc\r\n"]), (plain(b"ab"), 5));
        assert_eq!(hashed(Form::Simple, Some(99), &[b"abc\r\n"]), (plain(b"abc\r\n"), 5));
    }

    #[test]
    fn headers_of_the_standard_have_their_canonical_forms() {
        // RFC 6376 §3.4.5.
        let field = b"B : Y\t\r\n\tZ  ";
        assert_eq!(header(Form::Relaxed, field), b"b:Y Z");
        assert_eq!(header(Form::Simple, field), field);
        assert_eq!(header(Form::Simple, b"B : Y\n\tZ"), b"B : Y\r\n\tZ");
        assert_eq!(header(Form::Relaxed, b"A: X"), b"a:X");
        assert_eq!(header(Form::Relaxed, b"A:"), b"a:");
    }

    proptest! {
        #[test]
        fn pieces_hash_like_the_whole(body in "[ab \t\r\n]{0,40}", cuts in prop::collection::vec(0_usize..40, 0..5)) {
            let bytes = body.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            for form in [Form::Simple, Form::Relaxed] {
                prop_assert_eq!(hashed(form, Some(7), &pieces), hashed(form, Some(7), &[bytes]));
            }
        }

        /// Whole lines take a short cut that single bytes never take.
        #[test]
        fn whole_lines_hash_like_single_bytes(body in "([ab]{0,3} ?[ab]{0,2}(\r\n){1,2}|[ab \t]{1,3}[\r\n]|\r\n){0,90}", cut in 0_usize..300) {
            let bytes = body.as_bytes();
            let (one, two) = bytes.split_at(cut.min(bytes.len()));
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            for form in [Form::Simple, Form::Relaxed] {
                for length in [None, Some(300)] {
                    let want = hashed(form, length, &single);
                    prop_assert_eq!(&hashed(form, length, &[bytes]), &want);
                    prop_assert_eq!(&hashed(form, length, &[one, two]), &want);
                }
            }
        }
    }
}
