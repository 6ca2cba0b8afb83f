//! One `.msg` file: head, bodies and attachments ([MS-OXMSG]).

use crate::contents::{Contents, Room};

/// Opens an Outlook message in a compound file.
pub(crate) fn open_message(_bytes: &[u8], _room: &mut Room) -> Contents {
    Contents { format: "outlook", ..Contents::default() }
}
