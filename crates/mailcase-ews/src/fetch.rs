//! Raw messages by GetItem: many small ones in one request, large ones by themselves, several requests under way, handed
//! on one request after the other. The content is decoded while it comes: no message is ever held as a whole.
//!
//! The request that answers first is the first to be handed on. An order would be a trap: one that has a place in the
//! mailbox would wait for its turn, and one whose turn it is for a place.

use crate::client::{Call, EwsClient};
use crate::items::{item_ids, size_of};
use crate::places::AT_ONCE;
use crate::refusal::Trouble;
use crate::sizes::Sizes;
use crate::wire::{Answer, Mime, Sink, is_identity};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use mailcase_mail::{CHUNK_MAX_BYTES, Fetched, FetchedSender, RemoteHead, RemoteId, SourceError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Messages up to this size, as Exchange counts it, are fetched together.
const SMALL_MAX_BYTES: u64 = 256 << 10;
/// So much of them in one request: it is worked off one after the other, and others go on meanwhile.
const TOGETHER_MAX_BYTES: u64 = 2 << 20;
const TOGETHER_MAX: usize = 25;
/// Pieces read ahead of each request whose turn has not come.
const AHEAD_PIECES: usize = 4;
/// Sizes asked for by one request.
const SIZES_AT_ONCE: usize = 100;
const DOING: &str = "give a message";

/// What a request says of its messages, in their order.
#[derive(Debug)]
enum Event {
    Begin,
    Piece(Bytes),
    /// The message is answered, or will be by another request.
    Done(Ending),
    /// All of the request; what of it was not answered, the error is about.
    Over(Result<(), Trouble>),
}

#[derive(Debug)]
enum Ending {
    Whole,
    Gone,
    Unreadable(String),
    /// Not now: by itself, perhaps.
    Again,
}

pub(crate) async fn fetch(
    client: &EwsClient,
    sizes: &mut Sizes,
    ids: &[RemoteId],
    out: &FetchedSender,
) -> Result<(), SourceError> {
    let groups = groups(client, sizes, ids).await?;
    let mut fetching = Fetching { client, out, left: Vec::new(), trouble: None };
    fetching.all(groups).await?;
    // What a request about many did not answer is asked for by itself, so that it fails by itself.
    let alone = std::mem::take(&mut fetching.left).into_iter().map(|id| vec![id]).collect();
    fetching.all(alone).await?;
    sizes.forget(ids);
    match fetching.trouble {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

/// Which messages are asked for by the same request.
async fn groups(
    client: &EwsClient,
    sizes: &mut Sizes,
    ids: &[RemoteId],
) -> Result<Vec<Vec<RemoteId>>, SourceError> {
    // A few are there as soon by themselves.
    if ids.len() <= AT_ONCE {
        return Ok(ids.iter().map(|id| vec![id.clone()]).collect());
    }
    learn(client, sizes, ids).await?;
    let mut groups: Vec<Vec<RemoteId>> = Vec::new();
    let (mut group, mut bytes) = (Vec::new(), 0_u64);
    for id in ids {
        // What the server does not say anything about is not there, or has a group of its own.
        let size = sizes.of(id).unwrap_or(SMALL_MAX_BYTES.saturating_add(1));
        if size > SMALL_MAX_BYTES || !is_identity(id.as_str()) {
            groups.push(vec![id.clone()]);
            continue;
        }
        if group.len() >= TOGETHER_MAX || bytes.saturating_add(size) > TOGETHER_MAX_BYTES {
            groups.push(std::mem::take(&mut group));
            bytes = 0;
        }
        bytes = bytes.saturating_add(size);
        group.push(id.clone());
    }
    if !group.is_empty() {
        groups.push(group);
    }
    Ok(groups)
}

/// Asks for the sizes that no listing told.
async fn learn(client: &EwsClient, sizes: &mut Sizes, ids: &[RemoteId]) -> Result<(), SourceError> {
    let unknown: Vec<&RemoteId> =
        ids.iter().filter(|id| sizes.of(id).is_none() && is_identity(id.as_str())).collect();
    let found = client.each(&unknown, SIZES_AT_ONCE, |some| {
        let some: Vec<&RemoteId> = some.iter().map(|id| **id).collect();
        format!(
            "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>\
             <t:FieldURI FieldURI=\"item:Size\"/></t:AdditionalProperties></m:ItemShape><m:ItemIds>{}</m:ItemIds>\
             </m:GetItem>",
            item_ids(&some)
        )
    });
    let found = found.await.map_err(|trouble| trouble.into_error(DOING))?;
    for (id, answer) in unknown.into_iter().zip(found) {
        let items = answer.ok().and_then(|answer| answer.child("Items").cloned());
        if let Some(size) = items.and_then(|items| items.children.first().and_then(size_of)) {
            sizes.note(id, size, None);
        }
    }
    Ok(())
}

/// One fetch under way.
struct Fetching<'a> {
    client: &'a EwsClient,
    out: &'a FetchedSender,
    /// Not answered by a request about many.
    left: Vec<RemoteId>,
    /// What is wrong with single messages, while the others go on.
    trouble: Option<SourceError>,
}

impl Fetching<'_> {
    async fn all(&mut self, groups: Vec<Vec<RemoteId>>) -> Result<(), SourceError> {
        let mut waiting = groups.into_iter();
        let mut under_way = FuturesUnordered::new();
        // Dropped with this call, all requests end.
        let mut requests = JoinSet::new();
        loop {
            while under_way.len() < AT_ONCE
                && let Some(group) = waiting.next()
            {
                let (events, mut receiver) = mpsc::channel(AHEAD_PIECES);
                requests.spawn(request(self.client.clone(), group.clone(), events));
                under_way.push(async move { (receiver.recv().await, group, receiver) });
            }
            let Some((first, group, events)) = under_way.next().await else { return Ok(()) };
            // Only a request that ended from outside says nothing of its end.
            self.deliver(group, first.ok_or(SourceError::Abandoned)?, events).await?;
        }
    }

    async fn deliver(
        &mut self,
        group: Vec<RemoteId>,
        first: Event,
        mut events: mpsc::Receiver<Event>,
    ) -> Result<(), SourceError> {
        let alone = group.len() == 1;
        let mut ids = group.into_iter();
        let mut current = ids.next();
        let mut begun = false;
        let mut next = Some(first);
        let over = loop {
            let event = match next.take() {
                Some(first) => first,
                None => events.recv().await.ok_or(SourceError::Abandoned)?,
            };
            match (event, &current) {
                (Event::Begin, Some(id)) => {
                    begun = true;
                    self.hand_on(Fetched::Begin(RemoteHead::bare(id.clone()))).await?;
                }
                (Event::Piece(piece), Some(_)) => self.pieces(piece).await?,
                (Event::Done(ending), Some(id)) => {
                    match ending {
                        Ending::Whole => self.hand_on(Fetched::End).await?,
                        Ending::Gone => self.hand_on(Fetched::Gone(id.clone())).await?,
                        Ending::Unreadable(reason) => {
                            self.hand_on(Fetched::Unreadable { id: id.clone(), reason }).await?;
                        }
                        Ending::Again => self.left.push(id.clone()),
                    }
                    begun = false;
                    current = ids.next();
                }
                (Event::Over(result), _) => break result,
                (_, None) => {
                    let message = "Exchange answers with more messages than were asked for".to_owned();
                    break Err(SourceError::Protocol { message }.into());
                }
            }
        };
        let Err(trouble) = over else { return Ok(()) };
        let about_one = match &trouble {
            Trouble::Source(error) => matches!(error, SourceError::Protocol { .. }),
            Trouble::Refused(refusal) => refusal.is_about_the_message(),
        };
        if begun || !about_one {
            return Err(trouble.into_error(DOING));
        }
        match (current, trouble) {
            (Some(id), Trouble::Refused(refusal)) if alone => {
                let reason = refusal.into_error(DOING).to_string();
                self.hand_on(Fetched::Unreadable { id, reason }).await
            }
            (_, trouble) if alone => {
                // The others may be well; who is left without an answer had a failed try.
                self.trouble.get_or_insert(trouble.into_error(DOING));
                Ok(())
            }
            (current, _) => {
                self.left.extend(current.into_iter().chain(ids));
                Ok(())
            }
        }
    }

    async fn pieces(&self, mut piece: Bytes) -> Result<(), SourceError> {
        while !piece.is_empty() {
            let chunk = piece.split_to(piece.len().min(CHUNK_MAX_BYTES));
            self.hand_on(Fetched::Chunk(chunk)).await?;
        }
        Ok(())
    }

    async fn hand_on(&self, fetched: Fetched) -> Result<(), SourceError> {
        self.out.send(fetched).await.map_err(|_| SourceError::Abandoned)
    }
}

/// Where the content of one message goes.
struct Pieces<'a> {
    events: &'a mpsc::Sender<Event>,
    begun: bool,
}

