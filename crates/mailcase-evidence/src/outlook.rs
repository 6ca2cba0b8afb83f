//! Mail as Outlook keeps and sends it: `.msg` files ([MS-OXMSG]) and TNEF (`winmail.dat`, [MS-OXTNEF]).
//!
//! Both are lists of MAPI properties in different wrappings; what the properties mean is the same for both. Nothing
//! here recurses: a message within is handed out as a file of its own.

mod message;
mod tnef;

pub(crate) use message::open_message;
pub(crate) use tnef::open_tnef;
