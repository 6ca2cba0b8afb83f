//! From a request to what answers it.

mod batch;
mod folders;
mod messages;
mod sending;

pub(crate) use batch::serve as batch;

use super::delta::{self, Paging};
use super::http::{Answer, Refusal, Reply, Request};
use crate::exchange::ids;
use crate::exchange::ledger::{Entry, Event};
use crate::exchange::tokens::Caller;
use crate::exchange::world::{Mailbox, World};
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The permissions that let a caller read, change and send.
const READ: [&str; 2] = ["Mail.Read", "Mail.ReadWrite"];
const WRITE: [&str; 1] = ["Mail.ReadWrite"];
const SEND: [&str; 1] = ["Mail.Send"];

/// The page a list has when nobody asks for another, and the largest there is.
const PAGE_DEFAULT: usize = 10;
pub(crate) const PAGE_MAX: usize = 1000;

/// What serving needs.
pub(crate) struct Site<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) ledger: &'a mut Vec<Entry>,
    pub(crate) caller: &'a Caller,
    pub(crate) now: Timestamp,
    pub(crate) paging: Paging,
}

/// One mailbox of the site, found by the path.
struct Desk<'a> {
    mailbox: &'a mut Mailbox,
    ledger: &'a mut Vec<Entry>,
    caller: &'a Caller,
    now: Timestamp,
    paging: Paging,
}

impl Desk<'_> {
    fn note(&mut self, key: u64, event: Event) {
        self.ledger.extend(self.mailbox.entry(key, event));
    }

    /// Refuses unless one of the permissions is held; those ending in `.Shared` are needed for mailboxes of others.
    fn demand(&self, permissions: &[&str]) -> Result<(), Refusal> {
        let user = self.caller.user.as_deref();
        let other = user.is_some_and(|user| !user.eq_ignore_ascii_case(&self.mailbox.address));
        let wanted = |held: &String| {
            let is = |stem: &&str| if other { *held == format!("{stem}.Shared") } else { held == stem };
            permissions.iter().any(is)
        };
        if self.caller.permissions.iter().any(wanted) {
            return Ok(());
        }
        let message = "Access is denied. Check credentials and try again.";
        Err(Refusal::new(StatusCode::FORBIDDEN, "ErrorAccessDenied", message))
    }

    /// The folder of a path.
    fn folder(&self, text: &str) -> Result<u64, Refusal> {
        self.mailbox.folder(text).ok_or_else(|| {
            if self.mailbox.is_well_formed(text) { Refusal::not_found() } else { Refusal::malformed_id() }
        })
    }

    /// The message of a path. The folder before it is not looked at, as in Exchange, whose identities are those of
    /// the mailbox.
    fn message(&self, text: &str) -> Result<u64, Refusal> {
        self.mailbox.key_of(text).ok_or_else(|| {
            if self.mailbox.is_well_formed(text) { Refusal::not_found() } else { Refusal::malformed_id() }
        })
    }
}

/// Serves everything but `$batch` and subscriptions.
pub(crate) fn serve(site: &mut Site<'_>, request: &Request) -> Answer {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let (user, rest) = match segments.as_slice() {
        ["me", rest @ ..] => match site.caller.user.clone() {
            Some(user) => (user, rest),
            None => {
                let message = "/me request is only valid with delegated authentication flow.";
                return Err(Refusal::bad_request("BadRequest", message));
            }
        },
        ["users", user, rest @ ..] => ((*user).to_owned(), rest),
        _ => return Err(unknown_segment(segments.first().copied().unwrap_or_default())),
    };
    let Some(mailbox) = site.world.find(&user) else {
        let message = format!("The requested user '{user}' is invalid.");
        return Err(Refusal::new(StatusCode::NOT_FOUND, "ErrorInvalidUser", &message));
    };
    let (ledger, caller, now, paging) = (&mut *site.ledger, site.caller, site.now, site.paging);
    let mut desk = Desk { mailbox, ledger, caller, now, paging };
    match rest {
        ["sendMail"] => {
            let (reply, sent) = sending::send_mail(&mut desk, request)?;
            if let Some(sent) = sent {
                sent.deliver(site.world, site.now, site.ledger);
            }
            Ok(reply)
        }
        ["messages", id, "send"] | ["mailFolders", _, "messages", id, "send"] => {
            let (reply, sent) = sending::send_draft(&mut desk, request, id)?;
            sent.deliver(site.world, site.now, site.ledger);
            Ok(reply)
        }
        ["messages", id, action @ ("reply" | "replyAll")]
        | ["mailFolders", _, "messages", id, action @ ("reply" | "replyAll")] => {
            let (reply, sent) = sending::reply(&mut desk, request, id, *action == "replyAll")?;
            sent.deliver(site.world, site.now, site.ledger);
            Ok(reply)
        }
        rest => in_mailbox(&mut desk, request, rest),
    }
}

