//! XML token by token, from a stream that a stranger writes: no DTD, no entities but the five of XML itself, and nothing
//! without a limit.

use super::base64::Decoder;
use super::element::Sink;
use mailcase_mail::SourceError;
use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, ReadBuf};

/// The longest single thing: a tag, a comment, a text. Sync states are the longest texts there are, and stay below 1 MB.
const TOKEN_MAX_BYTES: u64 = 8 << 20;
/// All of a stream but the content of messages. A page of a thousand messages has less than a megabyte; a stream of
/// notifications some hundred kilobytes.
const STREAM_MAX_BYTES: u64 = 64 << 20;
/// The answers of Exchange nest some fifteen deep.
const DEPTH_MAX: usize = 64;
/// A namespace declaration for each schema, and some attributes.
const ATTRIBUTES_MAX: usize = 64;
/// The longest tag; those of Exchange have a few hundred bytes.
const TAG_MAX_BYTES: usize = 64 << 10;

/// Part of a document. Namespaces are left out: no two names of the EWS schemas differ by them alone where it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Start {
        name: String,
        attributes: Vec<(String, String)>,
    },
    /// A piece of text; an element may have several.
    Text(String),
    End,
    /// The stream ended between two documents.
    Eof,
}

/// A stream of XML documents, one after the other.
pub(crate) struct XmlStream<R> {
    reader: Reader<Bounded<R>>,
    buffer: Vec<u8>,
    depth: usize,
    /// The element begun last is empty, and its end has not been told.
    ends: bool,
}

impl<R> std::fmt::Debug for XmlStream<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("XmlStream").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl<R: AsyncBufRead + Unpin> XmlStream<R> {
    pub(crate) fn new(inner: R) -> Self {
        let reader = Reader::from_reader(Bounded { inner, left: TOKEN_MAX_BYTES, all: STREAM_MAX_BYTES });
        Self { reader, buffer: Vec::new(), depth: 0, ends: false }
    }

    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    /// The next token.
    ///
    /// # Errors
    /// [`SourceError::Protocol`] when it is no XML, or more of it than permitted; those of the stream.
    pub(crate) async fn next(&mut self) -> Result<Token, SourceError> {
        if std::mem::take(&mut self.ends) {
            return self.end();
        }
        loop {
            self.buffer.clear();
            self.reader.get_mut().left = TOKEN_MAX_BYTES;
            let event = self.reader.read_event_into_async(&mut self.buffer).await.map_err(|e| broken(&e))?;
            let text = match event {
                Event::Start(start) => {
                    let token = started(&start)?;
                    self.begin()?;
                    return Ok(token);
                }
                Event::Empty(start) => {
                    let token = started(&start)?;
                    self.begin()?;
                    self.ends = true;
                    return Ok(token);
                }
                Event::End(_) => return self.end(),
                Event::Text(text) => text.decode().map_err(|_| no_text())?.into_owned(),
                Event::CData(text) => text.decode().map_err(|_| no_text())?.into_owned(),
                Event::GeneralRef(reference) => resolved(&reference)?.to_string(),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
                Event::DocType(_) => return Err(wrong("it contains a document type definition")),
                Event::Eof if self.depth == 0 => return Ok(Token::Eof),
                Event::Eof => return Err(cut()),
            };
            if self.depth > 0 {
                return Ok(Token::Text(text));
            }
            if !text.trim_matches(is_blank).is_empty() {
                return Err(wrong("text stands outside of everything"));
            }
        }
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH_MAX {
            return Err(wrong("its elements are nested too deeply"));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<Token, SourceError> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| wrong("an element ends that never began"))?;
        Ok(Token::End)
    }

    /// Everything to the end of the element begun last is passed over.
    pub(crate) async fn skip(&mut self) -> Result<(), SourceError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.next().await?;
        }
        Ok(())
    }

    /// The content of the element begun last, which is base64, handed to `sink` as it comes, however long it is. Up to the
    /// end of the element, which is the next token if the content was what it should be.
    ///
    /// # Errors
    /// Those of the stream and of the sink.
    pub(crate) async fn base64<S: Sink>(&mut self, sink: &mut S) -> Result<Content, SourceError> {
        if self.ends {
            return Ok(Content::Empty);
        }
        let mut decoder = Decoder::default();
        let all = std::mem::replace(&mut self.reader.get_mut().all, u64::MAX);
        loop {
            self.reader.get_mut().left = u64::MAX;
            let mut stream = self.reader.stream();
            let available = stream.fill_buf().await.map_err(|error| of_stream(&error))?;
            if available.is_empty() {
                return Err(cut());
            }
            let end = available.iter().position(|byte| *byte == b'<');
            let (content, _) = available.split_at(end.unwrap_or(available.len()));
            let length = content.len();
            decoder.feed(content);
            stream.consume(length);
            while let Some(piece) = decoder.piece(end.is_some()) {
                sink.piece(piece).await?;
            }
            if end.is_some() {
                self.reader.get_mut().all = all;
                return Ok(decoder.content());
            }
        }
    }
}

