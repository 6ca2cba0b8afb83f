//! MD5, SHA-1, SHA-256 and the similarity hash of content in one pass. Bytes in, sums out; knows nothing of mail.
//!
//! Each of these hashes is one chain of steps of which every one waits for the one before, so that a processor with
//! several units does little. Here they take turns over each block of 64 bytes, and MD5 and the similarity hash step by
//! step: together they cost little more than MD5, the slowest. That is why MD5 is written out here; the two SHAs are
//! those of `sha1` and `sha2`, which use the processor's instructions for them.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::print_stdout,
        reason = "a test may panic and says what it skipped"
    )
)]

mod md5;
mod pieces;
mod similarity;

use pieces::Pieces;
use similarity::{AROUND, BEFORE, Similarity};

/// All these hashes work on blocks of this size.
const BLOCK: usize = 64;

/// Where the length of the content stands in the last block.
const LENGTH_AT: usize = BLOCK - 8;

/// Running sums of some content. They do not depend on how it is cut into pieces.
#[derive(Debug)]
pub struct Sums {
    md5: [u32; 4],
    sha1: [u32; 5],
    sha256: [u32; 8],
    similarity: Option<Box<Similarity>>,
    /// Bytes that do not fill a block yet.
    begun: [u8; BLOCK],
    size: u64,
}

/// The sums of some content that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    pub size: u64,
    pub md5: [u8; 16],
    pub sha1: [u8; 20],
    pub sha256: [u8; 32],
    /// As `ssdeep` writes it, when it was wanted.
    pub similarity: Option<String>,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            md5: md5::START,
            sha1: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0],
            sha256: [
                0x6a09_e667,
                0xbb67_ae85,
                0x3c6e_f372,
                0xa54f_f53a,
                0x510e_527f,
                0x9b05_688c,
                0x1f83_d9ab,
                0x5be0_cd19,
            ],
            similarity: None,
            begun: [0; BLOCK],
            size: 0,
        }
    }
}

impl Sums {
    /// Sums of content that may be like other content: with the similarity hash.
    #[must_use]
    pub fn with_similarity() -> Self {
        Self { similarity: Some(Box::default()), ..Self::default() }
    }

    /// Bytes so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let begun = (self.size % BLOCK as u64) as usize;
        self.size += bytes.len() as u64;
        let mut rest = bytes;
        if begun > 0 {
            let (first, later) = bytes.split_at(bytes.len().min(BLOCK - begun));
            let place = self.begun.get_mut(begun..begun + first.len());
            place.into_iter().for_each(|place| place.copy_from_slice(first));
            if begun + first.len() < BLOCK {
                return;
            }
            let block = self.begun;
            self.blocks(&[block]);
            rest = later;
        }
        let (blocks, tail) = rest.as_chunks();
        self.blocks(blocks);
        self.begun.iter_mut().zip(tail).for_each(|(place, byte)| *place = *byte);
    }

    fn blocks(&mut self, blocks: &[[u8; BLOCK]]) {
        let Some(mut similarity) = self.similarity.take() else {
            blocks.iter().for_each(|block| self.block(block, &mut Pieces::<0>::default()));
            return;
        };
        let bytes = blocks.as_flattened();
        for (index, block) in blocks.iter().enumerate() {
            let joined: [u8; AROUND];
            let around = (index * BLOCK)
                .checked_sub(BEFORE)
                .and_then(|from| bytes.get(from..)?.first_chunk::<AROUND>());
            let around = match around {
                Some(around) => around,
                None => {
                    joined = similarity.after(block);
                    &joined
                }
            };
            let ends = similarity.ends(around);
            if ends != 0 {
                self.block(block, &mut Pieces::<0>::default());
                similarity.read_with_ends(around, ends);
                continue;
            }
            match similarity.groups() {
                1 => similarity.read(|pieces: &mut Pieces<1>| self.block(block, pieces)),
                2 => similarity.read(|pieces: &mut Pieces<2>| self.block(block, pieces)),
                _ => similarity.read(|pieces: &mut Pieces<4>| self.block(block, pieces)),
            }
        }
        if let Some(last) = blocks.last() {
            similarity.remember(last);
        }
        self.similarity = Some(similarity);
    }

    /// Takes turns, so that what one leaves idle another uses.
    fn block<const GROUPS: usize>(&mut self, block: &[u8; BLOCK], pieces: &mut Pieces<GROUPS>) {
        let halfway = md5::first_half(&self.md5, block, pieces);
        sha1::block_api::compress(&mut self.sha1, std::slice::from_ref(block));
        self.md5 = md5::second_half(halfway, &self.md5, block, pieces);
        sha2::block_api::compress256(&mut self.sha256, std::slice::from_ref(block));
    }

    /// No more bytes.
    #[must_use]
    pub fn finish(mut self) -> Digests {
        let begun = (self.size % BLOCK as u64) as usize;
        let rest = self.begun.get(..begun).unwrap_or_default();
        let similarity = self.similarity.take().map(|similarity| similarity.finish(rest));
        // A one, zeros, and the number of bits, least significant byte first in MD5 and last in the others (RFC 1321
        // §3.1, FIPS 180-4 §5.1.1).
        let bits = self.size.wrapping_mul(8);
        let mut end = [[0_u8; BLOCK]; 2];
        let bytes = end.as_flattened_mut().iter_mut();
        bytes.zip(rest.iter().chain(&[0x80])).for_each(|(place, byte)| *place = *byte);
        let blocks = if begun < LENGTH_AT { 1 } else { 2 };
        for (index, block) in end.iter_mut().take(blocks).enumerate() {
            let last = index + 1 == blocks;
            if last {
                set_length(block, bits.to_le_bytes());
            }
            let halfway = md5::first_half(&self.md5, block, &mut Pieces::<0>::default());
            self.md5 = md5::second_half(halfway, &self.md5, block, &mut Pieces::<0>::default());
            if last {
                set_length(block, bits.to_be_bytes());
            }
            sha1::block_api::compress(&mut self.sha1, std::slice::from_ref(block));
            sha2::block_api::compress256(&mut self.sha256, std::slice::from_ref(block));
        }
        Digests {
            size: self.size,
            md5: flat(self.md5.map(u32::to_le_bytes)),
            sha1: flat(self.sha1.map(u32::to_be_bytes)),
            sha256: flat(self.sha256.map(u32::to_be_bytes)),
            similarity,
        }
    }
}

fn set_length(block: &mut [u8; BLOCK], length: [u8; 8]) {
    if let Some(place) = block.last_chunk_mut() {
        *place = length;
    }
}

fn flat<const WORDS: usize, const BYTES: usize>(words: [[u8; 4]; WORDS]) -> [u8; BYTES] {
    let mut all = [0; BYTES];
    all.iter_mut().zip(words.as_flattened()).for_each(|(place, byte)| *place = *byte);
    all
}

#[cfg(test)]
mod tests;
