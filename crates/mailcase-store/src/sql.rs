//! The bridge to the two database engines: one SQL text with `$n`, one kind of value, one kind of row.
//!
//! Everything bound passes through [`Value`]: it strips NUL from text, which PostgreSQL refuses. Booleans are
//! 0 and 1, times are microseconds since 1970, identifiers are text.

use crate::error::{Result, StoreError};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{Arguments, Decode, Postgres, Row as _, SqlSafeStr, Sqlite, Type};
use std::str::FromStr;

mod conditions;
mod rows;
mod value;

pub(crate) use conditions::Conditions;
pub(crate) use rows::{in_list, insert_rows, values_rows};
pub(crate) use value::{Value, args, json};

/// The connections to one database.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    /// SQLite has one writer at a time: a pool of one connection queues fairly, several do not.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction that writes. Rolled back when dropped.
pub(crate) enum Tx {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// One row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

fn sqlite_arguments(values: Vec<Value>) -> Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        value.bind(&mut arguments).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn pg_arguments(values: Vec<Value>) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        value.bind(&mut arguments).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

impl Pool {
    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Begins a transaction that will write. SQLite takes the write lock now: a transaction that reads first and
    /// writes later fails when another one wrote in between.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    pub(crate) async fn fetch_all(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>> {
        Ok(match self {
            Self::Sqlite { readers, .. } => {
                let rows = sqlx::query_with(sql, sqlite_arguments(values)?).fetch_all(readers).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(pool) => {
                let rows = sqlx::query_with(sql, pg_arguments(values)?).fetch_all(pool).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(crate) async fn fetch_optional(
        &self,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<Option<Row>> {
        Ok(self.fetch_all(sql, values).await?.into_iter().next())
    }

    pub(crate) async fn fetch_one(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Row> {
        self.fetch_optional(sql, values).await?.ok_or(StoreError::missing("row"))
    }

    /// Runs one writing statement in a transaction of its own; returns how many rows it changed.
    pub(crate) async fn execute(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64> {
        let mut tx = self.begin().await?;
        let changed = tx.execute(sql, values).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

impl Tx {
    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// `sqlite` or `postgres`, whichever this is: for the few texts that differ.
    pub(crate) const fn choose<T: Copy>(&self, sqlite: T, postgres: T) -> T {
        if self.is_postgres() { postgres } else { sqlite }
    }

    pub(crate) async fn fetch_all(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>> {
        Ok(match self {
            Self::Sqlite(tx) => {
                let rows = sqlx::query_with(sql, sqlite_arguments(values)?).fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(tx) => {
                let rows = sqlx::query_with(sql, pg_arguments(values)?).fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(crate) async fn fetch_optional(
        &mut self,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<Option<Row>> {
        Ok(self.fetch_all(sql, values).await?.into_iter().next())
    }

    pub(crate) async fn fetch_one(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Row> {
        self.fetch_optional(sql, values).await?.ok_or(StoreError::missing("row"))
    }

    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(tx) => {
                sqlx::query_with(sql, sqlite_arguments(values)?).execute(&mut **tx).await?.rows_affected()
            }
            Self::Postgres(tx) => {
                sqlx::query_with(sql, pg_arguments(values)?).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

impl Row {
    pub(crate) fn get<T>(&self, column: &str) -> Result<T>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64> {
        self.get(column)
    }

    pub(crate) fn text(&self, column: &str) -> Result<String> {
        self.get(column)
    }

    pub(crate) fn opt_text(&self, column: &str) -> Result<Option<String>> {
        self.get(column)
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        self.get(column)
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }

    /// A count or size; the database holds it signed.
    pub(crate) fn count(&self, column: &str) -> Result<u64> {
        u64::try_from(self.int(column)?).map_err(StoreError::decode)
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp> {
        Timestamp::from_microsecond(self.int(column)?).map_err(StoreError::decode)
    }

    pub(crate) fn opt_time(&self, column: &str) -> Result<Option<Timestamp>> {
        let micros: Option<i64> = self.get(column)?;
        micros.map(Timestamp::from_microsecond).transpose().map_err(StoreError::decode)
    }

    /// A value kept under its name: an identifier, a state, a role.
    pub(crate) fn named<T>(&self, column: &str) -> Result<T>
    where
        T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        self.text(column)?.parse().map_err(StoreError::decode)
    }

    pub(crate) fn opt_named<T>(&self, column: &str) -> Result<Option<T>>
    where
        T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        self.opt_text(column)?.map(|text| text.parse()).transpose().map_err(StoreError::decode)
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        serde_json::from_str(&self.text(column)?).map_err(StoreError::decode)
    }

    pub(crate) fn opt_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        self.opt_text(column)?.map(|text| serde_json::from_str(&text)).transpose().map_err(StoreError::decode)
    }
}

/// How often a transaction is run again when the database chose it as a victim.
pub(crate) const TRANSACTION_TRIES: u32 = 8;

/// Runs an expression that makes one transaction; again while the database says that this helps. The one place
/// where deadlocks and lost races are answered. A macro, because the expression is built anew for each try.
macro_rules! retrying {
    ($transaction:expr) => {{
        let mut tries = 1_u32;
        loop {
            match $transaction.await {
                Err(error) if error.is_transient() && tries < $crate::sql::TRANSACTION_TRIES => {
                    tracing::debug!(%error, tries, "a transaction is run again");
                    tokio::time::sleep($crate::sql::pause_before_retry(tries)).await;
                    tries = tries.saturating_add(1);
                }
                done => break done,
            }
        }
    }};
}
pub(crate) use retrying;

/// Grows with each try; random, so that two losers do not meet again.
pub(crate) fn pause_before_retry(tries: u32) -> std::time::Duration {
    std::time::Duration::from_millis(rand::random_range(1..=5_u64.saturating_mul(tries.into())))
}
