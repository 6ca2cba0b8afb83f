//! Asking Exchange: signed in, with patience, never more at once than a mailbox allows.

use crate::connections::Lease;
use crate::places::{Place, Places};
use crate::refusal::{Refusal, Trouble};
use crate::server::Server;
use crate::sign_in::{SignIn, refused, unwanted};
use crate::wire::{Answer, Answers, Body, Element, Envelope, body, escaped};
use bytes::Bytes;
use futures::StreamExt as _;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use mailcase_mail::SourceError;
use mailcase_transport::Steps;
use mailcase_transport::http::{HttpClient, HttpResponse};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How often a request is made before its refusal is passed on.
const TRIES_MAX: u32 = 4;
/// The longest a call waits by itself when the server asks for patience. What takes longer is for the caller, who has
/// other things to do meanwhile.
const PATIENCE_MAX: Duration = Duration::from_secs(10);
/// The first wait when the server does not say how long; each further one is twice as long.
const BACKOFF_FIRST: Duration = Duration::from_millis(400);
/// Requests about many things, made side by side: each is worked off one thing after the other.
const SIDE_BY_SIDE: usize = 3;
const ERROR_MAX_BYTES: usize = 64 << 10;
/// Lets Exchange send a request straight to the server of the mailbox.
const ANCHOR: HeaderName = HeaderName::from_static("x-anchormailbox");

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The element within the body of the envelope.
    operation: String,
    /// Asked twice, it is done once.
    repeatable: bool,
}

impl Call {
    pub(crate) fn new(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), repeatable: true }
    }

    /// Must not be done twice.
    pub(crate) const fn once(mut self) -> Self {
        self.repeatable = false;
        self
    }
}

/// Exchange for one mailbox. Clones share connections, patience and places.
#[derive(Clone)]
pub(crate) struct EwsClient {
    http: HttpClient,
    server: Server,
    sign_in: SignIn,
    envelope: Envelope,
    anchor: Option<HeaderValue>,
    /// Whose well-known folders are meant, unless we act as the owner.
    owner: Option<String>,
    places: Places,
    not_before: Arc<Mutex<Option<Instant>>>,
}

impl std::fmt::Debug for EwsClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Addresses are nobody's business in a log.
        f.debug_struct("EwsClient")
            .field("server", &self.server)
            .field("sign_in", &self.sign_in)
            .finish_non_exhaustive()
    }
}

/// What became of one try.
enum Tried {
    Done(Box<Answers<Body>>),
    /// Why not, and how long to wait before the next try.
    Again(Trouble, Duration),
    TokenRefused(Trouble),
    Never(Trouble),
}

impl EwsClient {
    pub(crate) fn new(
        http: HttpClient,
        server: Server,
        sign_in: SignIn,
        envelope: Envelope,
        address: &str,
    ) -> Self {
        Self {
            http,
            server,
            sign_in,
            anchor: HeaderValue::from_str(address).ok(),
            owner: (!envelope.impersonates()).then(|| address.to_owned()),
            envelope,
            places: Places::default(),
            not_before: Arc::default(),
        }
    }

    pub(crate) const fn http(&self) -> &HttpClient {
        &self.http
    }

    /// A folder of the mailbox that Exchange knows by this name in every language.
    pub(crate) fn well_known(&self, name: &str) -> String {
        match &self.owner {
            Some(owner) => format!(
                "<t:DistinguishedFolderId Id=\"{name}\"><t:Mailbox><t:EmailAddress>{}</t:EmailAddress></t:Mailbox>\
                 </t:DistinguishedFolderId>",
                escaped(owner)
            ),
            None => format!("<t:DistinguishedFolderId Id=\"{name}\"/>"),
        }
    }

    /// The same client for answers that may be silent for so long, and that take no place.
    pub(crate) fn patient(&self, silence: Duration) -> Self {
        Self { http: self.http.with_silence(silence), places: Places::default(), ..self.clone() }
    }

    /// Where EWS is; asks Autodiscover when nobody said.
    pub(crate) async fn url(&self) -> Result<Uri, SourceError> {
        self.server.url(&self.http, &self.sign_in).await
    }

    /// Whether nobody said where EWS is.
    pub(crate) const fn is_discovered(&self) -> bool {
        self.server.is_discovered()
    }

    /// Gets a token as a step of a connection test, where there are tokens; whether it worked.
    pub(crate) async fn check_token(&self, steps: &mut Steps) -> bool {
        match &self.sign_in {
            SignIn::Tokens(tokens) => tokens.check(steps).await,
            SignIn::Basic(_) | SignIn::Ntlm(_) => true,
        }
    }

    /// One thing asked, and its answer.
    pub(crate) async fn one(&self, call: &Call) -> Result<Element, Trouble> {
        let mut tries = 0;
        loop {
            tries += 1;
            let answers = self.ask(call, 1).await?;
            let [answer] = <[Answer; 1]>::try_from(answers).map_err(|_| miscounted())?;
            match answer.into_result() {
                Ok(element) => return Ok(element),
                Err(refusal) => self.bear(refusal, tries, call.repeatable).await?,
            }
        }
    }

