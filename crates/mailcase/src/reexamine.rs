//! `mailcase reexamine`: the archive looked at again with the parser and the keys of today.

use crate::config::Config;
use crate::progress::Bar;
use crate::terminal::line;
use crate::{Outcome, state};
use mailcase_engine::reexamine;
use mailcase_evidence::Changes;
use mailcase_store::{Reexamination, ReexaminationScope, ReexaminationState, Store};

/// Failures named one by one; the rest is counted.
const FAILURES_NAMED: usize = 20;

pub(crate) async fn run(config: Config, scope: ReexaminationScope) -> anyhow::Result<Outcome> {
    let (store, _) = state::open_existing(&config).await?;
    let bar = Bar::new("Examining");
    let engine = state::engine_config(&config);
    let examining = reexamine(&store, &engine, scope, |progress| {
        bar.count(progress.examined, progress.total);
    });
    let done = examining.await?;
    bar.finish();
    let outcome = print(&store, &done).await;
    store.close().await;
    outcome
}

async fn print(store: &Store, done: &[Reexamination]) -> anyhow::Result<Outcome> {
    let sum = |count: fn(&Reexamination) -> u64| done.iter().map(count).fold(0, u64::saturating_add);
    let mut changes = Changes::default();
    done.iter().for_each(|one| changes.add(&one.changes));
    let (examined, changed) = (sum(|one| one.examined), sum(|one| one.changed));
    line(format!("{examined} messages examined again, {changed} of them read differently"))?;
    for (what, found, gone) in [
        ("indicators", changes.indicators_found, changes.indicators_gone),
        ("parts", changes.parts_found, changes.parts_gone),
        ("defects", changes.defects_found, changes.defects_gone),
    ] {
        if found > 0 || gone > 0 {
            line(format!("{what}: {found} found, {gone} no longer there"))?;
        }
    }
    if changes.opened > 0 {
        line(format!("{} things that could not be read before were read", changes.opened))?;
    }
    let failed = sum(|one| one.failed);
    print_failures(store, failed).await?;
    let mut broken = failed > 0;
    for one in done.iter().filter(|one| one.state != ReexaminationState::Done) {
        broken = true;
        match &one.last_error {
            Some(error) => line(format!("it could not go on: {error}"))?,
            None => line("it was cancelled before its end")?,
        }
    }
    Ok(if broken { Outcome::NeedsAttention } else { Outcome::Done })
}

async fn print_failures(store: &Store, failed: u64) -> anyhow::Result<()> {
    if failed == 0 {
        return Ok(());
    }
    let mut named = 0_usize;
    for organization in store.list_organizations().await? {
        let Some(last) = store.reexaminations(organization.id).await?.into_iter().next() else { continue };
        for message in store.reexamined_messages(organization.id, last.id).await? {
            if let Some(error) = message.error
                && named < FAILURES_NAMED
            {
                named += 1;
                line(format!("{} keeps the evidence it has: {error}", message.message))?;
            }
        }
    }
    let unnamed = failed.saturating_sub(named as u64);
    if unnamed > 0 {
        line(format!("and {unnamed} more"))?;
    }
    Ok(())
}
