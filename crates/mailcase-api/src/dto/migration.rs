//! A connector on its way from one source to another.

use jiff::Timestamp;
use mailcase_core::migration::MigrationState;
use mailcase_engine::{Comparison, Difference, DifferenceKind, FolderComparison, Trouble};
use mailcase_store::{OtherSource, Passed, StoreError};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The source a connector may go on with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartMigration {
    /// One of the `successors` of the connector's kind.
    pub(crate) kind: String,
    #[schema(value_type = Object)]
    pub(crate) connection: serde_json::Map<String, serde_json::Value>,
    /// As many as the connector watches, in the same order; empty for the default one.
    #[serde(default)]
    pub(crate) folders: Vec<String>,
    /// By name, as the kind lists them.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    pub(crate) secrets: BTreeMap<String, Option<SecretString>>,
}

/// Whether a connector is on its way to another source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MigrationStatus {
    pub(crate) migration: Option<MigrationView>,
}

/// The other source of a connector.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MigrationView {
    pub(crate) state: MigrationStateView,
    pub(crate) kind: String,
    #[schema(value_type = Object)]
    pub(crate) connection: serde_json::Map<String, serde_json::Value>,
    pub(crate) folders: Vec<String>,
    pub(crate) started_at: Timestamp,
    pub(crate) started_by: Option<String>,
    /// When the two sources last changed places.
    pub(crate) switched_at: Option<Timestamp>,
    /// How often they were compared since.
    pub(crate) comparisons: u64,
    /// Of these, the last ones in a row that found no difference.
    pub(crate) agreements: u64,
    pub(crate) comparison: Option<ComparisonView>,
}

/// How far a migration is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MigrationStateView {
    /// The other source is compared with the one in use.
    Shadow,
    /// The other source is the one that was left; it can be gone back to.
    Switched,
}

impl From<MigrationState> for MigrationStateView {
    fn from(state: MigrationState) -> Self {
        match state {
            MigrationState::Shadow => Self::Shadow,
            MigrationState::Switched => Self::Switched,
        }
    }
}

/// What comparing the two sources came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparisonView {
    pub(crate) at: Timestamp,
    /// Both see the same messages.
    pub(crate) agrees: bool,
    /// Why they could not be compared.
    pub(crate) trouble: Option<TroubleView>,
    pub(crate) folders: Vec<FolderComparisonView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TroubleView {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FolderComparisonView {
    /// As the source in use calls it.
    pub(crate) here: String,
    pub(crate) there: String,
    /// Messages both sources see.
    pub(crate) both: u64,
    /// Messages the other source does not see.
    pub(crate) only_here: u64,
    /// Messages the source in use does not see.
    pub(crate) only_there: u64,
    /// Messages of the other source of which nobody can say what the source in use calls them.
    pub(crate) unnamed: u64,
    /// The first 50 of these.
    pub(crate) differences: Vec<DifferenceView>,
    /// Messages read through the other source and compared with what is stored.
    pub(crate) read: u64,
    /// Of these, equal in every byte.
    pub(crate) equal: u64,
}

/// A message the sources do not agree about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferenceView {
    pub(crate) remote_id: String,
    pub(crate) what: DifferenceKindView,
    pub(crate) size: Option<u64>,
    pub(crate) received: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DifferenceKindView {
    OnlyHere,
    OnlyThere,
    Unnamed,
}

/// What changing the source came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceChanged {
    /// Messages that are known and go on under the identity the new source has for them.
    pub(crate) known: u64,
    /// Messages that the source so far had not listed.
    pub(crate) new: u64,
}

impl From<Passed> for SourceChanged {
    fn from(Passed { renamed, new }: Passed) -> Self {
        Self { known: renamed, new }
    }
}

impl TryFrom<OtherSource> for MigrationView {
    type Error = StoreError;

    fn try_from(other: OtherSource) -> Result<Self, StoreError> {
        let comparison = other.comparison::<Comparison>()?;
        Ok(Self {
            state: other.state.into(),
            kind: other.settings.kind,
            connection: other.settings.connection,
            folders: other.settings.folders,
            started_at: other.started_at,
            started_by: other.started_by,
            switched_at: other.switched_at,
            comparisons: other.comparisons,
            agreements: other.agreements,
            comparison: comparison.map(Into::into),
        })
    }
}

impl From<Comparison> for ComparisonView {
    fn from(comparison: Comparison) -> Self {
        Self {
            at: comparison.at,
            agrees: comparison.agrees(),
            trouble: comparison.trouble.map(|Trouble { message, hint }| TroubleView { message, hint }),
            folders: comparison.folders.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<FolderComparison> for FolderComparisonView {
    fn from(folder: FolderComparison) -> Self {
        let FolderComparison { here, there, both, only_here, only_there, unnamed, differences, read, equal } =
            folder;
        let differences = differences.into_iter().map(Into::into).collect();
        Self { here, there, both, only_here, only_there, unnamed, differences, read, equal }
    }
}

impl From<Difference> for DifferenceView {
    fn from(difference: Difference) -> Self {
        let Difference { remote_id, what, size, received } = difference;
        let what = match what {
            DifferenceKind::OnlyHere => DifferenceKindView::OnlyHere,
            DifferenceKind::OnlyThere => DifferenceKindView::OnlyThere,
            DifferenceKind::Unnamed => DifferenceKindView::Unnamed,
        };
        Self { remote_id, what, size, received }
    }
}