    /// Many things of one kind, asked `at_once` at a time; one result for each, in order. Those refused for a while are
    /// asked again.
    pub(crate) async fn each<T: Sync>(
        &self,
        things: &[T],
        at_once: usize,
        operation: impl Fn(&[&T]) -> String + Sync,
    ) -> Result<Vec<Result<Element, Refusal>>, Trouble> {
        let operation = &operation;
        let asking: Vec<_> =
            things.chunks(at_once.max(1)).map(|some| self.each_of(some, operation)).collect();
        let asked: Vec<_> = futures::stream::iter(asking).buffered(SIDE_BY_SIDE).collect().await;
        let mut results = Vec::with_capacity(things.len());
        for some in asked {
            results.extend(some?);
        }
        Ok(results)
    }

    async fn each_of<T: Sync>(
        &self,
        things: &[T],
        operation: &(impl Fn(&[&T]) -> String + Sync),
    ) -> Result<Vec<Result<Element, Refusal>>, Trouble> {
        let mut results: Vec<Option<Result<Element, Refusal>>> = things.iter().map(|_| None).collect();
        let mut open: Vec<(usize, &T)> = things.iter().enumerate().collect();
        let mut tries = 0;
        while !open.is_empty() {
            tries += 1;
            let asked: Vec<&T> = open.iter().map(|(_, thing)| *thing).collect();
            let answers = self.ask(&Call::new(operation(&asked)), asked.len()).await?;
            if answers.len() != asked.len() {
                return Err(miscounted().into());
            }
            let mut again = Vec::new();
            let mut worst: Option<Refusal> = None;
            for ((place, thing), answer) in open.into_iter().zip(answers) {
                let result = answer.into_result();
                if let Err(refusal) = &result
                    && refusal.is_passing()
                {
                    again.push((place, thing));
                    worst =
                        worst.filter(|worst| worst.back_off >= refusal.back_off).or(Some(refusal.clone()));
                }
                if let Some(slot) = results.get_mut(place) {
                    *slot = Some(result);
                }
            }
            open = again;
            // What is refused to the end keeps its refusal.
            if let Some(worst) = worst
                && self.bear(worst, tries, true).await.is_err()
            {
                break;
            }
        }
        Ok(results.into_iter().flatten().collect())
    }

    /// Waits after a refusal that may pass; gives back what will not, or not soon.
    pub(crate) async fn bear(&self, refusal: Refusal, tries: u32, repeatable: bool) -> Result<(), Trouble> {
        if refusal.is_throttling() {
            self.places.lower();
        }
        let wait = refusal.back_off.unwrap_or_else(|| backoff(tries));
        let may = refusal.is_throttling() || (refusal.is_passing() && repeatable);
        if !may || tries >= TRIES_MAX || wait > PATIENCE_MAX {
            return Err(refusal.into());
        }
        sleep(wait).await;
        Ok(())
    }

    /// All response messages to a request, of which there are at most `max`.
    async fn ask(&self, call: &Call, max: usize) -> Result<Vec<Answer>, Trouble> {
        let read = self.open(call).await?.all(max).await;
        match read {
            // The connection broke before the end: nobody knows what was done, and it may be done again.
            Err(SourceError::Unreachable { .. }) if call.repeatable => {
                Ok(self.open(call).await?.all(max).await?)
            }
            other => Ok(other?),
        }
    }

    /// Asks until there is an answer of use, or a no that will not change soon. Counts as being served until the answer is
    /// read or dropped.
    pub(crate) async fn open(&self, call: &Call) -> Result<Answers<Body>, Trouble> {
        let url = self.url().await?;
        let mut bearer = self.sign_in.bearer(None).await?;
        let mut renewed = false;
        let mut waited = Duration::ZERO;
        let mut tries = 0;
        loop {
            tries += 1;
            let request = self.request(&url, call, bearer.as_ref())?;
            match self.attempt(request, call, tries).await? {
                Tried::Done(answers) => return Ok(*answers),
                Tried::Never(trouble) => return Err(trouble),
                Tried::TokenRefused(trouble) if renewed => return Err(trouble),
                Tried::TokenRefused(trouble) => {
                    renewed = true;
                    let Some(refused) = bearer else { return Err(trouble) };
                    bearer = self.sign_in.bearer(Some(&refused)).await?;
                }
                Tried::Again(trouble, wait) => {
                    waited = waited.saturating_add(wait);
                    if tries >= TRIES_MAX || waited > PATIENCE_MAX {
                        return Err(trouble);
                    }
                    self.hold_back(wait);
                }
            }
        }
    }

