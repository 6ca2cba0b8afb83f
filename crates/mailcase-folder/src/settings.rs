//! What a person chooses about a folder source, and how the source introduces itself.

use mailcase_mail::{SourceError, SourceKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::{Component, Path};

/// The kind of this source.
pub const KIND: &str = "folder";

/// What lies at the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Layout {
    /// Found out: a file is an mbox, a directory with `cur` and `new` is a Maildir, any other holds message files.
    #[default]
    #[schemars(title = "Find out")]
    Auto,
    /// A Maildir, with its subfolders.
    #[schemars(title = "Maildir")]
    Maildir,
    /// A directory of `.eml` and `.msg` files.
    #[schemars(title = "Message files")]
    Files,
    /// A file with many messages, which is never changed.
    #[schemars(title = "mbox file")]
    Mbox,
}

/// How lines that begin with `From ` were protected when an mbox file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Quoting {
    /// Each level of `>` stands for one less: `>From ` was `From `, `>>From ` was `>From `.
    #[default]
    #[schemars(title = "mboxrd")]
    Mboxrd,
    /// Only `>From ` stands for `From `.
    #[schemars(title = "mboxo")]
    Mboxo,
    /// Nothing was changed; lines are kept as they are.
    #[schemars(title = "Not at all")]
    None,
}

/// The settings of a folder source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Folder")]
pub struct FolderSettings {
    /// Absolute path of the Maildir, directory or mbox file on the machine Mailcase runs on.
    #[schemars(title = "Path", length(min = 1, max = 4096))]
    pub path: String,
    /// What lies at the path: `auto` finds out.
    #[serde(default)]
    #[schemars(title = "Layout")]
    pub layout: Layout,
    /// Files in all directories below the path belong to the one folder INBOX; moving is then not possible. Otherwise
    /// each directory is a folder of its own.
    #[serde(default)]
    #[schemars(title = "Include subdirectories", extend("x-show-if" = {"layout": ["auto", "files"]}))]
    pub recursive: bool,
    /// How lines beginning with "From " were protected when the mbox file was written.
    #[serde(default)]
    #[schemars(title = "Quoting", extend("x-show-if" = {"layout": ["auto", "mbox"]}))]
    pub quoting: Quoting,
}

impl FolderSettings {
    /// Reads and validates the settings without touching the disk.
    ///
    /// # Errors
    /// [`SourceError::Settings`] says which setting is wrong and what it should be.
    pub fn read(connection: &Map<String, Value>) -> Result<Self, SourceError> {
        let wrong = |message: String| SourceError::Settings { message };
        let settings: Self = serde_json::from_value(Value::Object(connection.clone()))
            .map_err(|error| wrong(format!("the settings of the folder are wrong: {error}")))?;
        let path = Path::new(&settings.path);
        if settings.path.contains('\0') {
            return Err(wrong("`path` contains a NUL character".to_owned()));
        }
        if !path.is_absolute() {
            return Err(wrong("`path` must be absolute, such as `/srv/mail/desk`".to_owned()));
        }
        if path.components().any(|component| component == Component::ParentDir) {
            return Err(wrong("`path` must not contain `..`: give the path it leads to".to_owned()));
        }
        Ok(settings)
    }
}

/// The folder source as it introduces itself.
#[must_use]
pub fn source_kind() -> SourceKind {
    let mut schema = schemars::schema_for!(FolderSettings);
    schema.insert("x-order".to_owned(), Value::from(vec!["path", "layout", "recursive", "quoting"]));
    SourceKind {
        kind: KIND,
        title: "Folder",
        description: "A Maildir, a directory of .eml and .msg files, or an mbox file on the machine Mailcase runs on.",
        settings_schema: schema.to_value(),
        secrets: &[],
        successors: &[],
        mailbox: &["path"],
        default_folder: crate::source::INBOX,
        folders_ignore_case: false,
    }
}
