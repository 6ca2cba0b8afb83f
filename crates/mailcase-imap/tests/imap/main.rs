//! The IMAP source against a real Dovecot and against servers that do what no server should.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on shall stop")]

mod attacks;
mod conformance;
mod davmail;
mod dovecot;
mod hostile;
mod oauth;
mod proxy;
mod quirks;
mod spoiled;
mod support;
