//! The first bytes of large messages a search finds unwanted.
//!
//! FindItem compares what Exchange made of a message; so a search only chooses whose first bytes are looked at, and asks
//! for the unwanted: one that finds nothing costs nothing but time. Without an index to go by, Exchange looks at every
//! message between the dates, and keeps what it found for the same question: the question is the same for a day, reaches
//! back no further than it must, and is asked only when a look spares something.

use crate::client::{Call, EwsClient};
use crate::items::{Item, boolean, item_ids};
use crate::places::AT_ONCE;
use crate::refusal::Trouble;
use crate::scan::Scan;
use crate::sizes::Sizes;
use crate::wire::{Mime, Sink, escaped, is_identity};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use mailcase_mail::{Criterion, GLANCE_BYTES, Glance, Place, RemoteId, SourceError};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Smaller messages are not looked at: content cannot be asked for in part, and to break off an answer costs its
/// connection, which is more than the rest of them.
const WORTH_BYTES: u64 = 64 << 10;
/// Messages that came before this are not looked at: all that came since would have to be searched.
const REACH: SignedDuration = SignedDuration::from_hours(30 * 24);
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// Found messages asked for at once: the most Exchange gives (`EwsFindCountLimit`).
const PAGE: usize = 1_000;
/// Pages followed, the newest messages first.
const PAGES_MAX: usize = 4;
/// Bytes of terms in one search: each is compared with every message.
const TERMS_BYTES_MAX: usize = 1_000;
/// A search that takes longer would cost more than it spares.
const SEARCH_MAX: Duration = Duration::from_secs(20);
/// A server that does not search, or too slowly, is not asked again for so long.
const REST: Duration = Duration::from_secs(60 * 60);

/// PidTagSentRepresentingSmtpAddress and PidTagSenderSmtpAddress: `message:From` may be a name without an address.
const FROM: [&str; 3] = [
    "<t:FieldURI FieldURI=\"message:From\"/>",
    "<t:ExtendedFieldURI PropertyTag=\"0x5D02\" PropertyType=\"String\"/>",
    "<t:ExtendedFieldURI PropertyTag=\"0x5D01\" PropertyType=\"String\"/>",
];
/// PidTagTransportMessageHeaders: lists of recipients are no property that can be searched.
const HEADERS: &str = "<t:ExtendedFieldURI PropertyTag=\"0x007D\" PropertyType=\"String\"/>";
const SUBJECT: &str = "<t:FieldURI FieldURI=\"item:Subject\"/>";

/// Whether the server is asked to search.
#[derive(Debug, Default)]
pub(crate) struct Searches {
    not_before: Option<Instant>,
}

impl Searches {
    pub(crate) fn rest(&self) -> bool {
        self.not_before.is_some_and(|moment| Instant::now() < moment)
    }

    fn pause(&mut self) {
        self.not_before = Instant::now().checked_add(REST);
    }
}

pub(crate) async fn glance(
    client: &EwsClient,
    searches: &mut Searches,
    folder: &str,
    large: &[(&RemoteId, Timestamp)],
    criteria: &[Criterion],
) -> Result<Vec<Glance>, SourceError> {
    let oldest = large.iter().map(|(_, received)| *received).min();
    let Some((unwanted, oldest)) = restriction(criteria).zip(oldest) else { return Ok(Vec::new()) };
    let wanted: HashSet<&RemoteId> = large.iter().map(|(id, _)| *id).collect();
    let found = match timeout(SEARCH_MAX, search(client, folder, &unwanted, oldest, &wanted)).await {
        Ok(Ok(found)) => found,
        Ok(Err(Trouble::Refused(refusal))) if !refusal.is_passing() => {
            searches.pause();
            return Ok(Vec::new());
        }
        Ok(Err(Trouble::Source(SourceError::TimedOut { .. }))) | Err(_) => {
            searches.pause();
            return Ok(Vec::new());
        }
        Ok(Err(trouble)) => return Err(trouble.into_error("search the folder")),
    };
    let mut looks = Vec::new();
    for id in &found {
        looks.push(first_bytes(client, id));
    }
    let seen: Vec<_> = futures::stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
    let seen: Result<Vec<Option<Glance>>, SourceError> = seen.into_iter().collect();
    Ok(seen?.into_iter().flatten().collect())
}

/// Those messages of which a look may spare something, and when they came.
pub(crate) fn worth_a_look<'a>(
    ids: &'a [RemoteId],
    sizes: &Sizes,
    now: Timestamp,
) -> Vec<(&'a RemoteId, Timestamp)> {
    let earliest = now.checked_sub(REACH).unwrap_or(Timestamp::MIN);
    ids.iter()
        .filter(|id| is_identity(id.as_str()) && sizes.of(id).is_some_and(|size| size > WORTH_BYTES))
        .filter_map(|id| sizes.received(id).map(|received| (id, received)))
        .filter(|(_, received)| *received >= earliest)
        .collect()
}

