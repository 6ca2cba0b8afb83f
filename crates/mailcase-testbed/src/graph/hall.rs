//! What every connection shares: the world, who may come in, what goes wrong, and the record of it all.

use super::GraphOptions;
use super::csdl::{Csdl, Judge};
use super::delta::Paging;
use super::faults::{Fault, Faults, line};
use super::http::{Refusal, Reply, Request};
use super::notices::{Lifecycle, Subscriptions};
use super::service::{self, Site};
use crate::exchange::ledger::Entry;
use crate::exchange::tokens::{Caller, Tokens, Untaken};
use crate::exchange::{Exchange, Listener, locked};
use hyper::StatusCode;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a client that is refused for being too eager is told to wait, in seconds.
const EAGER_RETRY_AFTER: &str = "1";

/// One request as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `METHOD /path?query`; those within a batch begin with `$batch `.
    pub line: String,
    pub status: u16,
}

/// An answer and how it goes out.
pub(crate) struct Outcome {
    pub(crate) reply: Reply,
    pub(crate) cut_after: Option<usize>,
    /// The answer is lost on the way.
    pub(crate) lost: bool,
    pub(crate) permit: Option<OwnedSemaphorePermit>,
    /// Whose message this is.
    pub(crate) mailbox: String,
}

impl Outcome {
    pub(crate) const fn of(reply: Reply) -> Self {
        Self { reply, cut_after: None, lost: false, permit: None, mailbox: String::new() }
    }
}

#[derive(Debug)]
pub(crate) struct Hall {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) faults: Faults,
    pub(crate) tokens: Mutex<Tokens>,
    pub(crate) subscriptions: Subscriptions,
    asked: Mutex<Vec<Asked>>,
    problems: Mutex<Vec<String>>,
    judge: Option<Judge>,
    busy: Mutex<HashMap<String, Arc<Semaphore>>>,
    concurrency: usize,
    latency: Duration,
    page_max: usize,
    delta: bool,
    batch: bool,
}

impl Listener for Hall {
    /// Tells those who subscribed to the changes.
    fn told(&self, changes: &[Entry]) {
        for notice in self.subscriptions.notices(changes, Timestamp::now()) {
            self.judge_notice(&notice.body);
            tokio::spawn(notice.send());
        }
    }
}

impl Hall {
    pub(crate) fn new(exchange: Arc<Exchange>, options: &GraphOptions) -> Self {
        Self {
            exchange,
            faults: Faults::default(),
            tokens: Mutex::new(options.tokens.clone()),
            subscriptions: Subscriptions::new(options.notices_trust.as_deref()),
            asked: Mutex::default(),
            problems: Mutex::default(),
            judge: Csdl::shared().map(Judge::new),
            busy: Mutex::default(),
            concurrency: options.concurrency,
            latency: options.latency,
            page_max: options.page_max.clamp(1, service::PAGE_MAX),
            delta: options.delta,
            batch: options.batch,
        }
    }

    pub(crate) const fn is_judged(&self) -> bool {
        self.judge.is_some()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        locked(&self.asked).clone()
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        locked(&self.problems).clone()
    }

    pub(crate) async fn answer(&self, request: &Request) -> Outcome {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let caller = locked(&self.tokens).caller(request.header("authorization")).map_err(unauthorized);
        let caller = match caller {
            Ok(caller) => caller,
            Err(refusal) => return Outcome::of(self.record(request, "", Err(refusal))),
        };
        match request.segments.first().map(String::as_str) {
            Some("$batch") => self.batch(request, &caller).await,
            Some("subscriptions") => {
                self.judge_request(request);
                let mailbox_of = |resource: &str| self.mailbox_of_resource(resource, &caller);
                let answer = self.subscriptions.serve(request, Timestamp::now(), mailbox_of).await;
                Outcome::of(self.record(request, "", answer))
            }
            _ => self.single(request, &caller).await,
        }
    }

