//! The source against the simulator of Exchange Web Services, and against servers that mean harm.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on shall stop")]

mod acting;
mod checking;
mod conformance;
mod faults;
mod fetching;
mod folders;
mod glancing;
mod hostile;
mod listing;
mod signing_in;
mod support;
