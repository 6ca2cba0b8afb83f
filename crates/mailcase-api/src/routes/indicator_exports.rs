//! Indicators given out for other programs: of a message, of a case, of a search.

use super::indicators::of_part;
use crate::access::{Caller, ReadDesk, Require};
use crate::download::attachment;
use crate::dto::indicator::{ExportFormat, ExportQuery, IndicatorQuery, SearchExportQuery};
use crate::extract::{Ids, Query};
use crate::problem::{Kind, Problem};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use mailcase_core::indicator::Judgement;
use mailcase_core::{CaseId, MessageId};
use mailcase_evidence::IndicatorKind;
use mailcase_export::{Export, Item, Organization, Verdict};
use mailcase_store::{FoundIndicator, IndicatorFacts, PAGE_MAX, PageRequest, SeenElsewhere, Store};
use uuid::Uuid;

/// Indicators of one export: more is no case but a database.
const MOST: usize = 10_000;
/// Pages of a search that are gone through for one export.
const PAGES: usize = 100;

/// The indicators of a message, for other programs.
///
/// Without those that nobody writes down.
#[utoipa::path(get, path = "/messages/{id}/indicators/export", tag = "indicators",
    params(("id" = Uuid, Path, description = "Id of the message"), ExportQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The document, as a download", content_type = "application/octet-stream", body = String)))]
pub(crate) async fn export_message_indicators(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let (org, message) = (caller.organization, MessageId::from_uuid(id));
    let mut evidence = store.message_evidence(org, message).await?.unwrap_or_default();
    evidence.set_aside.clear();
    let title = evidence.envelope.subject.clone().unwrap_or_default();
    let found = of_part(evidence, None);
    let values: Vec<(IndicatorKind, &str)> =
        found.iter().map(|(one, _)| (one.kind.into(), one.value.as_str())).collect();
    let facts = store.indicator_facts(org, &values, SeenElsewhere::Anywhere).await?;
    let items = found.into_iter().zip(facts).map(|((one, _), facts)| Item {
        detail: one.detail,
        places: one.places,
        ..item(one.kind.into(), one.value, facts)
    });
    given_out(&store, &caller, Wanted::from(&query), title, id, items.collect()).await
}

/// The indicators of a case, for other programs.
#[utoipa::path(get, path = "/cases/{id}/indicators/export", tag = "indicators",
    params(("id" = Uuid, Path, description = "Id of the case"), ExportQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The document, as a download", content_type = "application/octet-stream", body = String)))]
pub(crate) async fn export_case_indicators(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let (org, case) = (caller.organization, CaseId::from_uuid(id));
    let title = store.case(org, case).await?.title;
    let mut page = PageRequest { cursor: None, limit: PAGE_MAX };
    let mut items = Vec::new();
    loop {
        let found = store.case_indicators(org, case, &page).await?;
        let values: Vec<_> = found.items.iter().map(|one| (one.kind, one.value.as_str())).collect();
        let facts = store.indicator_facts(org, &values, SeenElsewhere::Anywhere).await?;
        let some = found.items.into_iter().zip(facts);
        items.extend(some.map(|(one, facts)| item(one.kind, one.value, facts)));
        page.cursor = found.next;
        if page.cursor.is_none() || items.len() > MOST {
            break;
        }
    }
    given_out(&store, &caller, Wanted::from(&query), title, id, items).await
}

/// What a search over the organization finds, for other programs.
#[utoipa::path(get, path = "/indicators/export", tag = "indicators", params(SearchExportQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The document, as a download", content_type = "application/octet-stream", body = String)))]
pub(crate) async fn export_found_indicators(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Query(query): Query<SearchExportQuery>,
) -> Result<Response, Problem> {
    let wanted = Wanted { format: query.format, defanged: query.defanged, folded: true };
    let query = IndicatorQuery::from(query);
    let title = query.q.clone().unwrap_or_default();
    let filter = query.filter();
    let mut page = PageRequest { cursor: None, limit: PAGE_MAX };
    let mut items = Vec::new();
    for _ in 0..PAGES {
        let found = store.search_indicators(caller.organization, &filter, &page).await?;
        items.extend(found.items.into_iter().map(|one| {
            let FoundIndicator { kind, value, mark, seen } = one;
            item(kind, value, IndicatorFacts { mark, seen })
        }));
        page.cursor = found.next;
        if page.cursor.is_none() || items.len() > MOST {
            break;
        }
    }
    if page.cursor.is_some() {
        return Err(too_many());
    }
    let subject = Uuid::new_v5(&caller.organization.uuid(), format!("search {filter:?}").as_bytes());
    given_out(&store, &caller, wanted, title, subject, items).await
}

/// How a document is wanted.
#[derive(Clone, Copy)]
struct Wanted {
    format: ExportFormat,
    defanged: bool,
    folded: bool,
}

impl From<&ExportQuery> for Wanted {
    fn from(query: &ExportQuery) -> Self {
        Self { format: query.format, defanged: query.defanged, folded: query.folded }
    }
}

fn item(kind: IndicatorKind, value: String, facts: IndicatorFacts) -> Item {
    let IndicatorFacts { mark, seen } = facts;
    Item {
        kind,
        value,
        verdict: mark.as_ref().map(|mark| match mark.mark {
            Judgement::Malicious => Verdict::Malicious,
            Judgement::Benign => Verdict::Benign,
            Judgement::Own => Verdict::Own,
        }),
        note: mark.as_ref().map(|mark| mark.note.clone()).unwrap_or_default(),
        judged_at: mark.map(|mark| mark.marked_at),
        last_seen: seen.last,
        messages: seen.messages,
        detail: None,
        places: Vec::new(),
    }
}

fn too_many() -> Problem {
    let detail = format!("at most {MOST} indicators are given out at once; narrow down what you ask for");
    Problem::new(Kind::TooLarge, detail)
}

async fn given_out(
    store: &Store,
    caller: &Caller,
    wanted: Wanted,
    title: String,
    subject: Uuid,
    mut items: Vec<Item>,
) -> Result<Response, Problem> {
    if !wanted.folded {
        items.retain(|item| matches!(item.verdict, None | Some(Verdict::Malicious)));
    }
    if items.len() > MOST {
        return Err(too_many());
    }
    let organization = store.organization(caller.organization).await?;
    let organization =
        Organization { id: organization.id.uuid(), name: organization.name, since: organization.created_at };
    let made_at = Timestamp::now();
    let export = Export { organization, title, subject, made_at, items };
    let (content_type, ending, document) = match wanted.format {
        ExportFormat::Stix => {
            ("application/stix+json;version=2.1", "stix.json", mailcase_export::stix(&export).to_string())
        }
        ExportFormat::Misp => ("application/json", "misp.json", mailcase_export::misp(&export).to_string()),
        ExportFormat::Csv => {
            ("text/csv; charset=utf-8", "csv", mailcase_export::csv(&export, wanted.defanged))
        }
        ExportFormat::Text => {
            ("text/plain; charset=utf-8", "txt", mailcase_export::text(&export, wanted.defanged))
        }
    };
    let name = format!("indicators-{}.{ending}", made_at.strftime("%Y%m%d-%H%M%S"));
    let bytes = Bytes::from(document);
    let length = bytes.len() as u64;
    Ok(attachment(content_type, &name, length, futures::stream::iter([Ok(bytes)])))
}
