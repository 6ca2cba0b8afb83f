//! Gathers values from the file, the environment and the command line, each with its origin.

use super::Mistake;
use super::foreign::is_foreign;
use super::settings::{Form, Place, SETTINGS, Setting};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the command line may set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) listen: Option<String>,
    pub(crate) public_url: Option<String>,
    pub(crate) connectors_dir: Option<PathBuf>,
    pub(crate) log_level: Option<String>,
    pub(crate) log_format: Option<String>,
}

/// How alike two keys must be (Jaro-Winkler) for one to be suggested for the other.
const ALIKE: f64 = 0.85;

#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) origin: String,
}

#[derive(Debug, Default)]
pub(crate) struct Layers {
    pub(crate) values: BTreeMap<&'static str, Given>,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Layers {
    pub(crate) fn mistake(&mut self, origin: impl Into<String>, message: impl Into<String>) {
        self.mistakes.push(Mistake { origin: origin.into(), message: message.into() });
    }

    pub(crate) fn add_file(&mut self, file: &Path) {
        let origin = file.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.mistake(origin, format!("cannot be read: {error}")),
        };
        match text.parse::<toml::Table>() {
            Ok(table) => {
                let folder = file.parent().unwrap_or(Path::new(""));
                self.add_table(&origin, folder, "", &table);
            }
            Err(error) => {
                let line = error.span().map_or(1, |span| {
                    text.bytes().take(span.start).filter(|byte| *byte == b'\n').count().saturating_add(1)
                });
                self.mistake(origin, format!("line {line}: {}", error.message().replace('\n', "; ")));
            }
        }
    }

    fn add_table(&mut self, origin: &str, folder: &Path, prefix: &str, table: &toml::Table) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if let Some(setting) = Setting::find(&key) {
                match (setting.place, written(setting.form, value)) {
                    (Place::EnvironmentOnly, _) => self.mistake(
                        origin,
                        format!(
                            "`{key}` may not stand in a file: set {} or `{key}_file`",
                            setting.variable()
                        ),
                    ),
                    (_, Some(text)) => {
                        let text = if setting.form == Form::Path {
                            folder.join(text).display().to_string()
                        } else {
                            text
                        };
                        self.values.insert(setting.key, Given { text, origin: format!("{origin}: `{key}`") });
                    }
                    (_, None) => {
                        self.mistake(origin, format!("`{key}` must be {}", form_with_article(setting.form)));
                    }
                }
            } else if let toml::Value::Table(inner) = value
                && SETTINGS.iter().any(|s| s.key.starts_with(&format!("{key}.")))
            {
                self.add_table(origin, folder, &key, inner);
            } else {
                let hint = suggestion(&key, SETTINGS.iter().map(|s| s.key.to_owned()));
                self.mistake(origin, format!("unknown key `{key}`{hint}"));
            }
        }
    }

    pub(crate) fn add_environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
        let mut variables: Vec<_> = environment.filter(|(name, text)| !is_foreign(name, text)).collect();
        variables.sort();
        for (name, text) in variables {
            match SETTINGS.iter().find(|setting| setting.variable() == name) {
                Some(setting) => {
                    self.values.insert(setting.key, Given { text, origin: format!("variable {name}") });
                }
                None => {
                    let hint = suggestion(&name, SETTINGS.iter().map(Setting::variable));
                    self.mistake(format!("variable {name}"), format!("is no setting of Mailcase{hint}"));
                }
            }
        }
    }

    pub(crate) fn add_flags(&mut self, flags: Flags) {
        let path = |path: PathBuf| path.display().to_string();
        let given = [
            ("data", "--data", flags.data.map(path)),
            ("listen", "--listen", flags.listen),
            ("public_url", "--public-url", flags.public_url),
            ("connectors_dir", "--connectors-dir", flags.connectors_dir.map(path)),
            ("log.level", "--log-level", flags.log_level),
            ("log.format", "--log-format", flags.log_format),
        ];
        for (key, option, text) in given {
            if let Some(text) = text {
                self.values.insert(key, Given { text, origin: format!("option {option}") });
            }
        }
    }
}

/// The value as text, when it has the right form.
fn written(form: Form, value: &toml::Value) -> Option<String> {
    match (form, value) {
        (Form::Text | Form::Path, toml::Value::String(text)) => Some(text.clone()),
        (Form::Number, toml::Value::Integer(number)) => Some(number.to_string()),
        (Form::YesNo, toml::Value::Boolean(yes)) => Some(yes.to_string()),
        (Form::List, toml::Value::Array(items)) => {
            let items: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            items.map(|items| items.join(","))
        }
        _ => None,
    }
}

const fn form_with_article(form: Form) -> &'static str {
    match form {
        Form::Text => "a text in quotes",
        Form::Path => "a path in quotes",
        Form::Number => "a whole number",
        Form::YesNo => "true or false",
        Form::List => "a list of texts in quotes",
    }
}

fn suggestion(found: &str, known: impl Iterator<Item = String>) -> String {
    known
        .map(|key| (strsim::jaro_winkler(found, &key), key))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, key)| format!("; did you mean `{key}`?"))
}
