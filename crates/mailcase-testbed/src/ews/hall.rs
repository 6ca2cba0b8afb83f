//! What every connection shares: the mailboxes, who may come in, what goes wrong, and the record of it all.

mod door;
mod streams;

pub(crate) use door::Session;

use super::accounts::{Account, Scheme, Visitor};
use super::faults::{Fault, Faults};
use super::judge::Judge;
use super::service::{self, Limits, Site};
use super::sheet::{Piece, Sheet};
use super::soap::{Call, Failure, Reply, SOAP, TYPES};
use super::subscriptions::Subscriptions;
use super::wire::Request;
use super::{Asked, EwsOptions, autodiscover};
use crate::exchange::{Exchange, Tokens, locked};
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use roxmltree::Document;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// The path of the service; case does not count in it.
pub(crate) const PATH: &str = "/EWS/Exchange.asmx";

/// An answer and how it goes out.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content_type: &'static str,
    pub(crate) content: Content,
    pub(crate) cut_after: Option<usize>,
    /// The answer is lost on the way.
    pub(crate) lost: bool,
    pub(crate) permit: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Whole(String),
    Pieces(Vec<Piece>),
    Live(mpsc::Receiver<String>),
}

impl Outcome {
    pub(crate) const fn of(status: StatusCode, content_type: &'static str, content: Content) -> Self {
        let headers = Vec::new();
        Self { status, headers, content_type, content, cut_after: None, lost: false, permit: None }
    }

    pub(crate) fn plain(status: StatusCode, text: &str) -> Self {
        let text = format!("<html><body><h2>{status}</h2><p>{text}</p></body></html>");
        Self::of(status, "text/html", Content::Whole(text))
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

#[derive(Debug)]
pub(crate) struct Hall {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) accounts: Mutex<Vec<Account>>,
    pub(crate) schemes: Mutex<Vec<Scheme>>,
    pub(crate) tokens: Mutex<Tokens>,
    pub(crate) faults: Faults,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) judge: Judge,
    /// Which messages cannot be turned into MIME, and the code that says so.
    pub(crate) broken: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<Asked>>,
    busy: Mutex<HashMap<String, Arc<Semaphore>>>,
    concurrency: usize,
    latency: Duration,
    minute: Duration,
    limits: Limits,
    version: &'static str,
    autodiscover: bool,
    /// What a TLS connection to this server is bound to.
    channel: Option<Vec<u8>>,
}

/// What a request turned out to be about.
#[derive(Debug)]
struct About {
    operation: String,
    acting: String,
    visitor: Visitor,
}

impl Hall {
    pub(crate) fn new(exchange: Arc<Exchange>, options: &EwsOptions) -> Self {
        Self {
            exchange,
            accounts: Mutex::new(options.accounts.clone()),
            schemes: Mutex::new(options.schemes.clone()),
            tokens: Mutex::new(options.tokens.clone()),
            faults: Faults::default(),
            subscriptions: Subscriptions::default(),
            judge: Judge::default(),
            broken: Mutex::default(),
            asked: Mutex::default(),
            busy: Mutex::default(),
            concurrency: options.concurrency,
            latency: options.latency,
            minute: options.minute,
            limits: Limits {
                sync_page: options.sync_page.clamp(1, service::SYNC_PAGE_MAX),
                find_page: options.find_page.clamp(1, service::FIND_PAGE_MAX),
                streaming: options.streaming,
                pull: options.pull,
            },
            version: options.product.version_info(),
            autodiscover: options.autodiscover,
            channel: options.tls.as_ref().map(|tls| super::ntlm::end_point(&tls.certificate_der)),
        }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        locked(&self.asked).clone()
    }

    pub(crate) async fn answer(self: &Arc<Self>, session: &Session, request: &Request) -> Outcome {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let path = request.path.to_ascii_lowercase();
        if path.starts_with("/autodiscover/") && self.autodiscover {
            return self.autodiscover(session, request, &path).await;
        }
        if path != PATH.to_ascii_lowercase() {
            self.record(request, "", "", None, 404, "");
            return Outcome::plain(StatusCode::NOT_FOUND, "File or directory not found.");
        }
        // What stands in front of the service fails before anybody is asked who they are.
        let fault = self.faults.take(&format!("{} {PATH}", request.method));
        if fault == Some(Fault::Stall) {
            return std::future::pending().await;
        }
        if let Some(outcome) = fault.as_ref().and_then(plain_fault) {
            self.record(request, "", "", None, outcome.status.as_u16(), "");
            return outcome;
        }
        let visitor = match self.admit(session, request) {
            Ok(visitor) => visitor,
            Err(refusal) => {
                self.record(request, "", "", None, refusal.status.as_u16(), "");
                return refusal;
            }
        };
        if request.method != Method::POST {
            self.record(request, "", "", visitor.address.as_deref(), 200, "");
            return Outcome::plain(StatusCode::OK, "You have created a service.");
        }
        self.called(request, visitor, fault).await
    }

