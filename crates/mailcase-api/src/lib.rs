//! The HTTP API and the embedded web interface.
//!
//! The only crate that knows HTTP. Knows no SQL and no mail protocol; what it answers passes through its own
//! shapes, and what it is asked passes through one check of who may do what.

mod access;
mod announcements;
mod client;
mod config;
mod connector_view;
mod cookie;
mod download;
mod dto;
mod extract;
mod failure;
mod gauges;
mod health;
mod live;
mod names;
mod observe;
mod openapi;
mod page;
mod parts;
mod password;
mod problem;
mod router;
mod routes;
mod secrets;
mod serve;
mod sessions;
mod state;
mod throttle;
mod trail;
mod ui;

#[cfg(test)]
mod tests;

pub use config::ApiConfig;
pub use gauges::describe_metrics;
pub use password::{PasswordRefused, hash_password};
pub use router::{openapi_json, router};
pub use serve::serve;
pub use state::{ApiState, PrepareError};
