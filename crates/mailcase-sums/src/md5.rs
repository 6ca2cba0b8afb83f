//! MD5 (RFC 1321) of one block, cut into halves and with a step of [`Pieces`] between all of its own.
//!
//! The order of additions matters: each step waits for the one before, and what does not depend on that one is added
//! first. A compiler that knows the constants adds them last, hence the way they are read here.

use std::hint::black_box;

use crate::BLOCK;
use crate::pieces::{LANES, Pieces};

type State = [u32; 4];

pub(crate) const START: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// Whole part of 2³² · |sin i|, i in radians from one on, two in one word.
const CONSTANTS: [u64; BLOCK / 2] = [
    0xe8c7_b756_d76a_a478,
    0xc1bd_ceee_2420_70db,
    0x4787_c62a_f57c_0faf,
    0xfd46_9501_a830_4613,
    0x8b44_f7af_6980_98d8,
    0x895c_d7be_ffff_5bb1,
    0xfd98_7193_6b90_1122,
    0x49b4_0821_a679_438e,
    0xc040_b340_f61e_2562,
    0xe9b6_c7aa_265e_5a51,
    0x0244_1453_d62f_105d,
    0xe7d3_fbc8_d8a1_e681,
    0xc337_07d6_21e1_cde6,
    0x455a_14ed_f4d5_0d87,
    0xfcef_a3f8_a9e3_e905,
    0x8d2a_4c8a_676f_02d9,
    0x8771_f681_fffa_3942,
    0xfde5_380c_6d9d_6122,
    0x4bde_cfa9_a4be_ea44,
    0xbebf_bc70_f6bb_4b60,
    0xeaa1_27fa_289b_7ec6,
    0x0488_1d05_d4ef_3085,
    0xe6db_99e5_d9d4_d039,
    0xc4ac_5665_1fa2_7cf8,
    0x432a_ff97_f429_2244,
    0xfc93_a039_ab94_23a7,
    0x8f0c_cc92_655b_59c3,
    0x8584_5dd1_ffef_f47d,
    0xfe2c_e6e0_6fa8_7e4f,
    0x4e08_11a1_a301_4314,
    0xbd3a_f235_f753_7e82,
    0xeb86_d391_2ad7_d2bb,
];

/// Rounds one and two.
#[inline(never)]
pub(crate) fn first_half<const GROUPS: usize>(
    state: &State,
    block: &[u8; BLOCK],
    pieces: &mut Pieces<GROUPS>,
) -> State {
    let mut work = Work { words: words(block), constants: black_box(&CONSTANTS), block, pieces };
    let state = work.steps::<0>(*state, choose);
    let state = work.steps::<4>(state, choose);
    let state = work.steps::<8>(state, choose);
    let state = work.steps::<12>(state, choose);
    let state = work.steps::<16>(state, choose_other);
    let state = work.steps::<20>(state, choose_other);
    let state = work.steps::<24>(state, choose_other);
    work.steps::<28>(state, choose_other)
}

/// Rounds three and four, and the sum with the state before the block.
#[inline(never)]
pub(crate) fn second_half<const GROUPS: usize>(
    state: State,
    before: &State,
    block: &[u8; BLOCK],
    pieces: &mut Pieces<GROUPS>,
) -> State {
    let mut work = Work { words: words(block), constants: black_box(&CONSTANTS), block, pieces };
    let state = work.steps::<32>(state, parity);
    let state = work.steps::<36>(state, parity);
    let state = work.steps::<40>(state, parity);
    let state = work.steps::<44>(state, parity);
    let state = work.steps::<48>(state, last);
    let state = work.steps::<52>(state, last);
    let state = work.steps::<56>(state, last);
    let [a, b, c, d] = work.steps::<60>(state, last);
    let [e, f, g, h] = *before;
    [a.wrapping_add(e), b.wrapping_add(f), c.wrapping_add(g), d.wrapping_add(h)]
}

