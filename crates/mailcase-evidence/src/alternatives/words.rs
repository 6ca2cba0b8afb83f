//! The different words of two texts, as bits that can be compared: one pass over each, nothing kept of them.

/// Bytes of the shortest word that counts.
const SHORTEST: usize = 3;
/// What the number of a word is multiplied by: the golden ratio in 64 bits, odd and without a pattern.
const TIMES: u64 = 0x9e37_79b9_7f4a_7c15;
/// The bit that small letters and digits of ASCII have, and large letters do not.
const SMALL: u8 = 0x20;
/// Bytes of text for each 64 bits: a word and the blank behind it have about as many, and so one word in 64 is taken for
/// another.
const BYTES_PER_WORD: usize = 8;
/// 64 bits at least so often, so that in short texts no word is.
const LEAST: usize = 256;

/// How many different words two texts have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) one: usize,
    pub(super) other: usize,
    /// Those that are in both.
    pub(super) both: usize,
}

/// Compares the words of two texts; at most `limit` of each are looked at. Addresses are none, and large and small letters
/// are the same. Few words in a hundred are taken for another, which changes next to nothing in a comparison.
pub(super) fn compare(one: &str, other: &str, limit: usize) -> Comparison {
    let words = (one.len().max(other.len()) / BYTES_PER_WORD).min(limit);
    let size = words.max(LEAST).next_power_of_two();
    let (one, other) = (of(one, size, limit), of(other, size, limit));
    Comparison {
        one: ones(one.iter().copied()),
        other: ones(other.iter().copied()),
        both: ones(one.iter().zip(&other).map(|(one, other)| one & other)),
    }
}

fn ones(bits: impl Iterator<Item = u64>) -> usize {
    bits.map(|bits| bits.count_ones() as usize).sum()
}

/// What a byte is to the words of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Of ASCII, or a digit.
    Letter,
    Blank,
    Colon,
    /// Of a character beyond ASCII.
    Foreign,
    Other,
}

static CLASSES: [Class; 256] = {
    let mut table = [Class::Other; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "byte is below 256")]
        {
            table[byte] = match byte as u8 {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => Class::Letter,
                b' ' | b'\n' | b'\r' | b'\t' => Class::Blank,
                b':' => Class::Colon,
                0x80..=0xff => Class::Foreign,
                _ => Class::Other,
            };
        }
        byte += 1;
    }
    table
};

fn class(byte: u8) -> Class {
    #[expect(clippy::indexing_slicing, reason = "there is a class for each byte")]
    CLASSES[usize::from(byte)]
}

/// The words of `text` as bits in `size` (a power of two) times 64.
fn of(text: &str, size: usize, limit: usize) -> Vec<u64> {
    let found = Vec::with_capacity(limit.min(text.len() / BYTES_PER_WORD));
    let mut words = Words { found, limit, piece: 0, is_address: false };
    let mut rest = text;
    while let Some(first) = rest.as_bytes().first()
        && words.found.len() < limit
    {
        let read = match class(*first) {
            Class::Letter | Class::Foreign => words.word(rest),
            Class::Blank => words.end_piece(),
            Class::Colon => {
                words.is_address |= rest.starts_with("://");
                1
            }
            Class::Other => 1,
        };
        rest = rest.get(read..).unwrap_or_default();
    }
    words.end_piece();
    let mut bits = vec![0; size];
    for number in words.found {
        // The upper bits of a product depend on all of its factors.
        let number = number.wrapping_mul(TIMES);
        if let Some(bits) = bits.get_mut((number >> 32) as usize & (size - 1)) {
            *bits |= 1 << (number >> 58);
        }
    }
    bits
}

/// A text under way.
struct Words {
    /// A number for each word.
    found: Vec<u64>,
    limit: usize,
    /// How many were found before what now goes on without a blank.
    piece: usize,
    /// What goes on without a blank is an address.
    is_address: bool,
}

impl Words {
    /// Takes the word that `rest` begins with, or the one character that is none; says how many bytes it has, with a blank
    /// right behind it.
    fn word(&mut self, rest: &str) -> usize {
        let bytes = rest.as_bytes();
        let (mut length, mut number) = (0, 0);
        for byte in bytes.iter().take_while(|byte| class(**byte) == Class::Letter) {
            number = mixed(number, *byte);
            length += 1;
        }
        match bytes.get(length) {
            Some(b' ') => {
                self.add(number, length);
                return length + self.end_piece();
            }
            Some(b'.') if number == WWW => self.is_address = true,
            Some(byte) if class(*byte) == Class::Foreign => return self.foreign(rest),
            _ => {}
        }
        self.add(number, length);
        length
    }

    /// As [`Self::word`], for letters of all scripts.
    fn foreign(&mut self, rest: &str) -> usize {
        let length: usize = rest.chars().take_while(|one| one.is_alphanumeric()).map(char::len_utf8).sum();
        let small = rest.get(..length).unwrap_or_default().to_lowercase();
        self.add(small.bytes().fold(0, mixed), length);
        match rest.chars().next() {
            Some(one) if length == 0 => {
                if one.is_whitespace() {
                    self.end_piece();
                }
                one.len_utf8()
            }
            _ => length,
        }
    }

    fn add(&mut self, number: u64, length: usize) {
        if length >= SHORTEST && self.found.len() < self.limit {
            self.found.push(number);
        }
    }

    /// A blank of one byte, or the end.
    fn end_piece(&mut self) -> usize {
        if std::mem::take(&mut self.is_address) {
            self.found.truncate(self.piece);
        }
        self.piece = self.found.len();
        1
    }
}

/// The number of `www`, which begins an address.
const WWW: u64 = mixed(mixed(mixed(0, b'w'), b'w'), b'w');

/// The number of a word goes on with a byte; large and small letters are the same.
const fn mixed(number: u64, byte: u8) -> u64 {
    number.rotate_left(5) ^ (byte | SMALL) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &str, other: &str, want: usize) {
        assert_eq!(compare(one, other, 100).both, want, "{one:?} {other:?}");
    }

    #[test]
    fn words_are_those_a_person_reads() {
        check("One two three", "THREE, (one)?", 2);
        check("Grüße ÄRGER", "grüsse ärger!", 1);
        check("an of to", "an of to", 0);
        check("same same same", "same", 1);
        check("see https://one.example/two three", "https one example two three see", 2);
        check("see www.one.example, three", "www one example see three", 2);
        check("(www.one.example) http:// seven", "one seven http", 1);
        check("日本語 です", "日本語", 1);
        check("Unternehmenskommunikation", "unternehmenskommunikation", 1);
        check("Unternehmenskommunikation", "Unternehmenskommunikativ", 0);
        check("\u{212a}ern Über-all", "kern über all", 3);
        check("", "", 0);
        assert_eq!(compare("one two six", "one two six", 2), Comparison { one: 2, other: 2, both: 2 });
    }

    #[test]
    fn words_are_counted_once() {
        let found = compare("one two two three", "three four four one five three", 100);
        assert_eq!(found, Comparison { one: 3, other: 4, both: 2 });
    }
}
