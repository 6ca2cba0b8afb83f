//! Messages the suite sends about: each different, each recognisable.

/// A small complete message with CRLF line ends; `name` makes it unlike every other.
#[must_use]
pub fn letter(name: &str) -> Vec<u8> {
    format!(
        "Message-ID: <{name}@suite.example>\r\n\
         From: Ada <ada@example.org>\r\n\
         To: Desk <desk@example.org>\r\n\
         Subject: letter {name}\r\n\
         Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n\
         \r\n\
         This is letter {name}.\r\n"
    )
    .into_bytes()
}
