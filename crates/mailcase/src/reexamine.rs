//! `mailcase reexamine`: the archive looked at again with the parser of today.

use crate::config::Config;
use crate::progress::Bar;
use crate::terminal::line;
use crate::{Outcome, state};
use mailcase_engine::{Again, Changes, Reexamined, count_again, reexamine};

/// Failures named one by one; the rest is counted.
const FAILURES_NAMED: usize = 20;

pub(crate) async fn run(config: Config, all: bool) -> anyhow::Result<Outcome> {
    let (store, _) = state::open_existing(&config).await?;
    let again = if all { Again::All } else { Again::Outdated };
    let meant = usize::try_from(count_again(&store, again).await?)?;
    let bar = Bar::new("Examining");
    let mut total = Total::default();
    let outcome = reexamine(&store, again, |one| {
        total.add(one);
        bar.count(total.messages, meant);
    });
    outcome.await?;
    bar.finish();
    store.close().await;
    total.print()
}

/// What all messages come to.
#[derive(Debug, Default)]
struct Total {
    messages: usize,
    changed: usize,
    sum: Changes,
    failures: Vec<String>,
    failed: usize,
}

impl Total {
    fn add(&mut self, one: Reexamined) {
        self.messages += 1;
        match one {
            Reexamined::Done { changes, .. } => {
                self.changed += usize::from(!changes.is_empty());
                self.sum.indicators_found += changes.indicators_found;
                self.sum.indicators_gone += changes.indicators_gone;
                self.sum.parts_found += changes.parts_found;
                self.sum.parts_gone += changes.parts_gone;
                self.sum.defects_found += changes.defects_found;
                self.sum.defects_gone += changes.defects_gone;
                self.sum.opened += changes.opened;
            }
            Reexamined::Failed { message, error } => {
                self.failed += 1;
                if self.failures.len() < FAILURES_NAMED {
                    self.failures.push(format!("{message} keeps the evidence it has: {error}"));
                }
            }
        }
    }

    fn print(&self) -> anyhow::Result<Outcome> {
        let Changes { indicators_found, indicators_gone, parts_found, parts_gone, .. } = self.sum;
        let Changes { defects_found, defects_gone, opened, .. } = self.sum;
        line(format!(
            "{} messages examined again, {} of them read differently",
            self.messages, self.changed
        ))?;
        for (what, found, gone) in [
            ("indicators", indicators_found, indicators_gone),
            ("parts", parts_found, parts_gone),
            ("defects", defects_found, defects_gone),
        ] {
            if found + gone > 0 {
                line(format!("{what}: {found} found, {gone} no longer there"))?;
            }
        }
        if opened > 0 {
            line(format!("{opened} things that could not be read before were read"))?;
        }
        self.failures.iter().try_for_each(line)?;
        if self.failed > self.failures.len() {
            line(format!("and {} more", self.failed - self.failures.len()))?;
        }
        Ok(if self.failed > 0 { Outcome::NeedsAttention } else { Outcome::Done })
    }
}
