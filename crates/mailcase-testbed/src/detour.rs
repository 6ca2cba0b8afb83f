//! An HTTP proxy that leads names of the world to ports of this machine: a program that only knows the names of a
//! provider's hosts is tested against servers of our own, by its own proxy setting.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running proxy. Ends when dropped.
#[derive(Debug)]
pub struct Detour {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Detour {
    /// Leads each `host:port` to a port of the loopback and permits nothing else.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start(ways: &[(&str, u16)]) -> Result<Self> {
        let ways: HashMap<String, u16> =
            ways.iter().map(|(name, port)| ((*name).to_owned(), *port)).collect();
        let ways = Arc::new(ways);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen for a proxy")?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let ways = Arc::clone(&ways);
                let service = service_fn(move |request| {
                    let answer = answer(&ways, request);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
                tokio::spawn(connection.with_upgrades());
            }
        });
        Ok(Self { address, server })
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Detour {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn answer(ways: &HashMap<String, u16>, request: Request<Incoming>) -> Response<Empty<Bytes>> {
    let mut answer = Response::new(Empty::new());
    let asked = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let Some(port) = ways.get(&asked).copied().filter(|_| request.method() == Method::CONNECT) else {
        *answer.status_mut() = StatusCode::FORBIDDEN;
        return answer;
    };
    tokio::spawn(async move {
        let carried = async {
            let mut near = TokioIo::new(hyper::upgrade::on(request).await?);
            let mut far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            tokio::io::copy_bidirectional(&mut near, &mut far).await?;
            anyhow::Ok(())
        };
        if let Err(error) = carried.await {
            tracing::debug!(%error, "a tunnel ended");
        }
    });
    answer
}
