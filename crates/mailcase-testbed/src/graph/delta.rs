//! Delta queries: a first round through the whole folder, then rounds of what changed, each in pages.
//!
//! A first round goes from the newest to the oldest, because the real one promises no order; an update shows what
//! changed and no more; a token of an earlier generation is answered with 410 and the way to begin anew.

use super::filter::{Filter, Operator};
use super::http::{Answer, Refusal, Reply, Request};
use super::shape::{self, Shape};
use crate::exchange::world::{Mailbox, Message};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Page of a delta when nobody asks for another.
const PAGE_DEFAULT: usize = 10;

/// Where a client stands: what its token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Token {
    folder: u64,
    generation: u64,
    /// Everything up to this number in the history is known to the client.
    since: u64,
    /// The round ends here, when one is under way.
    until: Option<u64>,
    /// The last one of the page before, in the order of the round.
    after: u64,
    select: Option<Vec<String>>,
    expand: Option<String>,
    filter: Option<String>,
    change_type: Option<String>,
}

impl Token {
    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn read(text: &str) -> Result<Self, Refusal> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| Refusal::bad_request("ErrorInvalidUrlQuery", "Badly formed token."))
    }

    fn begin(folder: u64, mailbox: &Mailbox, request: &Request) -> Result<Self, Refusal> {
        for option in ["$search", "$skip", "$count"] {
            if request.query.get(option).is_some() {
                let message = format!("The query parameter '{option}' is not supported for delta queries.");
                return Err(Refusal::bad_request("ErrorInvalidUrlQuery", &message));
            }
        }
        let filter = request.query.get("$filter").map(str::to_owned);
        if let Some(text) = &filter
            && !matches!(
                Filter::parse(text)?,
                Filter::Compare { ref path, operator: Operator::Greater | Operator::GreaterOrEqual, .. }
                    if path == "receivedDateTime"
            )
        {
            return Err(Refusal::bad_request(
                "ErrorInvalidUrlQueryFilter",
                "The only supported filter is 'receivedDateTime ge' or 'receivedDateTime gt'.",
            ));
        }
        Ok(Self {
            folder,
            generation: mailbox.generation,
            since: 0,
            until: None,
            after: u64::MAX,
            select: request.query.list("$select"),
            expand: request.query.get("$expand").map(str::to_owned),
            filter,
            change_type: request.query.get("changeType").map(str::to_ascii_lowercase),
        })
    }

    fn is_first_round(&self) -> bool {
        self.since == 0
    }
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paging {
    /// More than this no page holds, whatever is asked for.
    pub(crate) max: usize,
    /// The link at the end is left out, as the real server now and then does.
    pub(crate) omits_link: bool,
}

/// Answers `…/messages/delta`.
pub(crate) fn messages(mailbox: &Mailbox, folder: u64, request: &Request, paging: Paging) -> Answer {
    let carried = carried_token(request);
    let mut token = match carried {
        Some(text) => Token::read(text)?,
        None => Token::begin(folder, mailbox, request)?,
    };
    if token.folder != folder {
        return Err(Refusal::bad_request("ErrorInvalidUrlQuery", "The token belongs to another resource."));
    }
    if token.generation != mailbox.generation {
        return Err(resync(request));
    }
    let until = *token.until.get_or_insert(mailbox.sequence);
    let shape = Shape {
        immutable: request.wants_immutable_ids(),
        select: token.select.clone(),
        expand: token.expand.clone(),
    };
    let wanted = request
        .preference("odata.maxpagesize")
        .and_then(|size| size.parse().ok())
        .or(request.query.number("$top")?)
        .unwrap_or(PAGE_DEFAULT);
    let size = wanted.clamp(1, paging.max);
    let filter = token.filter.as_deref().map(Filter::parse).transpose()?;
    let mut entries = entries(mailbox, &token, until, &shape, filter.as_ref(), size + 1);
    let more = entries.len() > size;
    entries.truncate(size);
    if let Some((position, _)) = entries.last() {
        token.after = *position;
    }
    let (name, option) = if more {
        ("@odata.nextLink", "$skiptoken")
    } else {
        token.since = until;
        token.until = None;
        token.after = 0;
        ("@odata.deltaLink", "$deltatoken")
    };
    let link = format!("{}{}?{option}={}", request.base, request.raw_path, token.text());
    let mut body = json!({
        "@odata.context": format!("{}/$metadata#Collection(message)", request.base),
        "value": entries.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(),
    });
    if let (false, Some(fields)) = (paging.omits_link, body.as_object_mut()) {
        fields.insert(name.to_owned(), json!(link));
    }
    Ok(Reply::ok(&body))
}

