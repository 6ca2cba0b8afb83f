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
const TALKATIVE: &[&str] = &["h2", "hyper", "reqwest", "object_store"];
/// The same, and repeats at `info` what PostgreSQL remarks at every start.
const DATABASE: &str = "sqlx";
/// Warns of every oddity of a page, and pages are written by senders.
const HTML_PARSER: &str = "html5ever";

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
    may_say(metadata.target(), *metadata.level())
}

fn may_say(target: &str, level: Level) -> bool {
    let library = target.split("::").next().unwrap_or(target);
    match library {
        HTML_PARSER => level == Level::ERROR,
        DATABASE => level <= Level::WARN,
        _ => level <= Level::INFO || !TALKATIVE.contains(&library),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_library_names_count() {
        for (target, level, may) in [
            ("hyper::proto", Level::DEBUG, false),
            ("hyper::proto", Level::INFO, true),
            ("sqlx", Level::TRACE, false),
            ("sqlx::postgres::notice", Level::INFO, false),
            ("sqlx::pool::acquire", Level::WARN, true),
            ("mailcase_imap::session", Level::DEBUG, true),
            ("h2_like::frame", Level::DEBUG, true),
            ("html5ever::tree_builder", Level::WARN, false),
            ("html5ever::tree_builder", Level::ERROR, true),
        ] {
            assert_eq!(may_say(target, level), may, "{target} {level}");
        }
    }
}
