//! Lists by cursor: a page ends where the next begins, whatever is added meanwhile.
//!
//! A cursor is the sort key of the last row shown. It is opaque to callers, and worth nothing as a secret: every
//! query takes the organization beside it.

use crate::error::{Result, StoreError};
use data_encoding::BASE64URL_NOPAD;

/// Rows on a page when the caller does not say.
pub const PAGE_DEFAULT: usize = 50;
/// Rows on a page at most.
pub const PAGE_MAX: usize = 200;

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// [`Page::next`] of the page before; `None` for the first.
    pub cursor: Option<String>,
    /// Rows wanted; held to 1…[`PAGE_MAX`].
    pub limit: usize,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { cursor: None, limit: PAGE_DEFAULT }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Cursor of the next page, if there is one.
    pub next: Option<String>,
}

impl PageRequest {
    pub(crate) fn size(&self) -> usize {
        self.limit.clamp(1, PAGE_MAX)
    }

    /// Rows to ask the database for: one more than shown, to know whether there is a next page.
    pub(crate) fn rows(&self) -> usize {
        self.size().saturating_add(1)
    }

    pub(crate) fn finish<T>(&self, mut items: Vec<T>, cursor: impl Fn(&T) -> String) -> Result<Page<T>> {
        let more = items.len() > self.size();
        items.truncate(self.size());
        let next = if more { items.last().map(cursor) } else { None };
        Ok(Page { items, next })
    }
}

pub(crate) fn bad_cursor() -> StoreError {
    StoreError::Settings("the cursor is not one of this list; begin with the first page".to_owned())
}

pub(crate) fn number_cursor(id: i64) -> String {
    BASE64URL_NOPAD.encode(id.to_string().as_bytes())
}

pub(crate) fn read_number_cursor(cursor: &str) -> Result<i64> {
    decode(cursor)?.parse().map_err(|_| bad_cursor())
}

/// A cursor of a number to sort by and an identifier to tell equal ones apart.
pub(crate) fn pair_cursor(key: i64, id: &str) -> String {
    BASE64URL_NOPAD.encode(format!("{key}/{id}").as_bytes())
}

pub(crate) fn read_pair_cursor(cursor: &str) -> Result<(i64, String)> {
    let text = decode(cursor)?;
    let (key, id) = text.split_once('/').ok_or_else(bad_cursor)?;
    Ok((key.parse().map_err(|_| bad_cursor())?, id.to_owned()))
}

/// A cursor of one text.
pub(crate) fn text_cursor(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

pub(crate) fn decode(cursor: &str) -> Result<String> {
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| bad_cursor())?;
    String::from_utf8(bytes).map_err(|_| bad_cursor())
}
