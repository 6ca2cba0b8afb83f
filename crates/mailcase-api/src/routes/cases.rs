//! Cases: the list, one case with what its messages hold, and what people do to it.

use crate::access::{ReadDesk, Require, WriteDesk};
use crate::client::Client;
use crate::dto::case::{
    AddNote, CaseAttachment, CaseDetail, CaseIndicator, CaseQuery, CaseReport, CaseSummary, CreateCase,
    UpdateCase,
};
use crate::dto::message::MessageSummary;
use crate::dto::trail::TimelineEntryView;
use crate::extract::{Body, Ids, Query};
use crate::page::{Page, PageQuery, request};
use crate::problem::Problem;
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::case::TITLE_MAX_CHARS;
use mailcase_core::connector::FieldError;
use mailcase_core::{CaseId, UserId};
use mailcase_store::{CasePatch, NewCase, Store, TAG_MAX_CHARS, TAGS_MAX};
use serde_json::json;
use uuid::Uuid;

/// Longest note, in characters.
const NOTE_CHARS_MAX: usize = 20_000;

/// Cases.
#[utoipa::path(get, path = "/cases", tag = "cases", params(CaseQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of cases", body = Page<CaseSummary>)))]
pub(crate) async fn list_cases(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Query(query): Query<CaseQuery>,
) -> Result<Json<Page<CaseSummary>>, Problem> {
    let (order, page) = (query.order(), request(query.cursor.clone(), query.limit)?);
    let page = store.list_cases(caller.organization, &query.filter()?, order, &page).await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// Makes a case by hand.
#[utoipa::path(post, path = "/cases", tag = "cases", request_body = CreateCase,
    security(("session" = ["write_desk"]), ("token" = ["write_desk"])),
    responses((status = 201, description = "Made", body = CaseDetail)))]
pub(crate) async fn create_case(
    State(store): State<Store>,
    Require(caller, _): Require<WriteDesk>,
    client: Client,
    Body(body): Body<CreateCase>,
) -> Result<(StatusCode, Json<CaseDetail>), Problem> {
    check(Some(&body.title), Some(&body.tags))?;
    let CreateCase { title, severity, tags, owner } = body;
    let new = NewCase { title, severity, tags, owner: owner.map(UserId::from_uuid), acl: None };
    let entry = entry(&client, &caller, Action::CaseCreated, json!({}));
    let case = store.recorded(entry).create_case(caller.organization, &new).await?;
    let case = store.case(caller.organization, case.id).await?;
    Ok((StatusCode::CREATED, Json(CaseDetail::of(case, &store.token_key(), caller.organization))))
}

/// One case.
#[utoipa::path(get, path = "/cases/{id}", tag = "cases",
    params(("id" = Uuid, Path, description = "Id of the case")),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The case", body = CaseDetail)))]
pub(crate) async fn read_case(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<CaseDetail>, Problem> {
    let case = store.case(caller.organization, CaseId::from_uuid(id)).await?;
    Ok(Json(CaseDetail::of(case, &store.token_key(), caller.organization)))
}

/// Changes a case; every change stands on its timeline.
#[utoipa::path(patch, path = "/cases/{id}", tag = "cases", request_body = UpdateCase,
    params(("id" = Uuid, Path, description = "Id of the case")),
    security(("session" = ["write_desk"]), ("token" = ["write_desk"])),
    responses((status = 200, description = "Changed", body = CaseDetail)))]
pub(crate) async fn update_case(
    State(store): State<Store>,
    Require(caller, _): Require<WriteDesk>,
    client: Client,
    Ids(id): Ids<Uuid>,
    Body(body): Body<UpdateCase>,
) -> Result<Json<CaseDetail>, Problem> {
    check(body.title.as_ref(), body.tags.as_ref())?;
    let id = CaseId::from_uuid(id);
    // Titles and tags stand on the case's timeline; the trail says that they changed, and what is short.
    let facts = json!({
        "title": body.title.is_some(),
        "tags": body.tags.is_some(),
        "status": body.status,
        "severity": body.severity,
        "owner": body.owner,
    });
    let UpdateCase { title, status, severity, owner, tags } = body;
    let owner = owner.map(|owner| owner.map(UserId::from_uuid));
    let patch = CasePatch { title, status, severity, owner, tags };
    let entry = entry(&client, &caller, Action::CaseUpdated, facts);
    let case = store.recorded(entry).update_case(caller.organization, id, &patch).await?;
    Ok(Json(CaseDetail::of(case, &store.token_key(), caller.organization)))
}

