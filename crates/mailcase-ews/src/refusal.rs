//! Why Exchange refuses, in words a person can act on. Its own words are left out: they quote addresses.

use mailcase_mail::{FolderPath, SourceError};
use std::time::Duration;

/// Longest response code shown.
const CODE_MAX_CHARS: usize = 80;
/// Longer waits are not believed: a hostile server shall not silence a connector for days.
const BACK_OFF_MAX: Duration = Duration::from_secs(24 * 60 * 60);
const ACCESS_HINT: &str = "Give the account access to the mailbox and its folders (full access, or permissions on the \
    folder), or let it impersonate the owner.";
const SWITCHED_OFF_HINT: &str = "EWS may be switched off for the organization, the mailbox or this application \
    (EwsEnabled, EwsApplicationAccessPolicy and its list; Set-OrganizationConfig, Set-CASMailbox), or the permission \
    full_access_as_app is missing. In Exchange Online, EWS is off unless the organization listed the application, and ends \
    on 2027-04-01: use Microsoft Graph there.";

/// A refusal by response code, or by the status of HTTP alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// 0 when Exchange itself refused.
    pub(crate) status: u16,
    /// Letters and digits that mean nothing to anybody else (MS-OXWSCDATA 2.2.5.24, ResponseCodeType).
    pub(crate) code: String,
    pub(crate) back_off: Option<Duration>,
}

