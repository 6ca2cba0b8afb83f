//! Signatures that stand beside what they sign (RFC 1847): the signed part is kept as it stands until its signature comes.

use crate::open::Format;
use crate::tree::Tree;
use crate::{Signature, openpgp, smime};

/// The first part of a `multipart/signed`.
#[derive(Debug)]
pub(crate) struct Signed {
    multipart: usize,
    part: usize,
    /// With its headers, as found. Nothing when it is too large to be kept.
    bytes: Option<Vec<u8>>,
}

impl Tree<'_> {
    /// Keeps what follows of `part` when it is what its parent signs.
    pub(crate) fn keep_signed(&mut self, part: usize, parent: Option<usize>) {
        let Some(multipart) = parent else { return };
        let first = self.nodes.get(multipart).is_some_and(|parent| {
            parent.part.content_type == "multipart/signed"
                && self.nodes.get(part).is_some_and(|one| one.is_first())
        });
        if first {
            self.signed.push(Signed { multipart, part, bytes: Some(Vec::new()) });
        }
    }

    /// Bytes of `node` as they stand.
    pub(crate) fn add_signed(&mut self, node: usize, bytes: &[u8]) {
        let limit = self.means.limits.container_bytes;
        for signed in self.signed.iter_mut().filter(|signed| signed.part == node) {
            let kept = signed.bytes.take().filter(|kept| kept.len() + bytes.len() <= limit);
            signed.bytes = kept.map(|mut kept| {
                kept.extend_from_slice(bytes);
                kept
            });
        }
    }

    /// Holds the signature at `node` against what stands beside it. `None` when it signs nothing here.
    pub(crate) fn verify(&mut self, node: usize, format: Format, bytes: &[u8]) -> Option<Vec<Signature>> {
        let parent = self.nodes.get(node)?.parent?;
        let at = self.signed.iter().position(|signed| signed.multipart == parent && signed.part != node)?;
        let content = with_crlf(&self.signed.swap_remove(at).bytes?);
        match format {
            Format::Smime => Some(smime::verify_detached(bytes, &content, &mut self.room)),
            Format::Pgp => Some(openpgp::verify_detached(bytes, &content, &self.means.keys, &mut self.room)),
            _ => None,
        }
    }
}

/// Every line ended by CR LF, as it was when it was signed (RFC 8551 §3.1.1): what stores mail may end lines by LF alone.
fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\n', rest) {
        let (line, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        lines.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        lines.extend_from_slice(b"\r\n");
        rest = after.get(1..).unwrap_or_default();
    }
    lines.extend_from_slice(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_they_were_signed() {
        for (found, want) in
            [("", ""), ("a\nb", "a\r\nb"), ("a\r\n\r\n\nb\r", "a\r\n\r\n\r\nb\r"), ("\n", "\r\n")]
        {
            assert_eq!(String::from_utf8(with_crlf(found.as_bytes())).unwrap(), want);
        }
    }
}
