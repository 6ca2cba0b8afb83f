//! The Exchange Web Services mail source: a mailbox of Exchange on premises, or of Exchange Online as long as it lasts.

mod ntlm;
mod refusal;
mod wire;
