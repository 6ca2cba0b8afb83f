//! A hash that is nearly the same for content that is nearly the same: context triggered piecewise hashing, which
//! `ssdeep` made common (J. Kornblum, Identifying almost identical files, 2006).
//!
//! Own code, because all libraries of it are under licences that do not fit. The content ends a piece wherever the last
//! seven bytes happen to sum to a number; the size of pieces, which depends on the length of the whole, is only known
//! at the end, so that several sizes are followed at once, eight of them in one word.

/// Bytes that decide where a piece ends.
const WINDOW: usize = 7;
/// Pieces of the smallest size are this long on average; each other size is twice the one before.
const SMALLEST: u64 = 3;
/// Sizes that are followed at most.
const SIZES: usize = 31;
/// Letters of the first half of the hash; the second has half as many.
const LETTERS: usize = 64;
/// Start of the hash of each piece: the lowest six bits of 0x28021967, as no others are ever shown.
const START: u64 = 0x27;
/// Words of lanes: for every size there may be.
const WORDS: usize = 4;
/// One in each of eight lanes.
const LANES: u64 = 0x0101_0101_0101_0101;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The hash while content is read.
#[derive(Debug)]
pub(crate) struct Similarity {
    window: [u8; WINDOW],
    sums: [u32; 3],
    /// Lanes of the pieces that go on, of the full and of the half hash, from the first size followed on.
    full: [u64; WORDS],
    half: [u64; WORDS],
    sizes: Vec<Size>,
    first: usize,
    total: u64,
}

/// What one size of pieces gave so far.
#[derive(Debug)]
struct Size {
    letters: [u8; LETTERS],
    length: usize,
    /// Letter of the last piece when there is no place for another.
    last: Option<u8>,
    half_last: Option<u8>,
}

impl Size {
    fn new() -> Self {
        Self { letters: [0; LETTERS], length: 0, last: None, half_last: None }
    }
}

impl Default for Similarity {
    fn default() -> Self {
        Self {
            window: [0; WINDOW],
            sums: [0; 3],
            full: [START * LANES; WORDS],
            half: [START * LANES; WORDS],
            sizes: vec![Size::new()],
            first: 0,
            total: 0,
        }
    }
}

/// The next value in eight lanes of six bits: times 19 (the prime's lowest bits), then the byte mixed in.
fn step(lanes: u64, byte: u64) -> u64 {
    let twice = (lanes << 1) & (0x3e * LANES);
    let sixteen = (lanes << 4) & (0x30 * LANES);
    ((lanes + twice + sixteen) ^ byte) & (0x3f * LANES)
}

fn lane(words: &[u64; WORDS], index: usize) -> u8 {
    words.get(index / 8).map_or(0, |word| ((word >> (index % 8 * 8)) & 0x3f) as u8)
}

fn set_lane(words: &mut [u64; WORDS], index: usize, value: u64) {
    if let Some(word) = words.get_mut(index / 8) {
        let shift = index % 8 * 8;
        *word = (*word & !(0xff << shift)) | (value << shift);
    }
}

/// Moves all lanes down by one, over the first.
fn drop_lane(words: &mut [u64; WORDS]) {
    let mut above = 0;
    for word in words.iter_mut().rev() {
        let lowest = *word << 56;
        *word = (*word >> 8) | above;
        above = lowest;
    }
}

fn letter(value: u8) -> u8 {
    ALPHABET.get(usize::from(value & 63)).copied().unwrap_or(b'A')
}

/// Bytes of the pieces of the size at `index`, on average.
fn piece(index: usize) -> u64 {
    SMALLEST << index
}

