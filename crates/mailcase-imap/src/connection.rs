//! One connection: commands out, responses in, each within its deadline. Knows no folders.

use crate::refusal::{asks_for_patience, broken, said, timed_out};
use crate::wire::command::Command;
use crate::wire::frame::{FrameError, FrameReader, LITERAL_DEFAULT_BYTES};
use crate::wire::response::{Response, Status, StatusLine};
use mailcase_mail::SourceError;
use mailcase_transport::{Encryption, Endpoint, MailStream, Trust, start_tls};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

/// A server may say "still here" for this many times the permitted silence before its answer must come.
const PATIENCE: u32 = 10;
/// More responses than this to one command are a flood: the largest folders hold a few million messages.
const RESPONSES_MAX: u32 = 20_000_000;

/// More responses of no use than this in a row are chatter: a server says "still here" every few seconds.
const CHATTER_MAX: u32 = 10_000;

/// Names a command among those in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    pub(crate) fn is(&self, tag: &str) -> bool {
        self.0 == tag
    }
}

/// How a command ended, when it did not end the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a NO is a failure"]
pub(crate) enum Answer {
    Ok(StatusLine),
    No(StatusLine),
}

impl Answer {
    /// The status line of an OK.
    pub(crate) fn ok(self, what: &str) -> Result<StatusLine, SourceError> {
        match self {
            Self::Ok(line) => Ok(line),
            Self::No(line) => Err(crate::refusal::refused(what, &line)),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    // Taken only while TLS is started.
    stream: Option<MailStream>,
    frames: FrameReader,
    endpoint: Endpoint,
    silence: Duration,
    tags: u64,
    in_flight: usize,
    /// How long the server was waited for since it last got anywhere: sent a whole response that is more than
    /// "still here". Time a slow receiver takes does not count.
    waited: Duration,
    responses: u32,
    chatter: u32,
    /// LITERAL+ or LITERAL-: no need to wait before a short literal.
    pub(crate) literals_at_once: bool,
}

impl Connection {
    pub(crate) fn new(stream: MailStream, endpoint: Endpoint, silence: Duration) -> Self {
        Self {
            stream: Some(stream),
            frames: FrameReader::new(),
            endpoint,
            silence,
            tags: 0,
            in_flight: 0,
            waited: Duration::ZERO,
            responses: 0,
            chatter: 0,
            literals_at_once: false,
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.stream.as_ref().is_some_and(MailStream::is_encrypted)
    }

    /// Whether every command was answered, so that the next call may use this connection.
    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight == 0
    }

    /// Lets one response carry this much in literals, such as a part of a message.
    pub(crate) fn allow_literals(&mut self, bytes: usize) {
        self.frames.allow_literals(LITERAL_DEFAULT_BYTES.saturating_add(bytes));
    }

    /// Gives back memory before a long wait.
    pub(crate) fn rest(&mut self) {
        self.frames.allow_literals(LITERAL_DEFAULT_BYTES);
        self.frames.rest();
    }

    /// Sends a command without waiting for its answer.
    pub(crate) async fn send(&mut self, command: &Command) -> Result<Tag, SourceError> {
        self.tags = self.tags.wrapping_add(1);
        let tag = Tag(format!("A{}", self.tags));
        self.in_flight = self.in_flight.saturating_add(1);
        self.waited = Duration::ZERO;
        let pieces = command.pieces();
        let last = pieces.len().saturating_sub(1);
        // Wiped when dropped: it may hold a password.
        let mut out = zeroize::Zeroizing::new(format!("{} ", tag.0).into_bytes());
        for (index, piece) in pieces.enumerate() {
            out.extend_from_slice(piece);
            if index < last && self.literals_at_once {
                out.pop();
                out.extend_from_slice(b"+}\r\n");
                continue;
            }
            out.extend_from_slice(b"\r\n");
            self.write(&out).await?;
            out.clear();
            if index < last {
                self.invitation(&tag).await?;
            }
        }
        Ok(tag)
    }

    /// Sends a line that is no command: `DONE`, or an answer to a challenge.
    pub(crate) async fn send_line(&mut self, line: &[u8]) -> Result<(), SourceError> {
        let mut out = zeroize::Zeroizing::new(line.to_vec());
        out.extend_from_slice(b"\r\n");
        self.write(&out).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), SourceError> {
        let silence = self.silence;
        let stream = self.stream()?;
        let write = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        match timeout(silence, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.lost(&error)),
            Err(_) => Err(timed_out("sending a command", silence)),
        }
    }

    /// Waits for "go on" before a literal.
    async fn invitation(&mut self, tag: &Tag) -> Result<(), SourceError> {
        loop {
            match self.next().await? {
                Response::Continue(_) => return Ok(()),
                Response::Tagged { tag: other, line } if tag.is(&other) => {
                    return Err(crate::refusal::refused("a name or password", &line));
                }
                Response::Tagged { .. } => {
                    return Err(broken("the server answered a command it was not sent"));
                }
                _ => {}
            }
        }
    }

    /// The next response. Silence for too long is an error, and so is talk that leads nowhere.
    pub(crate) async fn next(&mut self) -> Result<Response, SourceError> {
        loop {
            if let Some(response) = self.take()? {
                return Ok(response);
            }
            let patience = self.silence.saturating_mul(PATIENCE).saturating_sub(self.waited);
            let silence = self.silence.min(patience);
            let started = Instant::now();
            let filled = timeout(silence, self.fill()).await;
            self.waited = self.waited.saturating_add(started.elapsed());
            filled.unwrap_or_else(|_| {
                Err(timed_out(format!("an answer of {}", self.endpoint), self.silence))
            })?;
        }
    }

    /// The next response, whenever it comes. May be dropped and called again without losing anything.
    pub(crate) async fn next_unhurried(&mut self) -> Result<Response, SourceError> {
        loop {
            if let Some(response) = self.take()? {
                return Ok(response);
            }
            self.fill().await?;
        }
    }

    /// A response that already is here, or comes without waiting.
    pub(crate) fn next_if_there(&mut self) -> Option<Result<Response, SourceError>> {
        let mut look = std::pin::pin!(self.next_unhurried());
        let mut context = Context::from_waker(Waker::noop());
        match look.as_mut().poll(&mut context) {
            Poll::Ready(response) => Some(response),
            Poll::Pending => None,
        }
    }

    /// A response from what was read.
    fn take(&mut self) -> Result<Option<Response>, SourceError> {
        let Some(frame) = self.frames.next_frame().map_err(excess)? else { return Ok(None) };
        let response = Response::parse(&frame);
        self.responses = self.responses.saturating_add(1);
        let useful = !matches!(response, Response::Other | Response::Status(_));
        self.chatter = if useful { 0 } else { self.chatter.saturating_add(1) };
        match &response {
            Response::Status(line) if line.status == Status::Bye => return Err(self.bye(line)),
            Response::Tagged { .. } => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.responses = 0;
            }
            _ => {}
        }
        if useful {
            self.waited = Duration::ZERO;
        } else {
            tracing::trace!(server = %self.endpoint, bytes = frame.len(), "a response of no use");
        }
        if self.responses > RESPONSES_MAX || self.chatter > CHATTER_MAX {
            return Err(broken("the server floods this program with answers nobody asked for"));
        }
        Ok(Some(response))
    }

