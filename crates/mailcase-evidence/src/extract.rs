//! Gives out the decoded content of one part, streaming.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::examine::{Examination, read_through};
use crate::tree::Target;
use crate::{Means, Part, PartKind};

/// Why a part could not be given out.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The message has no part of that path.
    #[error("the message has no part {0}")]
    NotFound(String),
    /// Only its children have content, or it is known by name only.
    #[error("part {0} has no content of its own: it only holds other parts, or it could not be read")]
    NoContent(String),
    /// Reading the message or writing the content failed.
    #[error("could not copy the content of the part")]
    Io(#[from] io::Error),
}

/// What is given out of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// What it carries, decoded: of a message within, its raw bytes.
    #[default]
    Content,
    /// The bytes as they stand in what holds it: its headers, the blank line and the encoded body. What has no headers of
    /// its own, as the member of an archive, is the same in both forms.
    Original,
}

/// The part that was given out, as in the evidence, without its children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartInfo {
    pub part: Part,
}

/// Writes the part at `path` to `writer`, in that `form`.
///
/// The bytes of [`Form::Content`] have the size and hashes that [`crate::examine`] gives for this part with the same
/// `means`. After an error `writer` may have received some of them.
///
/// # Errors
/// [`ExtractError`]; the message itself cannot be a reason.
pub fn extract<R: Read + Seek, W: Write>(
    mut reader: R,
    path: &str,
    form: Form,
    writer: &mut W,
    means: &Means,
) -> Result<PartInfo, ExtractError> {
    reader.seek(SeekFrom::Start(0))?;
    let mut examination = Examination::new(means);
    let whole = path == "/" && form == Form::Original;
    if !whole {
        examination.tree.target = Some(Target { path, form, writer: &mut *writer, node: None, failed: None });
    }
    read_through(&mut reader, |piece| examination.feed(piece))?;
    examination.end();
    let mut tree = examination.tree;
    if let Some(failed) = tree.target.take().and_then(|target| target.failed) {
        return Err(failed.into());
    }
    let (root, _, _) = tree.finish();
    let part = root.walk().find(|part| part.path == path).cloned();
    let mut part = part.ok_or_else(|| ExtractError::NotFound(path.to_owned()))?;
    if whole {
        reader.seek(SeekFrom::Start(0))?;
        io::copy(&mut reader, &mut *writer)?;
    } else if part.hashes.is_none() && (form == Form::Content || part.kind != PartKind::Multipart) {
        return Err(ExtractError::NoContent(path.to_owned()));
    }
    part.children.clear();
    Ok(PartInfo { part })
}
