//! Raw bytes of a message in, evidence and defects out.
//!
//! Pure: no I/O beyond the reader it is given, no clock, no network. Total: whatever the bytes are, there is
//! evidence; what is wrong with them is a [`Defect`] on the part it concerns. Bounded by [`Limits`].

mod model;

pub use model::*;
