//! Real servers and simulators for the tests and the demo, each private: own temporary folder, own ports on
//! the loopback, gone when dropped.
//!
//! Nothing here knows the product. Everything reports with `anyhow`, because the demo runs it too.

pub mod certificates;
pub mod davmail;
#[cfg(feature = "graph")]
pub mod detour;
#[cfg(feature = "dns")]
pub mod dns;
pub mod dovecot;
#[cfg(feature = "graph")]
pub mod edge;
#[cfg(feature = "ews")]
pub mod ews;
#[cfg(feature = "graph")]
pub mod exchange;
#[cfg(feature = "graph")]
pub mod graph;
#[cfg(all(feature = "ews", feature = "oidc"))]
pub mod microsoft;
#[cfg(feature = "oidc")]
pub mod oidc;
pub mod postgres;
pub mod process;
pub mod s3;
pub mod script;
pub mod socks;
pub mod squid;
