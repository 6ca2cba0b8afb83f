//! Indicators over all messages: the search, marks, and what is known of those of a message.

use crate::access::{ReadDesk, Require, WriteDesk};
use crate::client::Client;
use crate::dto::evidence::EvidenceView;
use crate::dto::evidence_from::path_of;
use crate::dto::indicator::{
    FoundIndicator, IndicatorMarkView, IndicatorQuery, KnownIndicator, LookUpIndicators, MarkQuery,
    MarksQuery, MessageIndicatorQuery, SetMark,
};
use crate::dto::indicator_from::shown;
use crate::extract::{Body, Ids, Query};
use crate::page::{Page, request};
use crate::problem::Problem;
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::MessageId;
use mailcase_evidence::{Evidence, IndicatorKind};
use mailcase_store::{MARK_NOTE_MAX_CHARS, MarkTarget, MarksFilter, NewMark, SeenElsewhere, Store};
use serde_json::json;
use uuid::Uuid;

/// The indicators of a message, with the organization's marks and where else they were seen.
///
/// What nobody writes down comes last.
#[utoipa::path(get, path = "/messages/{id}/indicators", tag = "indicators",
    params(("id" = Uuid, Path, description = "Id of the message"), MessageIndicatorQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of indicators", body = Page<KnownIndicator>)))]
pub(crate) async fn list_message_indicators(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<MessageIndicatorQuery>,
) -> Result<Json<Page<KnownIndicator>>, Problem> {
    let (org, id) = (caller.organization, MessageId::from_uuid(id));
    let limit = request(None, query.limit)?.limit;
    let from = match query.cursor.as_deref().map(str::parse::<usize>) {
        None => 0,
        Some(Ok(from)) => from,
        Some(Err(_)) => return Err(Problem::invalid("cursor", "begin with the first page")),
    };
    let evidence = store.message_evidence(org, id).await?.unwrap_or_default();
    let all = of_part(evidence, query.part.as_deref());
    let next = from.checked_add(limit).filter(|next| *next < all.len()).map(|next| next.to_string());
    let some: Vec<_> = all.into_iter().skip(from).take(limit).collect();
    let values: Vec<(IndicatorKind, &str)> =
        some.iter().map(|(one, _)| (one.kind.into(), one.value.as_str())).collect();
    let facts = store.indicator_facts(org, &values, SeenElsewhere::ThanMessage(id)).await?;
    let items =
        some.into_iter().zip(facts).map(|((one, aside), facts)| KnownIndicator::of(one, aside, facts));
    Ok(Json(Page { items: items.collect(), next }))
}

type Shown = (crate::dto::evidence::EvidenceIndicator, bool);

/// The indicators seen in a part or below it; those that nobody writes down behind the others.
pub(super) fn of_part(evidence: Evidence, part: Option<&str>) -> Vec<Shown> {
    let kept = EvidenceView::ordered(shown(evidence.indicators)).into_iter().map(|one| (one, false));
    let aside = EvidenceView::ordered(shown(evidence.set_aside)).into_iter().map(|one| (one, true));
    let within = |one: &Shown| part.is_none_or(|part| one.0.places.iter().any(|place| is_in(place, part)));
    kept.chain(aside).filter(within).collect()
}

/// Whether a place (`/2/1 text`, `header:From`) is in the part at `path`.
fn is_in(place: &str, path: &str) -> bool {
    let of = path_of(place);
    path == "/" || of.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The indicators of all messages of the organization.
///
/// A page may be short, even empty, and still have a next one: each looks through a bounded number of indicators.
#[utoipa::path(get, path = "/indicators", tag = "indicators", params(IndicatorQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of indicators", body = Page<FoundIndicator>)))]
pub(crate) async fn search_indicators(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Query(query): Query<IndicatorQuery>,
) -> Result<Json<Page<FoundIndicator>>, Problem> {
    let page = request(query.cursor.clone(), query.limit)?;
    let page = store.search_indicators(caller.organization, &query.filter(), &page).await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// What is known of indicators that stand in no message, such as those of a file that is kept nowhere.
#[utoipa::path(post, path = "/indicators/lookups", tag = "indicators", request_body = LookUpIndicators,
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "What is known, in the order of the question", body = Page<FoundIndicator>)))]
pub(crate) async fn look_up_indicators(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Body(body): Body<LookUpIndicators>,
) -> Result<Json<Page<FoundIndicator>>, Problem> {
    let asked = body.checked()?;
    let values: Vec<(IndicatorKind, &str)> =
        asked.iter().map(|one| (one.kind.into(), one.value.as_str())).collect();
    let facts = store.indicator_facts(caller.organization, &values, SeenElsewhere::Anywhere).await?;
    let items = asked
        .into_iter()
        .zip(facts)
        .map(|(one, facts)| FoundIndicator::of(one.kind.into(), one.value, facts));
    Ok(Json(Page::whole(items.collect())))
}

/// What is marked in the organization: its own domains, as the settings name them, then marks, newest first.
#[utoipa::path(get, path = "/indicators/marks", tag = "indicators", params(MarksQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of marks", body = Page<IndicatorMarkView>)))]
pub(crate) async fn list_marks(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Query(query): Query<MarksQuery>,
) -> Result<Json<Page<IndicatorMarkView>>, Problem> {
    let page = request(query.cursor, query.limit)?;
    let filter = MarksFilter { mark: query.mark, scope: query.scope };
    let page = store.indicator_marks(caller.organization, filter, &page).await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// Marks a value, a domain with all below it, or a network.
#[utoipa::path(put, path = "/indicators/marks", tag = "indicators", request_body = SetMark,
    security(("session" = ["write_desk"]), ("token" = ["write_desk"])),
    responses((status = 204, description = "Marked")))]
pub(crate) async fn set_mark(
    State(store): State<Store>,
    Require(caller, _): Require<WriteDesk>,
    client: Client,
    Body(body): Body<SetMark>,
) -> Result<StatusCode, Problem> {
    let note = body.note.trim().to_owned();
    if note.chars().count() > MARK_NOTE_MAX_CHARS {
        return Err(Problem::invalid("note", format!("write at most {MARK_NOTE_MAX_CHARS} characters")));
    }
    let target = MarkTarget::read(body.scope, body.kind.map(Into::into), &body.value)?;
    let new = NewMark { target, mark: body.mark, note };
    let entry = entry(&client, &caller, Action::IndicatorMarked, json!({}));
    store.recorded(entry).mark_indicator(caller.organization, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a mark back.
#[utoipa::path(delete, path = "/indicators/marks", tag = "indicators", params(MarkQuery),
    security(("session" = ["write_desk"]), ("token" = ["write_desk"])),
    responses((status = 204, description = "Taken back")))]
pub(crate) async fn take_back_mark(
    State(store): State<Store>,
    Require(caller, _): Require<WriteDesk>,
    client: Client,
    Query(query): Query<MarkQuery>,
) -> Result<StatusCode, Problem> {
    let target = MarkTarget::read(query.scope, query.kind.map(Into::into), &query.value)?;
    let entry = entry(&client, &caller, Action::IndicatorUnmarked, json!({}));
    store.recorded(entry).unmark_indicator(caller.organization, &target).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn places_are_in_their_part_and_above() {
        for (place, path, want) in [
            ("/2/1 text", "/2", true),
            ("/2/1 text", "/2/1", true),
            ("/2/1 header:From", "/2", true),
            ("/21 text", "/2", false),
            ("header:From", "/", true),
            ("header:From", "/1", false),
            ("/1 text", "/", true),
        ] {
            assert_eq!(is_in(place, path), want, "{place} in {path}");
        }
    }
}
