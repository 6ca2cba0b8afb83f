//! The different words of a text, as numbers that can be compared: one pass, nothing kept of the text.

/// Bytes of the shortest word that counts.
const SHORTEST: usize = 3;
/// As in the hash function FNV-1a, of 64 bits.
const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A number for each different word of `text`, in order; at most `limit` words are looked at. Addresses are none, and large
/// and small letters are the same. Two words may share a number, which changes next to nothing in a comparison.
pub(super) fn of(text: &str, limit: usize) -> Vec<u64> {
    let mut words = Words { found: Vec::new(), piece: 0, word: START, length: 0, is_address: false };
    let mut rest = text.chars();
    while let Some(one) = rest.next() {
        match one {
            'a'..='z' | '0'..='9' => words.letter(one, 1),
            'A'..='Z' => words.letter(one.to_ascii_lowercase(), 1),
            ' ' | '\n' | '\r' | '\t' => words.end_piece(),
            ':' => {
                words.is_address |= rest.as_str().starts_with("//");
                words.end_word();
            }
            '.' => {
                words.is_address |= words.word == WWW;
                words.end_word();
            }
            _ if one.is_ascii() => words.end_word(),
            _ if one.is_alphanumeric() => {
                let length = one.len_utf8();
                one.to_lowercase().for_each(|small| words.letter(small, 0));
                words.length += length;
            }
            _ if one.is_whitespace() => words.end_piece(),
            _ => words.end_word(),
        }
        if words.found.len() >= limit {
            break;
        }
    }
    words.end_piece();
    let mut found = words.found;
    found.sort_unstable();
    found.dedup();
    found
}

/// How many numbers are in both, each in order.
pub(super) fn shared(one: &[u64], other: &[u64]) -> usize {
    let mut others = other.iter().peekable();
    let is_there = |number: &&u64| {
        while others.next_if(|other| other < number).is_some() {}
        others.peek() == Some(number)
    };
    one.iter().filter(is_there).count()
}

/// The number of `www`, which begins an address.
const WWW: u64 = mixed(mixed(mixed(START, 'w'), 'w'), 'w');

const fn mixed(word: u64, letter: char) -> u64 {
    (word ^ letter as u64).wrapping_mul(PRIME)
}

/// A text under way.
struct Words {
    found: Vec<u64>,
    /// How many were found before what now goes on without a blank.
    piece: usize,
    word: u64,
    length: usize,
    /// What goes on without a blank is an address.
    is_address: bool,
}

impl Words {
    fn letter(&mut self, letter: char, bytes: usize) {
        self.word = mixed(self.word, letter);
        self.length += bytes;
    }

    fn end_word(&mut self) {
        if self.length >= SHORTEST {
            self.found.push(self.word);
        }
        self.word = START;
        self.length = 0;
    }

    fn end_piece(&mut self) {
        self.end_word();
        if std::mem::take(&mut self.is_address) {
            self.found.truncate(self.piece);
        }
        self.piece = self.found.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &str, other: &str, want: usize) {
        assert_eq!(shared(&of(one, 100), &of(other, 100)), want, "{one:?} {other:?}");
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
        assert_eq!(of("one two six", 2).len(), 2);
        assert_eq!(of("", 2), [0; 0]);
    }
}
