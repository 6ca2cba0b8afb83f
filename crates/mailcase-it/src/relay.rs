//! A wire between Mailcase and an IMAP server that notes when the server announces a message. Reads plain text only.

use anyhow::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Instant, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Longer lines hold nothing that is looked for.
const LINE_KEPT: usize = 64;

/// The moment `* n EXISTS` came from the server, before it was passed on.
#[derive(Debug, Clone, Copy)]
pub struct Announced {
    pub at: Instant,
    /// The same moment for clocks of other processes.
    pub clock: SystemTime,
}

/// A running relay; ends with its connections when dropped.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    announced: mpsc::UnboundedReceiver<Announced>,
    idling: watch::Receiver<bool>,
    _accepting: JoinSet<()>,
}

#[derive(Debug, Clone)]
struct Notes {
    announced: mpsc::UnboundedSender<Announced>,
    idling: watch::Sender<bool>,
}

impl Relay {
    /// Listens on a free port of the loopback and passes everything on to `server`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (announced, receiver) = mpsc::unbounded_channel();
        let (idling, idle) = watch::channel(false);
        let notes = Notes { announced, idling };
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(connect(client, server, notes.clone()));
            }
        });
        Ok(Self { port, announced: receiver, idling: idle, _accepting: accepting })
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits until the server has accepted an IDLE that was not ended yet.
    ///
    /// # Errors
    /// When the relay has ended.
    pub async fn until_idling(&mut self) -> Result<()> {
        self.idling.wait_for(|idling| *idling).await?;
        Ok(())
    }

    /// Forgets announcements made so far.
    pub fn forget(&mut self) {
        while self.announced.try_recv().is_ok() {}
    }

    /// The next announcement; `None` when the relay has ended.
    pub async fn next(&mut self) -> Option<Announced> {
        self.announced.recv().await
    }
}

/// Passes bytes in both directions until one side has ended.
async fn connect(client: TcpStream, server: SocketAddr, notes: Notes) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let idling = notes.idling.clone();
    tokio::select! {
        () = pass(from_server, to_client, |line| notes.of_server(line)) => {}
        () = pass(from_client, to_server, |line| if line == b"DONE" { notes.idling.send_replace(false); }) => {}
    }
    idling.send_replace(false);
}

impl Notes {
    fn of_server(&self, line: &[u8]) {
        if line.starts_with(b"* ") && line.ends_with(b" EXISTS") {
            // Nobody listening any more is nobody's loss.
            self.announced.send(Announced { at: Instant::now(), clock: SystemTime::now() }).ok();
        } else if line == b"+ idling" {
            self.idling.send_replace(true);
        }
    }
}

/// Copies one direction; every line is shown before it is passed on.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut show: impl FnMut(&[u8])) {
    let mut block = vec![0; 64 << 10];
    let mut line = Vec::new();
    loop {
        let Ok(read @ 1..) = from.read(&mut block).await else { return };
        let Some(bytes) = block.get(..read) else { return };
        for &byte in bytes {
            match byte {
                b'\n' => {
                    show(line.trim_ascii_end());
                    line.clear();
                }
                _ if line.len() < LINE_KEPT => line.push(byte),
                _ => {}
            }
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
