//! The first bytes of messages a search finds unwanted.
//!
//! Searches go by the words of an index that may be late, and of decoded text; so a search only chooses whose first bytes
//! are looked at. It asks for the unwanted: one that finds nothing costs nothing but time. Looking costs one request, as
//! fetching does, and spares the rest of the message.

use crate::client::{AT_ONCE, Call, GraphClient};
use crate::refusal::Trouble;
use crate::wire::{HeadShape, Page, is_identity, relative, segment};
use bytes::BytesMut;
use futures::StreamExt as _;
use mailcase_mail::{Criterion, GLANCE_BYTES, Glance, Place, RemoteId, SourceError};
use std::collections::HashSet;

/// Found messages asked for at once.
const PAGE: usize = 250;
/// Pages followed: a search finds no more than a thousand messages, the newest.
const PAGES_MAX: usize = 4;
/// Bytes of terms in one search, so that its address stays within what servers and proxies take.
const TERMS_BYTES_MAX: usize = 1_000;

/// What became of a look.
pub(crate) enum Looked {
    Seen(Vec<Glance>),
    /// The server does not search like this, and will not learn it.
    NoSearch,
}

pub(crate) async fn glance(
    client: &GraphClient,
    root: &str,
    folder: &str,
    ids: &[RemoteId],
    criteria: &[Criterion],
) -> Result<Looked, SourceError> {
    let Some(question) = question(criteria) else { return Ok(Looked::Seen(Vec::new())) };
    let unwanted = match search(client, root, folder, &question).await {
        Ok(found) => found,
        Err(Trouble::Refused(refusal)) if !refusal.is_passing() => return Ok(Looked::NoSearch),
        Err(trouble) => return Err(trouble.into_error("search the folder")),
    };
    let mut looks = Vec::new();
    for id in ids {
        if unwanted.contains(id) {
            looks.push(first_bytes(client, root, id));
        }
    }
    let seen: Vec<_> = futures::stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
    let seen: Result<Vec<Option<Glance>>, SourceError> = seen.into_iter().collect();
    Ok(Looked::Seen(seen?.into_iter().flatten().collect()))
}

async fn search(
    client: &GraphClient,
    root: &str,
    folder: &str,
    question: &str,
) -> Result<HashSet<RemoteId>, Trouble> {
    let quoted = segment(&format!("\"{}\"", question.replace('"', "\\\"")));
    let folder = format!("{root}/mailFolders/{}", segment(folder));
    let mut path = format!("{folder}/messages?$search={quoted}&$select=id&$top={PAGE}");
    let mut found = HashSet::new();
    for _ in 0..PAGES_MAX {
        let page: Page<HeadShape> = client.json(&Call::get(path)).await?;
        found.extend(page.value.into_iter().map(|head| RemoteId::new(head.id)));
        match page.next.and_then(|link| relative(client.base(), &link)) {
            Some(next) => path = next,
            None => break,
        }
    }
    Ok(found)
}

/// Nothing when the server does not give the message: its fetch shows why.
pub(crate) async fn first_bytes(
    client: &GraphClient,
    root: &str,
    id: &RemoteId,
) -> Result<Option<Glance>, SourceError> {
    if !is_identity(id.as_str()) {
        return Ok(None);
    }
    let call = Call::get(format!("{root}/messages/{}/$value", segment(id.as_str())));
    let mut reply = match client.send(&call).await {
        Ok(reply) => reply,
        Err(Trouble::Refused(refusal)) if !refusal.is_throttling() => return Ok(None),
        Err(trouble) => return Err(trouble.into_error("show the beginning of a message")),
    };
    let mut bytes = BytesMut::new();
    while bytes.len() < GLANCE_BYTES
        && let Some(chunk) = reply.response.chunk().await?
    {
        bytes.extend_from_slice(&chunk);
    }
    bytes.truncate(GLANCE_BYTES);
    // What follows is not read: dropping the answer ends its stream.
    Ok(Some(Glance { id: id.clone(), bytes: bytes.freeze() }))
}

/// The unwanted, in the Keyword Query Language; nothing when the server cannot be asked for any of them.
fn question(criteria: &[Criterion]) -> Option<String> {
    let mut room = TERMS_BYTES_MAX;
    let mut unwanted = Vec::new();
    for criterion in criteria {
        let property = match &criterion.place {
            Place::From => "from",
            Place::Recipients => "recipients",
            Place::Subject => "subject",
            // Headers are in no index.
            Place::Header(_) => continue,
        };
        let size: usize = criterion.terms.iter().map(String::len).sum();
        if criterion.terms.is_empty() || size > room || !criterion.terms.iter().all(|term| is_plain(term)) {
            continue;
        }
        room = room.saturating_sub(size);
        let terms: Vec<String> =
            criterion.terms.iter().map(|term| format!("{property}:\"{term}\"")).collect();
        let any = terms.join(" OR ");
        unwanted.push(if criterion.not { format!("({any})") } else { format!("(NOT ({any}))") });
    }
    (!unwanted.is_empty()).then(|| unwanted.join(" OR "))
}

/// Whether a term means itself within quotes.
fn is_plain(term: &str) -> bool {
    !term.trim().is_empty() && !term.chars().any(|c| c.is_control() || "\"\\*".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criterion(place: Place, not: bool, terms: &[&str]) -> Criterion {
        Criterion { place, not, terms: terms.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn the_unwanted_are_asked_for() {
        let from = criterion(Place::From, false, &["ann@example.org", "example.com"]);
        let subject = criterion(Place::Subject, true, &["out of office"]);
        let header = criterion(Place::Header("X-Spam".to_owned()), true, &["yes"]);
        let odd = criterion(Place::Subject, false, &["say \"hello\""]);
        let long = criterion(Place::Subject, true, &[&"x".repeat(TERMS_BYTES_MAX)]);
        for (criteria, expected) in [
            (vec![], None),
            (vec![header.clone(), odd.clone(), criterion(Place::Subject, true, &["*"])], None),
            (vec![from.clone()], Some("(NOT (from:\"ann@example.org\" OR from:\"example.com\"))")),
            (
                vec![from, header, subject, odd, long],
                Some(
                    "(NOT (from:\"ann@example.org\" OR from:\"example.com\")) OR (subject:\"out of office\")",
                ),
            ),
            (vec![criterion(Place::Recipients, true, &["a@b"])], Some("(recipients:\"a@b\")")),
        ] {
            assert_eq!(question(&criteria).as_deref(), expected, "{criteria:?}");
        }
    }
}
