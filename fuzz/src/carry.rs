//! A mail that carries random bytes to where they are read.

use std::fmt::Write as _;

/// The bytes of a DER structure as files have them: binary, PEM or base64. `None` when they are none.
pub(crate) fn digits(data: &[u8]) -> Option<()> {
    let start = data.trim_ascii_start();
    (start.first() == Some(&0x30) || start.starts_with(b"MI") || start.starts_with(b"-----")).then_some(())
}

/// A mail of one body.
pub(crate) fn body(content_type: &str, content: &[u8]) -> Vec<u8> {
    let mut mail =
        Mail("From: a@example.org\r\nTo: b@example.org\r\nSubject: c\r\nMIME-Version: 1.0\r\n".to_owned());
    mail.push(&format!("Content-Type: {content_type}; charset=utf-8\r\n"));
    mail.encoded(content);
    mail.0.into_bytes()
}

/// A mail with a text and files.
pub(crate) struct Mail(String);

impl Mail {
    pub(crate) fn new(text: &str) -> Self {
        let mut mail = Self(
            "From: a@example.org\r\nTo: b@example.org\r\nSubject: c\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=outer\r\n\r\n"
                .to_owned(),
        );
        mail.push(&format!("--outer\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"));
        mail
    }

    fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    pub(crate) fn file(mut self, content_type: &str, name: &str, content: &[u8]) -> Self {
        self.push(&format!("--outer\r\nContent-Type: {content_type}; name=\"{name}\"\r\n"));
        self.push(&format!("Content-Disposition: attachment; filename=\"{name}\"\r\n"));
        self.encoded(content);
        self
    }

    fn encoded(&mut self, content: &[u8]) {
        let _ = write!(
            self.0,
            "Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            data_encoding::BASE64_MIME.encode(content)
        );
    }

    /// `entity`, and a signature over it.
    pub(crate) fn signed(mut self, entity: &str, protocol: &str, signature: &[u8]) -> Self {
        self.push("--outer\r\nContent-Type: multipart/signed; boundary=inner; ");
        self.push(&format!("protocol=\"{protocol}\"\r\n\r\n--inner\r\n{entity}--inner\r\n"));
        self.push(&format!("Content-Type: {protocol}; name=a.p7s\r\n"));
        self.encoded(signature);
        self.push("--inner--\r\n");
        self
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.push("--outer--\r\n");
        self.0.into_bytes()
    }
}
