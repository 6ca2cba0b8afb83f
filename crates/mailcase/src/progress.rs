//! Progress of long work on the terminal, when there is one.

use crate::terminal::watched;
use indicatif::{ProgressBar, ProgressStyle};
use mailcase_engine::PassProgress;
use std::time::Duration;

/// Time between two pictures of a spinner.
const SPIN: Duration = Duration::from_millis(100);

pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn new(name: &str) -> Self {
        let bar = if watched() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style =
            ProgressStyle::with_template("{msg}  {wide_bar} {human_pos} of {human_len}  {per_sec}  {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        Self(bar)
    }

    pub(crate) fn show(&self, progress: PassProgress) {
        self.0.set_length(progress.stored.saturating_add(progress.waiting));
        self.0.set_position(progress.stored);
    }

    /// So many of so many things are done.
    pub(crate) fn count(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }

    /// Takes the bar away while something is printed.
    pub(crate) fn around<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// For work of which nobody knows how much there is: what is waited for, and for how long already.
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    pub(crate) fn new(what: String) -> Self {
        if !watched() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner().with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(SPIN);
        Self(bar)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
