//! Mail as Outlook keeps and sends it: `.msg` files ([MS-OXMSG]) and TNEF (`winmail.dat`, [MS-OXTNEF]).
//!
//! Both are lists of MAPI properties in different wrappings; what the properties mean is the same for both. Nothing
//! here recurses: a message within is handed out as a file of its own.

mod attachment;
mod bodies;
mod bytes;
mod charset;
pub(crate) mod compound;
mod embedded;
mod facts;
mod head;
mod message;
mod named;
mod properties;
mod rtf;
mod tags;
mod tnef;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod tests;

pub(crate) use message::{is_message, open_message};
pub(crate) use tnef::open_tnef;

type Head = crate::heads::MessageHead;

/// Items of one container.
const ITEMS: usize = 2_000;
/// Longest name of an item in bytes.
const NAME_BYTES: usize = 1_000;
/// Text kept for the search of indicators only.
const WORDS_BYTES: usize = 1 << 20;

/// The longest start of `text` of at most `max` bytes.
fn bounded_text(text: &str, max: usize) -> String {
    crate::fields::bounded(text, max)
}
