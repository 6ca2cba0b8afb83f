//! Downloads: the raw message and its parts, byte for byte, inert.

use crate::access::{ReadDesk, Require};
use crate::download::{attachment, proven};
use crate::dto::evidence::EvidenceView;
use crate::dto::message::{PartContentQuery, PartForm, PartQuery, PartTextQuery, PartTextView};
use crate::extract::{Ids, Query};
use crate::parts::PartWorks;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use mailcase_core::MessageId;
use mailcase_evidence::Form;
use mailcase_store::Store;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

/// Size of the pieces handed to the connection.
const CHUNK_BYTES: usize = 64 << 10;

/// The raw bytes, exactly as received.
#[utoipa::path(get, path = "/messages/{id}/raw", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message")),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The message, as a download", content_type = "message/rfc822", body = String)))]
pub(crate) async fn download_message(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
) -> Result<Response, Problem> {
    let hash = store.stored_message(caller.organization, MessageId::from_uuid(id)).await?.hash;
    let reader = store.open_blob(hash).await?;
    let size = reader.size();
    let name = format!("message-{:.16}.eml", hash.to_string());
    let bytes = proven(ReaderStream::with_capacity(reader, CHUNK_BYTES));
    Ok(attachment("message/rfc822", &name, size, bytes))
}

/// The bytes of a part, decoded or as they stand in the message, as an inert download.
#[utoipa::path(get, path = "/messages/{id}/parts/content", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message"), PartContentQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The part, as a download", content_type = "application/octet-stream", body = String)))]
pub(crate) async fn download_part(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<PartContentQuery>,
) -> Result<Response, Problem> {
    let id = MessageId::from_uuid(id);
    let message = store.stored_message(caller.organization, id).await?;
    let evidence = store.message_evidence(caller.organization, id).await?;
    let named = evidence.as_ref().and_then(|evidence| {
        let part = evidence.root.walk().find(|part| part.path == query.path)?;
        part.safe_name.clone()
    });
    let form = match query.form {
        PartForm::Content => Form::Content,
        PartForm::Original => Form::Original,
    };
    let (size, bytes) = parts.content(&store, &message, query.path.clone(), form).await?;
    let name = named.unwrap_or_else(|| format!("part{}.bin", query.path.replace('/', "-")));
    let name = if form == Form::Original { format!("{name}.mime") } else { name };
    Ok(attachment("application/octet-stream", &name, size, bytes))
}

/// The text of a part, read in another charset when one is named.
#[utoipa::path(get, path = "/messages/{id}/parts/text", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message"), PartTextQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The text", body = PartTextView)))]
pub(crate) async fn read_part_text(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<PartTextQuery>,
) -> Result<Json<PartTextView>, Problem> {
    if let Some(charset) = query.charset.as_deref().filter(|name| !mailcase_evidence::is_charset(name)) {
        return Err(Problem::invalid("charset", format!("{charset} is no charset that is known here")));
    }
    let message = store.stored_message(caller.organization, MessageId::from_uuid(id)).await?;
    let text = parts.text(&store, &message, query.path.clone(), query.charset).await?;
    let read_as = text.read_as.into();
    Ok(Json(PartTextView { path: query.path, content: text.content, truncated: text.truncated, read_as }))
}

/// A part looked at by itself, as if it had arrived alone. Nothing is kept.
#[utoipa::path(get, path = "/messages/{id}/parts/evidence", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message"), PartQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The evidence", body = EvidenceView)))]
pub(crate) async fn read_part_evidence(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<PartQuery>,
) -> Result<Json<EvidenceView>, Problem> {
    let message = store.stored_message(caller.organization, MessageId::from_uuid(id)).await?;
    Ok(Json(parts.evidence(&store, &message, query.path).await?.into()))
}
