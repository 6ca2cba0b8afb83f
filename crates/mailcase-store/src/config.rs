//! Where things are kept. Built by the binary from its configuration.

use secrecy::SecretString;
use std::fmt;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Everything [`Store::open`](crate::Store::open) needs.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    pub database: DatabaseConfig,
    pub blobs: BlobConfig,
    pub master_key: MasterKey,
}

#[derive(Debug, Clone)]
pub enum DatabaseConfig {
    /// A file; made when it is missing.
    Sqlite { path: PathBuf },
    /// A connection URL: `postgres://user:password@host:port/database?sslmode=verify-full`.
    Postgres { url: SecretString },
}

#[derive(Debug, Clone)]
pub enum BlobConfig {
    /// A folder; made when it is missing.
    Disk {
        dir: PathBuf,
    },
    S3(S3Config),
}

/// An S3-compatible store and the bucket in it. Large messages are spooled in the system's folder for temporary files
/// on their way there and back, so that should be a disk and not memory.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// Absent for Amazon's own.
    pub endpoint: Option<String>,
    pub region: String,
    pub bucket: String,
    pub access_key: String,
    pub secret_key: SecretString,
    /// Whether `http://` endpoints are allowed.
    pub allow_http: bool,
    /// Put before every key, such as `mailcase/`; may be empty.
    pub prefix: String,
}

/// The key all secrets are sealed under, and earlier ones that still open theirs until all are sealed anew. Wiped from
/// memory when dropped; never shown.
#[derive(Clone)]
pub struct MasterKey {
    current: Zeroizing<[u8; 32]>,
    previous: Vec<Zeroizing<[u8; 32]>>,
}

impl MasterKey {
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { current: Zeroizing::new(key), previous: Vec::new() }
    }

    /// Also opens what was sealed under `key`.
    #[must_use]
    pub fn with_previous(mut self, key: [u8; 32]) -> Self {
        self.previous.push(Zeroizing::new(key));
        self
    }

    pub(crate) const fn current(&self) -> &Zeroizing<[u8; 32]> {
        &self.current
    }

    pub(crate) fn previous(&self) -> &[Zeroizing<[u8; 32]>] {
        &self.previous
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}
