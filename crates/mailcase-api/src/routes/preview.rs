//! The body of a message, made safe to look at: sanitised, and under a policy that can load nothing.

use crate::access::{ReadDesk, Require};
use crate::download::PREVIEW_CSP;
use crate::dto::message::{PreviewFacts, PreviewLink};
use crate::extract::Ids;
use crate::parts::PartWorks;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailcase_core::{MessageId, OrganizationId};
use mailcase_evidence::{Evidence, Form, Means, Part, defang, preview};
use mailcase_store::{BlobFile, Store};
use std::cell::{Cell, RefCell};
use std::io;
use uuid::Uuid;

/// Bytes of pictures put into one preview.
const PICTURES_BYTES_MAX: usize = 8 << 20;
/// Pictures put into one preview: each is another walk through the message.
const PICTURES_MAX: usize = 32;
/// Pictures browsers decode and that hold no script; found by content, not by what the sender says.
const PICTURE_TYPES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The body, sanitised, as a document that can load nothing; a plain text body when there is no other.
#[utoipa::path(get, path = "/messages/{id}/preview", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message")),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A document for a sandboxed frame", content_type = "text/html", body = String)))]
pub(crate) async fn preview_message(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
) -> Result<Response, Problem> {
    let preview = sanitised(&store, &parts, caller.organization, MessageId::from_uuid(id)).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, PREVIEW_CSP),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, preview.html).into_response())
}

/// What the preview left out, and where its links lead.
#[utoipa::path(get, path = "/messages/{id}/preview/facts", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message")),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The facts", body = PreviewFacts)))]
pub(crate) async fn read_preview_facts(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<PreviewFacts>, Problem> {
    let preview = sanitised(&store, &parts, caller.organization, MessageId::from_uuid(id)).await?;
    let links =
        preview.links.into_iter().map(|link| PreviewLink { text: link.text, target: defang(&link.target) });
    Ok(Json(PreviewFacts { removed: preview.removed, links: links.collect() }))
}

async fn sanitised(
    store: &Store,
    parts: &PartWorks,
    org: OrganizationId,
    id: MessageId,
) -> Result<preview::Preview, Problem> {
    let message = store.stored_message(org, id).await?;
    let evidence = store.message_evidence(org, id).await?.ok_or_else(|| Problem::not_found("preview yet"))?;
    let Some(html) = evidence.html.as_ref().map(|body| body.content.clone()) else {
        let text = evidence.text.ok_or_else(|| Problem::not_found("body to show"))?;
        let html = preview::plain(&text.content);
        return Ok(preview::Preview { html, removed: Vec::new(), links: Vec::new() });
    };
    let turn = parts.turn().await?;
    let pictures = if evidence.root.walk().any(is_picture) {
        let means = parts.means(&message).await?;
        Some(Pictures::new(store.blob_file(message.hash).await?, evidence, means))
    } else {
        None
    };
    turn.run(move || {
        preview::sanitize(&html, |id| pictures.as_ref().and_then(|pictures| pictures.inline(id)))
    })
    .await
}

fn is_picture(part: &Part) -> bool {
    part.content_id.is_some() && picture_type(part).is_some()
}

fn picture_type(part: &Part) -> Option<&'static str> {
    let sniffed = part.sniffed_type.as_deref()?;
    PICTURE_TYPES.iter().copied().find(|known| *known == sniffed)
}

/// The pictures that came with the message, until the budget is spent.
struct Pictures {
    file: RefCell<BlobFile>,
    evidence: Evidence,
    means: Means,
    bytes_left: Cell<usize>,
    left: Cell<usize>,
}

impl Pictures {
    fn new(file: BlobFile, evidence: Evidence, means: Means) -> Self {
        Self {
            file: RefCell::new(file),
            evidence,
            means,
            bytes_left: Cell::new(PICTURES_BYTES_MAX),
            left: Cell::new(PICTURES_MAX),
        }
    }

    /// The picture with this Content-ID as a `data:` address; `None` when there is none, or no room.
    fn inline(&self, id: &str) -> Option<String> {
        let bare = |id: &str| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        let id = bare(id);
        let part = self
            .evidence
            .root
            .walk()
            .find(|part| part.content_id.as_deref().is_some_and(|known| bare(known) == id))?;
        let kind = picture_type(part)?;
        self.left.set(self.left.get().checked_sub(1)?);
        let size = usize::try_from(part.size).ok()?;
        self.bytes_left.set(self.bytes_left.get().checked_sub(size)?);
        let mut bytes = Bounded { bytes: Vec::with_capacity(size), max: size };
        let mut file = self.file.try_borrow_mut().ok()?;
        mailcase_evidence::extract(&mut *file, &part.path, Form::Content, &mut bytes, &self.means).ok()?;
        Some(format!("data:{kind};base64,{}", STANDARD.encode(&bytes.bytes)))
    }
}

/// Memory that takes no more than was announced.
struct Bounded {
    bytes: Vec<u8>,
    max: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(bytes.len()) > self.max {
            return Err(io::Error::other("the part is larger than its evidence says"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
