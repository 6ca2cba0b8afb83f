//! The HTTP API and the embedded web interface.

mod dto;
mod page;
mod problem;
