//! Elements as trees, for the parts of an answer that are small; the content of a message passes them by.

use super::xml::{Content, Token, XmlStream, wrong};
use bytes::Bytes;
use mailcase_mail::SourceError;
use std::future::Future;
use tokio::io::AsyncBufRead;

/// Elements within one element. A page of 1,000 messages has some ten thousand.
const ELEMENTS_MAX: usize = 200_000;
/// Text within one element; the largest page has less than a megabyte.
const TEXT_MAX_BYTES: usize = 16 << 20;
/// The element in which a message comes as it is (MS-OXWSCDATA 2.2.4.61).
const MIME_CONTENT: &str = "MimeContent";

/// Takes the bytes of messages.
pub(crate) trait Sink: Send {
    fn piece(&mut self, piece: Bytes) -> impl Future<Output = Result<(), SourceError>> + Send;
}

/// Where no message was asked for.
#[derive(Debug)]
pub(crate) struct NoMime;

impl Sink for NoMime {
    async fn piece(&mut self, _: Bytes) -> Result<(), SourceError> {
        Ok(())
    }
}

/// What came of the content of a message within an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mime {
    Absent,
    Whole,
    Empty,
    Broken,
}

/// An element and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// Its own text, without that of its children.
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// What a path of names leads to.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text of what a path of names leads to, without blanks around it.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|element| element.text.trim())
    }

    /// The first of this name anywhere within.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|child| if child.name == name { Some(child) } else { child.find(name) })
    }
}

/// A small document that is no SOAP.
pub(crate) async fn document<R: AsyncBufRead + Unpin + Send>(inner: R) -> Result<Element, SourceError> {
    let mut xml = XmlStream::new(inner);
    match xml.next().await? {
        Token::Start { name, attributes } => Ok(read(&mut xml, name, attributes, &mut NoMime).await?.0),
        _ => Err(wrong("it is empty")),
    }
}

/// Reads to the end of an element of which the start was read. The content of a message in it goes to `sink`.
pub(crate) async fn read<R: AsyncBufRead + Unpin + Send, S: Sink>(
    xml: &mut XmlStream<R>,
    name: String,
    attributes: Vec<(String, String)>,
    sink: &mut S,
) -> Result<(Element, Mime), SourceError> {
    let mut open = vec![Element { name, attributes, ..Element::default() }];
    let mut mime = Mime::Absent;
    let (mut elements, mut text_bytes) = (1_usize, 0_usize);
    loop {
        match xml.next().await? {
            Token::Start { name, attributes } => {
                elements = elements.saturating_add(1);
                if elements > ELEMENTS_MAX {
                    return Err(wrong("an element holds too many others"));
                }
                let is_mime = name == MIME_CONTENT;
                open.push(Element { name, attributes, ..Element::default() });
                if is_mime {
                    mime = content(xml, mime, sink).await?;
                }
            }
            Token::Text(text) => {
                text_bytes = text_bytes.saturating_add(text.len());
                if text_bytes > TEXT_MAX_BYTES {
                    return Err(wrong("an element holds too much text"));
                }
                if let Some(element) = open.last_mut() {
                    // Something other than base64 was in the message.
                    if element.name == MIME_CONTENT {
                        mime = Mime::Broken;
                    } else {
                        element.text.push_str(&text);
                    }
                }
            }
            Token::End => {
                let Some(done) = open.pop() else { return Err(wrong("an element ends that never began")) };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok((done, mime)),
                }
            }
            Token::Eof => return Err(wrong("it ends too soon")),
        }
    }
}

async fn content<R: AsyncBufRead + Unpin + Send, S: Sink>(
    xml: &mut XmlStream<R>,
    before: Mime,
    sink: &mut S,
) -> Result<Mime, SourceError> {
    if before != Mime::Absent {
        return Err(wrong("a message has its content twice"));
    }
    Ok(match xml.base64(sink).await? {
        Content::Whole => Mime::Whole,
        Content::Empty => Mime::Empty,
        Content::Broken => Mime::Broken,
    })
}
