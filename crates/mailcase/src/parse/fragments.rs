//! Messages that were sent in pieces (RFC 2046 §5.2.2), put together when all pieces are among the files given.

use super::inputs::Input;
use anyhow::Context as _;
use mailcase_evidence::{Evidence, Fragment, joined};
use std::collections::BTreeMap;
use std::io::Read as _;

/// Largest message put together in bytes: it is held in memory.
const WHOLE_BYTES: u64 = 1 << 30;

/// The pieces seen so far, by message and number. Of two with the same number the first one counts.
#[derive(Debug, Default)]
pub(super) struct Pieces<'i> {
    known: BTreeMap<String, Message<'i>>,
}

#[derive(Debug, Default)]
struct Message<'i> {
    total: Option<u32>,
    pieces: BTreeMap<u32, &'i Input>,
}

/// A message put together.
#[derive(Debug)]
pub(super) struct Whole {
    /// As a person knows it: the names of the files.
    pub(super) name: String,
    pub(super) raw: Vec<u8>,
}

impl<'i> Pieces<'i> {
    pub(super) fn note(&mut self, input: &'i Input, evidence: &Evidence) {
        let Some(Fragment { of, number, total }) = evidence.root.fragment() else { return };
        let message = self.known.entry(of).or_default();
        message.total = message.total.or(total);
        message.pieces.entry(number).or_insert(input);
    }

    /// Every message all of whose pieces are there.
    pub(super) fn wholes(&self) -> impl Iterator<Item = anyhow::Result<Whole>> {
        self.known.values().filter(|message| message.is_complete()).map(Message::put_together)
    }

    /// How many pieces belong to messages that are complete.
    pub(super) fn used(&self) -> usize {
        self.known.values().filter(|message| message.is_complete()).map(|message| message.pieces.len()).sum()
    }
}

impl Message<'_> {
    fn is_complete(&self) -> bool {
        self.total.is_some_and(|total| (1..=total).eq(self.pieces.keys().copied()))
    }

    fn put_together(&self) -> anyhow::Result<Whole> {
        let name = self.pieces.values().map(|input| input.name.as_str()).collect::<Vec<_>>().join(" + ");
        let mut carriers = Vec::new();
        let mut room = WHOLE_BYTES;
        for input in self.pieces.values() {
            let unreadable = || format!("{} cannot be read", input.name);
            let (reader, size) = input.open().with_context(unreadable)?;
            room = room.checked_sub(size).with_context(|| {
                format!("{name} are more than {WHOLE_BYTES} bytes and were not put together")
            })?;
            let mut carrier = Vec::new();
            reader.take(size).read_to_end(&mut carrier).with_context(unreadable)?;
            carriers.push(carrier);
        }
        let carriers: Vec<&[u8]> = carriers.iter().map(Vec::as_slice).collect();
        Ok(Whole { name, raw: joined(&carriers) })
    }
}
