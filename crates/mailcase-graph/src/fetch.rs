//! Raw messages by `$value`: as many under way as the mailbox allows, handed on one after the other.

use crate::client::{AT_ONCE, Call, GraphClient, Reply};
use crate::refusal::Trouble;
use crate::wire::{is_identity, segment};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use futures::stream::FuturesOrdered;
use mailcase_mail::{CHUNK_MAX_BYTES, Fetched, FetchedSender, RemoteHead, RemoteId, SourceError};

/// Read of each message before its turn has come: all of nearly every message.
const AHEAD_BYTES: usize = 256 << 10;
/// Pieces handed on are about this large, whatever the frames on the wire are.
const PIECE_BYTES: usize = 256 << 10;
const DOING: &str = "give a message";

/// A message whose turn has not come.
enum Opened {
    Body { reply: Box<Reply>, ahead: BytesMut, ended: bool },
    Gone,
    Unreadable(String),
}

pub(crate) async fn fetch(
    client: &GraphClient,
    root: &str,
    ids: &[RemoteId],
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
