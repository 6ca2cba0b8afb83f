//! Pre-filters: which messages of a mailbox a connector takes. The same on every source, because what counts is always
//! what is found here, in the message itself. A server is only asked which messages are worth a look at their headers
//! before they are fetched.

use crate::connector::FieldError;
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization as _;

/// Terms of one field: more is a list somebody keeps elsewhere.
const TERMS_MAX: usize = 200;
/// Characters of one term.
const TERM_CHARS_MAX: usize = 200;
/// Conditions on headers.
const HEADERS_MAX: usize = 20;
/// The longest header name (RFC 5322 allows a line of 998 characters; nobody uses it).
const HEADER_NAME_MAX: usize = 100;

/// What a message must, or must not, have to be taken. Empty fields ask for nothing. All fields must be met; within a
/// field commas separate alternatives, and `"double quotes"` keep a comma within a term.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Prefilter {
    /// Addresses (`ann@example.org`) or whole domains (`example.org`, with everything below it) in From.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub not_from: String,
    /// Addresses or whole domains in To, Cc or Bcc.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub not_to: String,
    /// Text within the subject.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub not_subject: String,
    /// Text within the body as it is read, or within the name of an attachment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub not_body: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderCondition>,
}

/// A condition on a header of any name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HeaderCondition {
    /// The header's name, such as `X-Spam-Flag`.
    pub field: String,
    /// Text within one of the headers of this name. Empty: there is one, whatever it says.
    #[serde(default)]
    pub value: String,
    /// The message must not have it.
    #[serde(default)]
    pub not: bool,
}

/// What a filter looks at in a message.
#[derive(Debug, Clone, Default)]
pub struct FilteredMessage<'a> {
    pub from: Vec<&'a str>,
    /// To, Cc and Bcc.
    pub to: Vec<&'a str>,
    pub subject: Option<&'a str>,
    pub text: Option<&'a str>,
    /// Names of the message's parts, at any depth.
    pub names: Vec<&'a str>,
    /// Name and decoded value of every header.
    pub headers: Vec<(&'a str, &'a str)>,
}

/// The condition a message does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The field of [`Prefilter`], such as `not_subject`; of a header, `header X-Spam-Flag`.
    pub field: String,
}

/// A filter ready to be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompiledPrefilter {
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    place: Place,
    not: bool,
    /// Empty only for a header that must merely be there.
    terms: Vec<Term>,
}

/// Where a condition looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    From,
    /// To, Cc and Bcc.
    Recipients,
    Subject,
    Body,
    /// A header of this name.
    Header(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// Folded text, found anywhere.
    Text(String),
    Address {
        local: String,
        domain: String,
    },
    /// A domain and everything below it.
    Domain(String),
}

/// What a server may be asked for, to find messages that are not taken without fetching them all. Only a hint: servers
/// search by words, by characters, in what they decoded or in what they did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Never the body.
    pub place: Place,
    /// The message is likely not to be taken if one of the terms is found; otherwise, if none is.
    pub not: bool,
    /// Empty only for a header that must, or must not, be there.
    pub terms: Vec<String>,
}

impl Prefilter {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every mistake at once; fields are named `prefilter.…`.
    #[must_use]
    pub fn validate(&self) -> Vec<FieldError> {
        self.compile_or_mistakes().err().unwrap_or_default()
    }

    /// The filter ready to be used. Of settings that were never validated, what is wrong is left out.
    #[must_use]
    pub fn compile(&self) -> CompiledPrefilter {
        let mut mistakes = Vec::new();
        CompiledPrefilter { conditions: self.conditions(&mut mistakes) }
    }

    fn compile_or_mistakes(&self) -> Result<CompiledPrefilter, Vec<FieldError>> {
        let mut mistakes = Vec::new();
        let conditions = self.conditions(&mut mistakes);
        if mistakes.is_empty() { Ok(CompiledPrefilter { conditions }) } else { Err(mistakes) }
    }

