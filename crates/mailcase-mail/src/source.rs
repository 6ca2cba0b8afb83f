//! The trait every mail source implements.

use crate::announce::{AnnounceTo, Announced, Announcement};
use crate::check::{CheckReport, Expiry};
use crate::error::SourceError;
use crate::fetched::FetchedSender;
use crate::glance::{Criterion, Glance};
use crate::grant::{BegunGrant, GrantAnswer, GrantRequest, Granted, RefreshTokens};
use crate::kind::SourceKind;
use crate::remote::{Cursor, Discovery, Folder, FolderPath, RemoteHead, RemoteId};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Which messages of a folder are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those unread on the server, on every call. The caller knows which of them it has already.
    Unseen,
    /// Everything that arrived since the cursor; without a cursor, what is unread now.
    NewFromUnread,
    /// The same; without a cursor, also what the server received on this day (UTC) or later.
    NewFromUnreadOrSince(Date),
    /// Everything that arrived since the cursor; without a cursor, every message.
    NewFromAll,
    /// Everything that arrived since the cursor; without a cursor, what the server received on this day (UTC) or later.
    NewSince(Date),
}

impl Scope {
    /// Whether a listing without a cursor takes a message, for servers that are not asked for less than everything. What is
    /// not said of it does not speak against it. `unread_until`: another source read this mailbox up to then, and nothing
    /// but that matters.
    #[must_use]
    pub fn takes_first(self, head: &RemoteHead, unread_until: Option<Timestamp>) -> bool {
        let unread = head.seen != Some(true);
        let since = |moment: Timestamp| head.received.is_none_or(|received| received >= moment);
        if let Some(until) = unread_until {
            return unread || since(until);
        }
        let since_day =
            |day: Date| day.to_zoned(TimeZone::UTC).is_ok_and(|midnight| since(midnight.timestamp()));
        match self {
            Self::Unseen | Self::NewFromUnread => unread,
            Self::NewFromUnreadOrSince(day) => unread || since_day(day),
            Self::NewFromAll => true,
            Self::NewSince(day) => since_day(day),
        }
    }
}

/// What is done to a message on the server. Idempotent: doing it twice is doing it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteAction {
    MarkRead,
    /// To a folder of the same mailbox; it is created when it does not exist.
    Move(FolderPath),
    Delete,
}

/// What became of an action on one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActOutcome {
    Done,
    /// The message is no longer there, so there is nothing to do. After a move or delete: it was done before.
    Gone,
    /// The server refused it for this message.
    Refused {
        reason: String,
    },
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// The server announced a change (or may have: look).
    Changed,
    TimedOut,
    /// [`Interrupt::notify`] was called.
    Interrupted,
}

/// Ends a wait early, in an orderly way. Cloneable; a notification before the wait ends the next wait at once.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(std::sync::Arc<tokio::sync::Notify>);

impl Interrupt {
    pub fn notify(&self) {
        self.0.notify_one();
    }

    pub async fn notified(&self) {
        self.0.notified().await;
    }
}

/// Between identities of this source and those of a source of another kind that looks at the same mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Translation {
    /// From this source's into those of the kind.
    Into(&'static str),
    /// From those of the kind into this source's.
    From(&'static str),
}

/// What a source can do, known once it is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// [`MailSource::wait`] learns of new mail from the server instead of sleeping.
    pub announces: bool,
}

/// How long single steps may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Name resolution, TCP, TLS and sign-in, each.
    pub connect: Duration,
    /// The longest silence of the server while an answer is due. Progress resets it, so that a large message
    /// over a thin line is no error.
    pub silence: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { connect: Duration::from_secs(20), silence: Duration::from_secs(60) }
    }
}

/// A remote mailbox.
///
/// - Connects when first needed and again after a failure; a failed call leaves a source that can be used again.
/// - Every call ends: within its deadlines, with [`SourceError::TimedOut`] at the latest.
/// - Every future may be dropped at any await point: the next call starts from a clean connection and nothing on
///   the server is half done.
/// - Only [`act`](Self::act) changes the mailbox.
/// - A failure is never an empty success: when the server refuses, answers halfway or hangs up, the call fails.
pub trait MailSource: Send {
    fn capabilities(&self) -> Capabilities;

    /// "Test connection": goes through every step, reports each, never fails as a whole. Changes nothing.
    fn check(&mut self, folders: &[FolderPath]) -> impl Future<Output = CheckReport> + Send;

    /// Lists the folders of the mailbox.
    fn folders(&mut self) -> impl Future<Output = Result<Vec<Folder>, SourceError>> + Send;

    /// Lists at most `limit` messages that are new after `after`, oldest first. Downloads no bodies.
    ///
    /// Listing from the same cursor again skips nothing that still exists. A message moved or copied into the
    /// folder is new, however old it is. When the server's identities were reset, lists anew under the new ones
    /// and says so in [`Discovery::reset`]. A message the server will not describe, though it describes others, is
    /// listed with its identity alone: its fetch shows what is wrong with it.
    fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> impl Future<Output = Result<Discovery, SourceError>> + Send;

