//! Servers that tell of changes by calling an address of ours, where one of ours can be reached.

use bytes::Bytes;
use secrecy::SecretString;

/// Where a server may tell of changes in a mailbox.
#[derive(Debug, Clone)]
pub struct AnnounceTo {
    /// Ends in nothing that has to be kept: a query may be added.
    pub url: String,
    /// What comes along with what the server tells, or it is not believed.
    pub secret: SecretString,
}

/// A call of somebody who says to be the server.
#[derive(Debug, Clone)]
pub struct Announcement {
    /// Without the question mark, as it came.
    pub query: String,
    pub body: Bytes,
}

/// What is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announced {
    /// The server asks whether the address is ours: this is the answer, as plain text.
    Echo(String),
    /// Something changed in the mailbox, or may have.
    Changed,
    /// It is nobody we know, or says nothing.
    Nothing,
}
