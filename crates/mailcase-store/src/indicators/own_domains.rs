//! Own domains as marks. They are said once, in the organization's origin settings, and reach indicators like a mark of a
//! domain with all below it.

use super::{IndicatorMark, MarkTarget, MarksFilter};
use crate::Store;
use crate::error::{Result, StoreError};
use crate::origin_settings::KeptOriginSettings;
use crate::page::{bad_cursor, decode, text_cursor};
use jiff::Timestamp;
use mailcase_core::OrganizationId;
use mailcase_core::indicator::{Judgement, MarkScope, MarkSource};
use mailcase_indicators::host;
use std::collections::HashSet;

/// What the cursors begin with that lead on in the own domains; those of marks begin with a number.
const CURSOR: &str = "own/";

impl Store {
    /// The own domains, in the order of the settings.
    pub(super) async fn own_domain_marks(&self, org: OrganizationId) -> Result<Vec<IndicatorMark>> {
        Ok(marks(&self.origin_settings(org).await?))
    }

    /// Refuses marks that would say of a domain something beside the settings.
    pub(super) async fn refuse_beside_own_domains(
        &self,
        org: OrganizationId,
        target: &MarkTarget,
        mark: Judgement,
    ) -> Result<()> {
        if !matches!(target, MarkTarget::Below(_)) {
            return Ok(());
        }
        if mark == Judgement::Own {
            let text = "own domains are named in Settings, Own domains; all at and below them counts as own";
            return Err(StoreError::Settings(text.to_owned()));
        }
        if self.own_domain_marks(org).await?.iter().any(|own| own.target == *target) {
            let text = "this is one of the own domains; take it out of Settings, Own domains, first";
            return Err(StoreError::Settings(text.to_owned()));
        }
        Ok(())
    }
}

fn marks(kept: &KeptOriginSettings) -> Vec<IndicatorMark> {
    // What is everybody's is nobody's own: kept before it was refused, it must not fold half the Internet away.
    let names = kept.settings.domains.iter().filter_map(|name| host::ascii(name));
    let mut once = HashSet::new();
    let names = names.filter(|name| !host::is_everybodys(name) && once.insert(name.clone()));
    let marked_at = kept.updated_at.unwrap_or(Timestamp::UNIX_EPOCH);
    names
        .map(|name| IndicatorMark {
            target: MarkTarget::Below(name),
            mark: Judgement::Own,
            source: MarkSource::OwnDomains,
            note: String::new(),
            // Who changed the settings last need not be who named the domain.
            marked_by: None,
            marked_at,
        })
        .collect()
}

impl MarksFilter {
    pub(super) fn takes_own_domains(self) -> bool {
        self.mark.is_none_or(|mark| mark == Judgement::Own)
            && self.scope.is_none_or(|scope| scope == MarkScope::Below)
    }
}

/// How many own domains were listed already; `None` when they all were, and marks with them.
pub(super) fn listed(cursor: Option<&str>) -> Result<Option<usize>> {
    let Some(cursor) = cursor else { return Ok(Some(0)) };
    let text = decode(cursor)?;
    text.strip_prefix(CURSOR).map(|number| number.parse().map_err(|_| bad_cursor())).transpose()
}

pub(super) fn cursor(listed: usize) -> String {
    text_cursor(&format!("{CURSOR}{listed}"))
}
