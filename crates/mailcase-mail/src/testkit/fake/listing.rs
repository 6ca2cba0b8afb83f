//! How the fake lists: its cursor, and which messages a scope names.

use super::mailbox::{Held, HeldFolder};
use crate::remote::{Cursor, Discovery, RemoteHead, Reset};
use crate::source::Scope;

/// `fake1:<validity>:<listed>:<mode>:<floor>:<out>`: everything up to number `listed` was listed; in mode `u` the position
/// within one pass over the unread ones; up to `floor` messages were there before the first run, and those of `out`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) validity: u32,
    pub(super) listed: u64,
    pub(super) unseen: bool,
    pub(super) floor: u64,
    pub(super) out: Vec<u64>,
}

impl Position {
    pub(super) fn read(cursor: &Cursor) -> Option<Self> {
        let mut fields = cursor.as_str().split(':');
        let version = fields.next()?;
        let position = Self {
            validity: fields.next()?.parse().ok()?,
            listed: fields.next()?.parse().ok()?,
            unseen: fields.next()? == "u",
            floor: fields.next()?.parse().ok()?,
            out: fields.next()?.split(',').filter_map(|number| number.parse().ok()).collect(),
        };
        (version == "fake1" && fields.next().is_none()).then_some(position)
    }

    pub(super) fn write(&self) -> Cursor {
        let mode = if self.unseen { 'u' } else { 'n' };
        let out: Vec<String> = self.out.iter().map(u64::to_string).collect();
        let Self { validity, listed, floor, .. } = self;
        Cursor::new(format!("fake1:{validity}:{listed}:{mode}:{floor}:{}", out.join(",")))
    }
}

/// One page of `folder`.
pub(super) fn discover(folder: &HeldFolder, scope: Scope, after: Option<&Cursor>, limit: usize) -> Discovery {
    let stored = after.and_then(Position::read);
    let reset = stored.as_ref().filter(|position| position.validity != folder.validity).map(|position| {
        Reset { reason: format!("the identities changed from {} to {}", position.validity, folder.validity) }
    });
    let unseen = scope == Scope::Unseen;
    // A position of the other mode says nothing about this one: start over, the caller knows what it has.
    let known = stored.filter(|position| reset.is_none() && position.unseen == unseen);
    let listed = known.as_ref().map_or(0, |position| position.listed);
    // A first run and a reset list what was there by the scope; what is above the floor arrived since.
    let top = folder.next.saturating_sub(1);
    let floor = match &known {
        Some(position) => position.floor,
        None if reset.is_some() || scope == Scope::NewFromAll => 0,
        None => top,
    };
    let mut wanted = folder
        .messages
        .range(listed.saturating_add(1)..)
        .filter(|(number, held)| takes(scope, held, **number <= floor));
    let messages: Vec<(u64, RemoteHead)> =
        wanted.by_ref().take(limit).map(|(number, held)| (*number, folder.head(*number, held))).collect();
    let more = wanted.next().is_some();
    let last = messages.last().map_or(listed, |(number, _)| *number);
    let listed = match (more, unseen) {
        (true, _) => last,
        // The next call is a new pass over the unread ones.
        (false, true) => 0,
        (false, false) => top,
    };
    let out = known.map(|position| position.out).unwrap_or_default();
    let cursor = Position { validity: folder.validity, listed, unseen, floor, out }.write();
    Discovery { messages: messages.into_iter().map(|(_, head)| head).collect(), cursor, more, reset }
}

fn takes(scope: Scope, held: &Held, was_there: bool) -> bool {
    match scope {
        Scope::Unseen => !held.seen,
        Scope::NewFromUnread => !was_there || !held.seen,
        Scope::NewFromUnreadOrSince(day) => !was_there || !held.seen || received_since(held, day),
        Scope::NewFromAll => true,
        Scope::NewSince(day) => !was_there || received_since(held, day),
    }
}

fn received_since(held: &Held, day: jiff::civil::Date) -> bool {
    held.received.to_zoned(jiff::tz::TimeZone::UTC).date() >= day
}
