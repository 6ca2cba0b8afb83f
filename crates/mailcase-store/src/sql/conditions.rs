//! A `WHERE` clause put together from what a person chose. Texts are the program's, values are bound.

use super::Value;

/// Conditions that all have to hold, and their values.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Binds a value and returns its placeholder.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// The number the next bound value gets.
    pub(crate) fn next(&self) -> usize {
        self.values.len().saturating_add(1)
    }

    pub(crate) fn and(&mut self, condition: &str) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(condition);
    }

    /// `column` has the value.
    pub(crate) fn equal(&mut self, column: &str, value: impl Into<Value>) {
        let bound = self.bind(value);
        self.and(&format!("{column} = {bound}"));
    }

    /// `column` has one of the values; no values mean no condition.
    pub(crate) fn one_of(&mut self, column: &str, values: impl IntoIterator<Item = impl Into<Value>>) {
        let bound: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        if !bound.is_empty() {
            self.and(&format!("{column} IN ({})", bound.join(", ")));
        }
    }

    /// Rows behind the one with this key and identifier, in the given direction.
    pub(crate) fn behind(&mut self, key_column: &str, id_column: &str, key: i64, id: &str, descending: bool) {
        let (key, id) = (self.bind(key), self.bind(id));
        let than = if descending { "<" } else { ">" };
        self.and(&format!("({key_column}, {id_column}) {than} ({key}, {id})"));
    }

    pub(crate) fn finish(self) -> (String, Vec<Value>) {
        (self.sql, self.values)
    }
}