/// What content in base64 turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Whole,
    Empty,
    /// Not base64, or cut short within it.
    Broken,
}

fn started(start: &BytesStart<'_>) -> Result<Token, SourceError> {
    if start.len() > TAG_MAX_BYTES {
        return Err(wrong("a tag is too long"));
    }
    let name = name(start.local_name().into_inner())?;
    let mut attributes = Vec::new();
    // Looking for doubles takes time in the square of their number; the first counts.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| wrong("a tag cannot be read"))?;
        if attributes.len() >= ATTRIBUTES_MAX {
            return Err(wrong("a tag has too many attributes"));
        }
        let key = attribute.key;
        if key.as_ref().starts_with(b"xmlns") {
            continue;
        }
        let value = std::str::from_utf8(&attribute.value).map_err(|_| no_text())?;
        let value = quick_xml::escape::unescape(value)
            .map_err(|_| wrong("an attribute cannot be read"))?
            .into_owned();
        attributes.push((self::name(key.local_name().into_inner())?, value));
    }
    Ok(Token::Start { name, attributes })
}

fn name(bytes: &[u8]) -> Result<String, SourceError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| no_text())
}

/// The character a reference stands for. Exchange writes those that XML forbids, such as `&#x1F;` in a subject.
fn resolved(reference: &BytesRef<'_>) -> Result<char, SourceError> {
    if reference.is_char_ref() {
        return Ok(reference.resolve_char_ref().ok().flatten().unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    match reference.decode().map_err(|_| no_text())?.as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(wrong("it contains an entity that XML does not have by itself")),
    }
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\u{feff}'
}

pub(crate) fn wrong(what: &str) -> SourceError {
    SourceError::Protocol { message: format!("the answer of Exchange cannot be understood: {what}") }
}

fn no_text() -> SourceError {
    wrong("it is not written in UTF-8")
}

fn cut() -> SourceError {
    SourceError::Unreachable {
        message: "the answer of Exchange ends in the middle".to_owned(),
        hint: Some("If it goes on, look at what stands between this machine and the server.".to_owned()),
    }
}

fn broken(error: &Error) -> SourceError {
    match error {
        Error::Io(error) => of_stream(error),
        // Its own words quote the document.
        Error::Syntax(_) => wrong("it is no XML"),
        Error::IllFormed(_) => wrong("its elements do not fit together"),
        _ => wrong("it cannot be read as XML"),
    }
}

fn of_stream(error: &io::Error) -> SourceError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<SourceError>());
    inner.cloned().unwrap_or_else(|| SourceError::Unreachable {
        message: "the connection to Exchange was lost in the middle of an answer".to_owned(),
        hint: None,
    })
}

/// Ends in an error before a single token takes too much memory, or all of them too much time.
struct Bounded<R> {
    inner: R,
    /// Of the token under way.
    left: u64,
    /// Of the stream.
    all: u64,
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Bounded<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        let left = this.left.min(this.all);
        if left == 0 {
            let what = if this.all == 0 { "it is too long" } else { "part of it is too long" };
            return Poll::Ready(Err(io::Error::other(wrong(what))));
        }
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        Pin::new(&mut this.inner).poll_fill_buf(cx).map_ok(|bytes| bytes.split_at(left.min(bytes.len())).0)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        let bytes = u64::try_from(amount).unwrap_or(u64::MAX);
        this.left = this.left.saturating_sub(bytes);
        this.all = this.all.saturating_sub(bytes);
        Pin::new(&mut this.inner).consume(amount);
    }
}

/// Asked for by the signature of what reads; everything goes through the buffer.
impl<R: AsyncBufRead + Unpin> AsyncRead for Bounded<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let bytes = match Pin::new(&mut *this).poll_fill_buf(cx) {
            Poll::Ready(Ok(bytes)) => bytes,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        };
        let amount = bytes.len().min(buf.remaining());
        buf.put_slice(bytes.split_at(amount).0);
        Pin::new(this).consume(amount);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
