//! The options behind the question mark, decoded and written again for links.

use super::http::Refusal;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What must not stand in a query as it is.
const ESCAPED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+').add(b'%').add(b'\'');

/// The options of a request in the order they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Query {
    options: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        let decode =
            |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
        let options = text
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(key, value)| (decode(key), decode(value)))
            .collect();
        Self { options }
    }

    /// The names as they came.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.options.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A number that must be one.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            Refusal::bad_request("BadRequest", &format!("The query option '{name}' has an invalid value."))
        })
    }

    /// A list separated by commas.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        let text = self.get(name)?;
        Some(text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
    }

    /// The same options but for `changed`, as text.
    pub(crate) fn with(&self, changed: &[(&str, String)]) -> String {
        let kept = self
            .options
            .iter()
            .filter(|(key, _)| !changed.iter().any(|(name, _)| key.eq_ignore_ascii_case(name)))
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let all = kept.chain(changed.iter().map(|(key, value)| (*key, value.as_str())));
        let written: Vec<String> = all
            .map(|(key, value)| {
                format!("{}={}", utf8_percent_encode(key, ESCAPED), utf8_percent_encode(value, ESCAPED))
            })
            .collect();
        written.join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_being_written_again() {
        let query = Query::parse("$filter=isRead+eq%20false&$top=2&x");
        assert_eq!(query.get("$FILTER"), Some("isRead eq false"));
        let again = Query::parse(&query.with(&[("$top", "5".to_owned()), ("$skip", "a&b+c".to_owned())]));
        assert_eq!(again.get("$filter"), Some("isRead eq false"));
        assert_eq!(again.number("$top").unwrap(), Some(5));
        assert_eq!(again.get("$skip"), Some("a&b+c"));
        assert!(again.number("$skip").is_err());
    }
}
