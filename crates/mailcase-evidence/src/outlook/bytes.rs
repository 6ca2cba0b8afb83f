//! Little-endian numbers out of bytes nobody can trust.

/// Reads from the start on; what is not there is `None`.
#[derive(Debug, Clone)]
pub(super) struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// As many as there are, up to `count`.
    pub(super) fn take_up_to(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A length or count.
    pub(super) fn size(&mut self) -> Option<usize> {
        self.u32().map(|size| size as usize)
    }

    pub(super) fn guid(&mut self) -> Option<[u8; 16]> {
        self.array()
    }

    /// Up to and without the next `end`, which is passed over; everything when there is none.
    pub(super) fn until(&mut self, end: u8) -> &'a [u8] {
        let at = memchr::memchr(end, self.rest).unwrap_or(self.rest.len());
        let taken = self.take_up_to(at);
        self.take_up_to(1);
        taken
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Bytes::new(bytes.get(at..)?).u16()
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Bytes::new(bytes.get(at..)?).u32()
}

/// UTF-16, little-endian; halves of characters become replacement characters.
pub(super) fn utf16(bytes: &[u8]) -> String {
    encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()
}
