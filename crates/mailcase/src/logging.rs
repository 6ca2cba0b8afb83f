//! Structured logs to standard error.

use crate::config::Log;
use anyhow::Context as _;
use std::io::{self, IsTerminal as _};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

/// Libraries that write what they send and receive at the levels below `info`: passwords, tokens, mail.
const TALKATIVE: &[&str] = &["h2", "hyper", "reqwest", "object_store", "sqlx"];

/// Starts logging. Called once.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(&log.level)
        .context("the log level cannot be understood")?;
    let layer = if log.json {
        fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed()
    } else {
        fmt::layer().with_target(false).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr).boxed()
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter).with_filter(filter_fn(is_discreet)))
        .try_init()
        .context("logging could not be started")
}

fn is_discreet(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || !is_talkative(metadata.target())
}

fn is_talkative(target: &str) -> bool {
    let library = target.split("::").next().unwrap_or(target);
    TALKATIVE.contains(&library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_library_names_count() {
        assert!(is_talkative("hyper::proto"));
        assert!(is_talkative("sqlx"));
        assert!(!is_talkative("mailcase_imap::session"));
        assert!(!is_talkative("h2_like::frame"));
    }
}