/// What a call comes to when it does not work.
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

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Refusal {
    pub(crate) fn of_code(code: &str, back_off: Option<Duration>) -> Self {
        // Whatever is no code may be anything.
        let is_code = code.len() <= CODE_MAX_CHARS && code.chars().all(|c| c.is_ascii_alphanumeric());
        let code = if is_code { code.to_owned() } else { String::new() };
        Self { status: 0, code, back_off: back_off.map(|wait| wait.min(BACK_OFF_MAX)) }
    }

    pub(crate) const fn of_status(status: u16, back_off: Option<Duration>) -> Self {
        Self { status, code: String::new(), back_off }
    }

    fn is(&self, codes: &[&str]) -> bool {
        codes.contains(&self.code.as_str())
    }

    /// The message is not there, or its identity is none of this mailbox.
    pub(crate) fn is_absence(&self) -> bool {
        self.is_missing_folder()
            || self.is(&["ErrorItemNotFound", "ErrorObjectTypeChanged", "ErrorMessageSavedAsOther"])
            || self.code.starts_with("ErrorInvalidId")
    }

    /// The folder is not there.
    pub(crate) fn is_missing_folder(&self) -> bool {
        self.is(&["ErrorFolderNotFound", "ErrorSyncFolderNotFound", "ErrorParentFolderNotFound"])
    }

    /// The server asks for patience, or stumbled: the same may work a little later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 429 | 500 | 502 | 503 | 504)
            || self.is_throttling()
            || self.is(&[
                "ErrorInternalServerTransientError",
                "ErrorMailboxStoreUnavailable",
                "ErrorMailboxMoveInProgress",
                "ErrorADUnavailable",
                "ErrorADSessionFilter",
                "ErrorConnectionFailed",
                "ErrorTimeoutExpired",
                "ErrorInsufficientResources",
                "ErrorBatchProcessingStopped",
                "ErrorNotEnoughMemory",
                "ErrorMailboxFailover",
                "ErrorMailboxLogonFailed",
                "ErrorADOperation",
                "ErrorProxyCallFailed",
                "ErrorProxyRequestProcessingFailed",
                "ErrorNoRespondingCASInDestinationSite",
            ])
    }

    pub(crate) fn is_throttling(&self) -> bool {
        matches!(self.status, 429 | 503)
            || self.is(&[
                "ErrorServerBusy",
                "ErrorTooManyObjectsOpened",
                "ErrorExceededConnectionCount",
                "ErrorMailboxConcurrencyLimitExceeded",
            ])
    }

    /// A sync state the server does not know any more.
    pub(crate) fn is_resync(&self) -> bool {
        self.is(&["ErrorInvalidSyncStateData"])
    }

    fn is_missing_mailbox(&self) -> bool {
        self.is(&[
            "ErrorNonExistentMailbox",
            "ErrorMailboxNotFound",
            "ErrorMissingEmailAddress",
            "ErrorInvalidSmtpAddress",
            "ErrorNonPrimarySmtpAddress",
            "ErrorMailboxDataArrayEmpty",
        ])
    }

    fn is_missing_impersonation(&self) -> bool {
        self.is(&[
            "ErrorImpersonateUserDenied",
            "ErrorImpersonationDenied",
            "ErrorImpersonationFailed",
            "ErrorImpersonationRequired",
        ])
    }

    /// It says something of one message, and of no other.
    pub(crate) fn is_about_the_message(&self) -> bool {
        self.status == 0 && !self.is_passing() && !self.is_about_the_account()
    }

    /// EWS is not to be had for this organization, mailbox or application.
    fn is_switched_off(&self) -> bool {
        self.status == 403
            || self.is(&[
                "ErrorOrganizationAccessBlocked",
                "ErrorInvalidLicense",
                "ErrorUserNotAllowedByPolicy",
                "ErrorInvalidClientAccessTokenRequest",
            ])
    }

    fn is_about_the_account(&self) -> bool {
        self.is_missing_mailbox()
            || self.is_missing_impersonation()
            || self.is_switched_off()
            || self.is(&[
                "ErrorAccessDenied",
                "ErrorAccountDisabled",
                "ErrorPasswordExpired",
                "ErrorPasswordChangeRequired",
                "ErrorInvalidServerVersion",
                "ErrorIncorrectSchemaVersion",
                "ErrorSchemaValidation",
                "ErrorInvalidRequest",
            ])
    }

    /// As [`into_error`](Self::into_error), where what is missing is all of the mailbox: Exchange calls folders missing
    /// that we may not see.
    pub(crate) fn of_the_mailbox(self, doing: &str) -> SourceError {
        if !self.is_missing_folder() {
            return self.into_error(doing);
        }
        SourceError::SignIn {
            message: format!("Exchange shows nothing of the mailbox to this account ({})", self.shown()),
            hint: Some(ACCESS_HINT.to_owned()),
        }
    }

    fn shown(&self) -> String {
        match (self.code.is_empty(), self.status) {
            (false, _) => self.code.clone(),
            (true, 0) => "no reason given".to_owned(),
            (true, status) => format!("HTTP {status}"),
        }
    }

    /// `doing` completes "Exchange refused to …".
    pub(crate) fn into_error(self, doing: &str) -> SourceError {
        let shown = self.shown();
        let refused = format!("Exchange refused to {doing} ({shown})");
        let hint = |text: &str| Some(text.to_owned());
        if self.is_throttling() {
            let message = format!("Exchange asks for patience before it will {doing} ({shown})");
            return SourceError::Throttled { message, retry_after: self.back_off };
        }
        if self.is_missing_mailbox() {
            return SourceError::Unsupported {
                message: format!("Exchange knows no such mailbox ({shown})"),
                hint: hint(
                    "Write the primary address of the mailbox, not an alias, and check that it is in this organization.",
                ),
            };
        }
        if self.is_missing_impersonation() {
            return SourceError::SignIn {
                message: format!("the account may not act as the owner of the mailbox ({shown})"),
                hint: hint(
                    "Assign the management role ApplicationImpersonation, with a scope that includes this mailbox; in \
                     Exchange Online, the application permission full_access_as_app, with admin consent.",
                ),
            };
        }
        if self.is_switched_off() {
            return SourceError::SignIn { message: refused, hint: hint(SWITCHED_OFF_HINT) };
        }
        match (self.code.as_str(), self.status) {
            ("ErrorAccessDenied", _) => SourceError::SignIn { message: refused, hint: hint(ACCESS_HINT) },
            ("ErrorAccountDisabled" | "ErrorPasswordExpired" | "ErrorPasswordChangeRequired", _) => {
                SourceError::SignIn {
                    message: refused,
                    hint: hint(
                        "Ask the administrator of the directory to enable the account or renew its password.",
                    ),
                }
            }
            ("ErrorInvalidServerVersion" | "ErrorIncorrectSchemaVersion", _) => SourceError::Unsupported {
                message: format!("the server is older than Exchange 2013 SP1 ({shown})"),
                hint: hint("Use IMAP for this server, or a newer Exchange."),
            },
            ("", 404 | 405) => SourceError::Unsupported {
                message: format!("there is no EWS at this URL ({shown})"),
                hint: hint(
                    "The URL usually ends in /EWS/Exchange.asmx. Leave the server blank to let Autodiscover find it.",
                ),
            },
            _ if self.is_passing() || matches!(self.status, 500..=599) => SourceError::Unreachable {
                message: format!("Exchange stumbled while it was to {doing} ({shown})"),
                hint: hint(
                    "If it goes on, look at the event log of the server, or at the service health of Microsoft 365.",
                ),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_leads_to_the_decision_it_calls_for() {
        for (code, expected, hinted) in [
            ("ErrorServerBusy", "throttled", false),
            ("ErrorExceededConnectionCount", "throttled", false),
            ("ErrorNonExistentMailbox", "unsupported", true),
            ("ErrorImpersonateUserDenied", "sign_in", true),
            ("ErrorAccessDenied", "sign_in", true),
            ("ErrorPasswordExpired", "sign_in", true),
            ("ErrorInvalidServerVersion", "unsupported", true),
            ("ErrorMailboxStoreUnavailable", "unreachable", true),
            ("ErrorOrganizationAccessBlocked", "sign_in", true),
            ("ErrorMailboxLogonFailed", "unreachable", true),
            ("ErrorSomethingNew", "refused", false),
        ] {
            let error = Refusal::of_code(code, None).into_error("list the folder");
            assert_eq!((error.code(), error.hint().is_some()), (expected, hinted), "{code}");
            assert!(error.to_string().contains(code), "{error}");
        }
        for (status, expected) in [
            (403, "sign_in"),
            (404, "unsupported"),
            (429, "throttled"),
            (500, "unreachable"),
            (400, "refused"),
        ] {
            let error = Refusal::of_status(status, None).into_error("list the folder");
            assert_eq!(error.code(), expected, "{status}");
            assert!(error.to_string().contains(&status.to_string()), "{error}");
        }
    }

    #[test]
    fn what_the_server_writes_is_not_repeated() {
        let error = Refusal::of_code("soc@example.org <script>", None).into_error("list the folder");
        assert_eq!(error.to_string(), "Exchange refused to list the folder (no reason given)");
        let patience = Refusal::of_code("ErrorServerBusy", Some(Duration::MAX)).into_error("x");
        assert!(matches!(patience, SourceError::Throttled { retry_after: Some(BACK_OFF_MAX), .. }));
    }

    #[test]
    fn what_concerns_one_message_is_told_from_what_concerns_all() {
        for code in ["ErrorItemCorrupt", "ErrorContentConversionFailed", "ErrorMessageSizeExceeded", ""] {
            assert!(Refusal::of_code(code, None).is_about_the_message(), "{code}");
        }
        for code in
            ["ErrorServerBusy", "ErrorAccessDenied", "ErrorMailboxMoveInProgress", "ErrorInvalidLicense"]
        {
            assert!(!Refusal::of_code(code, None).is_about_the_message(), "{code}");
        }
        for code in ["ErrorItemNotFound", "ErrorInvalidIdMalformed", "ErrorFolderNotFound"] {
            assert!(Refusal::of_code(code, None).is_absence(), "{code}");
        }
        assert!(Refusal::of_code("ErrorInvalidSyncStateData", None).is_resync());
    }
}
