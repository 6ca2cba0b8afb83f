//! What the integration tests share: the real binary as a child process, and a person's view of it over HTTP.
//!
//! The tests themselves are in `tests/`: what needs several rooms of the house and real servers.

mod person;
mod server;

pub use person::{Person, install_tls};
pub use server::{DEADLINE, Server, ServerOptions, eventually};
