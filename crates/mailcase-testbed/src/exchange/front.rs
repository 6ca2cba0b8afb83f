//! What stands in front of either server: the listener, TLS, and connections that can be cut.

use crate::certificates::Issued;
use anyhow::{Context as _, Result};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// What bytes come and go through.
pub(crate) trait Line: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Line for S {}

/// Serves one connection until it ends.
pub(crate) trait Serve: Clone + Send + Sync + 'static {
    /// `scheme` is what the client had to write: `http` or `https`.
    fn serve(&self, line: Box<dyn Line>, scheme: &'static str) -> impl Future<Output = ()> + Send;
}

/// What encrypts, if anything does. `protocols` are offered by ALPN (RFC 7301).
pub(crate) fn acceptor(issued: Option<&Issued>, protocols: &[&str]) -> Result<Option<TlsAcceptor>> {
    let Some(issued) = issued else { return Ok(None) };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(issued.certificate_der.clone())],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.key_der.clone())),
        )
        .context("the certificate of the server")?;
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// Serves until it is dropped. A change of `cuts` breaks every connection.
pub(crate) async fn listen(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    service: impl Serve,
    cuts: watch::Sender<u64>,
) {
    while let Ok((socket, _)) = listener.accept().await {
        let (service, tls, mut cut) = (service.clone(), tls.clone(), cuts.subscribe());
        tokio::spawn(async move {
            // Answers are written in pieces: none shall wait for the acknowledgement of the one before.
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "the connection could not be tuned");
            }
            let serving = async {
                match tls {
                    None => service.serve(Box::new(socket), "http").await,
                    // A client that does not like the certificate goes away: that is its right.
                    Some(tls) => match tls.accept(socket).await {
                        Ok(stream) => service.serve(Box::new(stream), "https").await,
                        Err(error) => tracing::debug!(%error, "a handshake failed"),
                    },
                }
            };
            tokio::select! {
                () = serving => {}
                _ = cut.changed() => {}
            }
        });
    }
}