fn check(title: Option<&String>, tags: Option<&Vec<String>>) -> Result<(), Problem> {
    let mut mistakes = Vec::new();
    if title.is_some_and(|title| title.trim().is_empty() || title.chars().count() > TITLE_MAX_CHARS) {
        let message = format!("give a title of 1 to {TITLE_MAX_CHARS} characters");
        mistakes.push(FieldError::new("title", message));
    }
    let fits = |tag: &String| !tag.trim().is_empty() && tag.trim().chars().count() <= TAG_MAX_CHARS;
    if tags.is_some_and(|tags| tags.len() > TAGS_MAX || !tags.iter().all(fits)) {
        let message = format!("give at most {TAGS_MAX} tags of 1 to {TAG_MAX_CHARS} characters");
        mistakes.push(FieldError::new("tags", message));
    }
    if mistakes.is_empty() { Ok(()) } else { Err(Problem::fields(mistakes)) }
}

/// The messages of a case, newest arrival first.
#[utoipa::path(get, path = "/cases/{id}/messages", tag = "cases",
    params(("id" = Uuid, Path, description = "Id of the case"), PageQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of messages", body = Page<MessageSummary>)))]
pub(crate) async fn list_case_messages(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<MessageSummary>>, Problem> {
    let page = store.case_messages(caller.organization, CaseId::from_uuid(id), &page.request()?).await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// The indicators seen in the messages of a case.
#[utoipa::path(get, path = "/cases/{id}/indicators", tag = "cases",
    params(("id" = Uuid, Path, description = "Id of the case"), PageQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of indicators", body = Page<CaseIndicator>)))]
pub(crate) async fn list_case_indicators(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<CaseIndicator>>, Problem> {
    let page = store.case_indicators(caller.organization, CaseId::from_uuid(id), &page.request()?).await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// The attachments of the messages of a case, oldest message first.
#[utoipa::path(get, path = "/cases/{id}/attachments", tag = "cases",
    params(("id" = Uuid, Path, description = "Id of the case"), PageQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of attachments", body = Page<CaseAttachment>)))]
pub(crate) async fn list_case_attachments(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<CaseAttachment>>, Problem> {
    let page = store.case_attachments(caller.organization, CaseId::from_uuid(id), &page.request()?).await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// What the messages of a case report, oldest message first.
///
/// A page may be short, even empty, and still have a next one: each looks into a bounded number of messages.
#[utoipa::path(get, path = "/cases/{id}/reports", tag = "cases",
    params(("id" = Uuid, Path, description = "Id of the case"), PageQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of reports", body = Page<CaseReport>)))]
pub(crate) async fn list_case_reports(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<CaseReport>>, Problem> {
    let page = store.case_reports(caller.organization, CaseId::from_uuid(id), &page.request()?).await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// What happened in a case, newest first.
#[utoipa::path(get, path = "/cases/{id}/timeline", tag = "cases",
    params(("id" = Uuid, Path, description = "Id of the case"), PageQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of entries", body = Page<TimelineEntryView>)))]
pub(crate) async fn list_case_timeline(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<TimelineEntryView>>, Problem> {
    let page = store.case_timeline(caller.organization, CaseId::from_uuid(id), &page.request()?).await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// Adds a note to the timeline.
#[utoipa::path(post, path = "/cases/{id}/notes", tag = "cases", request_body = AddNote,
    params(("id" = Uuid, Path, description = "Id of the case")),
    security(("session" = ["write_desk"]), ("token" = ["write_desk"])),
    responses((status = 201, description = "Added")))]
pub(crate) async fn add_case_note(
    State(store): State<Store>,
    Require(caller, _): Require<WriteDesk>,
    client: Client,
    Ids(id): Ids<Uuid>,
    Body(body): Body<AddNote>,
) -> Result<StatusCode, Problem> {
    if body.text.trim().is_empty() || body.text.chars().count() > NOTE_CHARS_MAX {
        return Err(Problem::invalid("text", format!("write 1 to {NOTE_CHARS_MAX} characters")));
    }
    let id = CaseId::from_uuid(id);
    let entry = entry(&client, &caller, Action::CaseNoteAdded, json!({}));
    store.recorded(entry).add_note(caller.organization, id, &body.text).await?;
    Ok(StatusCode::CREATED)
}
