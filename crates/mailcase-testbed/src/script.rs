//! A server that follows a script byte by byte, for everything a well-behaved server never does. It knows no
//! protocol: what it expects and sends is in the test.

use crate::certificates::Issued;
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// How long a script waits for the next line of its client before it gives up.
const EXPECT_DEADLINE: Duration = Duration::from_secs(20);

/// What a server makes of each line: bytes to send, or nothing to hang up.
#[derive(Clone)]
struct Responder(Arc<Answering>);

type Answering = dyn Fn(&str) -> Option<String> + Send + Sync;

impl std::fmt::Debug for Responder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Responder")
    }
}

#[derive(Debug, Clone)]
enum Step {
    Send(Bytes),
    Reply(String),
    Expect(String),
    Repeat { bytes: Bytes, times: usize },
    StartTls(Arc<ServerConfig>),
    Respond(Responder),
    Close,
    Hang,
}

/// What the server does on one connection, step by step. At the end it closes the connection.
#[derive(Debug, Clone, Default)]
pub struct Script {
    steps: Vec<Step>,
}

impl Script {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends bytes as they are.
    #[must_use]
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Send(Bytes::copy_from_slice(bytes.as_ref())))
    }

    /// Sends text in which `{tag}` stands for the first word of the line read last.
    #[must_use]
    pub fn reply(self, text: impl Into<String>) -> Self {
        self.step(Step::Reply(text.into()))
    }

    /// Reads a line and insists that it contains `part`.
    #[must_use]
    pub fn expect(self, part: impl Into<String>) -> Self {
        self.step(Step::Expect(part.into()))
    }

    /// Sends the same bytes many times, without holding them all.
    #[must_use]
    pub fn repeat(self, bytes: impl AsRef<[u8]>, times: usize) -> Self {
        self.step(Step::Repeat { bytes: Bytes::copy_from_slice(bytes.as_ref()), times })
    }

    /// Becomes the server side of a TLS handshake, now.
    ///
    /// # Errors
    /// When the certificate does not fit its key.
    pub fn start_tls(self, issued: &Issued) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(issued.certificate_der.clone())],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.key_der.clone())),
            )
            .context("the certificate of a script")?;
        Ok(self.step(Step::StartTls(Arc::new(config))))
    }

    /// From here on answers each line with what `answer` makes of it, in which `{tag}` stands for the line's first word;
    /// hangs up when that is nothing, and at `{close}` in it.
    #[must_use]
    pub fn respond(self, answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.step(Step::Respond(Responder(Arc::new(answer))))
    }

    /// Hangs up.
    #[must_use]
    pub fn close(self) -> Self {
        self.step(Step::Close)
    }

    /// Stays connected and says nothing more.
    #[must_use]
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    /// Goes on with the steps of another script.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

#[derive(Debug, Default)]
struct Record {
    lines: Vec<String>,
    failures: Vec<String>,
    connections: usize,
}

/// A running script server. Each connection follows the next script; the last one serves all further ones.
#[derive(Debug)]
pub struct ScriptServer {
    address: SocketAddr,
    record: Arc<Mutex<Record>>,
    task: JoinHandle<()>,
}

impl ScriptServer {
    /// Listens on a free port of the loopback.
    ///
    /// # Errors
    /// When there is no script or no port.
    pub async fn start(scripts: Vec<Script>) -> Result<Self> {
        ensure!(!scripts.is_empty(), "a script server needs a script");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let record = Arc::<Mutex<Record>>::default();
        let task = tokio::spawn(serve(listener, scripts, Arc::clone(&record)));
        Ok(Self { address, record, task })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every line clients sent, in order.
    #[must_use]
    pub fn transcript(&self) -> Vec<String> {
        lock(&self.record).lines.clone()
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.record).connections
    }

    /// Where clients left the script.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        lock(&self.record).failures.clone()
    }

    /// # Errors
    /// When a client said something the script does not expect.
    pub fn assert_followed(&self) -> Result<()> {
        let failures = self.failures();
        ensure!(failures.is_empty(), "the client left the script: {}", failures.join("; "));
        Ok(())
    }
}

impl Drop for ScriptServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(record: &Mutex<Record>) -> std::sync::MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, scripts: Vec<Script>, record: Arc<Mutex<Record>>) {
    // Owned here, so that the connections end with the server.
    let mut connections = tokio::task::JoinSet::new();
    let mut scripts = scripts.into_iter();
    let mut script = Script::default();
    while let Ok((stream, _)) = listener.accept().await {
        if let Some(next) = scripts.next() {
            script = next;
        }
        lock(&record).connections += 1;
        let (script, record) = (script.clone(), Arc::clone(&record));
        connections.spawn(async move {
            if let Err(error) = play(stream, script.steps, &record).await {
                lock(&record).failures.push(format!("{error:#}"));
            }
        });
    }
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

async fn play(stream: TcpStream, steps: Vec<Step>, record: &Mutex<Record>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut wire: BufReader<Box<dyn Wire>> = BufReader::new(Box::new(stream));
    let mut tag = String::new();
    for step in steps {
        match step {
            Step::Send(bytes) => {
                if !sent(&mut wire, &bytes).await {
                    return Ok(());
                }
            }
            Step::Reply(text) => {
                if !sent(&mut wire, text.replace("{tag}", &tag).as_bytes()).await {
                    return Ok(());
                }
            }
            Step::Repeat { bytes, times } => {
                for _ in 0..times {
                    if !sent(&mut wire, &bytes).await {
                        return Ok(());
                    }
                }
            }
            Step::Expect(part) => {
                let line = expect(&mut wire, &part, record).await?;
                tag = line.split_whitespace().next().unwrap_or_default().to_owned();
            }
            Step::StartTls(config) => {
                let plain = wire.into_inner();
                match TlsAcceptor::from(config).accept(plain).await {
                    Ok(stream) => wire = BufReader::new(Box::new(stream)),
                    // The client did not like the certificate: that is its right.
                    Err(_) => return Ok(()),
                }
            }
            Step::Respond(Responder(answer)) => loop {
                let Ok(line) = expect(&mut wire, "", record).await else { return Ok(()) };
                let tag = line.split_whitespace().next().unwrap_or_default();
                let Some(text) = answer(&line) else { return Ok(()) };
                let (text, goes_on) = match text.split_once("{close}") {
                    Some((before, _)) => (before.to_owned(), false),
                    None => (text, true),
                };
                if !sent(&mut wire, text.replace("{tag}", tag).as_bytes()).await || !goes_on {
                    return Ok(());
                }
            },
            Step::Close => return Ok(()),
            Step::Hang => std::future::pending().await,
        }
    }
    Ok(())
}

/// Whether the client still took the bytes: it may hang up on a hostile server at any time.
async fn sent(wire: &mut BufReader<Box<dyn Wire>>, bytes: &[u8]) -> bool {
    wire.write_all(bytes).await.is_ok() && wire.flush().await.is_ok()
}

async fn expect(wire: &mut BufReader<Box<dyn Wire>>, part: &str, record: &Mutex<Record>) -> Result<String> {
    let mut raw = Vec::new();
    let read = tokio::time::timeout(EXPECT_DEADLINE, wire.read_until(b'\n', &mut raw));
    let count = read.await.with_context(|| format!("no line came, expected {part:?}"))?;
    if count.is_err() || raw.is_empty() {
        bail!("the client hung up, expected {part:?}");
    }
    let line = String::from_utf8_lossy(&raw).trim_end_matches(['\r', '\n']).to_owned();
    lock(record).lines.push(line.clone());
    ensure!(line.contains(part), "expected {part:?}, got {line:?}");
    Ok(line)
}
