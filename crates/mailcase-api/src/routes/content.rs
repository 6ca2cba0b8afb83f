//! Downloads: the raw message and its parts, byte for byte, inert.

use crate::access::{ReadDesk, Require};
use crate::download::{attachment, proven};
use crate::dto::message::PartQuery;
use crate::extract::{Ids, Query};
use crate::parts::PartWorks;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use mailcase_core::MessageId;
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
    let hash = store.message_hash(caller.organization, MessageId::from_uuid(id)).await?;
    let reader = store.open_blob(hash).await?;
    let size = reader.size();
    let name = format!("message-{:.16}.eml", hash.to_string());
    let bytes = proven(ReaderStream::with_capacity(reader, CHUNK_BYTES));
    Ok(attachment("message/rfc822", &name, size, bytes))
}

/// The decoded bytes of a part, as an inert download.
#[utoipa::path(get, path = "/messages/{id}/parts/content", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message"), PartQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The part, as a download", content_type = "application/octet-stream", body = String)))]
pub(crate) async fn download_part(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<PartQuery>,
) -> Result<Response, Problem> {
    let id = MessageId::from_uuid(id);
    let hash = store.message_hash(caller.organization, id).await?;
    let evidence = store.message_evidence(caller.organization, id).await?;
    let named = evidence.as_ref().and_then(|evidence| {
        let part = evidence.root.walk().find(|part| part.path == query.path)?;
        part.safe_name.clone()
    });
    let (size, bytes) = parts.content(&store, hash, query.path.clone()).await?;
    let name = named.unwrap_or_else(|| format!("part{}.bin", query.path.replace('/', "-")));
    Ok(attachment("application/octet-stream", &name, size, bytes))
}
