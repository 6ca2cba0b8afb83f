//! What every mail source connects through: the way to a server, directly or by a proxy, TLS trust, deadlines, HTTP, and
//! errors a person can act on.
//!
//! Knows no mail protocol. [`Route::dial`] yields a byte stream to the server; [`Trust`] then decides in [`start_tls`]
//! whether it is who it should be. [`http`] does both for whoever speaks HTTP, and [`oauth`] asks for tokens by it.

mod carrier;
mod dial;
mod endpoint;
mod environment;
mod expiry;
mod facts;
pub mod http;
pub mod oauth;
mod proxy;
mod proxy_settings;
mod retry_after;
mod roots;
mod route;
mod steps;
mod stream;
mod tls;
mod trust;
mod verifier;

pub use carrier::Carrier;
pub use dial::{connect, resolve};
pub use endpoint::Endpoint;
pub use expiry::trust_expiries;
pub use facts::certificate_facts;
pub use proxy_settings::{PROXY_PASSWORD, ProxyKind, ProxySettings};
pub use retry_after::retry_after;
pub use route::Route;
pub use steps::{Newest, Steps};
pub use stream::MailStream;
pub use tls::{Encryption, Established, NameCheck, start_tls};
pub use trust::{Trust, TrustError};