    fn conditions(&self, mistakes: &mut Vec<FieldError>) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (name, text, place, not) in [
            ("from", &self.from, Place::From, false),
            ("not_from", &self.not_from, Place::From, true),
            ("to", &self.to, Place::Recipients, false),
            ("not_to", &self.not_to, Place::Recipients, true),
            ("subject", &self.subject, Place::Subject, false),
            ("not_subject", &self.not_subject, Place::Subject, true),
            ("body", &self.body, Place::Body, false),
            ("not_body", &self.not_body, Place::Body, true),
        ] {
            match terms(text, &place) {
                Ok(terms) if terms.is_empty() => {}
                Ok(terms) => conditions.push(Condition { place, not, terms }),
                Err(message) => mistakes.push(FieldError::new(format!("prefilter.{name}"), message)),
            }
        }
        if self.headers.len() > HEADERS_MAX {
            let message = format!("more than {HEADERS_MAX} conditions on headers");
            mistakes.push(FieldError::new("prefilter.headers", message));
        }
        for (index, header) in self.headers.iter().take(HEADERS_MAX).enumerate() {
            let mut mistake = |field: &str, message: String| {
                mistakes.push(FieldError::new(format!("prefilter.headers.{index}.{field}"), message));
            };
            let name = header.field.trim().trim_end_matches(':');
            if !is_header_name(name) {
                let message = format!(
                    "give the name of a header: 1 to {HEADER_NAME_MAX} characters, no spaces, no colon"
                );
                mistake("field", message);
                continue;
            }
            let place = Place::Header(name.to_ascii_lowercase());
            match terms(&header.value, &place) {
                Ok(terms) => conditions.push(Condition { place, not: header.not, terms }),
                Err(message) => mistake("value", message),
            }
        }
        conditions
    }
}

/// A field name of RFC 5322 §2.2: printable ASCII without the colon.
fn is_header_name(name: &str) -> bool {
    (1..=HEADER_NAME_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
}

impl CompiledPrefilter {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether a message is taken.
    ///
    /// # Errors
    /// The first condition it does not meet.
    pub fn admit(&self, message: &FilteredMessage<'_>) -> Result<(), Unmet> {
        self.conditions.iter().try_for_each(|condition| condition.meet(message))
    }

    /// Whether a message may be taken by its headers alone: `text` and `names` are not looked at.
    ///
    /// # Errors
    /// The first condition it does not meet, whatever its body.
    pub fn admit_headers(&self, message: &FilteredMessage<'_>) -> Result<(), Unmet> {
        self.of_headers().try_for_each(|condition| condition.meet(message))
    }

    /// What to ask a server; empty when headers do not matter.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        self.of_headers()
            .map(|condition| Hint {
                place: condition.place.clone(),
                not: condition.not,
                terms: condition.terms.iter().map(ToString::to_string).collect(),
            })
            .collect()
    }

    fn of_headers(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(|condition| condition.place != Place::Body)
    }
}

impl Condition {
    fn meet(&self, message: &FilteredMessage<'_>) -> Result<(), Unmet> {
        if self.is_found_in(message) == self.not { Err(self.unmet()) } else { Ok(()) }
    }

    fn is_found_in(&self, message: &FilteredMessage<'_>) -> bool {
        match &self.place {
            Place::From => self.is_among(&message.from),
            Place::Recipients => self.is_among(&message.to),
            Place::Subject => self.is_within(message.subject),
            Place::Body => {
                self.is_within(message.text) || message.names.iter().any(|name| self.is_within(Some(name)))
            }
            Place::Header(name) => message
                .headers
                .iter()
                .filter(|(field, _)| field.eq_ignore_ascii_case(name))
                .any(|(_, value)| self.terms.is_empty() || self.is_within(Some(value))),
        }
    }

