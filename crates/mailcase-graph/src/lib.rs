//! The Microsoft Graph mail source: a mailbox of Exchange Online.
//!
//! Lists by delta queries with immutable identities, fetches MIME by `$value`, changes messages in batches. Knows
//! nothing of cases, and of sign-in only that somebody hands out access tokens ([`TokenSource`]).

mod act;
mod check;
mod client;
mod discover;
mod expiry;
mod fetch;
mod folders;
mod glance;
mod grant;
mod mailbox;
mod permissions;
mod refusal;
mod scan;
mod send;
mod settings;
mod source;
mod subscription;
mod translate;
mod wire;

pub use expiry::expiries;
pub use grant::{begin_grant, complete_grant, needs_grant};
pub use mailbox::MailboxName;
pub use mailcase_transport::oauth::TokenSource;
pub use settings::{GraphSettings, KIND, kind};
pub use source::{GraphAccess, GraphSource};
pub use subscription::announced;
