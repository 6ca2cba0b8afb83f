//! What travels over the wire: the API's own shapes. Nothing here is stored and nothing stored is shown
//! without passing through here.

pub(crate) mod analysis;
pub(crate) mod case;
mod case_from;
pub(crate) mod connector;
mod connector_from;
pub(crate) mod evidence;
pub(crate) mod evidence_from;
pub(crate) mod indicator;
pub(crate) mod indicator_from;
pub(crate) mod keys;
pub(crate) mod message;
mod message_from;
pub(crate) mod migration;
pub(crate) mod origin_settings;
pub(crate) mod patterns;
pub(crate) mod people;
pub(crate) mod preview;
pub(crate) mod reexamination;
mod report;
pub(crate) mod trail;
mod verdicts;
