//! Compressed RTF ([MS-OXRTFCP]).

use super::super::bytes::Bytes;
use crate::contents::{Room, Short};

const LZFU: u32 = 0x7546_5a4c;
const MELA: u32 = 0x414c_454d;
/// The dictionary goes round at this length (§2.1.3.1).
const WINDOW: usize = 4096;
/// What the dictionary starts with (§2.1.3.1.2).
const PRESET: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
/// A pair of bytes gives at most this many.
const LONGEST_MATCH: usize = 17;

/// What was packed, and what is wrong with how.
#[derive(Debug, Default)]
pub(in crate::outlook) struct Unpacked {
    pub(in crate::outlook) rtf: Vec<u8>,
    pub(in crate::outlook) bad_checksum: bool,
    pub(in crate::outlook) truncated: bool,
}

/// Unpacks; `None` when it is no compressed RTF.
///
/// # Errors
/// [`Short::Full`] when there is no room for it.
pub(in crate::outlook) fn unpack(packed: &[u8], room: &mut Room) -> Result<Option<Unpacked>, Short> {
    let mut header = Bytes::new(packed);
    let fields = (|| Some((header.u32()?, header.size()?, header.u32()?, header.u32()?)))();
    let Some((packed_size, size, kind, checksum)) = fields else { return Ok(None) };
    // Counts the three numbers after it.
    let claimed = (packed_size as usize).saturating_sub(12);
    let content = header.rest();
    let short = claimed > content.len();
    let content = content.get(..claimed).unwrap_or(content);
    let most = size.min(content.len().saturating_mul(LONGEST_MATCH));
    let unpacked = match kind {
        MELA => {
            // Some writers count the header in; what matters is whether it is all there.
            let rtf = content.get(..size).unwrap_or(content).to_vec();
            Unpacked { truncated: short, rtf, bad_checksum: false }
        }
        LZFU => {
            if most as u64 > room.bytes() {
                return Err(Short::Full);
            }
            let (rtf, ended) = decompress(content, most);
            let bad_checksum = !short && crc(content) != checksum;
            Unpacked { truncated: short || (!ended && rtf.len() < size), rtf, bad_checksum }
        }
        _ => return Ok(None),
    };
    room.take(unpacked.rtf.len())?;
    Ok(Some(unpacked))
}

/// The content, and whether its end mark was there. `size` is not believed further than as an upper bound.
fn decompress(content: &[u8], size: usize) -> (Vec<u8>, bool) {
    let mut window = [0_u8; WINDOW];
    for (place, byte) in window.iter_mut().zip(PRESET) {
        *place = *byte;
    }
    let mut at = PRESET.len();
    let mut rtf = Vec::with_capacity(size);
    let put = |rtf: &mut Vec<u8>, window: &mut [u8; WINDOW], at: &mut usize, byte: u8| {
        rtf.push(byte);
        if let Some(place) = window.get_mut(*at) {
            *place = byte;
        }
        *at = (*at + 1) % WINDOW;
    };
    let mut bytes = Bytes::new(content);
    while let Some(control) = bytes.u8() {
        for bit in 0..8 {
            if control & (1 << bit) == 0 {
                let Some(byte) = bytes.u8() else { return (rtf, false) };
                put(&mut rtf, &mut window, &mut at, byte);
            } else {
                let Some(pair) = bytes.u16().map(u16::swap_bytes) else { return (rtf, false) };
                let from = usize::from(pair >> 4);
                if from == at {
                    return (rtf, true);
                }
                for step in 0..usize::from(pair & 15) + 2 {
                    let byte = window.get((from + step) % WINDOW).copied().unwrap_or_default();
                    put(&mut rtf, &mut window, &mut at, byte);
                }
            }
            if rtf.len() >= size {
                rtf.truncate(size);
                return (rtf, false);
            }
        }
    }
    (rtf, false)
}

/// The checksum of ZIP without its inversions (§2.1.3.2).
fn crc(content: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    content.iter().fold(0, |crc: u32, byte| {
        let place = usize::from((crc as u8) ^ byte);
        TABLE.get(place).copied().unwrap_or_default() ^ (crc >> 8)
    })
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut place = 0;
    while place < 256 {
        let mut value = place as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[place] = value;
        place += 1;
    }
    table
}
