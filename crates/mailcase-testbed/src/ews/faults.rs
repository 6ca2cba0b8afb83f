//! What goes wrong on purpose.

use crate::exchange::locked;
use std::sync::Mutex;
use std::time::Duration;

/// One way to go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A plain answer of HTTP; `retry_after` is sent as it stands.
    Status { status: u16, retry_after: Option<String> },
    /// The page people sign in on, with 200 and `text/html`.
    LoginPage,
    /// EWS is switched off for this mailbox, this organization or this application.
    Disabled,
    /// A SOAP fault instead of an answer.
    Soap { code: String, back_off: Option<Duration> },
    /// The item or folder at this place in the request fails with this code, the others do not.
    Item { index: usize, code: String, back_off: Option<Duration> },
    /// The connection breaks after this many bytes of the answer's body.
    CutAfter(usize),
    /// What is asked is done, and the connection breaks before the answer.
    NoAnswer,
    /// No answer, ever.
    Stall,
}

impl Fault {
    /// The server asks for patience, as a fault for the whole request.
    #[must_use]
    pub fn busy(back_off: Duration) -> Self {
        Self::Soap { code: "ErrorServerBusy".to_owned(), back_off: Some(back_off) }
    }

    #[must_use]
    pub fn soap(code: &str) -> Self {
        Self::Soap { code: code.to_owned(), back_off: None }
    }

    #[must_use]
    pub fn item(index: usize, code: &str) -> Self {
        Self::Item { index, code: code.to_owned(), back_off: None }
    }

    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None }
    }
}

#[derive(Debug)]
struct Planned {
    /// A part of the request's line; see [`Asked::line`](super::Asked).
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
        locked(&self.0).push(Planned { part: part.to_owned(), passes, times, fault });
    }

    pub(crate) fn clear(&self) {
        locked(&self.0).clear();
    }

    pub(crate) fn take(&self, line: &str) -> Option<Fault> {
        let mut plans = locked(&self.0);
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