/// Those of `wanted` that fit.
async fn search(
    client: &EwsClient,
    folder: &str,
    unwanted: &str,
    oldest: Timestamp,
    wanted: &HashSet<&RemoteId>,
) -> Result<HashSet<RemoteId>, Trouble> {
    let since = day_of(oldest).strftime("%Y-%m-%dT%H:%M:%SZ");
    let restriction = format!(
        "<t:And><t:IsGreaterThanOrEqualTo><t:FieldURI FieldURI=\"item:DateTimeReceived\"/><t:FieldURIOrConstant>\
         <t:Constant Value=\"{since}\"/></t:FieldURIOrConstant></t:IsGreaterThanOrEqualTo>{unwanted}</t:And>"
    );
    let mut found = HashSet::new();
    let mut skip: usize = 0;
    for _ in 0..PAGES_MAX {
        let page = Scan::new(client, folder).find_items(PAGE, skip, &restriction, "Descending").await?;
        let items = page.child("Items").map(|items| items.children.as_slice()).unwrap_or_default();
        let mut last = None;
        for item in items {
            let head = Item::of(item)?.head;
            last = head.received;
            if wanted.contains(&head.id) {
                found.insert(head.id);
            }
        }
        let complete = page.attribute("IncludesLastItemInRange").and_then(boolean).unwrap_or(true);
        if complete || items.is_empty() || last < Some(oldest) {
            break;
        }
        skip = skip.saturating_add(items.len());
    }
    Ok(found)
}

/// The beginning of its day: a question that is asked again is answered from what is known.
fn day_of(moment: Timestamp) -> Timestamp {
    let seconds = moment.as_second();
    Timestamp::from_second(seconds.saturating_sub(seconds.rem_euclid(DAY_SECONDS))).unwrap_or(moment)
}

/// Takes the first bytes of a message, and wants no more then.
#[derive(Debug, Default)]
struct Beginning(BytesMut);

impl Beginning {
    fn is_full(&self) -> bool {
        self.0.len() >= GLANCE_BYTES
    }
}

impl Sink for Beginning {
    async fn piece(&mut self, piece: Bytes) -> Result<(), SourceError> {
        let room = GLANCE_BYTES.saturating_sub(self.0.len());
        self.0.extend_from_slice(piece.get(..room).unwrap_or(&piece));
        if self.is_full() { Err(SourceError::Abandoned) } else { Ok(()) }
    }
}

/// Nothing when the server does not give the message: its fetch shows why.
pub(crate) async fn first_bytes(client: &EwsClient, id: &RemoteId) -> Result<Option<Glance>, SourceError> {
    const DOING: &str = "show the beginning of a message";
    let call = Call::new(format!(
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>\
         </m:ItemShape><m:ItemIds>{}</m:ItemIds></m:GetItem>",
        item_ids(&[id])
    ));
    let mut answers = match client.open(&call).await {
        Ok(answers) => answers,
        Err(Trouble::Refused(refusal)) if !refusal.is_throttling() => return Ok(None),
        Err(trouble) => return Err(trouble.into_error(DOING)),
    };
    let mut beginning = Beginning::default();
    let answer = answers.next(&mut beginning).await;
    if !beginning.is_full() {
        let Some(answer) = answer? else { return Ok(None) };
        match answer.refusal() {
            Some(refusal) if refusal.is_throttling() => return Err(refusal.into_error(DOING)),
            None if answer.mime == Mime::Whole => answers.finish().await,
            Some(_) | None => return Ok(None),
        }
    }
    // Dropping an answer ends its stream: what follows is not read.
    Ok(Some(Glance { id: id.clone(), bytes: beginning.0.freeze() }))
}

/// The unwanted; nothing when the server cannot be asked for any of them.
fn restriction(criteria: &[Criterion]) -> Option<String> {
    let mut room = TERMS_BYTES_MAX;
    let mut unwanted = Vec::new();
    for criterion in criteria {
        let size: usize = criterion.terms.iter().map(String::len).sum();
        let Some(left) = room.checked_sub(size) else { continue };
        let terms = || criterion.terms.iter();
        let found: Vec<String> = match &criterion.place {
            Place::From => terms().flat_map(|term| FROM.map(|path| contains(path, term))).collect(),
            Place::Recipients => terms().map(|term| contains(HEADERS, term)).collect(),
            Place::Subject => terms().map(|term| contains(SUBJECT, term)).collect(),
            Place::Header(name) => {
                let path = format!(
                    "<t:ExtendedFieldURI DistinguishedPropertySetId=\"InternetHeaders\" PropertyName=\"{}\" \
                     PropertyType=\"String\"/>",
                    escaped(name)
                );
                match criterion.terms.as_slice() {
                    [] => vec![format!("<t:Exists>{path}</t:Exists>")],
                    some => some.iter().map(|term| contains(&path, term)).collect(),
                }
            }
        };
        let Some(found) = any(found) else { continue };
        room = left;
        unwanted.push(if criterion.not { found } else { format!("<t:Not>{found}</t:Not>") });
    }
    any(unwanted)
}

