//! Regular expressions of the organization: tried on stored messages, kept, run over new mail.

use crate::access::{ManageConnectors, ReadDesk, Require};
use crate::client::Client;
use crate::dto::patterns::{
    NamedPatternView, PatternDraft, PatternTrialView, PatternView, SavePattern, TriedMessageView, TryPattern,
};
use crate::extract::{Body, Ids};
use crate::names;
use crate::page::Page;
use crate::parts::PartWorks;
use crate::problem::Problem;
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::connector::FieldError;
use mailcase_core::{MessageId, OrganizationId, PatternId};
use mailcase_patterns::{ExpressionError, Gives, NAMED, Pattern, PatternSet};
use mailcase_store::{KeptPattern, MessageFilter, MessageSummary, PageRequest, Store};
use serde_json::json;
use uuid::Uuid;

/// Messages a pattern is tried on at once: each is examined anew.
const TRIED_MAX: usize = 20;
/// Larger messages are not tried: a person waits for the answer.
const TRIED_BYTES_MAX: u64 = 10 << 20;

/// The patterns of the organization, by name.
#[utoipa::path(get, path = "/patterns", tag = "patterns",
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "All patterns", body = Page<PatternView>)))]
pub(crate) async fn list_patterns(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
) -> Result<Json<Page<PatternView>>, Problem> {
    let patterns = store.patterns(caller.organization).await?;
    Ok(Json(Page::whole(patterns.into_iter().map(Into::into).collect())))
}

/// Ready-made patterns to begin with.
#[utoipa::path(get, path = "/patterns/named", tag = "patterns",
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "All of them", body = Page<NamedPatternView>)))]
pub(crate) async fn list_named_patterns(_caller: Require<ReadDesk>) -> Json<Page<NamedPatternView>> {
    Json(Page::whole(NAMED.iter().map(Into::into).collect()))
}

/// Tells what a pattern finds in stored messages. Nothing is kept.
#[utoipa::path(post, path = "/patterns/trials", tag = "patterns", request_body = TryPattern,
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "What it finds", body = PatternTrialView)))]
pub(crate) async fn try_pattern(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Body(body): Body<TryPattern>,
) -> Result<Json<PatternTrialView>, Problem> {
    let org = caller.organization;
    let patterns = compiled(unnamed(body.pattern.clone()))?;
    let chosen = chosen(&store, org, &body).await?;
    let mut messages = Vec::with_capacity(chosen.len());
    for message in chosen {
        let passed_over = message.size > TRIED_BYTES_MAX;
        let values = match passed_over {
            true => Vec::new(),
            false => {
                let stored = store.stored_message(org, message.id).await?;
                parts.tried(&store, &stored, message.size, patterns.clone()).await?
            }
        };
        messages.push(TriedMessageView {
            id: message.id.uuid(),
            subject: message.subject,
            received_at: message.received_at,
            passed_over,
            values: values.into_iter().map(Into::into).collect(),
        });
    }
    Ok(Json(PatternTrialView { messages }))
}

async fn chosen(
    store: &Store,
    org: OrganizationId,
    body: &TryPattern,
) -> Result<Vec<MessageSummary>, Problem> {
    if body.message_ids.len() > TRIED_MAX || body.newest.is_some_and(|newest| newest > TRIED_MAX) {
        return Err(Problem::invalid("message_ids", format!("choose at most {TRIED_MAX} messages")));
    }
    if body.message_ids.is_empty() {
        let filter = MessageFilter { q: body.q.clone(), ..MessageFilter::default() };
        let page = PageRequest { limit: body.newest.unwrap_or(TRIED_MAX), ..PageRequest::default() };
        return Ok(store.list_messages(org, &filter, &page).await?.items);
    }
    let mut chosen = Vec::with_capacity(body.message_ids.len());
    for id in &body.message_ids {
        chosen.push(store.message(org, MessageId::from_uuid(*id)).await?.summary);
    }
    Ok(chosen)
}

/// Keeps a pattern; it is run over the mail that comes from now on.
#[utoipa::path(post, path = "/patterns", tag = "patterns", request_body = SavePattern,
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 201, description = "Kept", body = PatternView)))]
pub(crate) async fn add_pattern(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Body(body): Body<SavePattern>,
) -> Result<(StatusCode, Json<PatternView>), Problem> {
    let pattern = checked(body.pattern)?;
    let entry = entry(&client, &caller, Action::PatternAdded, json!({}));
    let kept = store.recorded(entry).add_pattern(caller.organization, &pattern, body.active).await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}

/// Changes a pattern.
#[utoipa::path(put, path = "/patterns/{id}", tag = "patterns", request_body = SavePattern,
    params(("id" = Uuid, Path, description = "Id of the pattern")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "Changed", body = PatternView)))]
pub(crate) async fn change_pattern(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
    Body(body): Body<SavePattern>,
) -> Result<Json<PatternView>, Problem> {
    let Some(revision) = body.revision else {
        return Err(Problem::invalid("revision", "send the revision the change was made on"));
    };
    let before = store.pattern(caller.organization, PatternId::from_uuid(id)).await?;
    let changed = KeptPattern { pattern: checked(body.pattern)?, active: body.active, revision, ..before };
    let entry = entry(&client, &caller, Action::PatternChanged, json!({}));
    Ok(Json(store.recorded(entry).change_pattern(caller.organization, &changed).await?.into()))
}

/// Forgets a pattern. What it found stays until messages are examined again.
#[utoipa::path(delete, path = "/patterns/{id}", tag = "patterns",
    params(("id" = Uuid, Path, description = "Id of the pattern")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 204, description = "Forgotten")))]
pub(crate) async fn delete_pattern(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    let entry = entry(&client, &caller, Action::PatternDeleted, json!({}));
    store.recorded(entry).delete_pattern(caller.organization, PatternId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// To be tried: neither it nor its field needs a name before it is kept.
fn unnamed(draft: PatternDraft) -> Pattern {
    let mut pattern = Pattern { name: "tried".to_owned(), ..draft.into() };
    if let Gives::Field { name } = &mut pattern.gives
        && name.is_empty()
    {
        "tried".clone_into(name);
    }
    pattern
}

fn checked(draft: PatternDraft) -> Result<Pattern, Problem> {
    let pattern = Pattern::from(draft);
    if let Some(mistake) = names::mistake("name", &pattern.name) {
        return Err(Problem::fields(vec![mistake]));
    }
    compiled(pattern.clone())?;
    Ok(pattern)
}

fn compiled(pattern: Pattern) -> Result<PatternSet, Problem> {
    let expression = pattern.expression.clone();
    PatternSet::new([pattern]).map_err(|(_, error)| {
        let field = match &error {
            ExpressionError::LooksNowhere => "looks_at",
            ExpressionError::Field => "gives",
            _ => "expression",
        };
        let message = match &error {
            ExpressionError::Syntax { offset, .. } => {
                let before = expression.get(..*offset).unwrap_or_default().chars().count();
                format!("at character {}: {error}", before + 1)
            }
            other => other.to_string(),
        };
        Problem::fields(vec![FieldError::new(field, message)])
    })
}
