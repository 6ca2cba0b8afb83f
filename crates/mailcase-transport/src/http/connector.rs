//! Connections for the pool: the way, then TLS unless the URL says otherwise.

use crate::carrier::Carrier;
use crate::endpoint::Endpoint;
use crate::route::Route;
use crate::steps::Steps;
use crate::stream::MailStream;
use crate::tls::{Encryption, Peer, handshake};
use crate::trust::Trust;
use ::http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use mailcase_mail::{SourceError, TlsPeer};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// RFC 7301; HTTP/2 first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];
const HTTP_1: [&[u8]; 1] = [b"http/1.1"];

#[derive(Debug, Clone)]
pub(super) struct Connector(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    route: Route,
    trust: Trust,
    deadline: Duration,
}

impl Connector {
    pub(super) fn new(route: Route, trust: Trust, deadline: Duration) -> Self {
        Self(Arc::new(Inner { route, trust, deadline }))
    }

    pub(super) async fn reach(&self, endpoint: &Endpoint, encrypted: bool, steps: &mut Steps) -> bool {
        let Inner { route, deadline, .. } = &*self.0;
        let dialled = route.dial_in_steps(endpoint, *deadline, steps).await;
        steps.plan(&[("tls", "Encrypt the connection")]);
        let Some(carrier) = steps.take(dialled) else { return false };
        steps.begin("tls", "Encrypt the connection");
        if !encrypted {
            steps.warned("not encrypted: everything can be read on the way", Some("Use https://."));
            return true;
        }
        let secured = self.secure(carrier, endpoint, &ALPN).await;
        let Some((_, encryption)) = steps.take(secured) else { return false };
        steps.encrypted(TlsPeer::Server, encryption);
        true
    }

    async fn open(&self, url: &Uri) -> Result<HttpStream, SourceError> {
        let endpoint = super::endpoint(url)?;
        let carrier = self.0.route.dial(&endpoint, self.0.deadline).await?;
        if super::is_encrypted(url) {
            return self.secure(carrier, &endpoint, &ALPN).await.map(|(stream, _)| stream);
        }
        Ok(HttpStream { io: TokioIo::new(MailStream::Plain(carrier)), http2: false })
    }

    /// A connection that speaks HTTP/1.1, and what its encryption is.
    pub(super) async fn open_http1(
        &self,
        url: &Uri,
        endpoint: &Endpoint,
    ) -> Result<(HttpStream, Option<Encryption>), SourceError> {
        let carrier = self.0.route.dial(endpoint, self.0.deadline).await?;
        if super::is_encrypted(url) {
            let (stream, encryption) = self.secure(carrier, endpoint, &HTTP_1).await?;
            return Ok((stream, Some(encryption)));
        }
        Ok((HttpStream { io: TokioIo::new(MailStream::Plain(carrier)), http2: false }, None))
    }

    async fn secure(
        &self,
        carrier: Carrier,
        endpoint: &Endpoint,
        protocols: &[&[u8]],
    ) -> Result<(HttpStream, Encryption), SourceError> {
        let peer = Peer { endpoint, is: TlsPeer::Server };
        let (stream, encryption) =
            handshake(carrier, peer, &self.0.trust, self.0.deadline, protocols).await?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let io = TokioIo::new(MailStream::Tls(Box::new(stream)));
        Ok((HttpStream { io, http2 }, encryption))
    }
}

impl Service<Uri> for Connector {
    type Response = HttpStream;
    type Error = SourceError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpStream, SourceError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SourceError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.open(&url).await })
    }
}

/// A connection as the pool wants it.
#[derive(Debug)]
pub(super) struct HttpStream {
    io: TokioIo<MailStream>,
    http2: bool,
}

impl Connection for HttpStream {
    fn connected(&self) -> Connected {
        if self.http2 { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

impl Read for HttpStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(cx, buf)
    }
}

impl Write for HttpStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
