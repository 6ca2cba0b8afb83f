//! The body of a message, made safe to look at: sanitised, and under a policy that can load nothing.

use crate::access::{ReadDesk, Require};
use crate::download::PREVIEW_CSP;
use crate::dto::preview::{PreviewFacts, PreviewQuery};
use crate::extract::{Ids, Query};
use crate::parts::PartWorks;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailcase_core::{MessageId, OrganizationId};
use mailcase_evidence::{Evidence, Form, Means, Part, preview};
use mailcase_store::{BlobFile, Store, StoredMessage};
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
    params(("id" = Uuid, Path, description = "Id of the message"), PreviewQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A document for a sandboxed frame", content_type = "text/html", body = String)))]
pub(crate) async fn preview_message(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<PreviewQuery>,
) -> Result<Response, Problem> {
    let preview = sanitised(&store, &parts, caller.organization, MessageId::from_uuid(id), query).await?;
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
    params(("id" = Uuid, Path, description = "Id of the message"), PreviewQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The facts", body = PreviewFacts)))]
pub(crate) async fn read_preview_facts(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<PreviewFacts>, Problem> {
    let preview = sanitised(&store, &parts, caller.organization, MessageId::from_uuid(id), query).await?;
    Ok(Json(preview.into()))
}

async fn sanitised(
    store: &Store,
    parts: &PartWorks,
    org: OrganizationId,
    id: MessageId,
    query: PreviewQuery,
) -> Result<preview::Preview, Problem> {
    let message = store.stored_message(org, id).await?;
    let evidence = store.message_evidence(org, id).await?.ok_or_else(|| Problem::not_found("preview yet"))?;
    let asked = query.path.as_deref();
    let part = asked.and_then(|path| evidence.root.walk().find(|part| part.path == path));
    if part.is_some_and(|part| picture_type(part).is_some()) {
        return picture(store, parts, &message, evidence, query.path.unwrap_or_default()).await;
    }
    let Page { path, content, is_html } = match query.path {
        Some(path) => {
            let is_html = part.is_some_and(is_html);
            let content = parts.text(store, &message, path.clone(), None).await?.content;
            Page { path, content, is_html }
        }
        None => body(&evidence)?,
    };
    let turn = parts.turn().await?;
    let pictures = if is_html && evidence.root.walk().any(is_picture) {
        let means = parts.means(&message).await?;
        Some(Pictures::new(path, store.blob_file(message.hash).await?, evidence, means))
    } else {
        None
    };
    turn.run(move || {
        let inline = |id: &str| pictures.as_ref().and_then(|pictures| pictures.inline(id));
        match (is_html, query.hidden) {
            (false, _) => alone(preview::plain(&content)),
            (true, false) => preview::sanitize(&content, inline),
            (true, true) => preview::with_hidden(&content, inline),
        }
    })
    .await
}

/// A picture by itself.
async fn picture(
    store: &Store,
    parts: &PartWorks,
    message: &StoredMessage,
    evidence: Evidence,
    path: String,
) -> Result<preview::Preview, Problem> {
    let turn = parts.turn().await?;
    let means = parts.means(message).await?;
    let pictures = Pictures::new(path, store.blob_file(message.hash).await?, evidence, means);
    let page = turn.run(move || preview::picture(&pictures.data(pictures.part()?)?)).await?;
    page.map(alone).ok_or_else(|| Problem::not_found("picture that is small enough to show"))
}

/// A page that has nothing to tell beside it.
fn alone(html: String) -> preview::Preview {
    preview::Preview { html, removed: Vec::new(), links: Vec::new(), hidden: Vec::new() }
}

/// A text to be shown.
struct Page {
    path: String,
    content: String,
    is_html: bool,
}

fn body(evidence: &Evidence) -> Result<Page, Problem> {
    let is_html = evidence.html.is_some();
    let body = evidence.html.as_ref().or(evidence.text.as_ref());
    let body = body.ok_or_else(|| Problem::not_found("body to show"))?;
    Ok(Page { path: body.path.clone(), content: body.content.clone(), is_html })
}

fn is_html(part: &Part) -> bool {
    part.content_type == "text/html" || part.sniffed_type.as_deref() == Some("text/html")
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
    /// Of the page they are shown in.
    path: String,
    file: RefCell<BlobFile>,
    evidence: Evidence,
    means: Means,
    bytes_left: Cell<usize>,
    left: Cell<usize>,
}

impl Pictures {
    fn new(path: String, file: BlobFile, evidence: Evidence, means: Means) -> Self {
        Self {
            path,
            file: RefCell::new(file),
            evidence,
            means,
            bytes_left: Cell::new(PICTURES_BYTES_MAX),
            left: Cell::new(PICTURES_MAX),
        }
    }

    /// How far up the message the page and a picture share their way: messages within may use the same names.
    fn nearness(&self, path: &str) -> usize {
        self.path.split('/').zip(path.split('/')).take_while(|(one, other)| one == other).count()
    }

    /// The picture with this Content-ID as a `data:` address; `None` when there is none, or no room.
    fn inline(&self, id: &str) -> Option<String> {
        let bare = |id: &str| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        let id = bare(id);
        let part = self
            .evidence
            .root
            .walk()
            .filter(|part| part.content_id.as_deref().is_some_and(|known| bare(known) == id))
            .min_by_key(|part| std::cmp::Reverse(self.nearness(&part.path)))?;
        self.data(part)
    }

    /// The part that is the page itself.
    fn part(&self) -> Option<&Part> {
        self.evidence.root.walk().find(|part| part.path == self.path)
    }

    /// A picture as a `data:` address, while there is room.
    fn data(&self, part: &Part) -> Option<String> {
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
