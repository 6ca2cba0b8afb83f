//! Gives out the decoded content of one part, streaming.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::examine::{Examination, read_through};
use crate::tree::Target;
use crate::{Evidence, Means, Part, PartKind, ReadAs};

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

/// Takes parts as they are read.
pub trait Sink {
    /// The next bytes of the part at `path`. A message within is written together with its parts, in turns.
    ///
    /// # Errors
    /// Ends the extraction.
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Nothing more of that part follows. Said also of parts without any byte.
    ///
    /// # Errors
    /// Ends the extraction.
    fn end(&mut self, path: &str) -> io::Result<()>;

    /// What was written of that part is no content of it: it was the text before the parts of a multipart, which is
    /// content only where no part follows. Nothing more follows, and no end.
    ///
    /// # Errors
    /// Ends the extraction.
    fn withdraw(&mut self, path: &str) -> io::Result<()>;
}

/// Everything goes to one writer.
struct Single<'a, W>(&'a mut W);

impl<W: Write> Sink for Single<'_, W> {
    fn write(&mut self, _path: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn end(&mut self, _path: &str) -> io::Result<()> {
        Ok(())
    }

    fn withdraw(&mut self, _path: &str) -> io::Result<()> {
        Ok(())
    }
}

/// The part that was given out, as in the evidence, without its children and what opening it tells.
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
    let mut sink = Single(&mut *writer);
    let whole = path == "/" && form == Form::Original;
    let target = (!whole).then_some(Target { path: Some(path), form, sink: &mut sink, failed: None });
    let examination = run_through(&mut reader, target, means)?;
    let (root, _, _) = examination.tree.finish();
    let part = root.walk().find(|part| part.path == path).cloned();
    let mut part = part.ok_or_else(|| ExtractError::NotFound(path.to_owned()))?;
    if whole {
        reader.seek(SeekFrom::Start(0))?;
        io::copy(&mut reader, writer)?;
    } else if part.hashes.is_none() && (form == Form::Content || part.kind != PartKind::Multipart) {
        return Err(ExtractError::NoContent(path.to_owned()));
    }
    part.children.clear();
    Ok(PartInfo { part })
}

/// Examines a message and gives the decoded content of all its parts to `sink` while it is read.
///
/// # Errors
/// Those of the reader and the sink; the message itself cannot be a reason.
pub fn extract_all<R: Read + Seek>(
    mut reader: R,
    sink: &mut dyn Sink,
    means: &Means,
) -> io::Result<Evidence> {
    let target = Target { path: None, form: Form::Content, sink, failed: None };
    Ok(run_through(&mut reader, Some(target), means)?.finish())
}

/// The text of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartText {
    pub content: String,
    /// True when it was cut at [`crate::Limits::body_bytes`].
    pub truncated: bool,
    /// The charset it was read in: that of [`Means::charsets`] for this path, if it is named there.
    pub read_as: ReadAs,
}

/// Reads the text of the part at `path`; HTML as it is written.
///
/// # Errors
/// [`ExtractError::NoContent`] when the part is no text.
pub fn part_text<R: Read + Seek>(mut reader: R, path: &str, means: &Means) -> Result<PartText, ExtractError> {
    let (root, texts, _) = run_through(&mut reader, None, means)?.tree.finish();
    let text = texts.into_iter().find(|(part, _)| part.path == path && part.read_as.is_some());
    if let Some((_, text)) = text {
        return Ok(PartText { content: text.content, truncated: text.truncated, read_as: text.charset });
    }
    let known = root.walk().any(|part| part.path == path);
    let path = path.to_owned();
    Err(if known { ExtractError::NoContent(path) } else { ExtractError::NotFound(path) })
}

fn run_through<'a, R: Read + Seek>(
    reader: &mut R,
    target: Option<Target<'a>>,
    means: &'a Means,
) -> io::Result<Examination<'a>> {
    reader.seek(SeekFrom::Start(0))?;
    let mut examination = Examination::new(means);
    examination.tree.target = target;
    read_through(reader, |piece| examination.feed(piece))?;
    examination.end();
    match examination.tree.target.take().and_then(|target| target.failed) {
        Some(failed) => Err(failed),
        None => Ok(examination),
    }
}