fn contains(path: &str, term: &str) -> String {
    format!(
        "<t:Contains ContainmentMode=\"Substring\" ContainmentComparison=\"IgnoreCase\">{path}<t:Constant Value=\"{}\"/>\
         </t:Contains>",
        escaped(term)
    )
}

/// One of them by itself, or `t:Or`, which takes at least two.
fn any(mut expressions: Vec<String>) -> Option<String> {
    match expressions.len() {
        0 | 1 => expressions.pop(),
        _ => Some(format!("<t:Or>{}</t:Or>", expressions.concat())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criterion(place: Place, not: bool, terms: &[&str]) -> Criterion {
        Criterion { place, not, terms: terms.iter().map(ToString::to_string).collect() }
    }

    /// As it is asked, without what is the same everywhere.
    fn asked(criteria: &[Criterion]) -> String {
        let mut text = restriction(criteria).unwrap_or_default();
        for (long, short) in [
            (" ContainmentMode=\"Substring\" ContainmentComparison=\"IgnoreCase\"", ""),
            (FROM[0], "from"),
            (FROM[1], "represented"),
            (FROM[2], "sender"),
            (SUBJECT, "subject"),
            (HEADERS, "headers"),
            ("<t:Constant Value=\"", "~"),
            ("\"/></t:Contains>", "."),
            ("<t:Contains>", ""),
            ("t:", ""),
        ] {
            text = text.replace(long, short);
        }
        text
    }

    #[test]
    fn the_unwanted_are_asked_for() {
        let from = criterion(Place::From, false, &["example.com"]);
        let subject = criterion(Place::Subject, true, &["a \"b\" & c", "<d>"]);
        let recipients = criterion(Place::Recipients, false, &["soc@example.org"]);
        let there = criterion(Place::Header("X-Spam".to_owned()), true, &[]);
        let long = criterion(Place::Subject, true, &[&"x".repeat(TERMS_BYTES_MAX + 1)]);
        let header = "<ExtendedFieldURI DistinguishedPropertySetId=\"InternetHeaders\" PropertyName=\"X-Spam\" \
                      PropertyType=\"String\"/>";
        let not_from = "<Not><Or>from~example.com.represented~example.com.sender~example.com.</Or></Not>";
        let with_subject = "<Or>subject~a &quot;b&quot; &amp; c.subject~&lt;d&gt;.</Or>".to_owned();
        for (criteria, expected) in [
            (vec![], String::new()),
            (vec![long.clone(), criterion(Place::Subject, true, &[])], String::new()),
            (vec![from.clone()], not_from.to_owned()),
            (vec![subject.clone(), long], with_subject.clone()),
            (vec![recipients], "<Not>headers~soc@example.org.</Not>".to_owned()),
            (vec![there], format!("<Exists>{header}</Exists>")),
            (vec![from, subject], format!("<Or>{not_from}{with_subject}</Or>")),
        ] {
            assert_eq!(asked(&criteria), expected, "{criteria:?}");
        }
    }

    #[test]
    fn only_what_is_large_and_came_of_late_is_searched_for() {
        let now: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        let mut sizes = Sizes::default();
        let id = RemoteId::new;
        let days = |days: i64| Some(now - SignedDuration::from_hours(24 * days));
        sizes.note(&id("large"), WORTH_BYTES + 1, days(1));
        sizes.note(&id("small"), WORTH_BYTES, days(1));
        sizes.note(&id("old"), WORTH_BYTES + 1, days(31));
        sizes.note(&id("undated"), WORTH_BYTES + 1, None);
        sizes.note(&id("no identity"), WORTH_BYTES + 1, days(1));
        let ids = ["large", "small", "old", "undated", "unknown", "no identity"].map(id);
        let found = worth_a_look(&ids, &sizes, now);
        assert_eq!(found.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["large"]);
        assert_eq!(day_of(now).to_string(), "2026-03-04T00:00:00Z");
        assert_eq!(day_of(Timestamp::from_second(-1).unwrap()).to_string(), "1969-12-31T00:00:00Z");
    }
}
