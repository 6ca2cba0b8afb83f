//! The case: the thing analysts work.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that is none of the names of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a {what}; known are: {known}")]
pub struct UnknownName {
    pub what: &'static str,
    pub found: String,
    pub known: String,
}

/// Declares an enumeration whose names are the same in the database, the API and the configuration.
macro_rules! named {
    ($(#[$doc:meta])* $vis:vis enum $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        $vis enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        // By hand: the derive does not see through the macro and would show the names of the variants.
        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($text),+]))
                    .into()
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = $crate::case::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::case::UnknownName {
                        what: $what,
                        found: text.to_owned(),
                        known: [$($text),+].join(", "),
                    }),
                }
            }
        }
    };
}
pub(crate) use named;

named! {
    /// How bad it is, in the words analysts use.
    pub enum Severity, "severity" {
        Low = "low",
        Medium = "medium",
        High = "high",
        Critical = "critical",
    }
}

named! {
    /// Where a case stands. A human answer to a resolved case opens it again; automatic mail never does.
    pub enum CaseStatus, "case status" {
        Open = "open",
        InProgress = "in_progress",
        Resolved = "resolved",
    }
}

/// What a case made from a connector's mail starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CaseDefaults {
    pub severity: Severity,
    pub tags: Vec<String>,
    /// Name of the access list; `None` means the organization's "<organization> case defaults".
    pub acl: Option<String>,
}

impl Default for CaseDefaults {
    fn default() -> Self {
        Self { severity: Severity::Medium, tags: Vec::new(), acl: None }
    }
}

/// The access list a case gets when its connector names none.
#[must_use]
pub fn default_acl(organization_name: &str) -> String {
    format!("{organization_name} case defaults")
}

/// Longest case title, in characters: one line on a wide screen with room to spare.
pub const TITLE_MAX_CHARS: usize = 300;

/// A case title from a message's subject: one line, never empty, never longer than [`TITLE_MAX_CHARS`].
#[must_use]
pub fn title_from_subject(subject: &str) -> String {
    let words: Vec<&str> =
        subject.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let line = words.join(" ");
    if line.is_empty() {
        return "(no subject)".to_owned();
    }
    line.chars().take(TITLE_MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_and_never_empty() {
        for (subject, title) in [
            ("Invoice", "Invoice"),
            ("  two\r\n\tlines ", "two lines"),
            ("", "(no subject)"),
            ("\u{0}\u{7}", "(no subject)"),
            ("nul\u{0}inside", "nul inside"),
        ] {
            assert_eq!(title_from_subject(subject), title);
        }
        assert_eq!(title_from_subject(&"ä".repeat(1000)).chars().count(), TITLE_MAX_CHARS);
    }

    #[test]
    fn names_round_trip_and_unknown_ones_say_what_is_known() {
        for severity in Severity::ALL {
            assert_eq!(severity.as_str().parse(), Ok(*severity));
        }
        let error = "huge".parse::<Severity>().unwrap_err().to_string();
        assert_eq!(error, "`huge` is not a severity; known are: low, medium, high, critical");
    }
}