    async fn single(&self, request: &Request, caller: &Caller) -> Outcome {
        let mailbox = self.mailbox_of(request, caller);
        let fault = self.faults.take(request);
        let cut_after = match fault {
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::CutAfter(bytes)) => Some(bytes),
            _ => None,
        };
        let Ok(permit) = self.gate(&mailbox).try_acquire_owned() else {
            return Outcome::of(self.record(request, "", Err(too_many())));
        };
        let reply = self.serve(request, caller, "", fault.as_ref());
        // Everything but the bytes of a message has left when the answer is made.
        let permit = reply.mime_of.is_some().then_some(permit);
        Outcome { reply, cut_after, lost: fault == Some(Fault::NoAnswer), permit, mailbox }
    }

    async fn batch(&self, request: &Request, caller: &Caller) -> Outcome {
        let fault = self.faults.take(request);
        let lost = fault == Some(Fault::NoAnswer);
        match fault {
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::Status { status, code, retry_after }) => {
                let refusal = refusal_of(status, &code, retry_after);
                return Outcome::of(self.record(request, "", Err(refusal)));
            }
            Some(Fault::CutAfter(_) | Fault::NoAnswer | Fault::NoLink) | None => {}
        }
        if !self.batch {
            let refusal = Refusal::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", "Not supported here.");
            return Outcome::of(self.record(request, "", Err(refusal)));
        }
        // Those of a batch are served side by side, and each counts.
        let mut places: HashMap<String, Option<OwnedSemaphorePermit>> = HashMap::new();
        let answer = service::batch(request, |inner| {
            let mailbox = self.mailbox_of(inner, caller);
            let place = places.entry(mailbox.clone()).or_insert_with(|| {
                let all = u32::try_from(self.concurrency).unwrap_or(u32::MAX);
                self.gate(&mailbox).try_acquire_many_owned(all).ok()
            });
            if place.is_none() {
                return self.record(inner, "$batch ", Err(too_many()));
            }
            let fault = self.faults.take(inner);
            let reply = self.serve(inner, caller, "$batch ", fault.as_ref());
            if let Some(id) = reply.mime_of.clone() {
                let event = crate::exchange::ledger::Event::Served { complete: true };
                self.exchange.note(Entry { mailbox, id, event });
            }
            reply
        });
        let reply = match answer {
            Ok(reply) => reply,
            Err(refusal) => refusal.into_reply(Timestamp::now()),
        };
        locked(&self.asked).push(Asked { line: line(request), status: reply.status.as_u16() });
        Outcome { lost, ..Outcome::of(reply) }
    }

    /// Serves one request, in a batch or not.
    fn serve(&self, request: &Request, caller: &Caller, kind: &str, fault: Option<&Fault>) -> Reply {
        if let Some(Fault::Status { status, code, retry_after }) = fault {
            let refusal = refusal_of(*status, code, retry_after.clone());
            return self.record(request, kind, Err(refusal));
        }
        if !self.delta && request.segments.iter().any(|segment| segment == "delta") {
            let message = "The mailbox's quota of synchronization states is used up.";
            let refusal = Refusal::new(StatusCode::FORBIDDEN, "ErrorQuotaExceeded", message);
            return self.record(request, kind, Err(refusal));
        }
        self.judge_request(request);
        let paging = Paging { max: self.page_max, omits_link: fault == Some(&Fault::NoLink) };
        let now = Timestamp::now();
        let mut changes = Vec::new();
        let answer = {
            let mut world = self.exchange.world();
            let mut site = Site { world: &mut world, ledger: &mut changes, caller, now, paging };
            service::serve(&mut site, request)
        };
        self.exchange.publish(changes);
        self.record(request, kind, answer)
    }

    pub(crate) fn lifecycle(&self, event: Lifecycle) {
        for notice in self.subscriptions.lifecycle(event) {
            self.judge_notice(&notice.body);
            tokio::spawn(notice.send());
        }
    }

    fn gate(&self, mailbox: &str) -> Arc<Semaphore> {
        let mut busy = locked(&self.busy);
        let gate =
            busy.entry(mailbox.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.concurrency)));
        Arc::clone(gate)
    }

    fn mailbox_of(&self, request: &Request, caller: &Caller) -> String {
        let user = match request.segments.first().map(String::as_str) {
            Some("users") => request.segments.get(1).map_or("", String::as_str),
            _ => caller.user.as_deref().unwrap_or_default(),
        };
        let mut world = self.exchange.world();
        world.find(user).map_or_else(String::new, |mailbox| mailbox.address.clone())
    }

    /// `users/{id}/mailFolders('inbox')/messages` and its like.
    fn mailbox_of_resource(&self, resource: &str, caller: &Caller) -> Option<String> {
        let path = format!("/{}", resource.trim_start_matches('/'));
        let empty = (hyper::HeaderMap::new(), bytes::Bytes::new());
        let request = Request::new(hyper::Method::GET, "", &path, empty.0, empty.1);
        let of_messages = request.segments.last().is_some_and(|last| last == "messages");
        Some(self.mailbox_of(&request, caller)).filter(|mailbox| of_messages && !mailbox.is_empty())
    }

    fn record(&self, request: &Request, kind: &str, answer: Result<Reply, Refusal>) -> Reply {
        let mut reply = answer.unwrap_or_else(|refusal| refusal.into_reply(Timestamp::now()));
        if request.wants_immutable_ids() {
            reply.headers.push(("preference-applied", "IdType=\"ImmutableId\"".to_owned()));
        }
        if let Some(judge) = &self.judge
            && let Err(problem) = judge.reply(request, &reply)
        {
            self.blame("answer", request, &problem);
        }
        locked(&self.asked)
            .push(Asked { line: format!("{kind}{}", line(request)), status: reply.status.as_u16() });
        reply
    }

    fn judge_request(&self, request: &Request) {
        if let Some(judge) = &self.judge
            && let Err(problem) = judge.request(request)
        {
            self.blame("request", request, &problem);
        }
    }

    fn judge_notice(&self, body: &serde_json::Value) {
        if let Some(judge) = &self.judge
            && let Err(problem) = judge.is_a(body, "microsoft.graph.changeNotificationCollection")
        {
            locked(&self.problems).push(format!("notification: {problem}"));
        }
    }

    fn blame(&self, what: &str, request: &Request, problem: &str) {
        locked(&self.problems).push(format!("{what} {}: {problem}", line(request)));
    }
}

fn unauthorized(why: Untaken) -> Refusal {
    let header =
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\"";
    Refusal::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", why)
        .with_header("www-authenticate", header)
}

fn refusal_of(status: u16, code: &str, retry_after: Option<String>) -> Refusal {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let refusal = Refusal::new(status, code, "An error made on purpose.");
    match retry_after {
        Some(after) => refusal.with_header("retry-after", after),
        None => refusal,
    }
}

fn too_many() -> Refusal {
    let message = "Application is over its MailboxConcurrency limit.";
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "ApplicationThrottled", message)
        .with_header("retry-after", EAGER_RETRY_AFTER)
}
