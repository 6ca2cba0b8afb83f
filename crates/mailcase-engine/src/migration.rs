//! From one source of a mailbox to another: the two are compared while the one in use goes on, then they change places.
//! The way back is the same.

mod comparison;
mod passing;

pub use comparison::{Comparison, Difference, DifferenceKind, FolderComparison, Trouble};
pub(crate) use comparison::{compare, compare_folder};
pub(crate) use passing::{change_places, known, plan_folder};

use crate::error::EngineError;
use crate::remote::{Remote, Trial, watched_folders};
use mailcase_core::connector::Connector;
use mailcase_mail::{Cursor, FolderPath, MailSource, RemoteId, SourceError, SourceKind, Translation};
use mailcase_store::{OtherSource, Store, StoreError};

/// A connector with its two sources.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) connector: Connector,
    /// The source in use.
    pub(crate) here: Trial,
    /// The other one.
    pub(crate) there: Trial,
    pub(crate) folders: Vec<PairedFolder>,
}

/// One folder, as each source calls it.
#[derive(Debug, Clone)]
pub(crate) struct PairedFolder {
    pub(crate) here: FolderPath,
    pub(crate) there: FolderPath,
    /// How far the source in use listed it.
    pub(crate) cursor: Option<Cursor>,
}

impl Pair {
    pub(crate) async fn load(
        store: &Store,
        remote: &dyn Remote,
        connector: Connector,
        other: &OtherSource,
    ) -> Result<Self, EngineError> {
        let settings = connector.settings.with_source(&other.settings);
        let (ours, theirs) = (
            watched_folders(&connector.settings, remote.kinds()),
            watched_folders(&settings, remote.kinds()),
        );
        if ours.len() != theirs.len() {
            let message = format!(
                "the connector watches {} folders and its other source {}: choose as many, in the same order",
                ours.len(),
                theirs.len()
            );
            return Err(SourceError::Settings { message }.into());
        }
        let mut folders = Vec::with_capacity(ours.len());
        for (here, there) in ours.into_iter().zip(theirs) {
            let cursor = store.folder_cursor(connector.id, here.as_str()).await?.map(Cursor::new);
            folders.push(PairedFolder { here, there, cursor });
        }
        let granted_to = Some(connector.id);
        let secrets = store.connector_secrets(connector.id).await?;
        let here = Trial { settings: connector.settings.clone(), secrets, granted_to };
        let secrets = store.other_source_secrets(connector.id).await?;
        Ok(Self { connector, here, there: Trial { settings, secrets, granted_to }, folders })
    }
}

/// The two sources, open.
#[derive(Debug)]
pub(crate) struct Sources<S> {
    pub(crate) here: S,
    pub(crate) there: S,
    kind_here: &'static str,
    kind_there: &'static str,
}

impl<S: MailSource> Sources<S> {
    /// # Errors
    /// When no connector of the one kind can go on as one of the other.
    pub(crate) fn new(here: S, there: S, pair: &Pair, kinds: &[SourceKind]) -> Result<Self, SourceError> {
        let named = |name: &str| kinds.iter().find(|kind| kind.kind == name);
        let (ours, theirs) = (named(&pair.here.settings.kind), named(&pair.there.settings.kind));
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours.successors.contains(&theirs.kind) => {
                Ok(Self { here, there, kind_here: ours.kind, kind_there: theirs.kind })
            }
            _ => Err(SourceError::Settings {
                message: format!(
                    "a connector of the kind `{}` cannot go on as one of the kind `{}`",
                    pair.here.settings.kind, pair.there.settings.kind
                ),
            }),
        }
    }

    /// What the source in use calls messages of the other one.
    async fn names_here(&mut self, ids: &[RemoteId]) -> Result<Vec<Option<RemoteId>>, SourceError> {
        let names = match self.there.translate(ids, Translation::Into(self.kind_here)).await {
            // One of the two can: when neither does, the first has the better reason.
            Err(error @ SourceError::Unsupported { .. }) => {
                match self.here.translate(ids, Translation::From(self.kind_there)).await {
                    Err(SourceError::Unsupported { .. }) => return Err(error),
                    other => other?,
                }
            }
            other => other?,
        };
        if names.len() == ids.len() {
            return Ok(names);
        }
        let message = format!("{} of {} identities were translated", names.len(), ids.len());
        Err(SourceError::Protocol { message })
    }
}

pub(crate) fn no_other_source() -> EngineError {
    StoreError::NotFound { what: "other source" }.into()
}
