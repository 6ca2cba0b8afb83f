//! `mailcase account`: what the servers hold against what is stored.

use crate::config::Config;
use crate::connector::named;
use crate::progress::Waiting;
use crate::terminal::{line, plain};
use crate::wire::Sources;
use crate::{Outcome, state};
use mailcase_core::connector::Connector;
use mailcase_engine::{Accounting, Engine, EngineHandle, GapReason};
use std::sync::Arc;

/// Gaps listed one by one; the rest is counted, and shown in the browser.
const GAPS_SHOWN: usize = 20;

pub(crate) async fn run(config: Config, api_name: Option<&str>) -> anyhow::Result<Outcome> {
    let (store, organization) = state::open_existing(&config).await?;
    let connectors = match api_name {
        Some(api_name) => vec![named(&store, organization, api_name).await?],
        None => store
            .list_connectors(organization)
            .await?
            .into_iter()
            .filter(|connector| connector.active)
            .collect(),
    };
    if connectors.is_empty() {
        line("There are no active connectors.")?;
    }
    let handle = Engine::handle_only(store.clone(), Arc::new(Sources));
    let mut outcome = Outcome::Done;
    for connector in &connectors {
        if !one(&handle, connector).await? {
            outcome = Outcome::NeedsAttention;
        }
    }
    store.close().await;
    Ok(outcome)
}

/// Accounts for one connector and prints it; whether everything is there.
async fn one(handle: &EngineHandle, connector: &Connector) -> anyhow::Result<bool> {
    let name = &connector.settings.api_name;
    let waiting = Waiting::new(format!("Counting the messages of {name}"));
    let counted = handle.account(connector.organization, connector.id).await;
    drop(waiting);
    match counted {
        Ok(accounting) => {
            line(format!("{name}: {}", accounting.summary()))?;
            gaps(&accounting)?;
            Ok(accounting.balanced())
        }
        Err(error) => {
            line(format!("{name}: could not be counted: {error}"))?;
            Ok(false)
        }
    }
}

fn gaps(accounting: &Accounting) -> std::io::Result<()> {
    let all =
        accounting.folders.iter().flat_map(|folder| folder.gaps.iter().map(move |gap| (&folder.folder, gap)));
    for (folder, gap) in all.take(GAPS_SHOWN) {
        let size = gap.size.map_or_else(|| "unknown size".to_owned(), |size| format!("{size} bytes"));
        let reason = match gap.reason {
            GapReason::NeverListed => "never listed",
            GapReason::NeedsAttention => "could not be fetched",
            GapReason::BelievedGone => "was believed to be gone",
            GapReason::SizeDiffers => "stored with another size",
        };
        line(format!("  {} {}: {reason}, {size}", plain(folder), plain(&gap.remote_id)))?;
    }
    let hidden = accounting.gap_count().saturating_sub(GAPS_SHOWN as u64);
    if hidden > 0 {
        line(format!("  and {hidden} more"))?;
    }
    Ok(())
}
