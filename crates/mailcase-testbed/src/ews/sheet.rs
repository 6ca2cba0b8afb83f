//! XML as it is written: text in one piece, the MIME of messages as references, so that no large message is ever
//! turned into base64 as a whole.

use crate::exchange::raw::Raw;

/// A part of an answer's body.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(String),
    /// The bytes of a message, to be sent as base64; of which mailbox, and its immutable identity.
    Mime {
        raw: Raw,
        mailbox: String,
        id: String,
    },
}

/// An XML document in the making. Names are written with the prefixes `s`, `m` and `t`.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    done: Vec<Piece>,
    text: String,
}

impl Sheet {
    pub(crate) fn raw(&mut self, xml: &str) -> &mut Self {
        self.text.push_str(xml);
        self
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            self.text.push(' ');
            self.text.push_str(key);
            self.text.push_str("=\"");
            escape(value, &mut self.text);
            self.text.push('"');
        }
    }

    pub(crate) fn open(&mut self, name: &str) -> &mut Self {
        self.open_with(name, &[])
    }

    pub(crate) fn open_with(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.begin(name, attributes);
        self.text.push('>');
        self
    }

    pub(crate) fn close(&mut self, name: &str) -> &mut Self {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
        self
    }

    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.begin(name, attributes);
        self.text.push_str("/>");
        self
    }

    pub(crate) fn leaf(&mut self, name: &str, text: &str) -> &mut Self {
        self.leaf_with(name, &[], text)
    }

    pub(crate) fn leaf_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> &mut Self {
        self.open_with(name, attributes);
        escape(text, &mut self.text);
        self.close(name)
    }

    pub(crate) fn mime(&mut self, raw: Raw, mailbox: &str, id: String) -> &mut Self {
        self.open_with("t:MimeContent", &[("CharacterSet", "UTF-8")]);
        self.done.push(Piece::Text(std::mem::take(&mut self.text)));
        self.done.push(Piece::Mime { raw, mailbox: mailbox.to_owned(), id });
        self.close("t:MimeContent")
    }

    pub(crate) fn append(&mut self, other: Self) -> &mut Self {
        for piece in other.into_pieces() {
            match piece {
                Piece::Text(text) => self.text.push_str(&text),
                mime @ Piece::Mime { .. } => {
                    self.done.push(Piece::Text(std::mem::take(&mut self.text)));
                    self.done.push(mime);
                }
            }
        }
        self
    }

    pub(crate) fn into_pieces(mut self) -> Vec<Piece> {
        if !self.text.is_empty() {
            self.done.push(Piece::Text(self.text));
        }
        self.done
    }
}

/// As Exchange writes it: characters that XML 1.0 does not have go out as references, although there are none to them.
pub(crate) fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\r' => into.push_str("&#xD;"),
            '\n' | '\t' => into.push(c),
            c if c.is_control() => into.push_str(&format!("&#x{:X};", u32::from(c))),
            c => into.push(c),
        }
    }
}
