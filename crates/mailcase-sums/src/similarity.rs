//! A hash that is nearly the same for content that is nearly the same: context triggered piecewise hashing, which
//! `ssdeep` made common (J. Kornblum, Identifying almost identical files, 2006).
//!
//! Own code, because all libraries of it are under licences that do not fit. The content ends a piece wherever the last
//! seven bytes happen to sum to a number; the size of pieces, which depends on the length of the whole, is only known
//! at the end, so that several sizes are followed at once. Most blocks end no piece of the smallest size followed: that
//! is found out for sixteen places at a time, and the hashes of the pieces then go on without looking.

use wide::u8x16;

use crate::BLOCK;
use crate::pieces::{LANES, Pieces};

/// Bytes that decide where a piece ends.
const WINDOW: usize = 7;
/// Bytes before a block that are looked at together with it: at least the window, and as many as one register has.
pub(crate) const BEFORE: usize = 16;
/// A block and the bytes before it.
pub(crate) const AROUND: usize = BEFORE + BLOCK;
/// Pieces of the smallest size are this long on average; each other size is twice the one before.
const SMALLEST: u64 = 3;
/// Sizes that are followed at most.
const SIZES: usize = 31;
/// Letters of the first half of the hash; the second has half as many.
const LETTERS: usize = 64;
/// Start of the hash of each piece: the lowest six bits of 0x28021967, as no others are ever shown.
const START: u16 = 0x27;
/// Groups of lanes: for every size there may be.
const GROUPS: usize = 4;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

type Lanes = [[u16; LANES]; GROUPS];

/// The hash while content is read, block by block.
#[derive(Debug)]
pub(crate) struct Similarity {
    /// The last bytes of the blocks so far.
    before: [u8; BEFORE],
    /// Hashes of the pieces that go on, of the full and of the half hash, from the first size followed on.
    full: Lanes,
    half: Lanes,
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
            before: [0; BEFORE],
            full: [[START; LANES]; GROUPS],
            half: [[START; LANES]; GROUPS],
            sizes: vec![Size::new()],
            first: 0,
            total: 0,
        }
    }
}

fn lane(lanes: &Lanes, index: usize) -> u8 {
    lanes.as_flattened().get(index).map_or(0, |lane| (lane & 63) as u8)
}

fn set_lane(lanes: &mut Lanes, index: usize, value: u16) {
    if let Some(lane) = lanes.as_flattened_mut().get_mut(index) {
        *lane = value;
    }
}

fn letter(value: u8) -> u8 {
    ALPHABET.get(usize::from(value & 63)).copied().unwrap_or(b'A')
}

/// Bytes of the pieces of the size at `index`, on average.
fn piece(index: usize) -> u64 {
    SMALLEST << index
}

/// What the last seven of these bytes sum to.
fn sum(bytes: &[u8]) -> u32 {
    let window = bytes.last_chunk::<WINDOW>().copied().unwrap_or_default().map(u32::from);
    let (mut sum, mut mixed) = (0_u32, 0_u32);
    for (weight, byte) in (1..).zip(window) {
        // Once plainly, and once by how late it came.
        sum += byte + weight * byte;
        mixed = (mixed << 5) ^ byte;
    }
    sum.wrapping_add(mixed)
}

impl Similarity {
    /// How many groups of lanes are in use.
    pub(crate) fn groups(&self) -> usize {
        (self.sizes.len() - 1 - self.first) / LANES + 1
    }

    /// A block and the bytes before it, when these are not beside it.
    pub(crate) fn after(&self, block: &[u8; BLOCK]) -> [u8; AROUND] {
        let mut joined = [0; AROUND];
        joined.iter_mut().zip(self.before.iter().chain(block)).for_each(|(place, byte)| *place = *byte);
        joined
    }

    /// Keeps what the next block needs of this one.
    pub(crate) fn remember(&mut self, block: &[u8; BLOCK]) {
        self.before = block.last_chunk().copied().unwrap_or_default();
    }

    /// The places of the block, a bit for each, at which pieces of the smallest size followed end.
    pub(crate) fn ends(&self, around: &[u8; AROUND]) -> u64 {
        let mut possible = possible_ends(around, self.first);
        let mut ends = 0;
        while possible != 0 {
            let place = possible.trailing_zeros();
            possible &= possible - 1;
            if self.ends_at(sum(up_to(around, place as usize))) {
                ends |= 1 << place;
            }
        }
        ends
    }

    /// Whether the sum is one less than a multiple of three times a power of two.
    fn ends_at(&self, sum: u32) -> bool {
        let ones = (1_u32 << self.first) - 1;
        sum & ones == ones && (sum >> self.first) % 3 == 2
    }

