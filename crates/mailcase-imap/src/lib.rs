//! The IMAP mail source (RFC 3501 with IDLE, MOVE, UIDPLUS, SPECIAL-USE, LITERAL+, SASL-IR, XOAUTH2 and
//! OAUTHBEARER where the server has them).
//!
//! - [`wire`](self) grammar is our own: frames are cut and bounded before anything is parsed, a frame that
//!   cannot be understood costs itself and not the session, and bodies are slices of what was read.
//! - The command loop is strict: a tagged NO or BAD, a BYE, an end of stream is never an empty success, and
//!   what was asked for is compared with what came before a call says `Ok`.
//! - `\Seen` is never state: bodies are read with BODY.PEEK, what is new is known from UIDVALIDITY and UID.

mod act;
mod check;
mod connection;
mod copied;
mod cursor;
mod discover;
mod ears;
mod expiry;
mod fetch;
mod fetch_plan;
mod folders;
mod glance;
mod grant;
mod heads;
mod listing;
mod refusal;
mod session;
mod settings;
mod sign_in;
mod source;
mod wait;
mod wire;

pub use expiry::expiries;
pub use grant::{begin_grant, complete_grant, needs_grant};
pub use settings::{AuthMethod, ImapSettings, KIND, Security, kind};
pub use source::ImapSource;
