//! Identities as EWS writes them: those of Graph in the other alphabet of base64, with a change key beside them.

use crate::exchange::ids;
use crate::exchange::ids::Named;
use crate::exchange::world::{Mailbox, Message, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) fn item(mailbox: &Mailbox, message: &Message) -> String {
    ids::ews_of(&mailbox.message_id(message, false))
}

pub(crate) fn place(mailbox: &Mailbox, place: u64) -> String {
    ids::ews_of(&ids::encode(mailbox.number, Named::Place(place)))
}

pub(crate) fn folder(mailbox: &Mailbox, folder: u64) -> String {
    ids::ews_of(&ids::encode(mailbox.number, Named::Folder(folder)))
}

/// Changes with every change of what it stands beside.
pub(crate) fn change_key(of: Named, changed: u64) -> String {
    let kind: &[u8] = if matches!(of, Named::Folder(_)) { b"\x01\0\0\0" } else { b"\x09\0\0\0" };
    STANDARD.encode([kind, b"\x16\0\0\0", &[0xb7; 16], &changed.to_be_bytes()].concat())
}

/// What an identity names, and in which mailbox; nothing when no mailbox here ever wrote it.
pub(crate) fn find<'a>(world: &'a mut World, text: &str) -> Option<(&'a mut Mailbox, Named)> {
    // Graph's immutable identities are none in EWS, which writes the ordinary ones alone.
    // Nor are those of Graph's alphabet.
    if text.contains(['-', '_']) {
        return None;
    }
    let text = ids::of_ews(text);
    world.mailboxes.iter_mut().find_map(|mailbox| {
        let named = ids::decode(mailbox.number, &text)?;
        Some((mailbox, named))
    })
}