impl Sink for Pieces<'_> {
    async fn piece(&mut self, piece: Bytes) -> Result<(), SourceError> {
        if !self.begun {
            self.begun = true;
            say(self.events, Event::Begin).await?;
        }
        say(self.events, Event::Piece(piece)).await
    }
}

async fn say(events: &mpsc::Sender<Event>, event: Event) -> Result<(), SourceError> {
    events.send(event).await.map_err(|_| SourceError::Abandoned)
}

/// One request about some messages, told as events.
async fn request(client: EwsClient, ids: Vec<RemoteId>, events: mpsc::Sender<Event>) {
    let over = Box::pin(told(&client, &ids, &events)).await;
    if say(&events, Event::Over(over)).await.is_err() {
        tracing::debug!("nobody waits for a message any more");
    }
}

async fn told(client: &EwsClient, ids: &[RemoteId], events: &mpsc::Sender<Event>) -> Result<(), Trouble> {
    if let [id] = ids
        && !is_identity(id.as_str())
    {
        return Ok(say(events, Event::Done(Ending::Gone)).await?);
    }
    let call = Call::new(format!(
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>\
         </m:ItemShape><m:ItemIds>{}</m:ItemIds></m:GetItem>",
        item_ids(&ids.iter().collect::<Vec<_>>())
    ));
    let alone = ids.len() == 1;
    let (mut again, mut tries) = (true, 0);
    let mut answers = client.open(&call).await?;
    let mut answered = 0_usize;
    loop {
        let mut pieces = Pieces { events, begun: false };
        let answer = match answers.next(&mut pieces).await {
            Ok(Some(answer)) => answer,
            Ok(None) => break,
            // Nothing of it was handed on, so it may be asked for again.
            Err(SourceError::Unreachable { .. }) if again && answered == 0 && !pieces.begun => {
                again = false;
                drop(answers);
                answers = client.open(&call).await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if alone
            && let Some(refusal) = answer.refusal()
            && refusal.is_passing()
        {
            tries += 1;
            // Its place is needed for the next try.
            drop(answers);
            client.bear(refusal, tries, true).await?;
            answers = client.open(&call).await?;
            continue;
        }
        answered = answered.saturating_add(1);
        say(events, Event::Done(ending(answer, alone)?)).await?;
    }
    if answered < ids.len() {
        let message = "Exchange left part of a request without an answer".to_owned();
        return Err(SourceError::Protocol { message }.into());
    }
    answers.finish().await;
    Ok(())
}

/// What an answer is to its message. What is no message's fault is an error when it was asked for by itself.
fn ending(answer: Answer, alone: bool) -> Result<Ending, Trouble> {
    let Some(refusal) = answer.refusal() else {
        return Ok(match answer.mime {
            Mime::Whole => Ending::Whole,
            Mime::Absent | Mime::Empty => {
                Ending::Unreadable("Exchange gave no content of the message".to_owned())
            }
            Mime::Broken => Ending::Unreadable("Exchange gave content that is no base64".to_owned()),
        });
    };
    if refusal.is_absence() {
        return Ok(Ending::Gone);
    }
    if refusal.is_about_the_message() {
        return Ok(Ending::Unreadable(refusal.into_error(DOING).to_string()));
    }
    if alone { Err(refusal.into()) } else { Ok(Ending::Again) }
}
