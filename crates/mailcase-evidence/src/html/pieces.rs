//! HTML piece by piece, in order: one linear pass that builds nothing.

use std::borrow::Cow;

use super::{attributes, find_ignoring_case, tag};

/// What a page is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// As written; `offset` in bytes of the page.
    Text {
        text: &'a str,
        offset: usize,
    },
    /// Name in lower case, values as written.
    Open {
        name: Cow<'a, str>,
        attributes: Vec<(&'a str, &'a str)>,
    },
    Close {
        name: Cow<'a, str>,
    },
    Comment {
        text: &'a str,
        offset: usize,
    },
    /// A document type, or what XML knows and HTML does not.
    Declaration,
    /// What is in an element whose content is no markup; its own [`Piece::Open`] and [`Piece::Close`] are around it.
    Raw {
        name: Cow<'a, str>,
        text: &'a str,
    },
}

/// Takes `page` apart.
pub(crate) fn pieces(page: &str) -> Pieces<'_> {
    Pieces { page, rest: page, raw: None }
}

#[derive(Debug)]
pub(crate) struct Pieces<'a> {
    page: &'a str,
    rest: &'a str,
    /// The element just begun, when its content is no markup.
    raw: Option<Cow<'a, str>>,
}

impl<'a> Pieces<'a> {
    fn text(&mut self, length: usize) -> Option<Piece<'a>> {
        let offset = self.page.len() - self.rest.len();
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(Piece::Text { text, offset })
    }

    fn comment(&mut self, skip: usize, end: &str) -> Option<Piece<'a>> {
        let offset = self.page.len() - self.rest.len() + skip;
        let body = self.rest.get(skip..)?;
        let found = memchr::memmem::find(body.as_bytes(), end.as_bytes());
        let length = found.unwrap_or(body.len());
        self.rest = body.get(length + if found.is_some() { end.len() } else { 0 }..).unwrap_or_default();
        Some(Piece::Comment { text: body.get(..length)?, offset })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(name) = self.raw.take() {
            let end = find_ignoring_case(self.rest, &format!("</{name}"));
            let (text, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest;
            return Some(Piece::Raw { name, text });
        }
        match memchr::memchr(b'<', self.rest.as_bytes()) {
            None if self.rest.is_empty() => return None,
            None => return self.text(self.rest.len()),
            Some(0) => {}
            Some(at) => return self.text(at),
        }
        if self.rest.starts_with("<!-->") || self.rest.starts_with("<!--->") {
            return self.comment(4, ">");
        }
        if self.rest.starts_with("<!--") {
            return self.comment(4, "-->");
        }
        if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            return self.comment(2, ">").map(|_| Piece::Declaration);
        }
        let Some((name, closing, tail)) = tag(self.rest) else {
            return self.text(1);
        };
        let mut found = Vec::new();
        self.rest = attributes(tail, |name, value| found.push((name, value)));
        if closing {
            return Some(Piece::Close { name });
        }
        if matches!(
            &*name,
            "script"
                | "style"
                | "title"
                | "template"
                | "noembed"
                | "noframes"
                | "iframe"
                | "xmp"
                | "textarea"
        ) {
            self.raw = Some(name.clone());
        }
        Some(Piece::Open { name, attributes: found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_in_pieces() {
        let page = "a<b c=d>e</B><!-- f --><!DOCTYPE g><style>h<i></STYLE>j < k<script>";
        let open = |name: &'static str| Piece::Open { name: name.into(), attributes: Vec::new() };
        let close = |name: &'static str| Piece::Close { name: name.into() };
        let found: Vec<_> = pieces(page).collect();
        assert_eq!(
            found,
            [
                Piece::Text { text: "a", offset: 0 },
                Piece::Open { name: "b".into(), attributes: vec![("c", "d")] },
                Piece::Text { text: "e", offset: 8 },
                close("b"),
                Piece::Comment { text: " f ", offset: 17 },
                Piece::Declaration,
                open("style"),
                Piece::Raw { name: "style".into(), text: "h<i>" },
                close("style"),
                Piece::Text { text: "j ", offset: 54 },
                Piece::Text { text: "<", offset: 56 },
                Piece::Text { text: " k", offset: 57 },
                open("script"),
                Piece::Raw { name: "script".into(), text: "" },
            ]
        );
        assert_eq!(pieces("<!-->x<!-- y").count(), 3);
    }
}
