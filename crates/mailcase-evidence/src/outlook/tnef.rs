//! One TNEF stream (`winmail.dat`): head, bodies and attachments ([MS-OXTNEF]).

use crate::contents::{Contents, Room};

/// Opens a TNEF stream.
pub(crate) fn open_tnef(_bytes: &[u8], _room: &mut Room) -> Contents {
    Contents { format: "tnef", ..Contents::default() }
}
