//! What goes wrong on purpose.

use super::http::Request;
use std::sync::{Mutex, PoisonError};

/// One way to go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An error instead of an answer; `retry_after` is sent as it stands.
    Status { status: u16, code: String, retry_after: Option<String> },
    /// The connection breaks after this many bytes of the answer's body.
    CutAfter(usize),
    /// What is asked is done, and the connection breaks before the answer.
    NoAnswer,
    /// No answer, ever.
    Stall,
    /// A page without the link to the next one.
    NoLink,
}

impl Fault {
    /// The server asks for patience.
    #[must_use]
    pub fn throttled(status: u16, retry_after: &str) -> Self {
        let code = if status == 503 { "ServiceUnavailable" } else { "ApplicationThrottled" };
        Self::Status { status, code: code.to_owned(), retry_after: Some(retry_after.to_owned()) }
    }

    #[must_use]
    pub fn error(status: u16, code: &str) -> Self {
        Self::Status { status, code: code.to_owned(), retry_after: None }
    }
}

#[derive(Debug)]
struct Planned {
    /// A part of `METHOD /path?query`.
    part: String,
    passes: usize,
    times: usize,
    fault: Fault,
}

/// The faults still to come, in the order they were planned.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Planned>>);

impl Faults {
    /// The next `times` requests that contain `part` go wrong, after `passes` that do not.
    pub(crate) fn plan(&self, part: &str, passes: usize, times: usize, fault: Fault) {
        let planned = Planned { part: part.to_owned(), passes, times, fault };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(planned);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn take(&self, request: &Request) -> Option<Fault> {
        let line = line(request);
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = plans.iter().position(|planned| line.contains(&planned.part))?;
        let planned = plans.get_mut(at)?;
        if planned.passes > 0 {
            planned.passes -= 1;
            return None;
        }
        let fault = planned.fault.clone();
        planned.times = planned.times.saturating_sub(1);
        if planned.times == 0 {
            plans.remove(at);
        }
        Some(fault)
    }
}

/// `METHOD /path?query`, the path decoded, for faults and records.
pub(crate) fn line(request: &Request) -> String {
    let path = percent_encoding::percent_decode_str(&request.raw_path).decode_utf8_lossy();
    let query = request.query.with(&[]);
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{} {path}{mark}{query}", request.method)
}
