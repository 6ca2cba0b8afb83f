//! Lists go by cursor: a page and the way to the next one. Never an offset.

use crate::problem::Problem;
use mailcase_store::{PAGE_DEFAULT, PAGE_MAX, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Give it as `cursor` to get the next page; `null` on the last page.
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// A list that is always answered as a whole.
    pub(crate) const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// A page of the store, as it is shown.
    pub(crate) fn of<S>(page: mailcase_store::Page<S>, shown: impl FnMut(S) -> T) -> Self {
        Self { items: page.items.into_iter().map(shown).collect(), next: page.next }
    }
}

/// Where a page starts and how long it is.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// Items per page, at most 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
}

impl PageQuery {
    pub(crate) fn request(self) -> Result<PageRequest, Problem> {
        request(self.cursor, self.limit)
    }
}

/// The page asked for, if there can be one.
pub(crate) fn request(cursor: Option<String>, limit: Option<u32>) -> Result<PageRequest, Problem> {
    let limit = limit.map_or(Some(PAGE_DEFAULT), |limit| usize::try_from(limit).ok());
    match limit {
        Some(limit @ 1..=PAGE_MAX) => Ok(PageRequest { cursor, limit }),
        _ => Err(Problem::invalid("limit", format!("choose 1 to {PAGE_MAX}"))),
    }
}
