//! SOAP envelopes as Exchange answers (MS-OXWSCORE, MS-OXWSCDATA 2.2.4.57): one response message for each thing asked.

use super::element::{Element, Mime, NoMime, Sink, read};
use super::xml::{Token, XmlStream, wrong};
use crate::refusal::{Refusal, Trouble};
use mailcase_mail::SourceError;
use std::time::Duration;
use tokio::io::AsyncBufRead;

/// What became of one thing that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) element: Element,
    pub(crate) mime: Mime,
}

impl Answer {
    /// The response message, or why there is none of use.
    pub(crate) fn into_result(self) -> Result<Element, Refusal> {
        match refused(&self.element) {
            Some(refusal) => Err(refusal),
            None => Ok(self.element),
        }
    }

    pub(crate) fn refusal(&self) -> Option<Refusal> {
        refused(&self.element)
    }
}

/// The response messages of an answer, one after the other.
#[derive(Debug)]
pub(crate) struct Answers<R> {
    xml: XmlStream<R>,
    /// Within the list of response messages.
    within: usize,
    version: Option<Version>,
}

/// Which Exchange answers (MS-OXWSCDATA 2.2.3.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) build: u32,
}

impl Version {
    fn of(header: &Element) -> Option<Self> {
        let number = |name: &str| header.attribute(name)?.parse().ok();
        let build = number("MajorBuildNumber").unwrap_or(0);
        Some(Self { major: number("MajorVersion")?, minor: number("MinorVersion")?, build })
    }
}

impl<R: AsyncBufRead + Unpin + Send> Answers<R> {
    /// Reads to the first response message.
    ///
    /// # Errors
    /// [`Trouble::Refused`] when the answer is a SOAP fault; [`Trouble::Source`] when it is no SOAP at all.
    pub(crate) async fn begin(inner: R) -> Result<Self, Trouble> {
        let mut answers = Self { xml: XmlStream::new(inner), within: 0, version: None };
        if answers.envelope().await? {
            return Ok(answers);
        }
        Err(wrong("it is empty").into())
    }

    /// Reads to the first response message of the next envelope of the same stream; whether there is one.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub(crate) async fn envelope(&mut self) -> Result<bool, Trouble> {
        if self.xml.depth() > 0 {
            self.leave(0).await?;
        }
        match self.xml.next().await? {
            Token::Start { name, .. } if name == "Envelope" => {}
            Token::Eof => return Ok(false),
            _ => return Err(wrong("it is no SOAP envelope").into()),
        }
        loop {
            match self.xml.next().await? {
                Token::Start { name, .. } if name == "Body" => break,
                Token::Start { name, attributes } => {
                    let (header, _) = read(&mut self.xml, name, attributes, &mut NoMime).await?;
                    let version = header.child("ServerVersionInfo").and_then(Version::of);
                    self.version = self.version.or(version);
                }
                Token::Text(_) => {}
                _ => return Err(wrong("the envelope has no body").into()),
            }
        }
        match self.start().await? {
            Some((name, attributes)) if name == "Fault" => {
                let (fault, _) = read(&mut self.xml, name, attributes, &mut NoMime).await?;
                Err(Trouble::Refused(fault_of(&fault)))
            }
            Some(_) => self.messages().await,
            None => Err(wrong("the body is empty").into()),
        }
    }

    /// What the server says of itself.
    pub(crate) const fn version(&self) -> Option<Version> {
        self.version
    }

    async fn messages(&mut self) -> Result<bool, Trouble> {
        while let Some((name, _)) = self.start().await? {
            if name == "ResponseMessages" {
                self.within = self.xml.depth();
                return Ok(true);
            }
            self.xml.skip().await?;
        }
        Err(wrong("it holds no response messages").into())
    }

    /// The next element within the one that is open; nothing at its end.
    async fn start(&mut self) -> Result<Option<(String, Vec<(String, String)>)>, SourceError> {
        loop {
            match self.xml.next().await? {
                Token::Start { name, attributes } => return Ok(Some((name, attributes))),
                Token::Text(_) => {}
                Token::End => return Ok(None),
                Token::Eof => return Err(wrong("it ends too soon")),
            }
        }
    }

    async fn leave(&mut self, depth: usize) -> Result<(), SourceError> {
        while self.xml.depth() > depth {
            self.xml.next().await?;
        }
        Ok(())
    }

    /// The next response message; the content of a message in it goes to `sink`. Nothing after the last.
    ///
    /// # Errors
    /// [`SourceError::Protocol`] when the answer breaks the protocol; those of the stream and of the sink.
    pub(crate) async fn next<S: Sink>(&mut self, sink: &mut S) -> Result<Option<Answer>, SourceError> {
        if self.within == 0 || self.xml.depth() < self.within {
            return Ok(None);
        }
        let Some((name, attributes)) = self.start().await? else {
            // What is not closed to the end may have been cut.
            self.leave(0).await?;
            return Ok(None);
        };
        let (element, mime) = read(&mut self.xml, name, attributes, sink).await?;
        Ok(Some(Answer { element, mime }))
    }

    /// Reads past the last response message, so that the connection can be used again. What follows is of no interest.
    pub(crate) async fn finish(&mut self) {
        if let Err(trouble) = self.envelope().await {
            tracing::debug!(?trouble, "an answer goes on after its end");
        }
    }

    /// All response messages.
    ///
    /// # Errors
    /// As [`next`](Self::next), and when there are more than `max`.
    pub(crate) async fn all(mut self, max: usize) -> Result<Vec<Answer>, SourceError> {
        let mut all = Vec::new();
        while let Some(answer) = self.next(&mut NoMime).await? {
            if all.len() >= max {
                return Err(wrong("it holds more response messages than were asked for"));
            }
            all.push(answer);
        }
        self.finish().await;
        Ok(all)
    }
}

/// Why a response message says no. A warning that nothing was done is a no.
fn refused(message: &Element) -> Option<Refusal> {
    let code = message.text_at(&["ResponseCode"]);
    match message.attribute("ResponseClass") {
        Some("Success") => None,
        Some("Warning") if code != Some("ErrorBatchProcessingStopped") => None,
        _ => Some(Refusal::of_code(code.unwrap_or_default(), back_off(message))),
    }
}

fn fault_of(fault: &Element) -> Refusal {
    let named = fault.find("ResponseCode").map(|code| code.text.trim());
    // `a:ErrorSchemaValidation`; SOAP 1.2 has it elsewhere.
    let code = named.or_else(|| fault.text_at(&["faultcode"])).unwrap_or_default();
    let code = code.rsplit(':').next().unwrap_or_default();
    Refusal::of_code(code, back_off(fault))
}

/// How long Exchange wants to be left alone (MS-OXWSCDATA 2.2.4.4, `BackOffMilliseconds`).
fn back_off(element: &Element) -> Option<Duration> {
    let values = element.find("MessageXml")?;
    let value =
        values.children.iter().find(|value| value.attribute("Name") == Some("BackOffMilliseconds"))?;
    value.text.trim().parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests;
