//! The configuration: a TOML file, the environment and the command line, in rising precedence.
//!
//! [`settings::SETTINGS`] is the one list of what can be set. Unknown keys are mistakes, and all mistakes are
//! reported at once; nothing falls back to a default because it was wrong.

mod foreign;
mod layers;
mod settings;
mod validate;

pub(crate) use layers::Flags;
pub(crate) use settings::{Place, SETTINGS, Setting};

use layers::Layers;
use secrecy::SecretString;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use url::Url;

/// Files looked for when `--config` names none.
pub(crate) const DEFAULT_FILES: [&str; 2] = ["mailcase.toml", "/etc/mailcase/mailcase.toml"];

/// Everything that was configured, checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// The file it came from, if there was one.
    pub(crate) file: Option<PathBuf>,
    /// Folder that holds all state of a single machine.
    pub(crate) data: PathBuf,
    /// `host:port` of the HTTP listener.
    pub(crate) listen: String,
    /// How browsers reach us; `None` means by the listen address.
    pub(crate) public_url: Option<Url>,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) connectors_dir: Option<PathBuf>,
    pub(crate) master_key: MasterKeySource,
    /// Name of this process in leases and on screen.
    pub(crate) replica: String,
    pub(crate) database: Database,
    pub(crate) blobs: Blobs,
    pub(crate) log: Log,
    pub(crate) metrics_token: Option<SecretString>,
    pub(crate) max_connectors: usize,
    /// Messages examined at once; `None` means one per processor core.
    pub(crate) examiners: Option<usize>,
}

/// Where the key comes from that encrypts secrets at rest.
#[derive(Debug)]
pub(crate) enum MasterKeySource {
    /// 64 hexadecimal digits, from the environment.
    Given(SecretString),
    File(PathBuf),
}

#[derive(Debug)]
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres(SecretString),
}

#[derive(Debug)]
pub(crate) enum Blobs {
    Disk(PathBuf),
    S3(S3),
}

#[derive(Debug)]
pub(crate) struct S3 {
    /// `None` means Amazon's own.
    pub(crate) endpoint: Option<String>,
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: SecretString,
    pub(crate) allow_http: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) json: bool,
    /// Directives of the log filter: `info`, `info,mailcase_imap=debug`.
    pub(crate) level: String,
}

/// One thing wrong with the configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Where it was given: a file, a variable, an option.
    pub(crate) origin: String,
    pub(crate) message: String,
}

/// Every mistake found; nothing was started.
#[derive(Debug)]
pub(crate) struct ConfigError(pub(crate) Vec<Mistake>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "the configuration has {count} {}", if count == 1 { "mistake" } else { "mistakes" })?;
        for mistake in &self.0 {
            write!(f, "\n  {}: {}", mistake.origin, mistake.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Reads all layers. `environment` is the process environment; tests give their own.
pub(crate) fn load(
    flags: Flags,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let file = flags
        .config
        .clone()
        .or_else(|| DEFAULT_FILES.iter().map(Path::new).find(|path| path.is_file()).map(Path::to_path_buf));
    let mut layers = Layers::default();
    if let Some(file) = &file {
        layers.add_file(file);
    }
    layers.add_environment(environment);
    layers.add_flags(flags);
    validate::validate(file, layers)
}

/// The defaults and the command line alone: what is configured on the machine must not reach the demo.
pub(crate) fn of_flags(flags: Flags) -> Result<Config, ConfigError> {
    let mut layers = Layers::default();
    layers.add_flags(flags);
    validate::validate(None, layers)
}

#[cfg(test)]
mod tests;
