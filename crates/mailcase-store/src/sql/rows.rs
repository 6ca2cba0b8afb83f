//! Statements over many rows, in few round trips.

use super::{Row, Tx, Value};
use crate::error::Result;
use sqlx::AssertSqlSafe;
use std::fmt::Write as _;

/// Rows per statement, largest first. Few different sizes make few different texts, so that prepared statements
/// are found again.
const ROWS: [usize; 6] = [512, 128, 32, 8, 2, 1];
/// Values bound to one statement at most: SQLite's limit is 32,766, PostgreSQL's 65,535.
const VALUES_MAX: usize = 30_000;
/// The same where SQLite's values are numbered: it looks each number up in a list, one by one.
const NUMBERED_MAX: usize = 400;

/// How placeholders are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placeholders {
    /// `$1, $2, …`
    Numbered,
    /// `?, ?, …`: SQLite only, where it is far faster.
    Bare,
}

/// Writes `($1, $2), ($3, $4), …` for `rows` rows of `columns` values, starting behind `bound` others.
fn write_placeholders(out: &mut String, style: Placeholders, rows: usize, columns: usize, bound: usize) {
    let mut n = bound;
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            n = n.saturating_add(1);
            out.push_str(if column == 0 { "" } else { ", " });
            let written = match style {
                Placeholders::Numbered => write!(out, "${n}"),
                Placeholders::Bare => out.write_char('?'),
            };
            // Writing to a String cannot fail.
            if written.is_err() {
                return;
            }
        }
        out.push(')');
    }
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
    let postgres = tx.is_postgres();
    for (sql, values) in statements(postgres, head, tail, Vec::new(), rows) {
        changed = changed.saturating_add(tx.execute(AssertSqlSafe(sql), values).await?);
    }
    Ok(changed)
}

/// Like [`insert_rows`], for statements that answer with rows; `first` is bound before the rows in each of them, as
/// `$1` and so on.
pub(crate) async fn values_rows(
    tx: &mut Tx,
    head: &'static str,
    tail: &'static str,
    first: Vec<Value>,
    rows: Vec<Vec<Value>>,
) -> Result<Vec<Row>> {
    let mut answer = Vec::new();
    let postgres = tx.is_postgres();
    for (sql, values) in statements(postgres, head, tail, first, rows) {
        answer.extend(tx.fetch_all(AssertSqlSafe(sql), values).await?);
    }
    Ok(answer)
}

fn statements(
    postgres: bool,
    head: &'static str,
    tail: &'static str,
    first: Vec<Value>,
    rows: Vec<Vec<Value>>,
) -> impl Iterator<Item = (String, Vec<Value>)> {
    let columns = rows.first().map_or(0, Vec::len);
    let (style, values_max) = match (postgres, first.is_empty()) {
        (true, _) => (Placeholders::Numbered, VALUES_MAX),
        (false, true) => (Placeholders::Bare, VALUES_MAX),
        (false, false) => (Placeholders::Numbered, NUMBERED_MAX),
    };
    let most = values_max.checked_div(columns.max(1)).unwrap_or(1).max(1);
    let mut waiting = rows.len();
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        if waiting == 0 {
            return None;
        }
        let size = ROWS.into_iter().find(|&size| size <= waiting && size <= most).unwrap_or(1);
        waiting = waiting.saturating_sub(size);
        let mut sql =
            String::with_capacity(size.saturating_mul(columns).saturating_mul(7).saturating_add(256));
        sql.push_str(head);
        sql.push_str(" VALUES ");
        write_placeholders(&mut sql, style, size, columns, first.len());
        sql.push(' ');
        sql.push_str(tail);
        let mut values = first.clone();
        values.extend(rows.by_ref().take(size).flatten());
        Some((sql, values))
    })
}

/// `($n, …)` for an `IN` over the values, behind `bound` others. Their number is rounded up to a power of two by
/// repeating the last one, so that there are few texts.
pub(crate) fn in_list(bound: usize, mut values: Vec<Value>) -> (String, Vec<Value>) {
    let size = values.len().max(1).next_power_of_two();
    if let Some(last) = values.last().cloned() {
        values.resize(size, last);
    }
    let mut list = String::with_capacity(values.len().saturating_mul(6));
    write_placeholders(&mut list, Placeholders::Numbered, 1, values.len(), bound);
    (list, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_exactly_one_statement_and_limits_hold() {
        for (postgres, first, columns, rows, largest) in [
            (true, 0, 3, 1300, 512),
            (false, 0, 3, 1300, 512),
            (false, 2, 3, 1300, 128),
            (false, 0, 400, 100, 32),
        ] {
            let first = vec![Value::from(0_i64); first];
            let all = (0..rows).map(|n: i64| vec![Value::from(n); columns]).collect();
            let made: Vec<_> = statements(postgres, "I", "T", first.clone(), all).collect();
            let mut seen = 0;
            for (sql, values) in &made {
                let own = values.len() - first.len();
                assert!(values.len() <= VALUES_MAX && own / columns <= largest);
                assert_eq!(sql.matches(['$', '?']).count(), own);
                for row in values[first.len()..].chunks(columns) {
                    assert!(row.iter().all(|value| matches!(value, Value::Int(Some(n)) if *n == seen)));
                    seen += 1;
                }
            }
            assert_eq!(seen, rows);
        }
        assert_eq!(statements(true, "I", "T", vec![], vec![]).count(), 0);
    }

    #[test]
    fn lists_are_padded() {
        let (list, values) = in_list(1, vec![Value::from(7_i64); 3]);
        assert_eq!((list.as_str(), values.len()), ("($2, $3, $4, $5)", 4));
    }
}
