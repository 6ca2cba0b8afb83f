//! Why Graph refuses, in words a person can act on. Its own words are left out: they quote addresses.

use mailcase_mail::{FolderPath, SourceError};
use std::time::Duration;

/// Longest error code shown.
const CODE_MAX_CHARS: usize = 60;

/// A refusal by status and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// Letters, digits and signs that mean nothing to anybody else.
    pub(crate) code: String,
    pub(crate) retry_after: Option<Duration>,
}

/// What a call to Graph comes to when it does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// There was no answer, or one that ends everything.
    Source(SourceError),
    /// The server says no to this one thing.
    Refused(Refusal),
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, retry_after: Option<Duration>) -> Self {
        // Whatever is no code may be anything.
        let is_code = code.len() <= CODE_MAX_CHARS
            && code.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
        let code = if is_code { code.to_owned() } else { String::new() };
        Self { status, code, retry_after }
    }

    /// The message or folder is not there, or its identity is none of this mailbox.
    pub(crate) fn is_absence(&self) -> bool {
        self.status == 404 && !self.is_missing_mailbox()
            || self.status == 400 && self.code.starts_with("ErrorInvalidId")
            || ["ErrorItemNotFound", "ErrorFolderNotFound"].contains(&self.code.as_str())
    }

    fn is_missing_mailbox(&self) -> bool {
        [
            "ErrorInvalidUser",
            "MailboxNotEnabledForRESTAPI",
            "MailboxNotHostedInTenant",
            "Request_ResourceNotFound",
            "ResourceNotFound",
            "ErrorNonExistentMailbox",
            "MailboxNotFound",
        ]
        .contains(&self.code.as_str())
    }

    /// The server asks for patience, or stumbled: the same may work a little later.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 429 | 500 | 502 | 503 | 504 | 509)
    }

    pub(crate) const fn is_throttling(&self) -> bool {
        matches!(self.status, 429 | 509) || self.status == 503
    }

    /// A delta token the server does not know any more, or a state it cannot continue.
    pub(crate) fn is_resync(&self) -> bool {
        let code = self.code.to_ascii_lowercase();
        self.status == 410 || code.starts_with("syncstate") || code.starts_with("resync")
    }

    /// Delta queries are not to be had here and now; lists may be.
    pub(crate) fn is_no_delta(&self) -> bool {
        self.code.contains("Quota") || matches!(self.status, 501 | 507) || self.code == "NotImplemented"
    }

    fn shown(&self) -> String {
        if self.code.is_empty() { self.status.to_string() } else { format!("{} {}", self.status, self.code) }
    }

    /// `doing` completes "Graph refused to …".
    pub(crate) fn into_error(self, doing: &str) -> SourceError {
        let shown = self.shown();
        let refused = format!("Graph refused to {doing} ({shown})");
        if self.is_throttling() {
            let message = format!("Graph asks for patience before it will {doing} ({shown})");
            return SourceError::Throttled { message, retry_after: self.retry_after };
        }
        if self.is_missing_mailbox() {
            return SourceError::Unsupported {
                message: format!("Graph knows no such mailbox in Exchange Online ({shown})"),
                hint: Some(
                    "Check the address or object id, that the account has an Exchange Online licence, and that the \
                     tenant is the right one."
                        .to_owned(),
                ),
            };
        }
        match self.status {
            401 => SourceError::SignIn {
                message: format!("Graph does not accept the access token ({shown})"),
                hint: Some(
                    "Check that the cloud and the tenant are the right ones; sign in again if the grant was revoked."
                        .to_owned(),
                ),
            },
            403 => SourceError::SignIn {
                message: refused,
                hint: Some(
                    "Grant the application Mail.ReadWrite (and Mail.Send to answer) with admin consent; a shared \
                     mailbox needs Mail.ReadWrite.Shared. If access is limited to some mailboxes (application access \
                     policy or RBAC), add this one."
                        .to_owned(),
                ),
            },
            500..=599 => SourceError::Unreachable {
                message: format!("Graph stumbled while it was to {doing} ({shown})"),
                hint: Some("If it goes on, look at the service health of Microsoft 365.".to_owned()),
            },
            _ => SourceError::Refused { message: refused },
        }
    }
}

impl Trouble {
    pub(crate) fn into_error(self, doing: &str) -> SourceError {
        match self {
            Self::Source(error) => error,
            Self::Refused(refusal) => refusal.into_error(doing),
        }
    }

    /// As [`into_error`](Self::into_error), where absence is that of the folder.
    pub(crate) fn of_folder(self, folder: &FolderPath, doing: &str) -> SourceError {
        match self {
            Self::Refused(refusal) if refusal.is_absence() => {
                SourceError::FolderNotFound { folder: folder.clone() }
            }
            other => other.into_error(doing),
        }
    }

    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Source(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, code: &str) -> SourceError {
        Refusal::new(status, code, None).into_error("list the folder")
    }

    #[test]
    fn every_refusal_leads_to_the_decision_it_calls_for() {
        for (status, code, expected) in [
            (401, "InvalidAuthenticationToken", "sign_in"),
            (403, "ErrorAccessDenied", "sign_in"),
            (404, "ErrorInvalidUser", "unsupported"),
            (404, "MailboxNotEnabledForRESTAPI", "unsupported"),
            (429, "ApplicationThrottled", "throttled"),
            (503, "ServiceUnavailable", "throttled"),
            (500, "", "unreachable"),
            (400, "BadRequest", "refused"),
        ] {
            let error = error(status, code);
            assert_eq!(error.code(), expected, "{status} {code}");
            assert!(error.to_string().contains(&status.to_string()), "{error}");
        }
        for status in [401, 403, 500] {
            assert!(error(status, "X").hint().is_some(), "{status}");
        }
    }

    #[test]
    fn what_the_server_writes_is_not_repeated() {
        let error = error(400, "soc@example.org <script> password ErrorX").to_string();
        assert_eq!(error, "Graph refused to list the folder (400)");
    }

    #[test]
    fn absence_is_told_from_a_missing_mailbox() {
        assert!(Refusal::new(404, "ErrorItemNotFound", None).is_absence());
        assert!(Refusal::new(400, "ErrorInvalidIdMalformed", None).is_absence());
        assert!(!Refusal::new(404, "ErrorInvalidUser", None).is_absence());
        assert!(!Refusal::new(400, "BadRequest", None).is_absence());
        assert!(Refusal::new(410, "", None).is_resync());
        assert!(Refusal::new(400, "SyncStateInvalid", None).is_resync());
        assert!(Refusal::new(403, "ErrorQuotaExceeded", None).is_no_delta());
        assert!(!Refusal::new(403, "ErrorAccessDenied", None).is_no_delta());
    }
}