    /// Lets `work` take a block in which no piece ends.
    pub(crate) fn read<const USED: usize>(&mut self, work: impl FnOnce(&mut Pieces<USED>)) {
        let mut pieces = Pieces::<USED>::default();
        let both = pieces.full.iter_mut().zip(&self.full).chain(pieces.half.iter_mut().zip(&self.half));
        both.for_each(|(group, lanes)| *group = (*lanes).into());
        work(&mut pieces);
        let both = self.full.iter_mut().zip(&pieces.full).chain(self.half.iter_mut().zip(&pieces.half));
        both.for_each(|(lanes, group)| *lanes = group.to_array());
        self.total += BLOCK as u64;
    }

    /// Takes a block at whose `ends` pieces end.
    pub(crate) fn read_with_ends(&mut self, around: &[u8; AROUND], mut ends: u64) {
        let mut done = BEFORE;
        while ends != 0 {
            let place = ends.trailing_zeros() as usize;
            ends &= ends - 1;
            let end = BEFORE + place + 1;
            self.step(around.get(done..end).unwrap_or_default());
            self.end_pieces(sum(up_to(around, place)));
            done = end;
        }
        self.step(around.get(done..).unwrap_or_default());
    }

    fn step(&mut self, bytes: &[u8]) {
        match self.groups() {
            1 => self.step_in::<1>(bytes),
            2 => self.step_in::<2>(bytes),
            _ => self.step_in::<GROUPS>(bytes),
        }
    }

    fn step_in<const USED: usize>(&mut self, bytes: &[u8]) {
        let total = self.total + bytes.len() as u64;
        self.read(|pieces: &mut Pieces<USED>| bytes.iter().for_each(|byte| pieces.step(u16::from(*byte))));
        self.total = total;
    }

    /// Ends the pieces of every size that ends here.
    fn end_pieces(&mut self, sum: u32) {
        let sum = u64::from(sum);
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
            set_lane(&mut self.full, to, u16::from(full));
            set_lane(&mut self.half, to, u16::from(half));
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
            self.full.as_flattened_mut().copy_within(1.., 0);
            self.half.as_flattened_mut().copy_within(1.., 0);
        }
    }

    /// The hash, of a content that ends with `rest`: size of the pieces, letters of that size, letters of twice that size.
    pub(crate) fn finish(mut self, rest: &[u8]) -> String {
        let bytes: Vec<u8> = self.before.iter().chain(rest).copied().collect();
        for end in BEFORE + 1..=bytes.len() {
            let seen = bytes.get(..end).unwrap_or_default();
            self.step(seen.last_chunk::<1>().map_or(&[], |byte| byte.as_slice()));
            let sum = sum(seen);
            if self.ends_at(sum) {
                self.end_pieces(sum);
            }
        }
        // A piece goes on unless the content ended with it.
        self.written(sum(&bytes) != 0)
    }

    fn written(&self, goes_on: bool) -> String {
        let mut chosen = self.first;
        while chosen < SIZES - 1 && piece(chosen) * (LETTERS as u64) < self.total {
            chosen += 1;
        }
        chosen = chosen.min(self.sizes.len() - 1);
        let length = |index: usize| self.sizes.get(index).map_or(0, |size| size.length);
        while chosen > self.first && length(chosen) < LETTERS / 2 {
            chosen -= 1;
        }
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

/// The bytes up to a place of the block.
fn up_to(around: &[u8; AROUND], place: usize) -> &[u8] {
    around.get(..=BEFORE + place).unwrap_or_default()
}

/// The places at which the lowest eight bits of the sum do not speak against the end of a piece of size `first`.
fn possible_ends(around: &[u8; AROUND], first: usize) -> u64 {
    let ones = u8x16::splat(1_u8.checked_shl(first as u32).map_or(u8::MAX, |bit| bit.wrapping_sub(1)));
    let at = |place: usize| {
        let bytes = around.get(place..).and_then(|rest| rest.first_chunk::<BEFORE>());
        bytes.map_or_else(u8x16::default, |bytes| u8x16::new(*bytes))
    };
    let mut found = 0;
    for part in 0..BLOCK / BEFORE {
        let start = BEFORE + part * BEFORE;
        let (newest, before) = (at(start), at(start - 1));
        // Sums of the last byte, the last two, … the last seven: together each byte times how late it came.
        let (mut several, mut together) = (newest, newest);
        for back in 1..WINDOW {
            several += at(start - back);
            together += several;
        }
        // Of the bytes mixed in, only the last two reach down to these bits: the older one times 32.
        let twice = before + before;
        let fourfold = twice + twice;
        let eightfold = fourfold + fourfold;
        let sixteenfold = eightfold + eightfold;
        let sum = together + several + (newest ^ (sixteenfold + sixteenfold));
        found |= u64::from((sum & ones).simd_eq(ones).to_bitmask()) << (part * BEFORE);
    }
    found
}
