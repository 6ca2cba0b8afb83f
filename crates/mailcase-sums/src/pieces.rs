//! The hashes of the pieces of a content that go on, several at once: those of the similarity hash, six bits each.

use wide::u16x8;

/// Hashes side by side in one register.
pub(crate) const LANES: usize = 8;
/// What each is multiplied with before a byte is mixed in: the lowest six bits of the prime of FNV, 0x01000193.
const PRIME: u16 = 0x13;

/// Groups of hashes for whole pieces and for the half hash. Only the lowest six bits of each lane mean anything: neither
/// multiplying nor mixing in a byte lets those above reach down.
#[derive(Debug)]
pub(crate) struct Pieces<const GROUPS: usize> {
    pub(crate) full: [u16x8; GROUPS],
    pub(crate) half: [u16x8; GROUPS],
}

impl<const GROUPS: usize> Default for Pieces<GROUPS> {
    fn default() -> Self {
        Self { full: [u16x8::default(); GROUPS], half: [u16x8::default(); GROUPS] }
    }
}

impl<const GROUPS: usize> Pieces<GROUPS> {
    /// Mixes one byte into all of them.
    #[inline(always)]
    pub(crate) fn step(&mut self, byte: u16) {
        if GROUPS == 0 {
            return;
        }
        let (byte, prime) = (u16x8::splat(byte), u16x8::splat(PRIME));
        for one in &mut self.full {
            *one = (*one * prime) ^ byte;
        }
        for one in &mut self.half {
            *one = (*one * prime) ^ byte;
        }
    }
}
