//! What the integration tests share: the real binary as a child process, and a person's view of it over HTTP.
//!
//! The tests themselves are in `tests/`: what needs several rooms of the house and real servers. Programs that measure
//! the same whole are in `examples/`; `scripts/bench` runs them.

mod figures;
mod options;
mod person;
mod relay;
mod server;
mod sources;
mod whole_way;

pub use figures::{Spread, Usage};
pub use options::options;
pub use person::{Events, PASSWORD, Person, USERNAME, install_tls};
pub use relay::{Announced, Relay};
pub use server::{DEADLINE, Server, ServerOptions, eventually};
pub use sources::{EwsOnly, ImapOnly, Simulated};
pub use whole_way::{on_a_machine_of_its_own, report, take_mailbox};
