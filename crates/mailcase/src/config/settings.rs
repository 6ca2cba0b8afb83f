//! The one list of settings: names, forms, defaults and what they mean. The reference page is made from it.

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    /// A file or folder. In the configuration file it is relative to that file, elsewhere to the working folder.
    Path,
    Number,
    YesNo,
    /// In the configuration file a list of texts, elsewhere separated by commas.
    List,
}

impl Form {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Path => "path",
            Self::Number => "number",
            Self::YesNo => "true or false",
            Self::List => "list of texts",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Setting {
    /// Dotted key in the configuration file.
    pub(crate) key: &'static str,
    pub(crate) form: Form,
    /// Shown in the reference.
    pub(crate) default: &'static str,
    pub(crate) help: &'static str,
    pub(crate) place: Place,
}

/// Where a setting may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    /// A secret: not on the command line; may be given as a file through its twin `<key>_file`.
    Secret,
    /// A secret that may not stand in the configuration file either.
    EnvironmentOnly,
}

impl Setting {
    /// `blobs.s3.bucket` → `MAILCASE_BLOBS_S3_BUCKET`.
    pub(crate) fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }

    pub(crate) fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

pub(crate) const VARIABLE_PREFIX: &str = "MAILCASE_";

const fn setting(
    key: &'static str,
    form: Form,
    place: Place,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting { key, form, default, help, place }
}

use Form::{List, Number, Path, Text, YesNo};
use Place::{Anywhere, EnvironmentOnly, Secret};

pub(crate) const SETTINGS: &[Setting] = &[
    setting(
        "data",
        Path,
        Anywhere,
        "mailcase-data",
        "Folder for everything one machine keeps: the SQLite database, the messages, the master key. Made when it is missing, readable by its owner only.",
    ),
    setting(
        "listen",
        Text,
        Anywhere,
        "127.0.0.1:8025",
        "Address and port of the web interface and the API. Plain HTTP: put a proxy that speaks TLS in front when it is reached from elsewhere.",
    ),
    setting(
        "public_url",
        Text,
        Anywhere,
        "http:// and the listen address",
        "How browsers reach Mailcase. With `https://` the session cookies become Secure and carry the `__Host-` prefix.",
    ),
    setting(
        "trusted_proxies",
        List,
        Anywhere,
        "none",
        "Addresses of proxies whose `X-Forwarded-For` is believed. `Forwarded` is not read.",
    ),
    setting(
        "connectors_dir",
        Path,
        Anywhere,
        "none",
        "Folder of YAML files that declare connectors (see connectors.md). Read at start and on SIGHUP.",
    ),
    setting(
        "replica",
        Text,
        Anywhere,
        "the host name",
        "Name of this process in leases and on screen. Give each replica its own.",
    ),
    setting(
        "master_key",
        Text,
        EnvironmentOnly,
        "none",
        "The master key itself, 64 hexadecimal digits. Wins over `master_key_file`. While it is being changed, earlier keys follow it after commas.",
    ),
    setting(
        "master_key_file",
        Path,
        Anywhere,
        "`master.key` in the data folder",
        "File with the master key, which encrypts passwords at rest. Made on the first start with SQLite; with PostgreSQL it must be there, the same for every replica.",
    ),
    setting(
        "database.url",
        Text,
        Secret,
        "`mailcase.db` in the data folder",
        "`sqlite:PATH` or `postgres://user:password@host/database`.",
    ),
    setting("database.url_file", Path, Anywhere, "none", "File that holds `database.url`."),
    setting("blobs.store", Text, Anywhere, "disk", "Where raw messages are kept: `disk` or `s3`."),
    setting("blobs.folder", Path, Anywhere, "`blobs` in the data folder", "Folder of the `disk` store."),
    setting(
        "blobs.s3.endpoint",
        Text,
        Anywhere,
        "none",
        "URL of the S3-compatible service, such as `https://s3.example.org`. None means Amazon's own.",
    ),
    setting("blobs.s3.region", Text, Anywhere, "us-east-1", "Region, as the service names it."),
    setting("blobs.s3.bucket", Text, Anywhere, "none", "Bucket; it must exist."),
    setting("blobs.s3.prefix", Text, Anywhere, "empty", "What every object name starts with."),
    setting("blobs.s3.access_key", Text, Anywhere, "none", "Access key id."),
    setting("blobs.s3.secret_key", Text, Secret, "none", "Secret access key."),
    setting("blobs.s3.secret_key_file", Path, Anywhere, "none", "File that holds `blobs.s3.secret_key`."),
    setting("blobs.s3.allow_http", YesNo, Anywhere, "false", "Whether the endpoint may be plain HTTP."),
    setting(
        "log.format",
        Text,
        Anywhere,
        "text",
        "`text` for people or `json` for machines. Logs go to standard error.",
    ),
    setting(
        "log.level",
        Text,
        Anywhere,
        "info",
        "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,mailcase_imap=debug`. Libraries that would write passwords or mail into a trace stay at `info` whatever is asked.",
    ),
    setting(
        "metrics.token",
        Text,
        Secret,
        "none",
        "Bearer token for `/metrics`. Without one only the machine itself may read them, and through no proxy: with the machine's own address in `trusted_proxies` a token is needed.",
    ),
    setting("metrics.token_file", Path, Anywhere, "none", "File that holds `metrics.token`."),
    setting("engine.max_connectors", Number, Anywhere, "10000", "Most connectors this process runs at once."),
    setting(
        "engine.examiners",
        Number,
        Anywhere,
        "one per processor core",
        "Messages examined at the same time.",
    ),
];
