//! A name server with the records a test gives it, over UDP and TCP on the loopback.

use anyhow::{Context as _, Result};
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::proto::op::{Header, HeaderCounts, Metadata, ResponseCode};
use hickory_server::proto::rr::rdata::{A, AAAA, MX, PTR, TXT};
use hickory_server::proto::rr::{Name, RData, Record, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

/// Longest character string of a TXT record (RFC 1035 §3.3).
const STRING_BYTES: usize = 255;
/// Seconds an answer may be kept: not at all, so that a test sees what it changes.
const LIFE: u32 = 0;
/// Longest silence of a connection.
const SILENCE: Duration = Duration::from_secs(10);
/// Answers of one connection under way.
const ANSWERS: usize = 32;

/// A running name server. Ends when dropped.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    zone: Zone,
    server: JoinHandle<()>,
}

type Key = (String, RecordType);

#[derive(Debug, Clone, Default)]
struct Zone(Arc<Mutex<Records>>);

#[derive(Debug, Default)]
struct Records {
    known: HashMap<Key, Vec<RData>>,
    failing: Vec<String>,
    asked: Vec<Key>,
}

impl NameServer {
    /// Starts one that knows nothing yet.
    ///
    /// # Errors
    /// When it cannot listen on one port for both protocols.
    pub async fn start() -> Result<Self> {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen for UDP")?;
        let address = udp.local_addr()?;
        let tcp = TcpListener::bind(address).await.context("listen for TCP on the port of UDP")?;
        let zone = Zone::default();
        let mut server = Server::new(zone.clone());
        server.register_socket(udp);
        server.register_listener(tcp, SILENCE, ANSWERS);
        let server = tokio::spawn(async move {
            if let Err(error) = server.block_until_done().await {
                tracing::warn!(%error, "the name server ended");
            }
        });
        Ok(Self { address, zone, server })
    }

    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives a name records, in place of those of the same type; none takes them away. `mx` are written `10 name`.
    ///
    /// # Errors
    /// When a name, an address or a type is none.
    pub fn set(&self, name: &str, record: &str, values: &[&str]) -> Result<()> {
        let record = RecordType::from_str(&record.to_uppercase())?;
        let data = values.iter().map(|value| data(record, value)).collect::<Result<Vec<_>>>()?;
        self.records(|records| records.known.insert((name.to_lowercase(), record), data));
        Ok(())
    }

    /// Answers questions for this name with an error from now on, or no longer.
    pub fn fail(&self, name: &str, fails: bool) {
        self.records(|records| {
            records.failing.retain(|failing| failing != name);
            if fails {
                records.failing.push(name.to_owned());
            }
        });
    }

    /// Every question since the last time, as `TXT name`.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let asked = self.records(|records| std::mem::take(&mut records.asked));
        asked.into_iter().map(|(name, record)| format!("{record} {name}")).collect()
    }

    fn records<T>(&self, work: impl FnOnce(&mut Records) -> T) -> T {
        work(&mut self.zone.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn data(record: RecordType, value: &str) -> Result<RData> {
    let name = |text: &str| Name::from_ascii(format!("{}.", text.trim_end_matches('.')));
    Ok(match record {
        RecordType::TXT => RData::TXT(TXT::from_bytes(value.as_bytes().chunks(STRING_BYTES).collect())),
        RecordType::A => RData::A(A(value.parse()?)),
        RecordType::AAAA => RData::AAAA(AAAA(value.parse()?)),
        RecordType::PTR => RData::PTR(PTR(name(value)?)),
        RecordType::MX => {
            let (preference, exchange) = value.split_once(' ').context("an MX record is `10 name`")?;
            RData::MX(MX::new(preference.parse()?, name(exchange)?))
        }
        other => anyhow::bail!("records of type {other} are not served"),
    })
}

impl Zone {
    fn answer(&self, name: &str, record: RecordType) -> (ResponseCode, Vec<RData>) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.asked.push((name.to_owned(), record));
        if records.failing.iter().any(|failing| failing == name) {
            return (ResponseCode::ServFail, Vec::new());
        }
        let found = records.known.get(&(name.to_owned(), record)).cloned().unwrap_or_default();
        let exists = records.known.iter().any(|((known, _), data)| known == name && !data.is_empty());
        (if exists { ResponseCode::NoError } else { ResponseCode::NXDomain }, found)
    }
}

#[async_trait::async_trait]
impl RequestHandler for Zone {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response_handle: R,
    ) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.authoritative = true;
        let failed = ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
        let Ok(asked) = request.request_info() else { return failed };
        let name = asked.query.original().name().clone();
        let plain = name.to_ascii().trim_end_matches('.').to_lowercase();
        let (code, data) = self.answer(&plain, asked.query.query_type());
        metadata.response_code = code;
        let answers: Vec<Record> =
            data.into_iter().map(|data| Record::from_rdata(name.clone(), LIFE, data)).collect();
        let none = || std::iter::empty::<&Record>();
        let response = MessageResponseBuilder::from_message_request(request).build(
            metadata,
            answers.iter(),
            none(),
            none(),
            none(),
        );
        response_handle.send_response(response).await.unwrap_or(failed)
    }
}
