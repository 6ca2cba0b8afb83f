//! What proves a source and what stands in for one: the conformance suite and the scripted fake.
//!
//! - [`conformance_suite!`](crate::conformance_suite) turns every clause of the contract of
//!   [`MailSource`](crate::MailSource) into a test against a [`Bench`], the world behind a source.
//! - [`FakeMailbox`] is a mailbox in memory with a script of faults and a ledger of what was done to it;
//!   [`FakeSource`] and [`FakeFactory`] reach it through the trait.
//! - [`Drawer`] keeps what a person granted.

mod bench;
pub mod conformance;
mod drawer;
mod fake;
mod letters;

pub use bench::{Abilities, Bench, HeldMessage};
pub use drawer::Drawer;
pub use fake::{
    Call, DEFAULT_MAILBOX, FakeFactory, FakeMailbox, FakeMessage, FakeSource, Gate, INBOX, Performed,
};
pub use letters::letter;
