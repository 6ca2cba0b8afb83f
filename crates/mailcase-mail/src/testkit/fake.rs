//! The scripted fake: a mailbox in memory, the faults a test asks of it, and the sources that reach it.

mod factory;
mod listing;
mod mailbox;
mod script;
mod source;

pub use factory::{DEFAULT_MAILBOX, FakeFactory};
pub use mailbox::{FakeMailbox, FakeMessage, INBOX, Performed};
pub use script::{Call, Gate};
pub use source::FakeSource;
