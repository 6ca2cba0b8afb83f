//! Gives out the decoded content of one part, streaming.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::examine::read_through;
use crate::scan::Scanner;
use crate::tree::{Target, Tree};
use crate::{Limits, Part, PartKind, sniff};

/// Why a part could not be given out.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The message has no part of that path.
    #[error("the message has no part {0}")]
    NotFound(String),
    /// Only its children have content.
    #[error("part {0} only holds other parts and has no content of its own")]
    Multipart(String),
    /// Reading the message or writing the content failed.
    #[error("could not copy the content of the part")]
    Io(#[from] io::Error),
}

/// The part that was given out, as in the evidence, without its children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartInfo {
    pub part: Part,
}

/// Writes the decoded content of the part at `path` to `writer`: of a message within, its raw bytes.
///
/// The bytes have the size and hashes that [`crate::examine`] gives for this part under the default limits. After
/// an error `writer` may have received some of them.
///
/// # Errors
/// [`ExtractError`]; the message itself cannot be a reason.
pub fn extract<R: Read + Seek, W: Write>(
    reader: R,
    path: &str,
    writer: &mut W,
) -> Result<PartInfo, ExtractError> {
    extract_within(reader, path, writer, &Limits::default())
}

/// Like [`extract`] for evidence that was made under other limits.
///
/// # Errors
/// As for [`extract`].
pub fn extract_within<R: Read + Seek, W: Write>(
    mut reader: R,
    path: &str,
    writer: &mut W,
    limits: &Limits,
) -> Result<PartInfo, ExtractError> {
    reader.seek(SeekFrom::Start(0))?;
    let mut magic = Vec::new();
    reader.by_ref().take(sniff::COMPOUND_FILE.len() as u64).read_to_end(&mut magic)?;
    reader.seek(SeekFrom::Start(0))?;
    if magic == sniff::COMPOUND_FILE {
        return extract_whole(reader, path, writer, limits);
    }
    let mut tree = Tree::new(limits);
    tree.target = Some(Target { path, writer, node: None, failed: None });
    let mut scanner = Scanner::new(None);
    read_through(&mut reader, |piece| scanner.feed(&mut tree, piece))?;
    scanner.finish(&mut tree);
    if let Some(failed) = tree.target.take().and_then(|target| target.failed) {
        return Err(failed.into());
    }
    let (root, _, _) = tree.finish();
    let part = root.walk().find(|part| part.path == path).cloned();
    let mut part = part.ok_or_else(|| ExtractError::NotFound(path.to_owned()))?;
    if part.kind == PartKind::Multipart {
        return Err(ExtractError::Multipart(path.to_owned()));
    }
    part.children.clear();
    Ok(PartInfo { part })
}

/// A file that is not taken apart has one part: itself.
fn extract_whole<R: Read + Seek, W: Write>(
    mut reader: R,
    path: &str,
    writer: &mut W,
    limits: &Limits,
) -> Result<PartInfo, ExtractError> {
    if path != "/" {
        return Err(ExtractError::NotFound(path.to_owned()));
    }
    let size = io::copy(&mut reader, writer)?;
    let evidence = crate::examine_reader(reader, size, limits)?;
    Ok(PartInfo { part: evidence.root })
}
