//! What can go wrong with a mailbox: one variant per decision the caller takes.

use crate::check::CertificateFacts;
use crate::remote::FolderPath;
use std::time::Duration;

/// Who answers on the other side of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsPeer {
    #[default]
    Server,
    /// The proxy on the way there, which has trusted certificates of its own.
    Proxy,
}

/// `message` says what failed, where and why; `hint` what to do next. Neither ever holds a secret or mail text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The server cannot be reached or hung up. Trying again later may help.
    #[error("{message}")]
    Unreachable { message: String, hint: Option<String> },
    /// A deadline passed.
    #[error("{what} took longer than {} s", after.as_secs())]
    TimedOut { what: String, after: Duration },
    /// TLS could not be established. `chain` is what the peer presented, leaf first.
    #[error("{message}")]
    Tls {
        message: String,
        hint: Option<String>,
        peer: TlsPeer,
        untrusted: bool,
        chain: Vec<CertificateFacts>,
    },
    /// The server refused who we are. Trying again with the same credentials will not help.
    #[error("{message}")]
    SignIn { message: String, hint: Option<String> },
    /// The server asks for patience.
    #[error("{message}")]
    Throttled { message: String, retry_after: Option<Duration> },
    #[error("there is no folder `{folder}`")]
    FolderNotFound { folder: FolderPath },
    /// The server or the account cannot do what was asked, and will not learn it.
    #[error("{message}")]
    Unsupported { message: String, hint: Option<String> },
    /// The server broke its protocol. The connection was dropped.
    #[error("{message}")]
    Protocol { message: String },
    /// The server answered NO to something that should work; the account or the folder has a problem.
    #[error("{message}")]
    Refused { message: String },
    /// Settings of the connector are wrong.
    #[error("{message}")]
    Settings { message: String },
    /// The receiving side of a fetch went away; nothing is wrong with the mailbox.
    #[error("the fetch was abandoned")]
    Abandoned,
}

impl SourceError {
    /// What the user should do next, if that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unreachable { hint, .. }
            | Self::Tls { hint, .. }
            | Self::SignIn { hint, .. }
            | Self::Unsupported { hint, .. } => hint.as_deref(),
            Self::FolderNotFound { .. } => Some("Choose the folder from the live list."),
            _ => None,
        }
    }

    /// Whether it is about the folder that was asked for: others of the mailbox may work all the same.
    #[must_use]
    pub const fn is_about_folder(&self) -> bool {
        matches!(self, Self::FolderNotFound { .. } | Self::Refused { .. })
    }

    /// A short stable word for metrics, logs and the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut { .. } => "timed_out",
            Self::Tls { .. } => "tls",
            Self::SignIn { .. } => "sign_in",
            Self::Throttled { .. } => "throttled",
            Self::FolderNotFound { .. } => "folder_not_found",
            Self::Unsupported { .. } => "unsupported",
            Self::Protocol { .. } => "protocol",
            Self::Refused { .. } => "refused",
            Self::Settings { .. } => "settings",
            Self::Abandoned => "abandoned",
        }
    }
}
