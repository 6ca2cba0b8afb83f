//! The grammar of IMAP as this client speaks it: no I/O, no clock, nothing recursive.

pub(crate) mod command;
pub(crate) mod date;
pub(crate) mod frame;
pub(crate) mod response;
pub(crate) mod token;
pub(crate) mod uid_set;

#[cfg(test)]
mod tests;