    async fn autodiscover(&self, session: &Session, request: &Request, path: &str) -> Outcome {
        let line = format!("{} {}", request.method, request.path);
        let fault = self.faults.take(&line);
        if fault == Some(Fault::Stall) {
            return std::future::pending().await;
        }
        let outcome = fault.as_ref().and_then(plain_fault).unwrap_or_else(|| {
            // The newest form says where to go to whoever asks.
            if path.starts_with("/autodiscover/autodiscover.json") {
                return autodiscover::json(request);
            }
            match self.admit(session, request) {
                Ok(_) => autodiscover::answer(self, request, path),
                Err(refusal) => refusal,
            }
        });
        self.record(request, "", "", None, outcome.status.as_u16(), "");
        outcome
    }

    /// Serves a call of somebody who came in.
    async fn called(self: &Arc<Self>, request: &Request, visitor: Visitor, fault: Option<Fault>) -> Outcome {
        if !request.header("content-type").to_ascii_lowercase().starts_with("text/xml") {
            self.record(request, "", "", visitor.address.as_deref(), 415, "");
            let text = "The content type was not the expected type 'text/xml; charset=utf-8'.";
            return Outcome::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
        }
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let text = text.trim_start_matches('\u{feff}').to_owned();
        let (about, served) = match self.understand(&text, visitor.clone()) {
            Ok(about) => about,
            Err(failure) => {
                let user = visitor.address.as_deref();
                self.record(request, "", "", user, 500, &failure.code);
                return self.enveloped(failure.into_fault(), None);
            }
        };
        let line = format!("{} {}", about.operation, about.acting);
        let fault = fault.or_else(|| self.faults.take(&line));
        match &fault {
            Some(Fault::Stall) => return std::future::pending().await,
            Some(fault) => {
                if let Some(outcome) = plain_fault(fault) {
                    self.note(request, &about, outcome.status.as_u16(), "");
                    return outcome;
                }
            }
            None => {}
        }
        self.judge.request(&about.operation, &text);
        let planned = match &fault {
            Some(Fault::Soap { code, back_off }) => Err(Failure { back_off: *back_off, ..Failure::of(code) }),
            _ => Ok(()),
        };
        if let Err(failure) = served.and(planned) {
            let reply = failure.into_fault();
            self.note(request, &about, 500, &reply.code);
            return self.enveloped(reply, Some(&about.operation));
        }
        if about.operation == "GetStreamingEvents" && self.limits.streaming {
            let outcome = self.stream(&text, &about);
            self.note(request, &about, outcome.status.as_u16(), "NoError");
            return outcome;
        }
        let Ok(permit) = self.gate(&about.acting).try_acquire_owned() else {
            let reply = Failure::of("ErrorExceededConnectionCount").into_fault();
            self.note(request, &about, 500, &reply.code);
            return self.enveloped(reply, Some(&about.operation));
        };
        let reply = self.serve(&text, &about, fault.as_ref());
        self.note(request, &about, reply.status.as_u16(), &reply.code);
        let mut outcome = self.enveloped(reply, Some(&about.operation));
        outcome.permit = Some(permit);
        outcome.lost = fault == Some(Fault::NoAnswer);
        if let Some(Fault::CutAfter(bytes)) = fault {
            outcome.cut_after = Some(bytes);
        }
        outcome
    }

    /// What is asked and as whom; inside, whether that is allowed.
    fn understand(&self, text: &str, visitor: Visitor) -> Result<(About, Result<(), Failure>), Failure> {
        let document = Document::parse(text)
            .map_err(|_| Failure::schema("The request is no well-formed XML without a DTD."))?;
        let call = Call::read(&document)?;
        let operation = call.name().to_owned();
        let about = |acting: &str, visitor| About { operation, acting: acting.to_owned(), visitor };
        let Some(wanted) = call.impersonated else {
            let own = visitor.address.clone().unwrap_or_default();
            let allowed = if own.is_empty() {
                let text = "ExchangeImpersonation SOAP header must be present for this type of OAuth token.";
                Err(Failure::new("ErrorInvalidRequest", text))
            } else {
                Ok(())
            };
            return Ok((about(&own, visitor), allowed));
        };
        if !visitor.may_impersonate() {
            return Ok((about("", visitor), Err(Failure::of("ErrorImpersonateUserDenied"))));
        }
        let found = self.exchange.world().find(wanted).map(|mailbox| mailbox.address.clone());
        Ok(match found {
            Some(address) => (about(&address, visitor), Ok(())),
            None => (about("", visitor), Err(Failure::of("ErrorNonExistentMailbox"))),
        })
    }

