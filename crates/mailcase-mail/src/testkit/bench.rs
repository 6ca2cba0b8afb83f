//! The world behind a source, as the suite changes and sees it.

use crate::remote::FolderPath;
use crate::source::MailSource;
use std::future::Future;

/// What the mailbox behind a bench can do. What it cannot is either proven absent (an action it lacks must fail
/// clearly and change nothing) or left out, which the suite says on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// The mailbox tells read from unread messages, and marks them.
    pub read_marks: bool,
    /// [`Bench::deliver_dated`] sets when the server received a message.
    pub received_dates: bool,
    /// Single messages can be taken away by others.
    pub removes: bool,
    /// [`RemoteAction::Move`](crate::RemoteAction::Move) and [`Delete`](crate::RemoteAction::Delete) work.
    pub moves_and_deletes: bool,
    /// A move happens at once. When false it is a copy and a removal, and one that was cut off while the server was still
    /// copying, and is repeated meanwhile, leaves a second copy; nothing is ever missing.
    pub moves_at_once: bool,
    /// The server keeps a bare LF, rather than making it CRLF.
    pub keeps_bare_lf: bool,
    /// The server keeps a message that does not end in a line end, and one without a body.
    pub keeps_missing_line_end: bool,
    /// [`Bench::reset_identities`] works.
    pub resets: bool,
    /// A fresh source that gets the cursor of another goes on exactly there. When false it may list again what was
    /// listed before, because the mailbox keeps no order of arrival; it still skips nothing.
    pub exact_across_sources: bool,
}

impl Abilities {
    /// A mailbox that can do everything.
    pub const ALL: Self = Self {
        read_marks: true,
        received_dates: true,
        removes: true,
        moves_and_deletes: true,
        moves_at_once: true,
        keeps_bare_lf: true,
        keeps_missing_line_end: true,
        resets: true,
        exact_across_sources: true,
    };
}

/// A message as the world sees it, without the source under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMessage {
    pub raw: Vec<u8>,
    /// `None` when the mailbox keeps no read marks.
    pub seen: Option<bool>,
}

/// A mailbox to test a source against: a server, a directory, a fake. Starts with an empty [`inbox`](Self::inbox).
///
/// The methods change the world behind the source's back and panic when the world does not obey. Messages are
/// named by their raw bytes; within one test all are different.
pub trait Bench: Send {
    type Source: MailSource;

    fn abilities(&self) -> Abilities;

    /// A fresh source for the mailbox, not yet connected.
    fn source(&self) -> Self::Source;

    /// The folder the tests watch; exists and is empty.
    fn inbox(&self) -> FolderPath;

    /// Another folder, which does not exist until something is moved there.
    fn other_folder(&self) -> FolderPath;

    /// A folder that does not exist and is never made.
    fn missing_folder(&self) -> FolderPath;

    /// A new unread message arrives in [`inbox`](Self::inbox).
    fn deliver(&mut self, raw: &[u8]) -> impl Future<Output = ()> + Send;

    /// As [`deliver`](Self::deliver), with the date the server received it. Only with `received_dates`.
    fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) -> impl Future<Output = ()> + Send;

    /// A message that is older than all others, by identity and dates, is moved in from elsewhere.
    fn move_in(&mut self, raw: &[u8]) -> impl Future<Output = ()> + Send;

    /// Somebody deletes the message from [`inbox`](Self::inbox). Only with `removes`.
    fn remove(&mut self, raw: &[u8]) -> impl Future<Output = ()> + Send;

    /// Somebody reads the message in [`inbox`](Self::inbox). Only with `read_marks`.
    fn mark_seen(&mut self, raw: &[u8]) -> impl Future<Output = ()> + Send;

    /// All messages of [`inbox`](Self::inbox) get new identities. Only with `resets`.
    fn reset_identities(&mut self) -> impl Future<Output = ()> + Send;

    /// What the folder holds; empty when there is no such folder. In any order.
    fn list(&mut self, folder: &FolderPath) -> impl Future<Output = Vec<HeldMessage>> + Send;

    /// Cuts every connection of the sources, if the world can; whether it did.
    fn cut_connections(&mut self) -> impl Future<Output = bool> + Send {
        async { false }
    }
}