    fn request(
        &self,
        url: &Uri,
        call: &Call,
        bearer: Option<&secrecy::SecretString>,
    ) -> Result<Request<Bytes>, SourceError> {
        let mut builder = Request::builder()
            .method(Method::POST)
            .uri(url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"))
            .header(ACCEPT, HeaderValue::from_static("text/xml"));
        if let Some(anchor) = &self.anchor {
            builder = builder.header(ANCHOR, anchor.clone());
        }
        if let Some(header) = self.sign_in.header(bearer)? {
            builder = builder.header(http::header::AUTHORIZATION, header);
        }
        let envelope = Bytes::from(self.envelope.around(&call.operation));
        builder.body(envelope).map_err(|_| SourceError::Protocol {
            message: "Exchange was to be asked with an address that is none".to_owned(),
        })
    }

    async fn attempt(&self, request: Request<Bytes>, call: &Call, tries: u32) -> Result<Tried, SourceError> {
        let not_before = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moment) = not_before {
            sleep_until(moment).await;
        }
        let place = self.places.take().await;
        let (response, lease) = match self.sent(request, call).await {
            Ok(sent) => sent,
            // A connection kept for later may have been closed at the other end just now.
            Err(error @ SourceError::Unreachable { .. }) if call.repeatable && tries == 1 => {
                return Ok(Tried::Again(error.into(), Duration::ZERO));
            }
            Err(error) => {
                self.server.forget_after(&error);
                return Ok(Tried::Never(error.into()));
            }
        };
        if response.status() == StatusCode::UNAUTHORIZED {
            return Ok(Tried::TokenRefused(refused(&self.sign_in, response.headers()).into()));
        }
        let trouble = match answers(response, lease, place).await {
            Ok(answers) => return Ok(Tried::Done(Box::new(answers))),
            Err(trouble) => trouble,
        };
        Ok(match &trouble {
            Trouble::Refused(refusal) => {
                if refusal.is_throttling() {
                    self.places.lower();
                }
                // Whoever asks for patience did nothing yet; what stumbled may have done it.
                let again = refusal.is_throttling() || (refusal.is_passing() && call.repeatable);
                let wait = refusal.back_off.unwrap_or_else(|| backoff(tries));
                if again { Tried::Again(trouble, wait) } else { Tried::Never(trouble) }
            }
            Trouble::Source(SourceError::Unreachable { .. }) if call.repeatable && tries == 1 => {
                Tried::Again(trouble, Duration::ZERO)
            }
            Trouble::Source(_) => Tried::Never(trouble),
        })
    }

    async fn sent(
        &self,
        request: Request<Bytes>,
        call: &Call,
    ) -> Result<(HttpResponse, Option<Lease>), SourceError> {
        match &self.sign_in {
            SignIn::Ntlm(connections) => {
                let (response, lease) = connections.send(&self.http, &request, !call.repeatable).await?;
                Ok((response, Some(lease)))
            }
            SignIn::Basic(_) | SignIn::Tokens(_) => Ok((self.http.send(request).await?, None)),
        }
    }

    /// Nobody asks before the wait is over.
    fn hold_back(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut held = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(held.map_or(until, |before| before.max(until)));
    }
}

/// The answers of a response, or what it is instead.
async fn answers(
    response: HttpResponse,
    lease: Option<Lease>,
    place: Place,
) -> Result<Answers<Body>, Trouble> {
    let status = response.status();
    let is_xml = is_xml(response.headers());
    if status == StatusCode::OK {
        if !is_xml {
            return Err(unwanted(response.endpoint()).into());
        }
        let ended = move || {
            drop(place);
            if let Some(lease) = lease {
                lease.give_back();
            }
        };
        return Answers::begin(body(response, ended)).await;
    }
    // Where a person would sign in (440 is what Outlook on the web says).
    if status.is_redirection() || status.as_u16() == 440 {
        return Err(unwanted(response.endpoint()).into());
    }
    let retry_after = response.retry_after();
    if is_xml {
        let page = response.bytes(ERROR_MAX_BYTES).await.unwrap_or_default();
        if let Err(Trouble::Refused(mut refusal)) = Answers::begin(page.as_ref()).await {
            refusal.back_off = refusal.back_off.or(retry_after);
            return Err(refusal.into());
        }
    }
    Err(Refusal::of_status(status.as_u16(), retry_after).into())
}

/// As EWS answers; what says nothing of its kind gets the benefit of the doubt.
fn is_xml(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return true };
    kind.to_str().is_ok_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "text/xml" || kind == "application/xml" || kind.ends_with("+xml") && !kind.contains("html")
    })
}

fn miscounted() -> SourceError {
    SourceError::Protocol { message: "Exchange left part of a request without an answer".to_owned() }
}

/// Twice as long after each try, and never the same for two who were refused together.
fn backoff(tries: u32) -> Duration {
    let whole = BACKOFF_FIRST.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    whole.mul_f64(rand::random_range(0.5..1.0))
}
