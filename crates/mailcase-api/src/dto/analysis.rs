//! What of a file is wanted.

use super::evidence::{EnvelopeView, EvidenceView};
use crate::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnalysisQuery {
    /// What is told, separated by commas: `headers`, `body`, `parts`, `indicators`; everything when left out.
    pub(crate) include: Option<String>,
}

/// A part of the evidence that may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Headers,
    Body,
    Parts,
    Indicators,
}

impl Section {
    pub(crate) const ALL: [Self; 4] = [Self::Headers, Self::Body, Self::Parts, Self::Indicators];

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "headers" => Self::Headers,
            "body" => Self::Body,
            "parts" => Self::Parts,
            "indicators" => Self::Indicators,
            _ => return None,
        })
    }

    pub(crate) fn leave_out(self, evidence: &mut EvidenceView) {
        match self {
            Self::Headers => {
                evidence.headers.clear();
                evidence.received.clear();
                evidence.envelope = EnvelopeView::default();
            }
            Self::Body => evidence.text = None,
            Self::Parts => evidence.root.children.clear(),
            Self::Indicators => {
                evidence.indicators.clear();
                evidence.set_aside.clear();
            }
        }
    }
}

impl AnalysisQuery {
    pub(crate) fn sections(&self) -> Result<Vec<Section>, Problem> {
        let Some(include) = &self.include else { return Ok(Section::ALL.to_vec()) };
        let names = include.split(',').map(str::trim).filter(|name| !name.is_empty());
        names
            .map(|name| {
                Section::named(name).ok_or_else(|| {
                    let message = format!("{name} is none of headers, body, parts and indicators");
                    Problem::invalid("include", message)
                })
            })
            .collect()
    }
}
