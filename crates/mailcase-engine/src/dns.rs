//! Asks the DNS what the verification of a message needs. The only place that does, and only for organizations that want
//! it: which names are asked for is chosen by whoever wrote the message.

use futures::stream::{self, StreamExt as _};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType as Wire};
use hickory_resolver::{Resolver, TokioResolver};
use mailcase_evidence::{Answer, Answers, Judgement, OriginFacts, Question, RecordType, Verification, judge};
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// One try at one server.
const TRY: Duration = Duration::from_secs(2);
/// Tries of one question.
const TRIES: usize = 2;
/// All questions of one message: it waits to be decided meanwhile. What is not answered then counts as failed.
const MESSAGE: Duration = Duration::from_secs(10);
/// Questions of one message under way at once.
const AT_ONCE: usize = 16;
/// Messages whose questions are under way at once, in the whole process.
const MESSAGES_AT_ONCE: usize = 64;
/// Answers kept of each set of name servers: keys and policies of the senders one hears from, a few kibibytes each.
const CACHED: u64 = 10_000;
/// Sets of name servers kept open; organizations mostly share one.
const SETS: usize = 100;

/// Name servers that can be asked. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Dns {
    resolver: TokioResolver,
    places: Arc<Semaphore>,
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dns").finish_non_exhaustive()
    }
}

/// Every set of name servers in use, each with its cache.
#[derive(Debug, Clone)]
pub(crate) struct NameServers {
    sets: Arc<Mutex<HashMap<Vec<SocketAddr>, Dns>>>,
    places: Arc<Semaphore>,
}

impl Default for NameServers {
    fn default() -> Self {
        Self { sets: Arc::default(), places: Arc::new(Semaphore::new(MESSAGES_AT_ONCE)) }
    }
}

impl NameServers {
    /// Those at these addresses; without any, those of the system.
    ///
    /// # Errors
    /// When the system names none, or they cannot be used.
    pub(crate) fn at(&self, addresses: &[SocketAddr]) -> Result<Dns, NetError> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dns) = sets.get(addresses) {
            return Ok(dns.clone());
        }
        let dns = Dns { resolver: resolver(addresses)?, places: Arc::clone(&self.places) };
        if sets.len() >= SETS {
            sets.clear();
        }
        sets.insert(addresses.to_vec(), dns.clone());
        Ok(dns)
    }
}

fn resolver(addresses: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let mut builder = if addresses.is_empty() {
        Resolver::builder_tokio()?
    } else {
        let servers = addresses.iter().map(|address| {
            let connection = |mut connection: ConnectionConfig| {
                connection.port = address.port();
                connection
            };
            let connections = vec![connection(ConnectionConfig::udp()), connection(ConnectionConfig::tcp())];
            NameServerConfig::new(address.ip(), true, connections)
        });
        let config = ResolverConfig::from_parts(None, vec![], servers.collect());
        Resolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let options: &mut ResolverOpts = builder.options_mut();
    options.timeout = TRY;
    options.attempts = TRIES;
    options.cache_size = CACHED;
    options.edns0 = true;
    options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
    builder.build()
}

impl Dns {
    /// Asks until a message can be judged. What was answered `before` is not asked again: the records of that day count.
    pub(crate) async fn verify(&self, facts: &OriginFacts, before: Option<&Verification>) -> Verification {
        let Ok(_place) = self.places.acquire().await else { return Verification::default() };
        let deadline = Instant::now() + MESSAGE;
        let mut asked_at = before.and_then(|before| before.asked_at);
        let mut answers = before.map(Verification::answers).unwrap_or_default();
        let facts = Arc::new(facts.clone());
        loop {
            // Every round asks for something new, and what a message may ask for is bounded.
            let questions = match judged(&facts, &mut answers).await {
                Some(Judgement::Judged(mut verification)) => {
                    verification.asked_at = Some(asked_at.unwrap_or_else(jiff::Timestamp::now));
                    return *verification;
                }
                Some(Judgement::NeedMore(questions)) => questions,
                None => return Verification::default(),
            };
            asked_at = Some(jiff::Timestamp::now());
            let mut asking = stream::iter(questions)
                .map(|question| async move {
                    let answer = tokio::time::timeout_at(deadline, self.ask(&question)).await;
                    (question, answer.unwrap_or(Answer::Failed))
                })
                .buffer_unordered(AT_ONCE);
            while let Some((question, answer)) = asking.next().await {
                answers.insert(question, answer);
            }
        }
    }

    async fn ask(&self, question: &Question) -> Answer {
        // What is no name for the DNS is not there.
        let labels = question.name.split('.').map(str::as_bytes);
        let Ok(mut name) = Name::from_labels(labels) else { return Answer::NoSuchName };
        name.set_fqdn(true);
        let wire = match question.record {
            RecordType::Txt => Wire::TXT,
            RecordType::A => Wire::A,
            RecordType::Aaaa => Wire::AAAA,
            RecordType::Mx => Wire::MX,
            RecordType::Ptr => Wire::PTR,
        };
        let answer = match self.resolver.lookup(name, wire).await {
            Ok(lookup) => records(lookup.answers().iter().map(|record| &record.data), question.record),
            Err(NetError::Dns(DnsError::NoRecordsFound(none)))
                if none.response_code == ResponseCode::NXDomain =>
            {
                Answer::NoSuchName
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(none)))
                if none.response_code == ResponseCode::NoError =>
            {
                Answer::NotFound
            }
            Err(error) => {
                tracing::debug!(%error, "a name server did not answer");
                Answer::Failed
            }
        };
        let result = match &answer {
            Answer::Records(_) => "found",
            Answer::NotFound | Answer::NoSuchName => "not_found",
            Answer::Failed => "failed",
        };
        metrics::counter!("mailcase_dns_questions_total", "result" => result).increment(1);
        answer
    }
}

