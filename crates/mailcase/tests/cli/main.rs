//! The real program from the outside: what it prints, how it ends, what it leaves behind.

mod commands;
mod configuration;
mod demo;
mod program;
mod server;
