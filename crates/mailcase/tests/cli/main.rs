//! The real program from the outside: what it prints, how it ends, what it leaves behind.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod accounts;
mod commands;
mod configuration;
mod demo;
mod full_disk;
mod operator;
mod program;
mod proxies;
mod server;
