//! Maildir, directories of `.eml` and `.msg` files, and mbox files as a mail source: kind `folder`.
//!
//! For air-gapped evidence, migration, imports and demonstrations. Owns how these layouts are listed, read and
//! changed on disk; refuses to follow symbolic links below the chosen path and to read anything outside it.
//!
//! - **Maildir** (with Maildir++ subfolders, delimiter `.`, names in modified UTF-7 or as they are): identity is the unique name, without flags; mark read is
//!   the `S` flag, move and delete work.
//! - **Files**: each directory is a folder (delimiter `/`); identity is name, size and modification time, because a
//!   file that changes is another message. There are no read marks: every file counts as unread, marking read
//!   succeeds and changes nothing, so evidence stays as it is. A file modified less than two seconds ago may still
//!   be written and is listed later; renaming a finished file into the directory avoids the delay. A file that was
//!   taken half-written all the same is another message once it is complete, so nothing is lost.
//! - **mbox**: one folder, never changed. Identity is place, length and digest. Messages are split as the setting
//!   `quoting` says. When a file was rewritten, its identities are reset.
//!
//! A directory keeps no order of arrival. One source lists exactly what is new; after a restart a source lists
//! everything once more (except what the first run left out), and the caller's ledger knows what it has.

mod blocking;
mod check;
mod cursor;
mod directory;
mod files;
mod index;
mod maildir;
mod mbox;
mod names;
mod reading;
mod sending;
mod settings;
mod source;
mod watching;

#[cfg(test)]
mod tests;

pub use mbox::MboxEntry;
pub use settings::{FolderSettings, KIND, Layout, Quoting, source_kind};
pub use source::FolderSource;
