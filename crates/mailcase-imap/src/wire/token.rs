//! Walks through the tokens of one frame. Lenient: stray spaces and unknown values are stepped over.

use bytes::Bytes;

/// A place within a frame.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    frame: &'a Bytes,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) const fn new(frame: &'a Bytes) -> Self {
        Self { frame, at: 0 }
    }

    /// Length of the whole frame.
    pub(crate) fn frame_bytes(&self) -> usize {
        self.frame.len()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.frame.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.frame.get(self.at).copied()
    }

    pub(crate) fn step(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.frame.len());
    }

    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        if there {
            self.step(1);
        }
        there
    }

    pub(crate) fn skip_spaces(&mut self) {
        while self.eat(b' ') {}
    }

    /// Whether only a line end is left.
    pub(crate) fn at_end(&self) -> bool {
        matches!(self.peek(), None | Some(b'\r' | b'\n'))
    }

    /// Bytes up to a space, a parenthesis or the line end; what stands in `[…]` belongs to the word.
    pub(crate) fn word(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let mut in_brackets = false;
        let length = rest
            .iter()
            .position(|&byte| {
                match byte {
                    b'[' => in_brackets = true,
                    b']' => in_brackets = false,
                    b'\r' | b'\n' => return true,
                    b' ' | b'(' | b')' => return !in_brackets,
                    _ => {}
                }
                false
            })
            .unwrap_or(rest.len());
        self.step(length);
        rest.get(..length).unwrap_or_default()
    }

    pub(crate) fn number<N: std::str::FromStr>(&mut self) -> Option<N> {
        let rest = self.rest();
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(rest.get(..length)?).ok()?.parse().ok()?;
        self.step(length);
        Some(number)
    }

    /// A string in any form: quoted, literal, `NIL` (as nothing), or a bare word.
    pub(crate) fn string(&mut self) -> Option<Bytes> {
        match self.peek()? {
            b'"' => Some(self.quoted()),
            b'{' | b'~' => self.literal(),
            _ => {
                let start = self.at;
                let word = self.word();
                if word.eq_ignore_ascii_case(b"NIL") {
                    return None;
                }
                Some(self.frame.slice(start..self.at))
            }
        }
    }

    /// Anything up to the closing quote; a missing one is taken to stand at the line end.
    fn quoted(&mut self) -> Bytes {
        self.step(1);
        let start = self.at;
        let mut unescaped: Option<Vec<u8>> = None;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' | b'\r' | b'\n' => break,
                b'\\' => {
                    let so_far = self.frame.get(start..self.at).unwrap_or_default();
                    let text = unescaped.get_or_insert_with(|| so_far.to_vec());
                    self.step(1);
                    text.extend(self.peek());
                }
                _ => {
                    if let Some(text) = &mut unescaped {
                        text.push(byte);
                    }
                }
            }
            self.step(1);
        }
        let end = self.at;
        self.eat(b'"');
        unescaped.map_or_else(|| self.frame.slice(start..end), Bytes::from)
    }

    fn literal(&mut self) -> Option<Bytes> {
        self.eat(b'~');
        if !self.eat(b'{') {
            return None;
        }
        let size: usize = self.number()?;
        let _non_synchronising = self.eat(b'+') || self.eat(b'-');
        if !self.eat(b'}') {
            return None;
        }
        self.eat(b'\r');
        if !self.eat(b'\n') {
            return None;
        }
        let end = self.at.checked_add(size)?;
        if end > self.frame.len() {
            return None;
        }
        let data = self.frame.slice(self.at..end);
        self.at = end;
        Some(data)
    }

    /// Steps over one value of any shape, lists within lists included.
    pub(crate) fn skip_value(&mut self) {
        let mut depth = 0_usize;
        loop {
            self.skip_spaces();
            match self.peek() {
                None | Some(b'\r' | b'\n') => return,
                Some(b'(') => {
                    self.step(1);
                    depth = depth.saturating_add(1);
                    continue;
                }
                Some(b')') if depth == 0 => return,
                Some(b')') => {
                    self.step(1);
                    depth = depth.saturating_sub(1);
                }
                Some(_) => {
                    let before = self.at;
                    self.string();
                    if self.at == before {
                        // Nothing known: do not stand still.
                        self.step(1);
                    }
                }
            }
            if depth == 0 {
                return;
            }
        }
    }
}
