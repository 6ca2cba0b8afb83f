//! Observables of a message.
use crate::examine::PartText;
use crate::{Evidence, Limits};
pub(crate) fn collect(_evidence: &mut Evidence, _texts: &[PartText], _limits: &Limits) {}
