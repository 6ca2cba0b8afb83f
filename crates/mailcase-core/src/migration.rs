//! Going on with another source: a connector that saw its mailbox by one protocol and shall see it by another.

use crate::case::named;
use crate::connector::ConnectorSettings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;

named! {
    /// How far a connector is on its way to another source.
    pub enum MigrationState, "state of a migration" {
        /// The other source is compared with the one in use, and changes nothing.
        Shadow = "shadow",
        /// The other source is the one that was left: there is a way back.
        Switched = "switched",
    }
}

/// What of a connector's settings belongs to its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    pub kind: String,
    pub connection: Map<String, Value>,
    /// As many as the source it stands beside has, in the same order; empty for the default one.
    pub folders: Vec<String>,
}

impl ConnectorSettings {
    #[must_use]
    pub fn source(&self) -> SourceSettings {
        let Self { kind, connection, folders, .. } = self.clone();
        SourceSettings { kind, connection, folders }
    }

    /// The same connector with another source.
    #[must_use]
    pub fn with_source(&self, source: &SourceSettings) -> Self {
        let SourceSettings { kind, connection, folders } = source.clone();
        Self { kind, connection, folders, ..self.clone() }
    }
}
