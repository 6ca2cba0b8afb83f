//! What carries a connection: TCP to the server itself, or a tunnel through a proxy.

use bytes::{Buf as _, Bytes};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A byte stream to a server, before any encryption with that server.
#[derive(Debug)]
pub enum Carrier {
    Tcp(TcpStream),
    /// Boxed, because few connections have one and many wait.
    Tunnel(Box<Tunnel>),
}

/// A byte stream that a proxy passes on.
#[derive(Debug)]
pub struct Tunnel {
    proxy: ProxyStream,
    /// What the server said before the proxy's own answer was read to its end.
    ahead: Bytes,
}

/// The connection to a proxy.
#[derive(Debug)]
pub(crate) enum ProxyStream {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Tunnel {
    pub(crate) const fn new(proxy: ProxyStream, ahead: Bytes) -> Self {
        Self { proxy, ahead }
    }
}

impl Carrier {
    /// Whom the TCP connection is with: the server, or the proxy.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        let stream = match self {
            Self::Tcp(stream) => stream,
            Self::Tunnel(tunnel) => match &tunnel.proxy {
                ProxyStream::Tcp(stream) => stream,
                ProxyStream::Tls(stream) => stream.get_ref().0,
            },
        };
        stream.peer_addr().ok()
    }
}

impl From<TcpStream> for Carrier {
    fn from(stream: TcpStream) -> Self {
        Self::Tcp(stream)
    }
}

macro_rules! of_proxy {
    ($stream:expr, $method:ident $(, $argument:expr)*) => {
        match $stream {
            ProxyStream::Tcp(stream) => Pin::new(stream).$method($($argument),*),
            ProxyStream::Tls(stream) => Pin::new(stream.as_mut()).$method($($argument),*),
        }
    };
}

impl AsyncRead for ProxyStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        of_proxy!(self.get_mut(), poll_read, cx, buf)
    }
}

impl AsyncWrite for ProxyStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        of_proxy!(self.get_mut(), poll_write, cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_proxy!(self.get_mut(), poll_flush, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_proxy!(self.get_mut(), poll_shutdown, cx)
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ahead.has_remaining() {
            let taken = this.ahead.split_to(this.ahead.len().min(buf.remaining()));
            buf.put_slice(&taken);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.proxy).poll_read(cx, buf)
    }
}

macro_rules! of_carrier {
    ($carrier:expr, $method:ident $(, $argument:expr)*) => {
        match $carrier {
            Carrier::Tcp(stream) => Pin::new(stream).$method($($argument),*),
            Carrier::Tunnel(tunnel) => Pin::new(&mut tunnel.proxy).$method($($argument),*),
        }
    };
}

impl AsyncRead for Carrier {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tunnel(tunnel) => Pin::new(tunnel.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        of_carrier!(self.get_mut(), poll_write, cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_carrier!(self.get_mut(), poll_flush, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_carrier!(self.get_mut(), poll_shutdown, cx)
    }
}
