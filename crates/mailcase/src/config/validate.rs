//! Turns the gathered values into a [`Config`], or into the list of all mistakes.

use super::layers::{Given, Layers};
use super::{Blobs, Config, ConfigError, Database, Log, MasterKeySource, S3};
use secrecy::SecretString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use tracing_subscriber::EnvFilter;
use url::Url;

pub(super) fn validate(file: Option<PathBuf>, layers: Layers) -> Result<Config, ConfigError> {
    let mut values = Values(layers);
    let data = values.text("data").map_or_else(|| PathBuf::from("mailcase-data"), PathBuf::from);
    let config = Config {
        file,
        listen: values.checked("listen", listen_address).unwrap_or_else(|| "127.0.0.1:8025".to_owned()),
        public_url: values.checked("public_url", public_url),
        trusted_proxies: values.checked("trusted_proxies", addresses).unwrap_or_default(),
        connectors_dir: values.checked("connectors_dir", existing_folder),
        master_key: master_key(&mut values, &data),
        replica: values.text("replica").unwrap_or_else(host_name),
        database: database(&mut values, &data),
        blobs: blobs(&mut values, &data),
        log: Log {
            json: values.checked("log.format", log_format).unwrap_or(false),
            level: values.checked("log.level", log_level).unwrap_or_else(|| "info".to_owned()),
        },
        metrics_token: values.secret("metrics.token", "metrics.token_file").map(SecretString::from),
        max_connectors: values.checked("engine.max_connectors", at_least_one).unwrap_or(10_000),
        examiners: values.checked("engine.examiners", at_least_one),
        data,
    };
    if values.0.mistakes.is_empty() { Ok(config) } else { Err(ConfigError(values.0.mistakes)) }
}

struct Values(Layers);

impl Values {
    fn take(&mut self, key: &str) -> Option<Given> {
        self.0.values.remove(key)
    }

    fn text(&mut self, key: &str) -> Option<String> {
        self.checked(key, |text| if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text) })
    }

    /// The value after `check`; a refusal becomes a mistake.
    fn checked<T>(&mut self, key: &str, check: impl FnOnce(String) -> Result<T, String>) -> Option<T> {
        let given = self.take(key)?;
        match check(given.text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.0.mistake(given.origin, message);
                None
            }
        }
    }

    /// A secret given directly or as a file, never both.
    fn secret(&mut self, key: &str, file_key: &str) -> Option<String> {
        if let (Some(direct), Some(file)) = (self.0.values.get(key), self.0.values.get(file_key)) {
            let (origin, other) = (file.origin.clone(), direct.origin.clone());
            self.0.mistake(origin, format!("is also given by {other}; keep one of the two"));
        }
        let from_file = self.checked(file_key, |path| {
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{path} cannot be read: {error}"))?;
            let text = text.trim_end_matches(['\r', '\n']);
            if text.is_empty() { Err(format!("{path} is empty")) } else { Ok(text.to_owned()) }
        });
        self.text(key).or(from_file)
    }

    fn required(&mut self, key: &str, because: &str) -> String {
        if !self.0.values.contains_key(key) {
            self.0.mistake(format!("`{key}`"), format!("is needed {because}"));
        }
        self.text(key).unwrap_or_default()
    }
}

fn master_key(values: &mut Values, data: &Path) -> MasterKeySource {
    let file = values.text("master_key_file").map_or_else(|| data.join("master.key"), PathBuf::from);
    match values.checked("master_key", |text| crate::master_key::parse(&text).map(|_| text)) {
        Some(key) => MasterKeySource::Given(key.into()),
        None => MasterKeySource::File(file),
    }
}

fn database(values: &mut Values, data: &Path) -> Database {
    let origin = values
        .0
        .values
        .get("database.url")
        .or_else(|| values.0.values.get("database.url_file"))
        .map(|given| given.origin.clone());
    let default = Database::Sqlite(data.join("mailcase.db"));
    let (Some(url), Some(origin)) = (values.secret("database.url", "database.url_file"), origin) else {
        return default;
    };
    if let Some(path) = url.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        return Database::Sqlite(PathBuf::from(path));
    }
    let postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
    if postgres && Url::parse(&url).is_ok() {
        return Database::Postgres(url.into());
    }
    values.0.mistake(origin, "must be `sqlite:PATH` or `postgres://user:password@host/database`");
    default
}

