//! The headers of a message as they were signed: byte for byte, in order.

use foldhash::{HashMap, HashMapExt};
use std::ops::Range;

/// A header block cut into fields, nothing decoded.
#[derive(Debug)]
pub(super) struct Head<'a> {
    bytes: &'a [u8],
    fields: Vec<(String, Range<usize>)>,
}

impl<'a> Head<'a> {
    pub(super) fn cut(bytes: &'a [u8]) -> Self {
        let mut fields: Vec<(String, Range<usize>)> = Vec::new();
        let mut start = 0;
        while start < bytes.len() {
            let rest = bytes.get(start..).unwrap_or_default();
            let end = start + memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let folded = matches!(rest.first(), Some(b' ' | b'\t'));
            match fields.last_mut().filter(|(_, range)| folded && range.end == start) {
                Some((_, range)) => range.end = end,
                None => {
                    let line = bytes.get(start..end).unwrap_or_default();
                    let name = memchr::memchr(b':', line).and_then(|colon| line.get(..colon));
                    let name = name.map(<[u8]>::trim_ascii_end).unwrap_or_default();
                    // The line in front of mail in mbox files, and other lines that are no fields, are nobody's.
                    if !name.is_empty() && name.iter().all(u8::is_ascii_graphic) {
                        fields.push((String::from_utf8_lossy(name).to_ascii_lowercase(), start..end));
                    }
                }
            }
            start = end;
        }
        Self { bytes, fields }
    }

    /// Positions and lower-case names, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        self.fields.iter().enumerate().map(|(at, (name, _))| (at, name.as_str()))
    }

    /// With its name and folds, without the line end after it.
    pub(super) fn field(&self, at: usize) -> &'a [u8] {
        let range = self.fields.get(at).map(|(_, range)| range.clone()).unwrap_or_default();
        let field = self.bytes.get(range).unwrap_or_default();
        let field = field.strip_suffix(b"\n").unwrap_or(field);
        field.strip_suffix(b"\r").unwrap_or(field)
    }

    /// What stands after the colon, as text.
    pub(super) fn value(&self, at: usize) -> String {
        let field = self.field(at);
        let colon = memchr::memchr(b':', field).map_or(field.len(), |colon| colon + 1);
        crate::fields::read(field.get(colon..).unwrap_or_default()).into_owned()
    }

    /// The fields a list of names means: of fields with one name the last first (RFC 6376 §5.4.2). `without` is never
    /// meant.
    pub(super) fn meant(&self, names: &[String], without: usize) -> Vec<usize> {
        let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, name) in self.names().filter(|(at, _)| *at != without) {
            named.entry(name).or_default().push(at);
        }
        names.iter().filter_map(|name| named.get_mut(name.as_str())?.pop()).collect()
    }
}

/// Where the headers end and the body begins; `None` when more bytes have to come. Blank lines in front are passed over.
pub(super) fn end_of(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let begin = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let from = from.max(begin);
    for at in memchr::memchr_iter(b'\n', bytes.get(from..)?) {
        let next = from + at + 1;
        let blank = match bytes.get(next..)? {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => continue,
        };
        return Some(next..next + blank);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_cut_as_they_stand() {
        let head = Head::cut(b"From me Mon 1\nA: 1\r\n 2\r\nB : x\nA:3\nno field\n folded\n: x\n");
        assert_eq!(head.names().map(|(_, name)| name).collect::<Vec<_>>(), ["a", "b", "a"]);
        assert_eq!(head.field(0), b"A: 1\r\n 2");
        assert_eq!((head.field(1), head.value(1).as_str()), (&b"B : x"[..], " x"));
        let names = ["a", "x", "a", "a", "b"].map(str::to_owned);
        assert_eq!(head.meant(&names, 99), [2, 0, 1]);
        assert_eq!(head.meant(&names, 2), [0, 1]);
    }

    #[test]
    fn heads_end_at_the_first_blank_line() {
        for (bytes, want) in [
            ("A: 1\r\n\r\nbody", Some(6..8)),
            ("\r\n\nA: 1\n\nbody", Some(8..9)),
            ("A: 1\n", None),
            ("A: 1\n\r", None),
            ("\n\n", None),
            ("A: 1\n \n\n", Some(7..8)),
        ] {
            assert_eq!(end_of(bytes.as_bytes(), 0), want, "{bytes:?}");
        }
    }
}
