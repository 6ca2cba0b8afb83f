//! Raw bytes of a message in, evidence and defects out.
//!
//! Pure: no I/O beyond the reader it is given, no clock, no network. Total: whatever the bytes are, there is
//! evidence; what is wrong with them is a [`Defect`] on the part it concerns. Bounded by [`Limits`].
//!
//! The structure of a message is found by one scanner of our own that works on a stream: MIME libraries want the
//! whole message in memory, lose siblings of a broken part or recurse as deep as the sender likes. Single header
//! fields, dates, addresses and character sets are `mail-parser`'s.

mod alternatives;
mod archive;
mod automatic;
mod changes;
mod codes;
mod containers;
mod content;
mod contents;
mod document;
mod drawn;
mod elsewhere;
mod encoded;
mod entity;
mod examine;
mod extract;
mod fields;
mod filetime;
mod heads;
mod html;
mod indicators;
mod keys;
mod lists;
mod look;
mod means;
mod model;
mod names;
mod open;
mod openpgp;
mod origin;
mod outlook;
mod parameters;
mod patterns;
pub mod preview;
mod records;
mod reported;
mod scan;
mod signed;
mod smime;
mod sniff;
mod text;
mod transfer;
mod tree;
mod unread;
mod unseen;
mod verdicts;
mod words;

pub use changes::Changes;
pub use elsewhere::{FRAGMENTS, Fragment, joined};
pub use examine::{examine, examine_headers, examine_pieces, examine_reader};
pub use extract::{ExtractError, Form, PartInfo, PartText, Sink, extract, extract_all, part_text};
pub use keys::{KEY_FILE_BYTES, KeyError, KeyFacts, KeyKind, Keyring, UnlockedKey};
pub use lists::MailingList;
pub use mailcase_indicators::{How, Kind as IndicatorKind, Mark as IndicatorMark, Own, Wrapper, defang};
pub use means::{Means, Scope};
pub use model::*;
pub use names::safe_file_name;
pub use origin::{
    Answer, Answers, Asked, Check, CheckMethod, CheckOutcome, Judgement, OriginFacts, Question, RecordType,
    Verification, judge,
};
pub use patterns::PatternValue;
pub use reported::{Opinion, Place, Report, ReportedMessage, Tool, ToolKind};
pub use text::is_charset;
pub use unread::{Unread, UnreadReason};
pub use verdicts::{
    AuthenticationResults, Mark, MarkKind, MethodResult, OwnPerson, Property, Route, Trust, Verdicts,
};