impl Similarity {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let mut at = 0;
        // Between two ends of pieces the words in use stay the same.
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let (read, ended) = match (self.sizes.len() - 1 - self.first) / 8 {
                0 => self.run::<1>(rest),
                1 => self.run::<2>(rest),
                _ => self.run::<WORDS>(rest),
            };
            at += read;
            self.total += read as u64;
            if ended {
                self.end_pieces();
            }
        }
    }

    /// Reads up to the first end of a piece of the smallest size followed; whether there was one.
    fn run<const USED: usize>(&mut self, bytes: &[u8]) -> (usize, bool) {
        // The bytes that leave the window are first those of before, then those of this input.
        let (head, tail) = bytes.split_at(bytes.len().min(WINDOW));
        let before = self.window;
        let (mut read, mut ended) = self.roll::<USED>(head, &before);
        if !ended && !tail.is_empty() {
            let more;
            (more, ended) = self.roll::<USED>(tail, bytes);
            read += more;
        }
        let seen = bytes.get(..read).unwrap_or_default();
        let kept = seen.len().min(WINDOW);
        self.window.rotate_left(kept);
        for (place, byte) in self.window.iter_mut().rev().zip(seen.iter().rev()) {
            *place = *byte;
        }
        (read, ended)
    }

    /// As [`Self::run`], with the bytes that leave the window.
    fn roll<const USED: usize>(&mut self, bytes: &[u8], leaving: &[u8]) -> (usize, bool) {
        let (mut full, mut half) = (self.full, self.half);
        let [mut one, mut two, mut three] = self.sums;
        let ones = (1_u32 << self.first) - 1;
        let shift = self.first;
        let mut read = 0;
        let mut ended = false;
        for (byte, old) in bytes.iter().zip(leaving) {
            read += 1;
            let wide = u32::from(*byte);
            two = two.wrapping_sub(one).wrapping_add(WINDOW as u32 * wide);
            one = one.wrapping_add(wide).wrapping_sub(u32::from(*old));
            three = (three << 5) ^ wide;
            let mixed = u64::from(*byte & 0x3f) * LANES;
            for word in full.iter_mut().take(USED) {
                *word = step(*word, mixed);
            }
            for word in half.iter_mut().take(USED) {
                *word = step(*word, mixed);
            }
            let sum = one.wrapping_add(two).wrapping_add(three);
            // One less than a multiple of three times a power of two.
            if sum & ones == ones && (sum >> shift) % 3 == 2 {
                ended = true;
                break;
            }
        }
        self.full = full;
        self.half = half;
        self.sums = [one, two, three];
        (read, ended)
    }

    fn sum(&self) -> u32 {
        self.sums.iter().fold(0, |sum, one| sum.wrapping_add(*one))
    }

    /// Ends the pieces of every size that ends here.
    fn end_pieces(&mut self) {
        let sum = u64::from(self.sum());
        let mut index = self.first;
        while index < self.sizes.len() && sum % piece(index) == piece(index) - 1 {
            if self.sizes.get(index).is_some_and(|size| size.length == 0 && size.last.is_none()) {
                self.follow_next();
            }
            self.end_piece(index);
            index += 1;
        }
    }

    /// Follows the next size from the first end of a piece on: until then all sizes are the same.
    fn follow_next(&mut self) {
        let (last, next) = (self.sizes.len() - 1, self.sizes.len());
        if next < SIZES {
            let (from, to) = (last - self.first, next - self.first);
            let (full, half) = (lane(&self.full, from), lane(&self.half, from));
            set_lane(&mut self.full, to, u64::from(full));
            set_lane(&mut self.half, to, u64::from(half));
            self.sizes.push(Size::new());
        }
    }

    fn end_piece(&mut self, index: usize) {
        let place = index - self.first;
        let (full, half) = (letter(lane(&self.full, place)), letter(lane(&self.half, place)));
        let Some(size) = self.sizes.get_mut(index) else { return };
        size.half_last = Some(half);
        if size.length < LETTERS - 1 {
            if let Some(free) = size.letters.get_mut(size.length) {
                *free = full;
            }
            size.length += 1;
            let short = size.length < LETTERS / 2;
            if short {
                size.half_last = None;
            }
            set_lane(&mut self.full, place, START);
            if short {
                set_lane(&mut self.half, place, START);
            }
        } else {
            // The last letter stands for all that follows.
            size.last = Some(full);
            self.drop_smallest();
        }
    }

    /// Stops following the smallest size when the content is surely too long for it.
    fn drop_smallest(&mut self) {
        let long = piece(self.first) * (LETTERS as u64) < self.total;
        let next = self.sizes.get(self.first + 1);
        if long && next.is_some_and(|next| next.length >= LETTERS / 2) {
            self.first += 1;
            drop_lane(&mut self.full);
            drop_lane(&mut self.half);
        }
    }

    /// The hash: size of the pieces, letters of that size, letters of twice that size.
    pub(crate) fn finish(self) -> String {
        let mut chosen = self.first;
        while chosen < SIZES - 1 && piece(chosen) * (LETTERS as u64) < self.total {
            chosen += 1;
        }
        chosen = chosen.min(self.sizes.len() - 1);
        let length = |index: usize| self.sizes.get(index).map_or(0, |size| size.length);
        while chosen > self.first && length(chosen) < LETTERS / 2 {
            chosen -= 1;
        }
        // A piece goes on unless the content ended with it.
        let goes_on = self.sum() != 0;
        let mut out = format!("{}:", piece(chosen)).into_bytes();
        if let Some(size) = self.sizes.get(chosen) {
            out.extend(size.letters.iter().take(size.length));
            out.extend(if goes_on { Some(letter(lane(&self.full, chosen - self.first))) } else { size.last });
        }
        out.push(b':');
        match self.sizes.get(chosen + 1) {
            Some(size) => {
                out.extend(size.letters.iter().take(size.length.min(LETTERS / 2 - 1)));
                out.extend(if goes_on {
                    Some(letter(lane(&self.half, chosen + 1 - self.first)))
                } else {
                    size.half_last
                });
            }
            None if goes_on => out.push(letter(lane(&self.full, chosen - self.first))),
            None => {}
        }
        String::from_utf8(out).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(bytes: &[u8]) -> String {
        let mut one = Similarity::default();
        one.update(bytes);
        one.finish()
    }

    /// Bytes that look random and are always the same.
    fn noise(length: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn known_hashes() {
        assert_eq!(hash(b""), "3::");
        // Written by ssdeep 2.14.1.
        assert_eq!(hash(b"Hello, world!\n"), "3:a6/G:asG");
    }

    #[test]
    fn pieces_of_input_do_not_matter() {
        let bytes = noise(100_000, 3);
        let mut one = Similarity::default();
        bytes.chunks(77).for_each(|chunk| one.update(chunk));
        assert_eq!(one.finish(), hash(&bytes));
    }

    #[test]
    fn a_small_change_changes_little() {
        let bytes = noise(50_000, 1);
        let mut changed = bytes.clone();
        changed[20_000] ^= 1;
        let (one, two) = (hash(&bytes), hash(&changed));
        let differing = one.bytes().zip(two.bytes()).filter(|(one, two)| one != two).count();
        assert!(one != two && differing <= 3, "{one} {two}");
    }

    #[test]
    fn the_same_as_ssdeep() {
        let folder = tempfile::tempdir().unwrap();
        let lengths =
            [0, 1, 2, 6, 7, 8, 50, 192, 193, 384, 385, 1_000, 4_096, 10_000, 99_999, 500_000, 3_000_000];
        let mut contents: Vec<Vec<u8>> = lengths.iter().map(|length| noise(*length, 7)).collect();
        // Long content of few pieces, and of very many small ones.
        contents.push(vec![0; 100_000]);
        contents.push(b"abcdefg".repeat(30_000));
        contents.push([noise(200, 9), vec![b' '; 1_000_000]].concat());
        contents.push([vec![0; 300_000], noise(300_000, 5)].concat());
        contents.extend((0..200).map(|seed| noise(500 + seed as usize * 37, seed)));
        for (index, bytes) in contents.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{index:04}")), bytes).unwrap();
        }
        let Ok(output) =
            std::process::Command::new("ssdeep").args(["-s", "-r", "."]).current_dir(folder.path()).output()
        else {
            println!("SKIPPED: ssdeep is not installed (scripts/need archives)");
            return;
        };
        let text = String::from_utf8(output.stdout).unwrap();
        let mut compared = 0;
        for line in text.lines().skip(1) {
            let (theirs, name) = line.split_once(",\"").unwrap();
            let index: usize = name.trim_end_matches('"').rsplit('/').next().unwrap().parse().unwrap();
            assert_eq!(hash(&contents[index]), theirs, "content {index} of {} bytes", contents[index].len());
            compared += 1;
        }
        assert_eq!(compared, contents.len());
    }
}