/// Off the event loop: keys are tried on signatures. `None` when that panicked.
async fn judged(facts: &Arc<OriginFacts>, answers: &mut Answers) -> Option<Judgement> {
    let (facts, held) = (Arc::clone(facts), std::mem::take(answers));
    let work = tokio::task::spawn_blocking(move || (judge(&facts, &held), held));
    let (judgement, held) =
        work.await.inspect_err(|_| tracing::error!("the verification of a message ended abnormally")).ok()?;
    *answers = held;
    Some(judgement)
}

/// The verification of stored mail that is examined again. Without name servers what was found out before stays as it
/// is, judged anew where the answers of that day suffice.
pub(crate) async fn verified_again(
    dns: Option<&Dns>,
    facts: &OriginFacts,
    before: Option<Verification>,
) -> Option<Verification> {
    let asked = before.filter(|before| before.asked_at.is_some());
    if let Some(dns) = dns {
        return Some(dns.verify(facts, asked.as_ref()).await);
    }
    let before = asked?;
    let mut answers = before.answers();
    match judged(&Arc::new(facts.clone()), &mut answers).await {
        Some(Judgement::Judged(now)) => Some(Verification { asked_at: before.asked_at, ..*now }),
        _ => Some(before),
    }
}

/// Those of the type that was asked for: names that stand for others come along.
fn records<'a>(data: impl Iterator<Item = &'a RData>, wanted: RecordType) -> Answer {
    let mut servers = Vec::new();
    let mut found = Vec::new();
    for data in data {
        match (data, wanted) {
            (RData::TXT(text), RecordType::Txt) => {
                let bytes: Vec<u8> = text.txt_data.iter().flat_map(|piece| piece.iter().copied()).collect();
                found.push(String::from_utf8_lossy(&bytes).into_owned());
            }
            (RData::A(address), RecordType::A) => found.push(address.to_string()),
            (RData::AAAA(address), RecordType::Aaaa) => found.push(address.to_string()),
            (RData::PTR(name), RecordType::Ptr) => found.push(plain(name)),
            (RData::MX(mx), RecordType::Mx) => servers.push((mx.preference, plain(&mx.exchange))),
            _ => {}
        }
    }
    servers.sort();
    found.extend(servers.into_iter().map(|(_, name)| name));
    if found.is_empty() { Answer::NotFound } else { Answer::Records(found) }
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_lowercase()
}
