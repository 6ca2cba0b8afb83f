//! What travels between us and Graph: addresses and shapes.

mod batch;
mod shapes;
mod url;

pub(crate) use batch::{BATCH_MAX, BatchItem, BatchReplies, batch_body};
pub(crate) use shapes::{Entry, ErrorBody, FolderShape, HeadShape, Page, ParentShape, UserShape};
pub(crate) use url::{is_identity, quoted, relative, segment};
