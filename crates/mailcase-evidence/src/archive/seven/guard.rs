//! What opening a 7z archive asks for, read from its headers before the library does: windows and key derivations.

/// The mark, the version and the record of where the list of members is (7zFormat.txt).
const START: usize = 32;
/// Coders of one folder that are looked at; the format knows 32.
const CODERS: u64 = 32;
/// Property ids of the format.
const PACK_INFO: u8 = 6;
const FOLDERS: u8 = 11;
const UNPACK_INFO: u8 = 7;
const UNPACK_SIZES: u8 = 12;
const ENCODED_HEADER: u8 = 23;

/// What the list of members is packed with.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// Largest window, in bytes.
    pub(super) window: u64,
    /// Exponent of the rounds of its key derivation when the list is encrypted.
    pub(super) derivation: Option<u8>,
    /// Bytes it unpacks to, as it claims.
    pub(super) unpacked: u64,
}

/// What unpacking with some coders asks for.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) window: u64,
    pub(super) derivation: Option<u8>,
}

/// Needs of coders given by their method and properties.
pub(super) fn needs<'a>(coders: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Needs {
    let mut needs = Needs::default();
    for (method, properties) in coders {
        let word = |from: usize| {
            properties.get(from..from + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_le_bytes)
        };
        let window = match method {
            // LZMA, PPMd: a byte of parameters, then the size.
            [3, 1, 1] | [3, 4, 1] => u64::from(word(1)),
            // LZMA2: two bits of mantissa, then the exponent.
            [0x21] => {
                let bits = u32::from(properties.first().copied().unwrap_or_default());
                u64::from(2 | (bits & 1)).checked_shl(bits / 2 + 11).unwrap_or(u64::MAX)
            }
            [6, 0xf1, 7, 1] => {
                needs.derivation = Some(properties.first().copied().unwrap_or_default() & 63);
                0
            }
            _ => 0,
        };
        needs.window = needs.window.max(window);
    }
    needs
}

/// Reads what the list of members is packed with; nothing when the archive does not hold it.
pub(super) fn header(bytes: &[u8]) -> Option<Header> {
    let start = bytes.get(..START)?;
    let long = |at: usize| Some(u64::from_le_bytes(start.get(at..at + 8)?.try_into().ok()?));
    let at = START.checked_add(usize::try_from(long(12)?).ok()?)?;
    let end = at.checked_add(usize::try_from(long(20)?).ok()?)?;
    let list = bytes.get(at..end)?;
    let Some((&ENCODED_HEADER, rest)) = list.split_first() else {
        return Some(Header { unpacked: list.len() as u64, ..Header::default() });
    };
    encoded(&mut Reader(rest))
}

fn encoded(reader: &mut Reader<'_>) -> Option<Header> {
    let mut id = reader.byte()?;
    if id == PACK_INFO {
        reader.number()?;
        let streams = reader.number()?;
        id = reader.byte()?;
        while id != 0 {
            match id {
                9 => {
                    for _ in 0..streams {
                        reader.number()?;
                    }
                }
                10 => {
                    let all = reader.byte()? != 0;
                    let defined = if all { streams } else { return None };
                    reader.skip(defined.checked_mul(4)?)?;
                }
                _ => return None,
            }
            id = reader.byte()?;
        }
        id = reader.byte()?;
    }
    if id != UNPACK_INFO || reader.byte()? != FOLDERS || reader.number()? != 1 || reader.byte()? != 0 {
        return None;
    }
    let (needs, outputs) = folder(reader)?;
    let mut unpacked = 0;
    if reader.byte()? == UNPACK_SIZES {
        for _ in 0..outputs {
            unpacked = reader.number()?.max(unpacked);
        }
    }
    Some(Header { window: needs.window, derivation: needs.derivation, unpacked })
}

/// Needs of the coders of a folder and how many streams come out of them.
fn folder(reader: &mut Reader<'_>) -> Option<(Needs, u64)> {
    let count = reader.number()?;
    if count == 0 || count > CODERS {
        return None;
    }
    let (mut inputs, mut outputs) = (0_u64, 0_u64);
    let mut coders = Vec::new();
    for _ in 0..count {
        let flags = reader.byte()?;
        let method = reader.bytes(u64::from(flags & 15))?;
        let (ins, outs) = if flags & 16 != 0 { (reader.number()?, reader.number()?) } else { (1, 1) };
        let size = if flags & 32 != 0 { reader.number()? } else { 0 };
        coders.push((method, reader.bytes(size)?));
        inputs = inputs.checked_add(ins)?;
        outputs = outputs.checked_add(outs)?;
    }
    if inputs > CODERS || outputs > CODERS || outputs == 0 {
        return None;
    }
    let pairs = outputs - 1;
    for _ in 0..pairs {
        reader.number()?;
        reader.number()?;
    }
    let packed = inputs.checked_sub(pairs)?;
    if packed > 1 {
        for _ in 0..packed {
            reader.number()?;
        }
    }
    Some((needs(coders.into_iter()), outputs))
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.bytes(count).map(|_| ())
    }

    /// The leading ones of the first byte say how many bytes follow, little-endian; its other bits come on top.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let extra = first.leading_ones().min(8);
        let mut value = 0_u64;
        for index in 0..extra {
            value |= u64::from(self.byte()?) << (8 * index);
        }
        if extra < 7 {
            let high = u64::from(first & (0x7f >> extra));
            value |= high << (8 * extra);
        }
        Some(value)
    }
}