fn blobs(values: &mut Values, data: &Path) -> Blobs {
    let folder = values.text("blobs.folder").map_or_else(|| data.join("blobs"), PathBuf::from);
    let s3 = values.checked("blobs.store", |text| match text.as_str() {
        "disk" => Ok(false),
        "s3" => Ok(true),
        other => Err(format!("`{other}` is no blob store; known are: disk, s3")),
    });
    if s3 != Some(true) {
        let stray: Vec<_> = values
            .0
            .values
            .iter()
            .filter(|(key, _)| key.starts_with("blobs.s3."))
            .map(|(_, given)| given.origin.clone())
            .collect();
        for origin in stray {
            values.0.mistake(origin, "has no effect while `blobs.store` is not `s3`");
        }
        return Blobs::Disk(folder);
    }
    const BECAUSE: &str = "when `blobs.store` is `s3`";
    let secret_key = values.secret("blobs.s3.secret_key", "blobs.s3.secret_key_file").unwrap_or_else(|| {
        values
            .0
            .mistake("`blobs.s3.secret_key`", format!("is needed {BECAUSE} (or `blobs.s3.secret_key_file`)"));
        String::new()
    });
    let allow_http = values.checked("blobs.s3.allow_http", yes_no).unwrap_or(false);
    let endpoint = values.checked("blobs.s3.endpoint", |text| {
        let scheme_ok = text.starts_with("https://") || (allow_http && text.starts_with("http://"));
        if scheme_ok && Url::parse(&text).is_ok() {
            Ok(text)
        } else {
            Err("must be a URL that starts with https:// (or http:// with `blobs.s3.allow_http`)".to_owned())
        }
    });
    Blobs::S3(S3 {
        endpoint,
        region: values.text("blobs.s3.region").unwrap_or_else(|| "us-east-1".to_owned()),
        bucket: values.required("blobs.s3.bucket", BECAUSE),
        prefix: values.text("blobs.s3.prefix").unwrap_or_default(),
        access_key: values.required("blobs.s3.access_key", BECAUSE),
        secret_key: secret_key.into(),
        allow_http,
    })
}

fn listen_address(text: String) -> Result<String, String> {
    let good =
        text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if good { Ok(text) } else { Err(format!("`{text}` is no address with a port, such as 127.0.0.1:8025")) }
}

fn public_url(text: String) -> Result<Url, String> {
    let url = Url::parse(&text).map_err(|error| format!("`{text}` is no URL: {error}"))?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !plain {
        return Err("must be http:// or https:// with a host and perhaps a port, and no path".to_owned());
    }
    Ok(url)
}

fn addresses(text: String) -> Result<Vec<IpAddr>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| item.parse().map_err(|_| format!("`{item}` is no IP address")))
        .collect()
}

fn existing_folder(text: String) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err(format!("there is no folder {}", path.display())) }
}

fn log_format(text: String) -> Result<bool, String> {
    match text.as_str() {
        "text" => Ok(false),
        "json" => Ok(true),
        other => Err(format!("`{other}` is no log format; known are: text, json")),
    }
}

fn log_level(text: String) -> Result<String, String> {
    match EnvFilter::from_str(&text) {
        Ok(_) if !text.is_empty() => Ok(text),
        _ => Err(format!("`{text}` is no log level; known are: error, warn, info, debug, trace")),
    }
}

fn at_least_one(text: String) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err(format!("`{text}` is not a whole number of at least 1")),
    }
}

fn yes_no(text: String) -> Result<bool, String> {
    text.parse().map_err(|_| format!("`{text}` is neither true nor false"))
}

fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "mailcase".to_owned() } else { name }
}