fn in_mailbox(desk: &mut Desk<'_>, request: &Request, rest: &[&str]) -> Answer {
    desk.demand(if request.method == Method::GET { &READ } else { &WRITE })?;
    match rest {
        [] => {
            only(request, &Method::GET)?;
            let mailbox = &desk.mailbox;
            Ok(Reply::ok(&json!({
                "@odata.context": format!("{}/$metadata#users/$entity", request.base),
                "id": mailbox.user_id,
                "displayName": mailbox.address,
                "mail": mailbox.address,
                "userPrincipalName": mailbox.address,
            })))
        }
        ["translateExchangeIds"] => translate(desk, request),
        ["mailFolders", "delta"] => {
            only(request, &Method::GET)?;
            delta::folders(desk.mailbox, request)
        }
        ["mailFolders"] => folders::collection(desk, request, crate::exchange::world::ROOT),
        ["mailFolders", folder] | ["mailFolders", _, "childFolders", folder] => {
            let folder = desk.folder(folder)?;
            folders::one(desk, request, folder)
        }
        ["mailFolders", parent, "childFolders"] => {
            let parent = desk.folder(parent)?;
            folders::collection(desk, request, parent)
        }
        ["mailFolders", folder, "messages", "delta"] => {
            only(request, &Method::GET)?;
            let folder = desk.folder(folder)?;
            delta::messages(desk.mailbox, folder, request, desk.paging)
        }
        ["mailFolders", folder, "messages"] => {
            let folder = desk.folder(folder)?;
            messages::collection(desk, request, Some(folder))
        }
        ["messages"] => messages::collection(desk, request, None),
        ["mailFolders", folder, "messages", id, rest @ ..] => {
            desk.folder(folder)?;
            messages::one(desk, request, id, rest)
        }
        ["messages", id, rest @ ..] => messages::one(desk, request, id, rest),
        [first, ..] => Err(unknown_segment(first)),
    }
}

fn unknown_segment(segment: &str) -> Refusal {
    Refusal::bad_request("BadRequest", &format!("Resource not found for the segment '{segment}'."))
}

/// Refuses every other method.
fn only(request: &Request, method: &Method) -> Result<(), Refusal> {
    if request.method == *method {
        return Ok(());
    }
    let message = "The HTTP method is not supported for this resource.";
    Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "ErrorInvalidRequest", message))
}

/// A parameter of an action, whose name is not told apart by case.
fn parameter<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = body.as_object()?;
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Refuses options that do not exist; the real server does.
fn check_options(request: &Request) -> Result<(), Refusal> {
    const KNOWN: [&str; 10] = [
        "$filter",
        "$top",
        "$skip",
        "$select",
        "$orderby",
        "$expand",
        "$count",
        "$search",
        "$skiptoken",
        "includehiddenfolders",
    ];
    for name in request.query.names() {
        if !KNOWN.contains(&name.to_ascii_lowercase().as_str()) {
            let message = format!("The query parameter '{name}' is not supported.");
            return Err(Refusal::bad_request("BadRequest", &message));
        }
    }
    Ok(())
}

/// One page of `all` under `context`, each as `shape` shows it, with the link to the next.
fn page<T>(
    request: &Request,
    paging: Paging,
    context: &str,
    all: Vec<T>,
    shape: impl Fn(T) -> Value,
) -> Answer {
    let skip = request.query.number("$skip")?.unwrap_or(0);
    let top = request.query.number("$top")?.unwrap_or(PAGE_DEFAULT);
    if top == 0 || top > PAGE_MAX {
        let message = format!("The value of '$top' must be between 1 and {PAGE_MAX}.");
        return Err(Refusal::bad_request("ErrorInvalidUrlQuery", &message));
    }
    let size = top.min(paging.max);
    let total = all.len();
    let value: Vec<Value> = all.into_iter().skip(skip).take(size).map(shape).collect();
    let end = skip.saturating_add(value.len());
    let mut body = json!({
        "@odata.context": format!("{}/$metadata#{context}", request.base),
        "value": value,
    });
    if let Some(fields) = body.as_object_mut() {
        if request.query.get("$count").is_some_and(|count| count.eq_ignore_ascii_case("true")) {
            fields.insert("@odata.count".to_owned(), json!(total));
        }
        if end < total && !paging.omits_link {
            let query = request.query.with(&[("$skip", end.to_string())]);
            let link = format!("{}{}?{query}", request.base, request.raw_path);
            fields.insert("@odata.nextLink".to_owned(), json!(link));
        }
    }
    Ok(Reply::ok(&body))
}

/// Identities of one form into those of another, for people alone: applications are refused.
fn translate(desk: &Desk<'_>, request: &Request) -> Answer {
    only(request, &Method::POST)?;
    if desk.caller.user.is_none() {
        let message = "Access is denied. Check credentials and try again.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "ErrorAccessDenied", message));
    }
    let body = request.object()?;
    let form = |name: &str| {
        let word = parameter(&body, name).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        let known = ["restimmutableentryid", "restid", "ewsid"].contains(&word.as_str());
        let message = format!("{name} is not supported.");
        if known { Ok(word) } else { Err(Refusal::bad_request("ErrorInvalidArgument", &message)) }
    };
    let (from, into) = (form("SourceIdType")?, form("TargetIdType")?);
    let inputs = parameter(&body, "InputIds").and_then(Value::as_array);
    let Some(inputs) = inputs.filter(|inputs| inputs.len() <= PAGE_MAX) else {
        return Err(Refusal::bad_request("ErrorInvalidArgument", "InputIds is required."));
    };
    let value: Vec<Value> = inputs
        .iter()
        .filter_map(Value::as_str)
        .map(|source| {
            let text = if from == "ewsid" { ids::of_ews(source) } else { source.to_owned() };
            let found = desk.mailbox.key_of(&text).and_then(|key| desk.mailbox.messages.get(&key));
            match found {
                Some(message) => {
                    let id = desk.mailbox.message_id(message, into == "restimmutableentryid");
                    json!({"sourceId": source, "targetId": if into == "ewsid" { ids::ews_of(&id) } else { id }})
                }
                None => json!({"sourceId": source, "errorDetails": {
                    "code": "ErrorInvalidIdMalformed", "message": "Id is malformed.",
                }}),
            }
        })
        .collect();
    Ok(Reply::ok(&json!({
        "@odata.context": format!("{}/$metadata#Collection(microsoft.graph.convertIdResult)", request.base),
        "value": value,
    })))
}
