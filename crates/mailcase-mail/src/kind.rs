//! A source describes its own settings, so that API, forms and documentation need no code for it.

use serde::Serialize;

/// A secret a source needs. Secrets travel apart from the other settings: encrypted at rest, write-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SecretField {
    /// Key in the secrets map, such as `password`.
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// May be left out.
    pub optional: bool,
    /// Comes from a file: kept as it is when it is text in PEM form, else in base64.
    pub file: bool,
    /// Applies only while this setting has one of these values, as `x-show-if` says of settings. `None`: always.
    /// A setting within another is named with a dot: `proxy.kind`.
    pub show_if: Option<(&'static str, &'static [&'static str])>,
}

/// One kind of source as it introduces itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceKind {
    /// Stable name: `imap`, `folder`.
    pub kind: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// JSON Schema (2020-12) of the `connection` settings; `title`, `description`, `default`, `enum` are for people.
    /// A property may carry `"x-show-if": {"property": ["value", …]}` to appear only when another has that value,
    /// and `"x-widget"`: `"certificates"` for a list of PEM certificates, `"pinned_certificates"` for
    /// one to which a connection test adds what a person trusts, `"multiline"`.
    /// A property of type `object` with `properties` of its own is a group; `x-show-if` within it names its members.
    /// `"x-order": ["host", …]` beside `properties` says in which order forms show them; JSON objects have none.
    pub settings_schema: serde_json::Value,
    pub secrets: &'static [SecretField],
    /// Kinds that see the same mailbox and whose identities can be translated: a connector can be migrated to them and
    /// back.
    pub successors: &'static [&'static str],
    /// The properties of the connection that say whose mailbox is read, and where: with others it is another one, in
    /// which the identities of its messages mean nothing.
    pub mailbox: &'static [&'static str],
    /// Folder watched when none is chosen.
    pub default_folder: &'static str,
    /// Two names that differ in case alone are one folder. That of the inbox always is, whatever is said here (RFC 3501
    /// §5.1).
    pub folders_ignore_case: bool,
}