    async fn fill(&mut self) -> Result<(), SourceError> {
        let room = self.frames.room();
        let stream = self.stream.as_mut().ok_or_else(|| broken("the connection is gone"))?;
        match stream.read_buf(room).await {
            Ok(0) => Err(self.hung_up()),
            Ok(read) => {
                self.frames.filled(read);
                Ok(())
            }
            Err(error) => Err(self.lost(&error)),
        }
    }

    /// Waits for the answer to `tag`; everything else goes to `on`, which may break off.
    pub(crate) async fn finish(
        &mut self,
        tag: &Tag,
        on: &mut (impl FnMut(Response) -> Result<(), SourceError> + Send),
    ) -> Result<Answer, SourceError> {
        verdict(self.finish_line(tag, on).await?)
    }

    /// As [`finish`](Self::finish), for whoever can go on after a BAD.
    pub(crate) async fn finish_line(
        &mut self,
        tag: &Tag,
        on: &mut (impl FnMut(Response) -> Result<(), SourceError> + Send),
    ) -> Result<StatusLine, SourceError> {
        loop {
            match self.next().await? {
                Response::Tagged { tag: answered, line } if tag.is(&answered) => return Ok(line),
                Response::Tagged { .. } => {
                    return Err(broken("the server answered a command it was not sent"));
                }
                other => on(other)?,
            }
        }
    }

