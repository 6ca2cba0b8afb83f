//! The Graph source against the Graph simulator, as it should be and as it should not. Every request and answer is held
//! against Microsoft's description of Graph where that is at hand.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on shall stop")]

mod acting;
mod announcing;
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
mod translating;
