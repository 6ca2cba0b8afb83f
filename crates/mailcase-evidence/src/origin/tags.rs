//! Lists of `name=value` (RFC 6376 §3.2), in which DKIM, ARC and DMARC write everything.

/// Tags of one list; real ones have about a dozen.
const TAGS: usize = 50;

#[derive(Debug)]
pub(super) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    /// `None` for what breaks the grammar: a name that is none or comes twice.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut tags: Vec<(&str, &str)> = Vec::new();
        for piece in text.split(';') {
            let piece = piece.trim_matches(is_blank);
            if piece.is_empty() {
                continue;
            }
            let (name, value) = piece.split_once('=')?;
            let (name, value) = (name.trim_end_matches(is_blank), value.trim_start_matches(is_blank));
            let is_name = name.starts_with(|one: char| one.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !is_name || tags.len() == TAGS || tags.iter().any(|(known, _)| *known == name) {
                return None;
            }
            tags.push((name, value));
        }
        Some(Self(tags))
    }

    /// What breaks the grammar is left out.
    pub(super) fn readable(text: &'a str) -> Self {
        let mut tags: Vec<(&str, &str)> = Vec::new();
        for (name, value) in text.split(';').filter_map(|piece| piece.split_once('=')).take(TAGS) {
            let (name, value) = (name.trim_matches(is_blank), value.trim_matches(is_blank));
            if !tags.iter().any(|(known, _)| *known == name) {
                tags.push((name, value));
            }
        }
        Self(tags)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The name of the first tag: some lists must begin with their version.
    pub(super) fn first(&self) -> Option<&'a str> {
        self.0.first().map(|(name, _)| *name)
    }

    /// A value that is a list itself, divided by colons.
    pub(super) fn list(&self, name: &str) -> Option<impl Iterator<Item = &'a str>> {
        Some(self.get(name)?.split(':').map(|one| one.trim_matches(is_blank)))
    }
}

/// Folding white space.
pub(super) fn is_blank(one: char) -> bool {
    matches!(one, ' ' | '\t' | '\r' | '\n')
}

/// A value with the folds taken out.
pub(super) fn packed(value: &str) -> String {
    value.chars().filter(|one| !is_blank(*one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_they_are_folded() {
        let tags = Tags::read("v=1; a = rsa-sha256 ;\r\n h=from : to;b=ab\r\n c==;").unwrap();
        assert_eq!((tags.first(), tags.get("a"), tags.get("x")), (Some("v"), Some("rsa-sha256"), None));
        assert_eq!(tags.list("h").unwrap().collect::<Vec<_>>(), ["from", "to"]);
        assert_eq!(packed(tags.get("b").unwrap()), "abc==");
        for broken in ["v=1; v=1", "v", "=1", "1a=2", "a b=c"] {
            assert!(Tags::read(broken).is_none(), "{broken}");
        }
        assert!(Tags::read(" ; ;").is_some_and(|tags| tags.first().is_none()));
    }
}
