//! How a connection test is told, step by step, the same for every source.

use crate::tls::Encryption;
use jiff::{SignedDuration, Timestamp};
use mailcase_mail::{CheckReport, CheckStep, SourceError, StepStatus, TlsPeer};
use std::net::SocketAddr;
use std::time::Instant;

/// A certificate that ends sooner is worth a warning: renewing takes people.
const EXPIRY_WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The report so far. A step is begun, then it passes, warns or fails.
#[derive(Debug)]
pub struct Steps {
    report: CheckReport,
    begun: Option<(&'static str, String)>,
    planned: Vec<(&'static str, &'static str)>,
    started: Instant,
}

impl Default for Steps {
    fn default() -> Self {
        Self { report: CheckReport::default(), begun: None, planned: Vec::new(), started: Instant::now() }
    }
}

impl Steps {
    /// `name` is stable (see [`CheckStep`]), `title` for people.
    pub fn begin(&mut self, name: &'static str, title: impl Into<String>) {
        self.begun = Some((name, title.into()));
        self.started = Instant::now();
    }

    pub fn passed(&mut self, detail: impl Into<String>) {
        self.end(StepStatus::Passed, detail.into(), None);
    }

    /// It works, but somebody should know.
    pub fn warned(&mut self, detail: impl Into<String>, hint: Option<&str>) {
        self.end(StepStatus::Warning, detail.into(), hint.map(str::to_owned));
    }

    /// The step begun last failed.
    pub fn failed(&mut self, error: SourceError) {
        let hint = error.hint().map(str::to_owned);
        let detail = error.to_string();
        match error {
            SourceError::Tls { untrusted, chain, peer: TlsPeer::Server, .. } => {
                self.report.untrusted = untrusted;
                self.report.chain = chain;
            }
            SourceError::Tls { untrusted, chain, peer: TlsPeer::Proxy, .. } => {
                self.report.proxy_untrusted = untrusted;
                self.report.proxy_chain = chain;
            }
            _ => {}
        }
        self.end(StepStatus::Failed, detail, hint);
    }

    /// The value of what the step begun last was about; nothing when it failed.
    pub fn take<T>(&mut self, result: Result<T, SourceError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.failed(error);
                None
            }
        }
    }

    /// The step begun last encrypted the connection.
    pub fn encrypted(&mut self, peer: TlsPeer, encryption: Encryption) {
        let mut detail = encryption.protocol.replace("TLSv1_", "TLS 1.");
        let mut ends = None;
        if let Some(leaf) = encryption.chain.first() {
            ends = leaf.not_after;
            if let Some(end) = ends {
                detail.push_str(&format!(", certificate valid until {}", end.strftime("%Y-%m-%d")));
            }
            detail.push_str(&format!(", SHA-256 {}", leaf.sha256));
        }
        match peer {
            TlsPeer::Server => self.report.chain = encryption.chain,
            TlsPeer::Proxy => self.report.proxy_chain = encryption.chain,
        }
        match ends {
            Some(end) => {
                self.passed_until(detail, end, "The certificate ends within 30 days: have it renewed.")
            }
            None => self.passed(detail),
        }
    }

    /// What was found works until `end`; when that is soon, it is a warning with its remedy.
    pub fn passed_until(&mut self, detail: impl Into<String>, end: Timestamp, remedy: &str) {
        if end.duration_since(Timestamp::now()) < EXPIRY_WARNING {
            self.warned(detail, Some(remedy));
        } else {
            self.passed(detail);
        }
    }

    fn skip(&mut self, name: &'static str, title: impl Into<String>) {
        self.begin(name, title);
        self.end(StepStatus::Skipped, "not tried, because an earlier step failed".to_owned(), None);
    }

    /// Says which steps will come (name and title), for those that never do.
    pub fn plan(&mut self, steps: &[(&'static str, &'static str)]) {
        self.planned.extend_from_slice(steps);
    }

    /// The report, in which what was planned and never came is skipped.
    #[must_use]
    pub fn into_report(mut self) -> CheckReport {
        for (name, title) in std::mem::take(&mut self.planned) {
            if self.report.steps.iter().all(|step| step.name != name) {
                self.skip(name, title);
            }
        }
        self.report
    }

    pub(crate) fn passed_with_addresses(&mut self, addresses: &[SocketAddr]) {
        let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        self.passed(shown.join(", "));
    }

    fn end(&mut self, status: StepStatus, detail: String, hint: Option<String>) {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Whoever fails before a step was begun still has to be heard.
        let (name, title) = self.begun.take().unwrap_or_else(|| ("settings", "Read the settings".to_owned()));
        self.report.steps.push(CheckStep { name: name.to_owned(), title, status, detail, hint, millis });
        self.started = Instant::now();
    }
}