    fn is_among(&self, addresses: &[&str]) -> bool {
        addresses.iter().filter_map(|address| split_address(address)).any(|(local, domain)| {
            self.terms.iter().any(|term| match term {
                Term::Address { local: wanted, domain: at } => *wanted == local && *at == domain,
                Term::Domain(wanted) => domain
                    .strip_suffix(wanted.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
                Term::Text(_) => false,
            })
        })
    }

    fn is_within(&self, text: Option<&str>) -> bool {
        let Some(text) = text else { return false };
        let text = fold(text);
        self.terms.iter().any(|term| matches!(term, Term::Text(wanted) if text.contains(wanted.as_str())))
    }

    fn unmet(&self) -> Unmet {
        let name = match &self.place {
            Place::From => "from",
            Place::Recipients => "to",
            Place::Subject => "subject",
            Place::Body => "body",
            Place::Header(name) => {
                let not = if self.not { "not " } else { "" };
                return Unmet { field: format!("{not}header {name}") };
            }
        };
        Unmet { field: format!("{}{name}", if self.not { "not_" } else { "" }) }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Domain(text) => f.write_str(text),
            Self::Address { local, domain } => write!(f, "{local}@{domain}"),
        }
    }
}

/// Splits at commas outside of double quotes and understands each term for its place.
fn terms(text: &str, place: &Place) -> Result<Vec<Term>, String> {
    let mut terms = Vec::new();
    for term in split(text)? {
        if term.chars().count() > TERM_CHARS_MAX {
            return Err(format!("a term is longer than {TERM_CHARS_MAX} characters"));
        }
        if term.chars().any(char::is_control) {
            return Err("a term contains a control character".to_owned());
        }
        let understood = match place {
            Place::From | Place::Recipients => address_or_domain(&term)?,
            _ => Term::Text(fold(&term)),
        };
        terms.push(understood);
        if terms.len() > TERMS_MAX {
            return Err(format!("more than {TERMS_MAX} terms"));
        }
    }
    Ok(terms)
}

/// `a, "b, c"` is `a` and `b, c`; within quotes `""` is a quote.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut terms = Vec::new();
    let mut term = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                term.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => terms.push(std::mem::take(&mut term)),
            c => term.push(c),
        }
    }
    if quoted {
        return Err("a double quote is not closed".to_owned());
    }
    terms.push(term);
    Ok(terms.into_iter().map(|term| term.trim().to_owned()).filter(|term| !term.is_empty()).collect())
}

fn address_or_domain(term: &str) -> Result<Term, String> {
    let wrong = || format!("`{term}` is neither an address (ann@example.org) nor a domain (example.org)");
    let domain = match term.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() => {
            if local.chars().any(char::is_whitespace) {
                return Err(wrong());
            }
            let domain = ascii_domain(domain).ok_or_else(wrong)?;
            return Ok(Term::Address { local: fold(local), domain });
        }
        Some((_, domain)) => domain,
        None => term.strip_prefix("*.").unwrap_or(term),
    };
    ascii_domain(domain).map(Term::Domain).ok_or_else(wrong)
}

fn split_address(address: &str) -> Option<(String, String)> {
    let (local, domain) = address.rsplit_once('@')?;
    // What cannot be a domain is compared as it stands.
    let domain = ascii_domain(domain).unwrap_or_else(|| domain.to_lowercase());
    Some((fold(local), domain))
}

/// The domain in lower-case ASCII (RFC 5891), without a final dot.
fn ascii_domain(domain: &str) -> Option<String> {
    let domain = domain.trim().trim_end_matches('.');
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if domain.is_empty() || domain.split('.').any(str::is_empty) || !domain.chars().all(plain) {
        return None;
    }
    idna::domain_to_ascii(domain).ok().filter(|ascii| !ascii.is_empty())
}

/// Text as it is compared: composed (NFC), lower case, each run of white space a single space.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut space = false;
    for c in text.nfc() {
        if c.is_whitespace() {
            space = !folded.is_empty();
            continue;
        }
        if std::mem::take(&mut space) {
            folded.push(' ');
        }
        folded.extend(c.to_lowercase());
    }
    folded
}

#[cfg(test)]
mod tests;
