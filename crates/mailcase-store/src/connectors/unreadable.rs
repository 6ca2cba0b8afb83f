//! Connectors whose row this version cannot read: written by a newer one, or damaged. They are shown with the reason
//! and left alone; they never hold up the others.

use super::status::ErrorFacts;
use crate::error::{Result, StoreError};
use crate::sql::{Row, json};
use jiff::Timestamp;
use mailcase_core::ConnectorId;
use mailcase_core::connector::{Connector, ConnectorSettings, Origin};
use serde_json::{Value, json};
use std::fmt;

/// The stable word of the error shown at such a connector.
pub(crate) const CODE: &str = "settings";

/// Why a row cannot be read. Says where, never what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    what: &'static str,
    why: String,
}

impl Unreadable {
    fn new(what: &'static str, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let named = ["unknown field", "missing field"].iter().any(|start| text.starts_with(start));
        let why = match text.split(", expected").next() {
            Some(field) if named => field.split(" at line").next().unwrap_or_default().to_owned(),
            _ if error.is_data() => format!("something new or damaged at column {}", error.column()),
            _ => format!("they are damaged at column {}", error.column()),
        };
        Self { what, why }
    }

    pub(crate) fn facts(&self, at: Timestamp) -> ErrorFacts {
        ErrorFacts {
            code: CODE.to_owned(),
            message: self.to_string(),
            hint: Some("Start the version that wrote them, or enter the settings again.".to_owned()),
            at,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its {} cannot be read: {}", self.what, self.why)
    }
}

/// A connector as far as it can be read. With `Some` reason its settings are stand-ins, to be shown and never run.
///
/// # Errors
/// When not even its identifiers can be read.
pub(crate) fn read(row: &Row) -> Result<(Connector, Option<Unreadable>)> {
    let text = row.text("settings")?;
    let settings = serde_json::from_str::<ConnectorSettings>(&text);
    let origin = serde_json::from_str::<Origin>(&row.text("origin")?);
    let unreadable = match (&settings, &origin) {
        (Err(error), _) => Some(Unreadable::new("settings", error)),
        (_, Err(error)) => Some(Unreadable::new("origin", error)),
        _ => None,
    };
    let connector = Connector {
        id: row.named("id")?,
        organization: row.named("organization_id")?,
        settings: settings.or_else(|_| stand_in(row, &text))?,
        active: row.flag("active")?,
        origin: origin.unwrap_or(Origin::Api),
        revision: row.int("revision")?,
    };
    Ok((connector, unreadable))
}

/// The connectors of `rows` that can be read at all; with each, why it may only be shown.
pub(crate) fn read_each(rows: &[Row]) -> impl Iterator<Item = (&Row, Connector, Option<Unreadable>)> {
    rows.iter().filter_map(|row| match read(row) {
        Ok((connector, unreadable)) => Some((row, connector, unreadable)),
        Err(error) => {
            tracing::error!(%error, "a connector cannot be read and is left out");
            None
        }
    })
}

/// The connectors of `rows` that can be run.
pub(crate) fn readable(rows: &[Row]) -> Vec<Connector> {
    read_each(rows)
        .filter(|(_, _, unreadable)| unreadable.is_none())
        .map(|(_, connector, _)| connector)
        .collect()
}

/// What can be told of settings that cannot be read: their names, which have columns of their own, and the kind.
fn stand_in(row: &Row, text: &str) -> Result<ConnectorSettings> {
    let known: Value = serde_json::from_str(text).unwrap_or_default();
    let kind = known.get("kind").and_then(Value::as_str).unwrap_or("unknown");
    let settings = json!({ "name": row.text("name")?, "api_name": row.text("api_name")?, "kind": kind });
    serde_json::from_value(settings).map_err(StoreError::decode)
}

/// The status kept with an unreadable connector, as JSON, and whether it was not there before.
pub(crate) fn noted(row: &Row, unreadable: &Unreadable, at: Timestamp) -> Result<(String, bool)> {
    let facts = unreadable.facts(at);
    let before = row.opt_json::<ErrorFacts>("last_error").ok().flatten();
    let new = before.is_none_or(|before| before.message != facts.message);
    Ok((json(&facts)?, new))
}

/// Tells the server's log once.
pub(crate) fn tell(connector: ConnectorId, unreadable: &Unreadable) {
    tracing::error!(%connector, reason = %unreadable, "a connector is not run");
}
