//! An mbox file as a plain list of messages, for who reads it once and needs no cursor.

use super::scanning::splitter;
use super::splitting::{PIECE_MAX_BYTES, Splitter};
use crate::settings::Quoting;
use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom, Write};

/// Bytes read and written at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// Where in an mbox file a message lies, with the line it begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MboxEntry {
    offset: u64,
    length: u64,
}

impl MboxEntry {
    /// Every message of the file, in its order.
    ///
    /// # Errors
    /// `InvalidData` when the file does not begin with a message; else those of reading it.
    pub fn all(mut file: File) -> io::Result<Vec<Self>> {
        file.seek(SeekFrom::Start(0))?;
        let mut splitter = Splitter::new(BufReader::with_capacity(BUFFER_BYTES, file), Quoting::None, 0);
        let mut entries = Vec::new();
        let mut passed = Vec::with_capacity(BUFFER_BYTES + PIECE_MAX_BYTES);
        while let Some(separator) = splitter.next_message()? {
            while splitter.read_content(&mut passed, BUFFER_BYTES)? {
                passed.clear();
            }
            passed.clear();
            let length = splitter.end().saturating_sub(separator.offset);
            entries.push(Self { offset: separator.offset, length });
        }
        Ok(entries)
    }

    /// Writes the message, its lines as they were before they were quoted; returns its size in bytes.
    ///
    /// # Errors
    /// Those of reading and writing; `InvalidData` when the file changed and no message begins here any more.
    pub fn write(&self, file: File, quoting: Quoting, out: &mut dyn Write) -> io::Result<u64> {
        let mut splitter = splitter(file, quoting, self.offset, self.length)?;
        splitter.next_message()?;
        let mut piece = Vec::with_capacity(BUFFER_BYTES + PIECE_MAX_BYTES);
        let mut size = 0_u64;
        loop {
            let more = splitter.read_content(&mut piece, BUFFER_BYTES)?;
            out.write_all(&piece)?;
            size = size.saturating_add(piece.len() as u64);
            piece.clear();
            if !more {
                return Ok(size);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_its_messages() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let text = "From a Mon Jan  5 10:00:00 2026\nSubject: one\n\n>From here\n\n\
                    From b Mon Jan  5 10:00:01 2026\nSubject: two\n\nFrom the start\n";
        std::fs::write(&path, text).unwrap();
        let open = || File::open(&path).unwrap();
        let entries = MboxEntry::all(open()).unwrap();
        let texts: Vec<String> = entries
            .iter()
            .map(|entry| {
                let mut out = Vec::new();
                assert_eq!(entry.write(open(), Quoting::Mboxrd, &mut out).unwrap(), out.len() as u64);
                String::from_utf8(out).unwrap()
            })
            .collect();
        assert_eq!(texts, ["Subject: one\n\nFrom here\n", "Subject: two\n\nFrom the start\n"]);
        std::fs::write(&path, "Subject: no mbox\n").unwrap();
        assert_eq!(MboxEntry::all(open()).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
