//! Raw messages by `$value`: many small ones in one batch, large ones as a stream, as many under way as the mailbox
//! allows, handed on one after the other.

use crate::client::{AT_ONCE, Call, GraphClient, Reply};
use crate::refusal::Trouble;
use crate::wire::{BATCH_MAX, BatchItem, is_identity, segment};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use futures::stream::FuturesOrdered;
use mailcase_mail::{CHUNK_MAX_BYTES, Fetched, FetchedSender, RemoteHead, RemoteId, SourceError};
use serde_json::Value;

/// Read of each message before its turn has come: all of nearly every message.
const AHEAD_BYTES: usize = 256 << 10;
/// Pieces handed on are about this large, whatever the frames on the wire are.
const PIECE_BYTES: usize = 256 << 10;
const DOING: &str = "give a message";
/// Messages up to this size, as Exchange counts it, are fetched together; their MIME may be a third larger.
const SMALL_MAX_BYTES: u64 = 256 << 10;
/// And so much of them in one answer, which is held in memory.
const TOGETHER_MAX_BYTES: u64 = 2 << 20;
/// Asks for PidTagMessageSize (MS-OXPROPS 2.796).
const SIZE: &str = "?$select=id&$expand=singleValueExtendedProperties($filter=id%20eq%20'Integer%200x0E08')";

/// A message whose turn has not come.
enum Opened {
    Body { reply: Box<Reply>, ahead: BytesMut, ended: bool },
    Whole(Bytes),
    Gone,
    Unreadable(String),
}

pub(crate) async fn fetch(
    client: &GraphClient,
    root: &str,
    ids: &[RemoteId],
    out: &FetchedSender,
) -> Result<(), SourceError> {
    // A few are there as soon by themselves.
    if ids.len() <= AT_ONCE {
        return one_by_one(client, root, &ids.iter().collect::<Vec<_>>(), out).await;
    }
    for some in ids.chunks(BATCH_MAX) {
        let left = together(client, root, some, out).await?;
        one_by_one(client, root, &left, out).await?;
    }
    Ok(())
}

/// Answers what can be answered by a batch, and gives back the rest.
async fn together<'a>(
    client: &GraphClient,
    root: &str,
    ids: &'a [RemoteId],
    out: &FetchedSender,
) -> Result<Vec<&'a RemoteId>, SourceError> {
    let (small, mut left) = small_ones(client, root, ids).await?;
    let items: Vec<BatchItem> = small.iter().map(|id| item(root, id, "/$value")).collect();
    let results = match client.batch(&items).await {
        Ok(results) => results,
        // Larger than it should be, perhaps: by itself, each is a stream.
        Err(SourceError::Protocol { .. }) => return Ok(ids.iter().collect()),
        Err(error) => return Err(error),
    };
    for (id, result) in small.into_iter().zip(results) {
        let raw = result.ok().and_then(|body| STANDARD.decode(body.as_str()?).ok());
        match raw {
            Some(raw) => deliver(id, Opened::Whole(raw.into()), out).await?,
            // Whatever it is, it is asked for by itself once more.
            None => left.push(id),
        }
    }
    Ok(left)
}

/// Those known to be small enough for one batch, and the others.
async fn small_ones<'a>(
    client: &GraphClient,
    root: &str,
    ids: &'a [RemoteId],
) -> Result<(Vec<&'a RemoteId>, Vec<&'a RemoteId>), SourceError> {
    let (asked, mut left): (Vec<_>, Vec<_>) =
        ids.iter().partition(|id| client.has_batches() && is_identity(id.as_str()));
    let items: Vec<BatchItem> = asked.iter().map(|id| item(root, id, SIZE)).collect();
    let sizes = client.batch(&items).await?;
    // The server may just have said that it has no batches.
    let mut room = if client.has_batches() { TOGETHER_MAX_BYTES } else { 0 };
    let mut small = Vec::new();
    for (id, size) in asked.into_iter().zip(sizes) {
        match size.ok().and_then(|message| size_of(&message)) {
            Some(size) if size <= SMALL_MAX_BYTES && size <= room => {
                room = room.saturating_sub(size);
                small.push(id);
            }
            _ => left.push(id),
        }
    }
    Ok((small, left))
}

fn item(root: &str, id: &RemoteId, what: &str) -> BatchItem {
    let path = format!("{root}/messages/{}{what}", segment(id.as_str()));
    BatchItem::new("GET", path, None)
}

