//! What travels between us and Exchange: XML as a stream, within limits, and the envelopes around it.

mod answers;
mod base64;
mod body;
mod element;
mod request;
mod xml;

pub(crate) use answers::{Answer, Answers, Version};
pub(crate) use body::{Body, body};
pub(crate) use element::{Element, Mime, NoMime, Sink, document};
pub(crate) use request::{Envelope, escaped, is_identity};
