//! The patterns of organizations, compiled once and shared by everything in the process that examines.

use crate::error::EngineError;
use crate::per_organization::PerOrganization;
use mailcase_core::OrganizationId;
use mailcase_patterns::{Pattern, PatternSet};
use mailcase_store::{Event, Store};
use tokio_util::sync::CancellationToken;

/// The patterns of all organizations, as far as somebody asked for them. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Patterns {
    store: Store,
    held: PerOrganization<PatternSet>,
}

impl Patterns {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, held: PerOrganization::default() }
    }

    /// What is run over the mail of this organization.
    ///
    /// # Errors
    /// Those of the store: without an answer nobody knows what to look for.
    pub(crate) async fn of(&self, org: OrganizationId) -> Result<PatternSet, EngineError> {
        let number = async || Ok(self.store.pattern_generation(org).await?);
        let make = async || {
            let active = self.store.active_patterns(org).await?;
            let compiling = tokio::task::spawn_blocking(move || compiled(active.patterns));
            Ok((active.generation, compiling.await.map_err(|_| EngineError::Task)?))
        };
        self.held.of(org, number, make).await
    }

    /// Forgets patterns as they change, until cancelled: what is told counts at once.
    pub(crate) async fn watch(self, cancel: CancellationToken) {
        let mut events = self.store.events();
        loop {
            let event = tokio::select! {
                () = cancel.cancelled() => return,
                event = events.next() => event,
            };
            match event {
                Event::PatternsChanged { org } => self.held.forget(org),
                Event::Lagged => self.held.forget_all(),
                _ => {}
            }
        }
    }
}

/// All that can be compiled: one kept by an earlier version that this one refuses holds up neither the others nor the mail.
fn compiled(mut patterns: Vec<Pattern>) -> PatternSet {
    loop {
        match PatternSet::new(patterns.iter().cloned()) {
            Ok(set) => return set,
            Err((index, error)) => {
                let refused = patterns.remove(index);
                tracing::error!(pattern = refused.name, %error, "a pattern cannot be run");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_patterns::{Gives, Place};
    use mailcase_store::{Actor, BlobConfig, DatabaseConfig, KeptPattern, MasterKey, NewAudit, StoreConfig};
    use std::collections::BTreeSet;
    use std::time::Duration;

    fn pattern(name: &str, expression: &str) -> Pattern {
        Pattern {
            name: name.to_owned(),
            expression: expression.to_owned(),
            ignore_case: false,
            looks_at: BTreeSet::from([Place::Body]),
            gives: Gives::Field { name: "x".to_owned() },
        }
    }

    fn names(set: &PatternSet) -> Vec<String> {
        set.patterns().map(|one| one.name.clone()).collect()
    }

    #[test]
    fn one_that_cannot_be_compiled_holds_up_no_other() {
        let set = compiled(vec![pattern("a", "("), pattern("b", "b+"), pattern("c", "[")]);
        assert_eq!(names(&set), ["b"]);
    }

    #[tokio::test]
    async fn what_another_process_changes_counts_here() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            database: DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
            blobs: BlobConfig::Disk { dir: folder.path().join("blobs") },
            master_key: MasterKey::new([7; 32]),
        };
        let here = Store::open(config.clone()).await.unwrap();
        let org = here.create_organization("Example").await.unwrap();
        let there = Patterns::new(Store::open(config).await.unwrap());
        assert!(there.of(org).await.unwrap().is_empty());
        let detail = serde_json::json!({});
        let entry = || NewAudit {
            organization: Some(org),
            actor: Actor::System,
            action: "p",
            target: None,
            detail: detail.clone(),
        };
        let kept = here.recorded(entry()).add_pattern(org, &pattern("a", "a+"), true).await.unwrap();
        // Without being told, within the time that was promised.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while names(&there.of(org).await.unwrap()) != ["a"] {
            assert!(tokio::time::Instant::now() < deadline);
            tokio::task::yield_now().await;
        }
        let off = KeptPattern { active: false, ..kept };
        here.recorded(entry()).change_pattern(org, &off).await.unwrap();
        there.held.forget(org);
        assert!(there.of(org).await.unwrap().is_empty(), "what is switched off is not run");
    }
}