fn size_of(message: &Value) -> Option<u64> {
    let properties = message.get("singleValueExtendedProperties")?.as_array()?;
    properties.first()?.get("value")?.as_str()?.parse().ok()
}

async fn one_by_one(
    client: &GraphClient,
    root: &str,
    ids: &[&RemoteId],
    out: &FetchedSender,
) -> Result<(), SourceError> {
    let mut waiting = ids.iter();
    let mut under_way = FuturesOrdered::new();
    loop {
        while under_way.len() < AT_ONCE
            && let Some(id) = waiting.next()
        {
            under_way.push_back(opened(client, root, id));
        }
        let Some(opened) = under_way.next().await else { return Ok(()) };
        let (id, opened) = opened?;
        deliver(id, opened, out).await?;
    }
}

async fn opened<'a>(
    client: &GraphClient,
    root: &str,
    id: &'a RemoteId,
) -> Result<(&'a RemoteId, Opened), SourceError> {
    if !is_identity(id.as_str()) {
        return Ok((id, Opened::Gone));
    }
    let mut result = begun(client, root, id).await;
    if let Err(Trouble::Source(SourceError::Unreachable { .. })) = result {
        // Nothing of it was handed on yet, so it may be asked for again.
        result = begun(client, root, id).await;
    }
    Ok((id, settled(result)?))
}

fn settled(result: Result<Opened, Trouble>) -> Result<Opened, SourceError> {
    let refusal = match result {
        Ok(opened) => return Ok(opened),
        Err(Trouble::Source(error)) => return Err(error),
        Err(Trouble::Refused(refusal)) => refusal,
    };
    if refusal.is_absence() {
        return Ok(Opened::Gone);
    }
    // What it says of one message it says of no other.
    let about_the_message = refusal.code.starts_with("ErrorMime")
        || matches!(
            refusal.code.as_str(),
            "ErrorItemCorrupt" | "ErrorCorruptData" | "ErrorContentConversionFailed"
        )
        || matches!(refusal.status, 400 | 413 | 415 | 422 | 500);
    let error = refusal.into_error(DOING);
    if about_the_message { Ok(Opened::Unreadable(error.to_string())) } else { Err(error) }
}

async fn begun(client: &GraphClient, root: &str, id: &RemoteId) -> Result<Opened, Trouble> {
    let call = Call::get(format!("{root}/messages/{}/$value", segment(id.as_str())));
    let mut reply = Box::new(client.send(&call).await?);
    let mut ahead = BytesMut::new();
    while ahead.len() < AHEAD_BYTES {
        match reply.response.chunk().await? {
            Some(chunk) => ahead.extend_from_slice(&chunk),
            None => return Ok(Opened::Body { reply, ahead, ended: true }),
        }
    }
    Ok(Opened::Body { reply, ahead, ended: false })
}

async fn deliver(id: &RemoteId, opened: Opened, out: &FetchedSender) -> Result<(), SourceError> {
    let (mut reply, mut buffer, mut ended) = match opened {
        Opened::Gone => return hand_on(out, Fetched::Gone(id.clone())).await,
        Opened::Unreadable(reason) => {
            return hand_on(out, Fetched::Unreadable { id: id.clone(), reason }).await;
        }
        Opened::Whole(mut raw) => {
            hand_on(out, Fetched::Begin(RemoteHead::bare(id.clone()))).await?;
            while !raw.is_empty() {
                let piece = raw.split_to(raw.len().min(CHUNK_MAX_BYTES));
                hand_on(out, Fetched::Chunk(piece)).await?;
            }
            return hand_on(out, Fetched::End).await;
        }
        Opened::Body { reply, ahead, ended } => (reply, ahead, ended),
    };
    hand_on(out, Fetched::Begin(RemoteHead::bare(id.clone()))).await?;
    loop {
        while !ended && buffer.len() < PIECE_BYTES {
            match reply.response.chunk().await? {
                Some(chunk) => buffer.extend_from_slice(&chunk),
                None => ended = true,
            }
        }
        while !buffer.is_empty() {
            let piece: Bytes = buffer.split_to(buffer.len().min(CHUNK_MAX_BYTES)).freeze();
            hand_on(out, Fetched::Chunk(piece)).await?;
        }
        if ended {
            return hand_on(out, Fetched::End).await;
        }
    }
}

async fn hand_on(out: &FetchedSender, fetched: Fetched) -> Result<(), SourceError> {
    out.send(fetched).await.map_err(|_| SourceError::Abandoned)
}