    /// Becomes encrypted. Anything the server sent ahead in the clear may come from somebody on the way and
    /// ends the connection (CVE-2011-0411 and its kin).
    pub(crate) async fn start_tls(
        &mut self,
        trust: &Trust,
        deadline: Duration,
    ) -> Result<Encryption, SourceError> {
        if self.frames.pending() > 0 {
            return Err(broken(
                "the server sent data in the clear after agreeing to STARTTLS: somebody may be interfering",
            ));
        }
        let Some(MailStream::Plain(carrier)) = self.stream.take() else {
            return Err(broken("TLS was started twice"));
        };
        let established = start_tls(carrier, &self.endpoint, trust, deadline).await?;
        self.stream = Some(established.stream);
        self.frames = FrameReader::new();
        Ok(established.encryption)
    }

    fn stream(&mut self) -> Result<&mut MailStream, SourceError> {
        self.stream.as_mut().ok_or_else(|| broken("the connection is gone"))
    }

    fn bye(&self, line: &StatusLine) -> SourceError {
        let message = format!("{} ended the session{}", self.endpoint, said(line));
        if asks_for_patience(line) {
            return SourceError::Throttled { message, retry_after: None };
        }
        SourceError::Unreachable { message, hint: None }
    }

    fn hung_up(&self) -> SourceError {
        let when = if self.frames.pending() > 0 { " in the middle of an answer" } else { "" };
        SourceError::Unreachable { message: format!("{} hung up{when}", self.endpoint), hint: None }
    }

    fn lost(&self, error: &io::Error) -> SourceError {
        SourceError::Unreachable {
            message: format!("the connection to {} was lost: {}", self.endpoint, error.kind()),
            hint: None,
        }
    }
}

/// What a tagged response says about the one command in flight.
pub(crate) fn answer(due: &Tag, answered: &str, line: StatusLine) -> Result<Answer, SourceError> {
    if !due.is(answered) {
        return Err(broken("the server answered a command it was not sent"));
    }
    verdict(line)
}

/// Which of several commands in flight a tagged response answers, and how. Servers may answer in any order
/// (RFC 3501 §5.5).
pub(crate) fn answer_among<T>(
    flying: &mut VecDeque<(Tag, T)>,
    answered: &str,
    line: StatusLine,
) -> Result<(T, Answer), SourceError> {
    let position = flying.iter().position(|(tag, _)| tag.is(answered));
    let Some((_, command)) = position.and_then(|position| flying.remove(position)) else {
        return Err(broken("the server answered a command it was not sent"));
    };
    Ok((command, verdict(line)?))
}

pub(crate) fn verdict(line: StatusLine) -> Result<Answer, SourceError> {
    match line.status {
        Status::Ok => Ok(Answer::Ok(line)),
        Status::No => Ok(Answer::No(line)),
        Status::Bad | Status::Bye | Status::PreAuth => Err(crate::refusal::not_understood(&line)),
    }
}

/// Puts a deadline on a step.
pub(crate) async fn within<T>(
    deadline: Duration,
    what: impl Into<String> + Send,
    step: impl Future<Output = Result<T, SourceError>> + Send,
) -> Result<T, SourceError> {
    timeout(deadline, step).await.unwrap_or_else(|_| Err(timed_out(what, deadline)))
}

fn excess(error: FrameError) -> SourceError {
    match error {
        FrameError::LineTooLong => broken("the server sent a line without end"),
        FrameError::LiteralTooLarge { announced, allowed } => {
            broken(format!("the server announced {announced} bytes where at most {allowed} were asked for"))
        }
    }
}
