//! A message as this crate sees it, with the content of each part at hand.

use mailcase_evidence::{Evidence, Form, Means, Part, PartKind, examine, extract};
use std::io::Cursor;

/// A message and its evidence.
pub(crate) struct Own {
    pub(crate) raw: Vec<u8>,
    pub(crate) evidence: Evidence,
}

impl Own {
    pub(crate) fn of(raw: Vec<u8>) -> Self {
        let evidence = examine(&raw, &Means::default());
        Self { raw, evidence }
    }

    /// The decoded content of a part; of a message within, its raw bytes.
    pub(crate) fn content(&self, part: &Part) -> Vec<u8> {
        self.given(part, Form::Content)
    }

    pub(crate) fn given(&self, part: &Part, form: Form) -> Vec<u8> {
        let mut out = Vec::new();
        extract(Cursor::new(&self.raw), &part.path, form, &mut out, &Means::default()).unwrap();
        out
    }

    /// The text of a part, read in the charset that was chosen for it.
    pub(crate) fn text(&self, part: &Part) -> Option<String> {
        let charset = &part.read_as.as_ref()?.charset;
        let bytes = self.content(part);
        let name = if charset == "us-ascii" { "utf-8" } else { charset };
        if let Some(encoding) = encoding_rs::Encoding::for_label(name.as_bytes()) {
            return Some(encoding.decode_with_bom_removal(&bytes).0.into_owned());
        }
        let decode = mail_parser::decoders::charsets::map::charset_decoder(charset.as_bytes())?;
        Some(decode(&bytes))
    }
}

/// The parts that MIME itself has within this one: not what a container holds.
pub(crate) fn children(part: &Part) -> &[Part] {
    match part.kind {
        PartKind::Multipart | PartKind::Message => &part.children,
        _ => &[],
    }
}
