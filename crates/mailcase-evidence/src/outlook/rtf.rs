//! Rich text of Outlook's messages: unpacked ([MS-OXRTFCP]), and the HTML or text that was wrapped into it taken out
//! again ([MS-OXRTFEX]).

mod compressed;
mod fonts;
mod read;
mod tokens;

pub(super) use compressed::unpack;
pub(super) use read::{Source, read};

#[cfg(test)]
mod tests;