    fn serve(&self, text: &str, about: &About, fault: Option<&Fault>) -> Reply {
        let fault = match fault {
            Some(Fault::Item { index, code, back_off }) => {
                Some((*index, Failure { back_off: *back_off, ..Failure::of(code) }))
            }
            _ => None,
        };
        let mut ledger = Vec::new();
        let reply = self.at_site(about, &mut ledger, fault, |site| {
            let document = Document::parse(text).map_err(|_| Failure::schema("no XML"))?;
            service::serve(site, &Call::read(&document)?)
        });
        self.exchange.publish(ledger);
        reply.unwrap_or_else(Failure::into_fault)
    }

    fn at_site<T>(
        &self,
        about: &About,
        ledger: &mut Vec<crate::exchange::Entry>,
        fault: Option<(usize, Failure)>,
        serve: impl FnOnce(&mut Site<'_>) -> T,
    ) -> T {
        let broken = locked(&self.broken).clone();
        let mut world = self.exchange.world();
        serve(&mut Site {
            world: &mut world,
            ledger,
            subscriptions: &self.subscriptions,
            visitor: &about.visitor,
            acting: &about.acting,
            now: Timestamp::now(),
            limits: self.limits,
            broken: &broken,
            fault,
        })
    }

    fn gate(&self, mailbox: &str) -> Arc<Semaphore> {
        let mut busy = locked(&self.busy);
        let gate =
            busy.entry(mailbox.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.concurrency)));
        Arc::clone(gate)
    }

    /// The answer as it goes out; held against the schema when it belongs to an operation.
    fn enveloped(&self, reply: Reply, operation: Option<&str>) -> Outcome {
        let status = reply.status;
        let pieces = self.envelope(reply.sheet).into_pieces();
        self.judge.answer(operation.unwrap_or("Fault"), &pieces);
        Outcome::of(status, "text/xml; charset=utf-8", Content::Pieces(pieces))
    }

    fn envelope(&self, body: Sheet) -> Sheet {
        let mut sheet = Sheet::default();
        sheet.raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        sheet.open_with("s:Envelope", &[("xmlns:s", SOAP)]).open("s:Header");
        sheet.raw(&format!("<h:ServerVersionInfo {} xmlns:h=\"{TYPES}\"/>", self.version));
        sheet.close("s:Header");
        sheet.open_with(
            "s:Body",
            &[
                ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
                ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
            ],
        );
        sheet.append(body).close("s:Body").close("s:Envelope");
        sheet
    }

    fn note(&self, request: &Request, about: &About, status: u16, code: &str) {
        let user = about.visitor.address.as_deref();
        self.record(request, &about.operation, &about.acting, user, status, code);
    }

    fn record(
        &self,
        request: &Request,
        operation: &str,
        mailbox: &str,
        user: Option<&str>,
        status: u16,
        code: &str,
    ) {
        locked(&self.asked).push(Asked {
            line: format!("{} {}", request.method, request.path),
            operation: operation.to_owned(),
            mailbox: mailbox.to_owned(),
            user: user.unwrap_or_default().to_owned(),
            anchor: request.header("x-anchormailbox").to_owned(),
            status,
            code: code.to_owned(),
        });
    }
}

/// What goes wrong without anything being looked at.
fn plain_fault(fault: &Fault) -> Option<Outcome> {
    match fault {
        Fault::Status { status, retry_after } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let outcome = Outcome::plain(status, "An error made on purpose.");
            Some(match retry_after {
                Some(after) => outcome.with_header("retry-after", after),
                None => outcome,
            })
        }
        Fault::LoginPage => {
            let page = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.0 Transitional//EN\"><html><head><title>Outlook\
                </title></head><body><form action=\"/owa/auth.owa\" method=\"POST\"><input name=\"username\"><input \
                name=\"password\" type=\"password\"></form></body></html>";
            Some(Outcome::of(StatusCode::OK, "text/html; charset=utf-8", Content::Whole(page.to_owned())))
        }
        Fault::Disabled => {
            Some(Outcome::of(StatusCode::FORBIDDEN, "text/plain", Content::Whole(String::new())))
        }
        _ => None,
    }
}