    /// The first bytes of those of `ids` that the server, asked for `criteria`, finds unwanted. What the server says is
    /// only a hint, good for not looking at the others: the bytes tell the caller for certain. A message may be left out
    /// for any reason, and a source that can give nothing so cheaply leaves out all of them.
    fn glance(
        &mut self,
        _folder: &FolderPath,
        _ids: &[RemoteId],
        _criteria: &[Criterion],
    ) -> impl Future<Output = Result<Vec<Glance>, SourceError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Fetches the raw bytes of `ids` and sends them to `out`, without marking anything read.
    ///
    /// After `Ok` each id was answered, by the very text it was asked by, with exactly one of `End`, `Unreadable` or
    /// `Gone`. After `Err` those answered with `End` are complete; a message begun and not ended must be thrown away.
    /// A caller counts an id that was left without an answer as a failed try: asked again at once, it would be asked
    /// for without an end.
    fn fetch(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> impl Future<Output = Result<(), SourceError>> + Send;

    /// Everything the folder holds now, for accounting. Sizes are present if the server knows them.
    fn inventory(
        &mut self,
        folder: &FolderPath,
    ) -> impl Future<Output = Result<Vec<RemoteHead>, SourceError>> + Send;

    /// Does `action` to each of `ids`; one outcome per id, in order.
    fn act(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> impl Future<Output = Result<Vec<ActOutcome>, SourceError>> + Send;

    /// Whether `id` was already in the folder before the first listing that led to `cursor`, and outside its scope:
    /// such a message is no gap when it was never taken. Of one that was inside it, the answer means nothing. Decided
    /// without a look at the server, from the two texts and what the last [`inventory`](Self::inventory) of the folder
    /// found, which comes first.
    fn was_before_first_run(&self, _cursor: &Cursor, _id: &RemoteId) -> bool {
        false
    }

    /// `cursor` as if the first listing had left `ids` out as well: [`was_before_first_run`](Self::was_before_first_run)
    /// says so of them. For a connector that goes on with another source.
    fn leaving_out(&self, cursor: &Cursor, _ids: &[RemoteId]) -> Cursor {
        cursor.clone()
    }

    /// What messages are called by another kind of source; one answer per id, in order, nothing for what is not there or
    /// has no name there. At least one of the two kinds of a [`successor`](crate::SourceKind::successors) can do so.
    fn translate(
        &mut self,
        _ids: &[RemoteId],
        way: Translation,
    ) -> impl Future<Output = Result<Vec<Option<RemoteId>>, SourceError>> + Send {
        async move {
            let (Translation::Into(kind) | Translation::From(kind)) = way;
            Err(SourceError::Unsupported {
                message: format!("the identities of `{kind}` mean nothing to this mailbox"),
                hint: None,
            })
        }
    }

    /// Where the server can reach us to tell of changes. A source whose server can do so sees to it in
    /// [`wait`](Self::wait), as well as it goes; whoever hears the server ends the wait by its interrupt.
    fn announce_to(&mut self, _target: AnnounceTo) {}

    /// Waits until the server announces a change in the first of `folders`, until `until`, or until interrupted.
    fn wait(
        &mut self,
        folders: &[FolderPath],
        until: Instant,
        interrupt: &Interrupt,
    ) -> impl Future<Output = Result<Wake, SourceError>> + Send;
}

/// Opens sources of every kind known to the program. The one place that matches on the kind.
pub trait SourceFactory: Send + Sync + 'static {
    type Source: MailSource + 'static;

    fn kinds(&self) -> Vec<SourceKind>;

    /// Builds a source from its settings; connects to nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when the kind is unknown or the settings do not fit it.
    fn open(
        &self,
        kind: &str,
        connection: &serde_json::Map<String, serde_json::Value>,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Self::Source, SourceError>;

    /// What is to be made of a call at an address given by [`MailSource::announce_to`] with this secret. The caller may be
    /// anybody.
    fn announced(&self, _kind: &str, _announcement: &Announcement, _secret: &SecretString) -> Announced {
        Announced::Nothing
    }

    /// What of these settings and secrets ends by itself, and when; what cannot be read is left out. May take a while:
    /// files with keys are made to be opened slowly.
    fn expiries(
        &self,
        _kind: &str,
        _connection: &serde_json::Map<String, serde_json::Value>,
        _secrets: &BTreeMap<String, SecretString>,
    ) -> Vec<Expiry> {
        Vec::new()
    }

    /// What whoever runs a connector with these settings has to know of its kind of source, such as that it comes to an end
    /// and what to do about it.
    fn notice(
        &self,
        _kind: &str,
        _connection: &serde_json::Map<String, serde_json::Value>,
    ) -> Option<String> {
        None
    }

    /// Whether a mailbox with these settings is opened by access that a person grants in the browser.
    fn needs_grant(&self, _kind: &str, _connection: &serde_json::Map<String, serde_json::Value>) -> bool {
        false
    }

    /// As [`open`](Self::open), for a mailbox that may need granted access; `tokens` keeps it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn open_granted(
        &self,
        kind: &str,
        connection: &serde_json::Map<String, serde_json::Value>,
        secrets: &BTreeMap<String, SecretString>,
        _tokens: Arc<dyn RefreshTokens>,
    ) -> Result<Self::Source, SourceError> {
        self.open(kind, connection, secrets)
    }

    /// Begins a grant; asks nobody yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when settings and secrets do not fit together; [`SourceError::Unsupported`] when these
    /// settings need no grant.
    fn begin_grant(
        &self,
        _kind: &str,
        _connection: &serde_json::Map<String, serde_json::Value>,
        _secrets: &BTreeMap<String, SecretString>,
        _request: &GrantRequest,
    ) -> Result<BegunGrant, SourceError> {
        Err(no_grant())
    }

    /// Turns what the browser brought back into access.
    ///
    /// # Errors
    /// [`SourceError::SignIn`] with the remedy when access was denied or the provider refuses; those of the way there.
    fn complete_grant(
        &self,
        _kind: &str,
        _connection: &serde_json::Map<String, serde_json::Value>,
        _secrets: &BTreeMap<String, SecretString>,
        _answer: GrantAnswer,
    ) -> impl Future<Output = Result<Granted, SourceError>> + Send {
        async { Err(no_grant()) }
    }
}

fn no_grant() -> SourceError {
    SourceError::Unsupported {
        message: "this way of signing in needs nobody to grant access".to_owned(),
        hint: None,
    }
}
