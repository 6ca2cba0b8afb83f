//! Typed identifiers: UUIDv7 inside, so they sort by creation time; never interchangeable.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier; sorts after every one made earlier on this machine.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a fresh id is no default value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// The tenant that owns connectors, cases, rules and members.
    OrganizationId,
    /// One configured mailbox source.
    ConnectorId,
    /// One stored message: the same bytes within an organization are one message.
    MessageId,
    /// One place a message was found: a connector, a folder and the remote identity there.
    DeliveryId,
    CaseId,
    UserId,
    SessionId,
    /// A personal API token.
    TokenId,
    /// One entry of a case's timeline.
    TimelineId,
    AlarmId,
    /// A key that encrypted mail is read with.
    DecryptionKeyId,
    /// A regular expression of an organization.
    PatternId,
    /// Stored messages examined again.
    ReexaminationId,
}
