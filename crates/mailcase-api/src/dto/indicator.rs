//! Indicators as the organization knows them: with its mark, and where else they were seen.

use super::evidence::{EvidenceIndicator, IndicatorKindView};
use crate::problem::Problem;
use jiff::Timestamp;
use mailcase_core::indicator::{Judgement, MarkScope, MarkSource};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An indicator of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnownIndicator {
    pub(crate) found: EvidenceIndicator,
    /// Names a format or the reader's own machine, or is a time: nobody writes it down.
    pub(crate) set_aside: bool,
    /// What the organization thinks of it.
    pub(crate) mark: Option<IndicatorMarkView>,
    /// In other messages and cases of the organization.
    pub(crate) seen: SeenView,
}

/// An indicator of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundIndicator {
    pub(crate) kind: IndicatorKindView,
    pub(crate) value: String,
    /// Safe to show and to copy.
    pub(crate) defanged: String,
    pub(crate) mark: Option<IndicatorMarkView>,
    pub(crate) seen: SeenView,
}

/// What somebody thinks of a value, or of a domain or network it belongs to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct IndicatorMarkView {
    pub(crate) scope: MarkScope,
    /// Of a value; domains and networks have none.
    pub(crate) kind: Option<IndicatorKindView>,
    pub(crate) value: String,
    /// Safe to show and to copy.
    pub(crate) defanged: String,
    pub(crate) mark: Judgement,
    /// What is said in the settings is changed there (`PUT /origin-settings`).
    pub(crate) source: MarkSource,
    pub(crate) note: String,
    /// Who set it; of settings nobody is told.
    pub(crate) by: Option<String>,
    /// When it was set; of settings, when they were changed last.
    pub(crate) at: Timestamp,
}

/// In how much mail an indicator was seen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SeenView {
    pub(crate) messages: u64,
    /// Cases of these messages.
    pub(crate) cases: u64,
    /// There are more: counting stops at a thousand messages.
    pub(crate) more: bool,
    /// When the newest of them was received.
    pub(crate) last: Option<Timestamp>,
}

/// Which indicators of a message to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageIndicatorQuery {
    /// Only what was seen in this part or below: `/2/1`.
    pub(crate) part: Option<String>,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// Items per page, at most 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
}

/// How a text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(default = "typed")]
pub(crate) enum SearchBy {
    /// As it reads: a domain with all below it, an address or network, any other observable exactly, else a part of a
    /// value; in quotes always a part of a value.
    #[default]
    Typed,
    /// Whatever names this host.
    Host,
    /// Whatever names this domain or one below it.
    Below,
    /// A part of a value.
    Contains,
}

/// Whose mark counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MarkChoice {
    Malicious,
    Benign,
    Own,
    /// None at all.
    None,
    /// Neither benign nor own.
    Unfolded,
}

/// Which indicators of the organization to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorQuery {
    /// What to look for, defanged or not.
    pub(crate) q: Option<String>,
    #[serde(default)]
    #[param(inline, required = false)]
    pub(crate) by: SearchBy,
    /// Any of these; may be given several times.
    #[serde(default)]
    #[param(inline)]
    pub(crate) kind: Vec<IndicatorKindView>,
    #[param(inline)]
    pub(crate) mark: Option<MarkChoice>,
    /// Seen in a message received then or later.
    pub(crate) since: Option<Timestamp>,
    /// Seen in a message received before.
    pub(crate) until: Option<Timestamp>,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// Items per page, at most 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
}

/// What is given out, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportFormat {
    /// A STIX 2.1 bundle.
    Stix,
    /// A MISP event.
    Misp,
    Csv,
    /// One value per line.
    Text,
}

/// How indicators are given out.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    #[param(inline)]
    pub(crate) format: ExportFormat,
    /// CSV and text only: programs that read STIX and MISP need the values as they are.
    #[serde(default = "yes")]
    #[param(required = false, default = true)]
    pub(crate) defanged: bool,
    /// Also what is marked benign or own.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub(crate) folded: bool,
}

/// What of the organization's indicators is given out, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchExportQuery {
    #[param(inline)]
    pub(crate) format: ExportFormat,
    /// CSV and text only: programs that read STIX and MISP need the values as they are.
    #[serde(default = "yes")]
    #[param(required = false, default = true)]
    pub(crate) defanged: bool,
    /// What to look for, defanged or not.
    pub(crate) q: Option<String>,
    #[serde(default)]
    #[param(inline, required = false)]
    pub(crate) by: SearchBy,
    /// Any of these; may be given several times.
    #[serde(default)]
    #[param(inline)]
    pub(crate) kind: Vec<IndicatorKindView>,
    #[param(inline)]
    pub(crate) mark: Option<MarkChoice>,
    /// Seen in a message received then or later.
    pub(crate) since: Option<Timestamp>,
    /// Seen in a message received before.
    pub(crate) until: Option<Timestamp>,
}

const fn yes() -> bool {
    true
}

const fn value_scope() -> MarkScope {
    MarkScope::Value
}

/// A mark to be set; it takes the place of an earlier one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetMark {
    #[serde(default = "value_scope")]
    pub(crate) scope: MarkScope,
    /// Of a value.
    #[serde(default)]
    pub(crate) kind: Option<IndicatorKindView>,
    /// The value, the domain, or the network (`192.0.2.0/24`); defanged or not.
    #[schema(min_length = 1, max_length = 4096)]
    pub(crate) value: String,
    /// Domains are benign, networks benign or own: own domains are named in the settings (`PUT /origin-settings`).
    pub(crate) mark: Judgement,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(crate) note: String,
}

/// Which mark is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkQuery {
    #[serde(default = "value_scope")]
    #[param(inline, required = false)]
    pub(crate) scope: MarkScope,
    /// Of a value.
    #[param(inline)]
    pub(crate) kind: Option<IndicatorKindView>,
    pub(crate) value: String,
}

/// Which marks to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarksQuery {
    #[param(inline)]
    pub(crate) mark: Option<Judgement>,
    #[param(inline)]
    pub(crate) scope: Option<MarkScope>,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// Items per page, at most 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
}

/// One indicator, however it was come by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedIndicator {
    pub(crate) kind: IndicatorKindView,
    pub(crate) value: String,
}

/// Indicators somebody asks about, such as those of a file that is kept nowhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookUpIndicators {
    #[schema(max_items = 200)]
    pub(crate) indicators: Vec<NamedIndicator>,
}

impl LookUpIndicators {
    /// Indicators of one request.
    const MOST: usize = 200;

    pub(crate) fn checked(self) -> Result<Vec<NamedIndicator>, Problem> {
        if self.indicators.len() > Self::MOST {
            let message = format!("ask about at most {} at once", Self::MOST);
            return Err(Problem::invalid("indicators", message));
        }
        Ok(self.indicators)
    }
}
