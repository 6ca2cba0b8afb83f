//! Connectors declared in YAML files: read, checked, their secrets fetched from where the file says.

mod follow;
mod strict;

pub(crate) use follow::Follower;

use mailcase_core::connector::{ConnectorSettings, FieldError};
use mailcase_store::DeclaredConnector;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use strict::StrictMap;

/// Longest file that is read: a hand-written file is far below, a wrong one may be anything.
const FILE_BYTES_MAX: u64 = 1 << 20;

pub(crate) type Secrets = BTreeMap<String, SecretString>;

/// One connector of a file.
#[derive(Debug)]
pub(crate) struct Declaration {
    pub(crate) path: PathBuf,
    pub(crate) settings: ConnectorSettings,
    pub(crate) secrets: Secrets,
    pub(crate) active: bool,
}

impl From<Declaration> for DeclaredConnector {
    fn from(declaration: Declaration) -> Self {
        let Declaration { path, settings, secrets, active } = declaration;
        Self { path: path.display().to_string(), settings, active, secrets }
    }
}

/// Something wrong in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) path: PathBuf,
    /// `connectors[0].poll_seconds`; empty for the file as a whole.
    pub(crate) field: String,
    pub(crate) message: String,
}

/// All mistakes of all files. Nothing of them is used: half a configuration is none.
#[derive(Debug)]
pub(crate) struct DeclaredError(pub(crate) Vec<Mistake>);

impl fmt::Display for DeclaredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the declared connectors have mistakes")?;
        for mistake in &self.0 {
            write!(f, "\n  {}: ", mistake.path.display())?;
            if !mistake.field.is_empty() {
                write!(f, "{}: ", mistake.field)?;
            }
            f.write_str(&mistake.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for DeclaredError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    connectors: Vec<StrictMap>,
}

/// Where a secret comes from. Never the secret itself: files are kept in version control.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum SecretFrom {
    Env(String),
    /// Relative to the YAML file.
    File(PathBuf),
}

/// Reads every `.yaml` and `.yml` file of `folder`, in the order of their names. `check` knows what the protocols
/// need.
pub(crate) fn read(
    folder: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
    check: &dyn Fn(&ConnectorSettings, &Secrets) -> Vec<FieldError>,
) -> Result<Vec<Declaration>, DeclaredError> {
    let mut reader = Reader { environment, check, declarations: Vec::new(), mistakes: Vec::new() };
    match files(folder) {
        Ok(files) => files.iter().for_each(|path| reader.file(path)),
        Err(error) => reader.mistake(folder, "", format!("cannot be read: {error}")),
    }
    reader.names_are_unique();
    if reader.mistakes.is_empty() { Ok(reader.declarations) } else { Err(DeclaredError(reader.mistakes)) }
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if is_yaml && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

struct Reader<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    check: &'a dyn Fn(&ConnectorSettings, &Secrets) -> Vec<FieldError>,
    declarations: Vec<Declaration>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn mistake(&mut self, path: &Path, field: impl Into<String>, message: impl Into<String>) {
        self.mistakes.push(Mistake { path: path.to_owned(), field: field.into(), message: message.into() });
    }

    fn file(&mut self, path: &Path) {
        let text = match std::fs::metadata(path) {
            Ok(facts) if facts.len() > FILE_BYTES_MAX => {
                return self.mistake(path, "", format!("is larger than {FILE_BYTES_MAX} bytes"));
            }
            Ok(_) => std::fs::read_to_string(path),
            Err(error) => Err(error),
        };
        let text = match text {
            Ok(text) => text,
            Err(error) => return self.mistake(path, "", format!("cannot be read: {error}")),
        };
        match serde_norway::from_str::<RawFile>(&text) {
            Ok(raw) => {
                for (index, StrictMap(connector)) in raw.connectors.into_iter().enumerate() {
                    self.connector(path, &format!("connectors[{index}]"), connector);
                }
            }
            Err(error) => self.mistake(path, "", error.to_string()),
        }
    }

    fn connector(&mut self, path: &Path, at: &str, mut raw: Map<String, Value>) {
        let active = match raw.remove("active") {
            None => true,
            Some(Value::Bool(active)) => active,
            Some(_) => return self.mistake(path, format!("{at}.active"), "must be true or false"),
        };
        let secrets = self.secrets(path, &format!("{at}.secrets"), raw.remove("secrets"));
        let settings: ConnectorSettings = match serde_path_to_error::deserialize(Value::Object(raw)) {
            Ok(settings) => settings,
            Err(error) => {
                let inner = error.path().to_string();
                let field = if inner == "." { at.to_owned() } else { format!("{at}.{inner}") };
                return self.mistake(path, field, error.into_inner().to_string());
            }
        };
        // Without its secrets the rest cannot be judged: each missing one would be reported twice.
        let Some(secrets) = secrets else { return };
        for error in (self.check)(&settings, &secrets) {
            self.mistake(path, format!("{at}.{}", error.field), error.message);
        }
        self.declarations.push(Declaration { path: path.to_owned(), settings, secrets, active });
    }

    /// The secrets, or `None` when one of them could not be had.
    fn secrets(&mut self, path: &Path, at: &str, raw: Option<Value>) -> Option<Secrets> {
        let raw = match raw {
            None => return Some(Secrets::new()),
            Some(Value::Object(raw)) => raw,
            Some(_) => {
                self.mistake(path, at, "must map names to `{env: NAME}` or `{file: PATH}`");
                return None;
            }
        };
        let count = raw.len();
        let mut secrets = Secrets::new();
        for (name, from) in raw {
            match self.secret(path, from) {
                Ok(secret) => {
                    secrets.insert(name, secret);
                }
                Err(message) => self.mistake(path, format!("{at}.{name}"), message),
            }
        }
        (secrets.len() == count).then_some(secrets)
    }

    fn secret(&self, path: &Path, from: Value) -> Result<SecretString, String> {
        // The error of the parser would repeat a secret somebody wrote here.
        let from = serde_json::from_value(from).map_err(|_| {
            "must be `{env: NAME}` or `{file: PATH}`; a secret may not stand in the file".to_owned()
        })?;
        let secret = match from {
            SecretFrom::Env(name) => (self.environment)(&name)
                .ok_or_else(|| format!("the environment variable {name} is not set"))?,
            SecretFrom::File(file) => {
                let file = path.parent().unwrap_or(Path::new("")).join(file);
                let text = std::fs::read_to_string(&file)
                    .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
        };
        if secret.is_empty() { Err("is empty".to_owned()) } else { Ok(secret.into()) }
    }

    fn names_are_unique(&mut self) {
        let mut first: BTreeMap<&str, &Path> = BTreeMap::new();
        let mut doubles = Vec::new();
        for Declaration { path, settings, .. } in &self.declarations {
            match first.get(settings.api_name.as_str()) {
                Some(other) => doubles.push(Mistake {
                    path: path.clone(),
                    field: "api_name".to_owned(),
                    message: format!("`{}` is declared in {} already", settings.api_name, other.display()),
                }),
                None => {
                    first.insert(&settings.api_name, path);
                }
            }
        }
        self.mistakes.append(&mut doubles);
    }
}

#[cfg(test)]
mod tests;