#[inline(always)]
fn words(block: &[u8; BLOCK]) -> [u32; 16] {
    let mut words = [0; 16];
    let (quads, _) = block.as_chunks();
    words.iter_mut().zip(quads).for_each(|(word, quad)| *word = u32::from_le_bytes(*quad));
    words
}

struct Work<'a, const GROUPS: usize> {
    words: [u32; 16],
    constants: &'a [u64; BLOCK / 2],
    block: &'a [u8; BLOCK],
    pieces: &'a mut Pieces<GROUPS>,
}

impl<const GROUPS: usize> Work<'_, GROUPS> {
    /// Four steps from the one numbered `AT` on.
    #[inline(always)]
    fn steps<const AT: usize>(
        &mut self,
        [a, b, c, d]: State,
        mix: impl Fn(u32, u32, u32, u32) -> u32,
    ) -> State {
        let [one, two, three, four] = shifts(AT / 16);
        let bytes = self.bytes::<AT>();
        let a = mix(a.wrapping_add(self.addend::<AT>(0)), b, c, d).rotate_left(one).wrapping_add(b);
        self.step::<AT>(bytes, 0);
        let d = mix(d.wrapping_add(self.addend::<AT>(1)), a, b, c).rotate_left(two).wrapping_add(a);
        self.step::<AT>(bytes, 1);
        let c = mix(c.wrapping_add(self.addend::<AT>(2)), d, a, b).rotate_left(three).wrapping_add(d);
        self.step::<AT>(bytes, 2);
        let b = mix(b.wrapping_add(self.addend::<AT>(3)), c, d, a).rotate_left(four).wrapping_add(c);
        self.step::<AT>(bytes, 3);
        [a, b, c, d]
    }

    /// What a step adds that does not depend on the state.
    #[inline(always)]
    fn addend<const AT: usize>(&self, step: usize) -> u32 {
        let at = AT + step;
        let two = self.constants.get(at / 2).copied().unwrap_or_default();
        let constant = if at.is_multiple_of(2) { two as u32 } else { (two >> 32) as u32 };
        let word = self.words.get(word(at)).copied().unwrap_or_default();
        word.wrapping_add(constant)
    }

    /// The eight bytes among which those for these steps are, each as wide as a lane.
    #[inline(always)]
    fn bytes<const AT: usize>(&self) -> [u16; LANES] {
        let from = AT / LANES * LANES;
        let bytes = self.block.get(from..).and_then(|rest| rest.first_chunk::<LANES>());
        bytes.map(|bytes| bytes.map(u16::from)).unwrap_or_default()
    }

    #[inline(always)]
    fn step<const AT: usize>(&mut self, bytes: [u16; LANES], step: usize) {
        self.pieces.step(bytes.get(AT % LANES + step).copied().unwrap_or_default());
    }
}

/// Which word of the block a step takes.
const fn word(step: usize) -> usize {
    match step / 16 {
        0 => step % 16,
        1 => (5 * step + 1) % 16,
        2 => (3 * step + 5) % 16,
        _ => 7 * step % 16,
    }
}

const fn shifts(round: usize) -> [u32; 4] {
    match round {
        0 => [7, 12, 17, 22],
        1 => [5, 9, 14, 20],
        2 => [4, 11, 16, 23],
        _ => [6, 10, 15, 21],
    }
}

// The four functions of RFC 1321 §3.4 added to `sum`. The argument `x` comes last of all, and as late as possible here.

#[inline(always)]
fn choose(sum: u32, x: u32, y: u32, z: u32) -> u32 {
    sum.wrapping_add(z ^ (x & (y ^ z)))
}

#[inline(always)]
fn choose_other(sum: u32, x: u32, y: u32, z: u32) -> u32 {
    // No bit is in both, so that they can be added one after the other.
    sum.wrapping_add(y & !z).wrapping_add(x & z)
}

#[inline(always)]
fn parity(sum: u32, x: u32, y: u32, z: u32) -> u32 {
    sum.wrapping_add(x ^ (y ^ z))
}

#[inline(always)]
fn last(sum: u32, x: u32, y: u32, z: u32) -> u32 {
    sum.wrapping_add(y ^ (x | !z))
}