/// What is left of the round, with each one's position in it; of a first round no more than `limit`.
fn entries(
    mailbox: &Mailbox,
    token: &Token,
    until: u64,
    shape: &Shape,
    filter: Option<&Filter>,
    limit: usize,
) -> Vec<(u64, Value)> {
    let accepted = |message: &Message| {
        filter.is_none_or(|filter| filter.accepts(&|path| shape::property(mailbox, message, path)))
    };
    if token.is_first_round() {
        let mut held: Vec<&Message> = mailbox
            .in_folder(token.folder)
            .filter(|message| message.placed <= until && message.placed < token.after && accepted(message))
            .collect();
        held.sort_by_key(|message| std::cmp::Reverse(message.placed));
        return held
            .into_iter()
            .take(limit)
            .map(|message| (message.placed, shape::message(mailbox, message, shape)))
            .collect();
    }
    let from = token.since.max(token.after);
    let in_round = |number: u64| number > from && number <= until;
    let wants = |kind: &str| token.change_type.as_deref().is_none_or(|wanted| wanted == kind);
    let mut found: Vec<(u64, Value)> = Vec::new();
    for message in mailbox.in_folder(token.folder) {
        let created = message.placed > token.since;
        // What came in this round and changed after it began is in it all the same, or nobody would hear that it came.
        let position = if created { message.placed } else { message.changed };
        if !in_round(position) || !wants(if created { "created" } else { "updated" }) || !accepted(message) {
            continue;
        }
        let entry = if created {
            shape::message(mailbox, message, shape)
        } else {
            shape::update(mailbox, message, shape)
        };
        found.push((position, entry));
    }
    let left = mailbox.departures.iter().filter(|departure| {
        departure.folder == token.folder
            && in_round(departure.when)
            && mailbox.messages.get(&departure.key).is_none_or(|message| message.folder != token.folder)
    });
    for departure in left.filter(|_| wants("deleted")) {
        let id = mailbox.departed_id(departure, shape.immutable);
        let entry = json!({
            "@odata.type": "#microsoft.graph.message", "id": id, "@removed": {"reason": "deleted"},
        });
        found.push((departure.when, entry));
    }
    found.sort_by_key(|(position, _)| *position);
    found
}

/// Answers `…/mailFolders/delta`: every folder below the root that changed since.
pub(crate) fn folders(mailbox: &Mailbox, request: &Request) -> Answer {
    let mut token = match carried_token(request) {
        Some(text) => Token::read(text)?,
        None => Token::begin(0, mailbox, request)?,
    };
    if token.generation != mailbox.generation {
        return Err(resync(request));
    }
    let changed = mailbox
        .folders
        .iter()
        .filter(|(_, folder)| folder.parent != 0 && (token.is_first_round() || folder.changed > token.since));
    let value: Vec<Value> =
        changed.map(|(key, _)| shape::folder(mailbox, *key, token.select.as_deref())).collect();
    token.since = mailbox.sequence;
    let link = format!("{}{}?$deltatoken={}", request.base, request.raw_path, token.text());
    Ok(Reply::ok(&json!({
        "@odata.context": format!("{}/$metadata#Collection(mailFolder)", request.base),
        "value": value,
        "@odata.deltaLink": link,
    })))
}

fn resync(request: &Request) -> Refusal {
    Refusal::new(
        StatusCode::GONE,
        "SyncStateNotFound",
        "The sync state generation is not found; continue with a full synchronization.",
    )
    .with_header("location", format!("{}{}?$deltatoken=", request.base, request.raw_path))
}

/// The token of a link; an empty one means to begin anew.
fn carried_token(request: &Request) -> Option<&str> {
    let token = request.query.get("$deltatoken").or_else(|| request.query.get("$skiptoken"));
    token.filter(|token| !token.is_empty())
}
