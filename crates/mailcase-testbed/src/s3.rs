//! A private S3 server: real signatures, real multipart uploads, objects in a temporary folder.

use anyhow::{Context, Result};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::access::S3Access;
use s3s::auth::SimpleAuth;
use s3s::dto::UploadPartInput;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Request, S3Result};
use s3s_fs::FileSystem;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running server with one empty bucket. Ends when dropped.
#[derive(Debug)]
pub struct S3 {
    address: SocketAddr,
    folder: TempDir,
    server: JoinHandle<()>,
    refuses_parts: Arc<AtomicBool>,
}

/// Refuses all parts of an upload but the first, while that is wanted.
struct Parts {
    refused: Arc<AtomicBool>,
}

#[async_trait::async_trait]
impl S3Access for Parts {
    async fn upload_part(&self, request: &mut S3Request<UploadPartInput>) -> S3Result<()> {
        if request.input.part_number > 1 && self.refused.load(Ordering::Relaxed) {
            return Err(s3s::s3_error!(AccessDenied, "no more parts"));
        }
        Ok(())
    }
}

impl S3 {
    pub const REGION: &'static str = "us-east-1";
    pub const BUCKET: &'static str = "evidence";
    pub const ACCESS_KEY: &'static str = "TESTACCESSKEY";
    pub const SECRET_KEY: &'static str = "test-secret-key";

    /// Starts a server on the current runtime.
    ///
    /// # Errors
    /// When it cannot listen or write.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("mailcase-s3-").tempdir()?;
        std::fs::create_dir(folder.path().join(Self::BUCKET))?;
        let files = FileSystem::new(folder.path())
            .map_err(|error| anyhow::anyhow!("open the S3 folder: {error:?}"))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(Self::ACCESS_KEY, Self::SECRET_KEY));
        let refuses_parts = Arc::default();
        service.set_access(Parts { refused: Arc::clone(&refuses_parts) });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen for S3")?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(serve(listener, service.build()));
        Ok(Self { address, folder, server, refuses_parts })
    }

    /// Where it answers: `http://127.0.0.1:…`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder that holds the bucket's objects under their keys: to count or damage them.
    #[must_use]
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join(Self::BUCKET)
    }

    /// From now on uploads in parts break off after the first part.
    pub fn refuse_parts(&self) {
        self.refuses_parts.store(true, Ordering::Relaxed);
    }

    /// Uploads that were begun and neither completed nor aborted.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn unfinished_uploads(&self) -> Result<usize> {
        let mut count = 0;
        for entry in self.folder.path().read_dir()? {
            count += usize::from(entry?.file_name().to_string_lossy().starts_with(".upload"));
        }
        Ok(count)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    let http = Builder::new(TokioExecutor::new());
    while let Ok((socket, _)) = listener.accept().await {
        let connection = http.serve_connection(TokioIo::new(socket), service.clone()).into_owned();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the S3 server ended");
            }
        });
    }
}
