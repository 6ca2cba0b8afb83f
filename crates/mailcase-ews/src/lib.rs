//! The Exchange Web Services mail source: a mailbox of Exchange on premises, or of Exchange Online as long as it lasts.
//!
//! Lists by SyncFolderItems, streams MIME out of GetItem, changes messages in batches. Knows nothing of cases, and of
//! OAuth only that somebody hands out access tokens ([`TokenSource`]).

mod act;
mod autodiscover;
mod check;
mod client;
mod connections;
mod discover;
mod expiry;
mod fetch;
mod folders;
mod glance;
mod grant;
mod items;
mod mailbox;
mod notice;
mod ntlm;
mod places;
mod refusal;
mod scan;
mod send;
mod server;
mod settings;
mod sign_in;
mod sizes;
mod source;
mod watch;
mod wire;

pub use expiry::expiries;
pub use grant::{begin_grant, complete_grant, needs_grant};
pub use mailbox::MailboxName;
pub use mailcase_transport::oauth::TokenSource;
pub use notice::notice;
pub use settings::{EwsSettings, KIND, kind, points_at_exchange_online};
pub use sign_in::Credential;
pub use source::{EwsAccess, EwsSource, ServerAddress};
