//! What stands between the internet and a server: takes TLS off for a public name and hands on what is inside.

use crate::certificates::Issued;
use crate::exchange::front;
use anyhow::{Context as _, Result};
use std::net::Ipv4Addr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running edge. Ends when dropped.
#[derive(Debug)]
pub struct Edge {
    port: u16,
    behind: watch::Sender<Option<u16>>,
    server: JoinHandle<()>,
}

impl Edge {
    /// Shows this certificate. Connections wait until [`lead_to`](Self::lead_to) says what is behind it.
    ///
    /// # Errors
    /// When it cannot listen, or the certificate does not fit its key.
    pub async fn start(certificate: &Issued) -> Result<Self> {
        let tls = front::acceptor(Some(certificate), &["http/1.1"])?.context("a certificate gives TLS")?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen at the edge")?;
        let port = listener.local_addr()?.port();
        let behind = watch::Sender::new(None);
        let known = behind.subscribe();
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (tls, mut known) = (tls.clone(), known.clone());
                tokio::spawn(async move {
                    let mut outside = tls.accept(socket).await?;
                    let port = known.wait_for(Option::is_some).await.ok().and_then(|port| *port);
                    let mut inside =
                        TcpStream::connect((Ipv4Addr::LOCALHOST, port.unwrap_or_default())).await?;
                    copy_bidirectional(&mut outside, &mut inside).await
                });
            }
        });
        Ok(Self { port, behind, server })
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What is behind it, on the loopback.
    pub fn lead_to(&self, port: u16) {
        self.behind.send_replace(Some(port));
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.server.abort();
    }
}
