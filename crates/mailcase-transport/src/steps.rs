//! How a connection test is told, step by step, the same for every source.

use crate::tls::{Encryption, NameCheck};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp, Unit};
use mailcase_mail::{CheckReport, CheckStep, SourceError, StepStatus, TlsPeer};
use std::net::SocketAddr;
use std::time::Instant;

/// A certificate that ends sooner is worth a warning: renewing takes people.
const EXPIRY_WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The newest message of a folder.
#[derive(Debug, Clone, Default)]
pub struct Newest {
    pub received: Option<Timestamp>,
    /// Its first bytes, when the server gave them.
    pub beginning: Option<Bytes>,
}

/// The report so far. A step is begun, then it passes, warns or fails.
#[derive(Debug)]
pub struct Steps {
    report: CheckReport,
    begun: Option<(&'static str, String)>,
    beginning: Option<Bytes>,
    planned: Vec<(&'static str, &'static str)>,
    started: Instant,
}

impl Default for Steps {
    fn default() -> Self {
        Self {
            report: CheckReport::default(),
            begun: None,
            beginning: None,
            planned: Vec::new(),
            started: Instant::now(),
        }
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
        let mut remedies = Vec::new();
        if let Some(leaf) = encryption.chain.first() {
            if let Some(end) = leaf.not_after {
                detail.push_str(&format!(", certificate valid until {}", end.strftime("%Y-%m-%d")));
                if is_soon(end) {
                    remedies.push("The certificate ends within 30 days: have it renewed.");
                }
            }
            detail.push_str(&format!(", SHA-256 {}", leaf.sha256));
        }
        let unchecked = match encryption.name {
            NameCheck::Fits => "",
            NameCheck::LeftOut => "; the host name was not checked",
            NameCheck::LeftOutAndWrong => "; the certificate is for another host, which was not checked",
        };
        if !unchecked.is_empty() {
            detail.push_str(unchecked);
            remedies.push(
                "Switch the host name check on where that is possible: without it, whoever has any certificate trusted \
                 here can pretend to be this host.",
            );
        }
        match peer {
            TlsPeer::Server => self.report.chain = encryption.chain,
            TlsPeer::Proxy => self.report.proxy_chain = encryption.chain,
        }
        if remedies.is_empty() {
            self.passed(detail);
        } else {
            self.warned(detail, Some(&remedies.join(" ")));
        }
    }

    /// The step begun last found the newest message of a folder; `None` in an empty one. The first bytes of the message
    /// are for whoever can read mail.
    pub fn passed_with_newest(&mut self, newest: Option<Newest>) {
        let detail = match &newest {
            None => "the folder is empty".to_owned(),
            Some(Newest { received: None, .. }) => "the server does not say when it was received".to_owned(),
            Some(Newest { received: Some(received), .. }) => {
                let second = received.round(Unit::Second).unwrap_or(*received);
                format!("received {second} ({})", age(*received))
            }
        };
        self.beginning = newest.and_then(|newest| newest.beginning);
        self.passed(detail);
    }

    /// What was found works until `end`; when that is soon, it is a warning with its remedy.
    pub fn passed_until(&mut self, detail: impl Into<String>, end: Timestamp, remedy: &str) {
        if is_soon(end) {
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
        let beginning = self.beginning.take();
        // Whoever fails before a step was begun still has to be heard.
        let (name, title) = self.begun.take().unwrap_or_else(|| ("settings", "Read the settings".to_owned()));
        self.report.steps.push(CheckStep {
            name: name.to_owned(),
            title,
            status,
            detail,
            hint,
            millis,
            beginning,
        });
        self.started = Instant::now();
    }
}

fn age(received: Timestamp) -> String {
    let hours = Timestamp::now().duration_since(received).as_hours();
    match hours {
        i64::MIN..=0 => "less than an hour ago".to_owned(),
        1..48 => format!("{hours} hours ago"),
        _ => format!("{} days ago", hours.div_euclid(24)),
    }
}

fn is_soon(end: Timestamp) -> bool {
    end.duration_since(Timestamp::now()) < EXPIRY_WARNING
}
