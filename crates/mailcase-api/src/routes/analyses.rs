//! Evidence of files that are kept nowhere.

use crate::access::{ReadDesk, Require};
use crate::dto::analysis::{AnalysisQuery, Section};
use crate::dto::evidence::EvidenceView;
use crate::extract::Query;
use crate::parts::PartWorks;
use crate::problem::{Kind, Problem};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use futures::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

/// Largest file analysed, in bytes: more than mail servers let through.
const FILE_BYTES_MAX: u64 = 200 << 20;

/// Takes a message file apart (.eml, .msg, winmail.dat, an archive, ...) and tells what is in it. Nothing is kept.
#[utoipa::path(post, path = "/analyses", tag = "messages",
    params(AnalysisQuery),
    request_body(content = String, content_type = "application/octet-stream", description = "The file, as it is"),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The evidence", body = EvidenceView)))]
pub(crate) async fn analyse_file(
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ReadDesk>,
    Query(query): Query<AnalysisQuery>,
    body: Body,
) -> Result<Json<EvidenceView>, Problem> {
    let sections = query.sections()?;
    let (file, size) = received(body).await?;
    let mut evidence: EvidenceView = parts.analyse(caller.organization, file, size).await?.into();
    for section in Section::ALL.iter().filter(|section| !sections.contains(section)) {
        section.leave_out(&mut evidence);
    }
    Ok(Json(evidence))
}

/// The body in a nameless temporary file, and its size.
async fn received(body: Body) -> Result<(std::fs::File, u64), Problem> {
    let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(Problem::internal)?;
    let mut file = tokio::fs::File::from_std(file.map_err(Problem::internal)?);
    let mut size = 0_u64;
    let mut body = body.into_data_stream();
    while let Some(piece) = body.next().await {
        let piece = piece
            .map_err(|error| Problem::new(Kind::MalformedBody, "the file broke off").caused_by(error))?;
        size = size.saturating_add(piece.len() as u64);
        if size > FILE_BYTES_MAX {
            let message = format!("files of up to {} MiB are analysed", FILE_BYTES_MAX >> 20);
            return Err(Problem::new(Kind::TooLarge, message));
        }
        file.write_all(&piece).await.map_err(Problem::internal)?;
    }
    file.flush().await.map_err(Problem::internal)?;
    Ok((file.into_std().await, size))
}
