//! Statements over many rows, in few round trips.

use super::{Row, Tx, Value};
use crate::error::Result;
use sqlx::AssertSqlSafe;
use std::fmt::Write as _;

/// Rows per statement, largest first. Few different sizes make few different texts, so that prepared statements
/// are found again; the largest times the widest row stays below what SQLite (32,766) and PostgreSQL (65,535) bind.
const ROWS: [usize; 5] = [512, 128, 32, 8, 1];
/// Values bound to one statement at most: SQLite's limit is 32,766.
const VALUES_MAX: usize = 30_000;

/// Writes `($1, $2), ($3, $4), …` for `rows` rows of `columns` values, starting behind `bound` others.
fn placeholders(out: &mut String, rows: usize, columns: usize, bound: usize) {
    let mut n = bound;
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            n = n.saturating_add(1);
            let separator = if column == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            if write!(out, "{separator}${n}").is_err() {
                return;
            }
        }
        out.push(')');
    }
}

fn rows_that_fit(waiting: usize, columns: usize) -> usize {
    let most = VALUES_MAX.checked_div(columns.max(1)).unwrap_or(1).max(1);
    ROWS.into_iter().find(|&size| size <= waiting && size <= most).unwrap_or(1)
}

/// Runs `head` + `VALUES (…), …` + `tail` for all `rows`, which have the same number of values each; returns how
/// many rows were changed. `head` and `tail` are program text, never data.
pub(crate) async fn insert_rows(
    tx: &mut Tx,
    head: &'static str,
    tail: &'static str,
    rows: Vec<Vec<Value>>,
) -> Result<u64> {
    let mut changed = 0_u64;
    for (sql, values) in statements(head, tail, Vec::new(), rows) {
        changed = changed.saturating_add(tx.execute(AssertSqlSafe(sql), values).await?);
    }
    Ok(changed)
}

/// Like [`insert_rows`], for statements that answer with rows; `first` is bound before the rows in each of them.
pub(crate) async fn values_rows(
    tx: &mut Tx,
    head: &'static str,
    tail: &'static str,
    first: Vec<Value>,
    rows: Vec<Vec<Value>>,
) -> Result<Vec<Row>> {
    let mut answer = Vec::new();
    for (sql, values) in statements(head, tail, first, rows) {
        answer.extend(tx.fetch_all(AssertSqlSafe(sql), values).await?);
    }
    Ok(answer)
}

fn statements(
    head: &'static str,
    tail: &'static str,
    first: Vec<Value>,
    rows: Vec<Vec<Value>>,
) -> impl Iterator<Item = (String, Vec<Value>)> {
    let columns = rows.first().map_or(0, Vec::len);
    let mut waiting = rows.len();
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        if waiting == 0 {
            return None;
        }
        let size = rows_that_fit(waiting, columns);
        waiting = waiting.saturating_sub(size);
        let mut sql =
            String::with_capacity(size.saturating_mul(columns).saturating_mul(7).saturating_add(256));
        sql.push_str(head);
        sql.push_str(" VALUES ");
        placeholders(&mut sql, size, columns, first.len());
        sql.push(' ');
        sql.push_str(tail);
        let mut values = first.clone();
        values.extend(rows.by_ref().take(size).flatten());
        Some((sql, values))
    })
}

/// `$first, …, $last` for an `IN (…)` over `count` values behind `bound` others. The count is rounded up to a
/// power of two, so that there are few texts; [`pad`](in_list) repeats the last value to fill it.
pub(crate) fn in_list(bound: usize, mut values: Vec<Value>) -> (String, Vec<Value>) {
    let size = values.len().max(1).next_power_of_two();
    if let Some(last) = values.last().cloned() {
        values.resize(size, last);
    }
    let mut list = String::with_capacity(values.len().saturating_mul(6));
    placeholders(&mut list, 1, values.len(), bound);
    (list, values)
}
