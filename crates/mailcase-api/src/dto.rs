//! What travels over the wire: the API's own shapes. Nothing here is stored and nothing stored is shown
//! without passing through here.

pub(crate) mod case;
pub(crate) mod connector;
pub(crate) mod evidence;
pub(crate) mod message;
pub(crate) mod people;
pub(crate) mod trail;
