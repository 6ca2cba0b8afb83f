//! The two sources of a connector change places: nothing is taken twice, nothing is missed.
//!
//! While it happens nobody runs the connector. The other source lists each folder whole and goes on from there. Of what
//! it lists, a message the ledger knows by its name in the source so far is known; one that the first run of that source
//! left out stays out; every other one is new, whether it came a second ago or is seen by the other source alone.

use super::{Pair, PairedFolder, Sources, no_other_source};
use crate::engine::SERVER;
use crate::error::EngineError;
use crate::remote::Remote;
use mailcase_core::connector::FetchMode;
use mailcase_core::{ConnectorId, OrganizationId};
use mailcase_mail::{Cursor, MailSource, RemoteHead, RemoteId, Scope, SourceError};
use mailcase_store::{Lease, NewAudit, NewDelivery, Passed, PassedFolder, Store, StoreError};
use std::collections::HashSet;
use std::time::Duration;

/// How long nobody else runs the connector; renewed while the folders are listed.
const LEASE: Duration = Duration::from_secs(30);
/// Messages listed per page of a folder.
const LISTING: usize = 5_000;
/// Ledger lines read at once.
const LEDGER_PAGE: usize = 10_000;

/// Takes the connector from whoever runs it and lets its other source go on. When that fails, everything stays as it was.
pub(crate) async fn change_places(
    store: &Store,
    remote: &dyn Remote,
    organization: OrganizationId,
    connector: ConnectorId,
    entry: NewAudit,
) -> Result<Passed, EngineError> {
    // As a server of its own: when the program is ended in the middle of it, the next one goes on at once.
    let owner = format!("{SERVER}:migration-{}", uuid::Uuid::now_v7());
    // Before anybody is disturbed.
    let other = store.other_source(organization, connector).await?.ok_or_else(no_other_source)?;
    let lease = store.seize_connector(connector, &owner, LEASE).await?;
    let passing = async {
        // Read under the lease: this is how far the source so far came.
        let connector = store.connector(organization, connector).await?;
        let pair = Pair::load(store, remote, connector, &other).await?;
        let folders = remote.plan_passing(pair).await?;
        Ok(store.recorded(entry).change_places(&lease, organization, &folders).await?)
    };
    let result = tokio::select! {
        result = passing => result,
        error = keep(store, &lease) => Err(error.into()),
    };
    if result.is_err() {
        // Its runner goes on at once; when this fails too, it does when the lease ends.
        match store.release_lease(&lease).await {
            Ok(()) | Err(StoreError::Fenced) => {}
            Err(error) => tracing::warn!(%error, "a lease could not be given back"),
        }
    }
    result
}

/// Renews the lease until that fails.
async fn keep(store: &Store, lease: &Lease) -> StoreError {
    let mut renew = tokio::time::interval(LEASE / 4);
    loop {
        renew.tick().await;
        if let Err(error) = store.renew_lease(lease, LEASE).await {
            return error;
        }
    }
}

/// What becomes of one folder.
pub(crate) async fn plan_folder<S: MailSource>(
    sources: &mut Sources<S>,
    folder: &PairedFolder,
    fetch: FetchMode,
    known: &HashSet<String>,
) -> Result<PassedFolder, SourceError> {
    let mut passed = PassedFolder {
        from: folder.here.to_string(),
        to: folder.there.to_string(),
        cursor: None,
        renamed: Vec::new(),
        new: Vec::new(),
    };
    // Never listed: the other source makes the first run.
    let Some(cursor_here) = &folder.cursor else { return Ok(passed) };
    if fetch == FetchMode::Everything {
        // What was there before the first run is told with the help of what is there now.
        sources.here.inventory(&folder.here).await?;
    }
    let (heads, cursor) = match fetch {
        FetchMode::Everything => list(&mut sources.there, folder).await?,
        // Unread messages are listed whole each time: there is nothing to go on from.
        FetchMode::Unseen => (sources.there.inventory(&folder.there).await?, None),
    };
    let ids: Vec<RemoteId> = heads.iter().map(|head| head.id.clone()).collect();
    let names = sources.names_here(&ids).await?;
    let (mut left_out, mut unnamed) = (Vec::new(), HashSet::new());
    for (head, name) in heads.into_iter().zip(names) {
        let Some(name) = name else {
            unnamed.insert(head.id);
            continue;
        };
        if known.contains(name.as_str()) {
            passed.renamed.push((name.as_str().to_owned(), head.id.as_str().to_owned()));
        } else if fetch == FetchMode::Everything {
            if sources.here.was_before_first_run(cursor_here, &name) {
                left_out.push(head.id);
            } else {
                passed.new.push(new(&head));
            }
        }
    }
    still_there(&mut sources.there, folder, &unnamed).await?;
    passed.cursor = cursor.map(|cursor| sources.there.leaving_out(&cursor, &left_out).as_str().to_owned());
    Ok(passed)
}

/// Every message of the folder, and where to go on.
async fn list<S: MailSource>(
    source: &mut S,
    folder: &PairedFolder,
) -> Result<(Vec<RemoteHead>, Option<Cursor>), SourceError> {
    let mut heads = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = source.discover(&folder.there, Scope::NewFromAll, cursor.as_ref(), LISTING).await?;
        heads.extend(page.messages);
        cursor = Some(page.cursor);
        if !page.more {
            return Ok((heads, cursor));
        }
    }
}

/// A message that vanished meanwhile needs no name. Any other without one might be taken twice.
async fn still_there<S: MailSource>(
    source: &mut S,
    folder: &PairedFolder,
    unnamed: &HashSet<RemoteId>,
) -> Result<(), SourceError> {
    if unnamed.is_empty() {
        return Ok(());
    }
    let there = source.inventory(&folder.there).await?;
    match there.iter().filter(|head| unnamed.contains(&head.id)).count() {
        0 => Ok(()),
        count => Err(SourceError::Unsupported {
            message: format!(
                "{count} messages of `{}` have no name in the source so far: they might be taken twice",
                folder.there
            ),
            hint: Some(
                "Compare the sources to see which; move them elsewhere or try again later.".to_owned(),
            ),
        }),
    }
}

fn new(head: &RemoteHead) -> NewDelivery {
    NewDelivery {
        remote_id: head.id.as_str().to_owned(),
        size: head.size,
        received: head.received,
        filtered_out: false,
    }
}

/// Every identity the ledger has of a folder.
pub(crate) async fn known(
    store: &Store,
    connector: ConnectorId,
    folder: &str,
) -> Result<HashSet<String>, EngineError> {
    let mut known = HashSet::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.known_remote(connector, folder, after.as_deref(), LEDGER_PAGE).await?;
        after = page.last().map(|last| last.remote_id.clone());
        let last_page = page.len() < LEDGER_PAGE;
        known.extend(page.into_iter().map(|known| known.remote_id));
        if last_page {
            return Ok(known);
        }
    }
}
