//! Accepts connections, bounded in number and patience, and ends them in an orderly way.

use crate::router::router;
use crate::state::ApiState;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// Connections open at the same time; beyond it new ones wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 4096;
/// A client that has not sent its headers by then is hung up on.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// A silent HTTP/2 connection is asked for a sign of life this often, and given as long to answer.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// What is under way when the server stops may go on for this long.
const DRAINS_WITHIN: Duration = Duration::from_secs(15);
/// Pause after the system refused to accept, as when file descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves the web side on `listener` until `shutdown` resolves; then ends event streams, lets requests finish, and
/// returns.
///
/// # Errors
/// When the listener has no address, which means that it is broken.
pub async fn serve(
    listener: TcpListener,
    state: ApiState,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "the web side is open");
    let streams = state.streams.clone();
    let app = router(state);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(SIGN_OF_LIFE)
        .keep_alive_timeout(SIGN_OF_LIFE);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((socket, peer, place)) = accepted else { continue };
        let asked = Arc::new(AtomicBool::new(false));
        let has_asked = Arc::clone(&asked);
        let service = app.clone().map_request(move |mut request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(ConnectInfo(peer));
            request.map(Body::new)
        });
        let connection =
            builder.serve_connection(TokioIo::new(socket), TowerToHyperService::new(service)).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::pin!(connection);
            // Before the first bytes tell HTTP/1 from HTTP/2, hyper waits for ever; we do not.
            let ended = tokio::select! {
                ended = &mut connection => Some(ended),
                () = silence(&has_asked) => None,
            };
            if let Some(Err(error)) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    streams.stop();
    if tokio::time::timeout(DRAINS_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
    Ok(())
}

/// Ends when a connection has made no request within [`HEADERS_WITHIN`]; never once it has.
async fn silence(has_asked: &AtomicBool) {
    tokio::time::sleep(HEADERS_WITHIN).await;
    if has_asked.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

type Accepted = (tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// The next connection, once there is a place for it; `None` when this one did not come about.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((socket, peer)) => {
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "a connection stays slow");
            }
            Some((socket, peer, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}
