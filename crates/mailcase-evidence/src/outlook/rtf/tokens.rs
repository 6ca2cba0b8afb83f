//! RTF cut into tokens. Nothing is an error: what is no control is text.

/// Longest control word (RTF 1.9.1 §Conventions).
const WORD_BYTES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// `\word12 `
    Word(&'a [u8], Option<i32>),
    /// `\*`, `\~`, …
    Symbol(u8),
    /// `\'e4`
    Byte(u8),
    /// Running text without line ends.
    Text(&'a [u8]),
}

#[derive(Debug)]
pub(super) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(super) fn new(rtf: &'a [u8]) -> Self {
        Self { rest: rtf }
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn text(&mut self) -> Token<'a> {
        let special = |byte: &u8| matches!(byte, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0);
        let end = self.rest.iter().position(special).unwrap_or(self.rest.len()).max(1);
        let (text, rest) = self.rest.split_at(end.min(self.rest.len()));
        self.rest = rest;
        Token::Text(text)
    }

    fn control(&mut self) -> Token<'a> {
        self.skip(1);
        let letters = self.rest.iter().take(WORD_BYTES).take_while(|byte| byte.is_ascii_alphabetic()).count();
        if letters > 0 {
            return self.word(letters);
        }
        let symbol = self.rest.first().copied().unwrap_or(b'\\');
        self.skip(1);
        if symbol == b'\'' {
            let digit = |place: usize| self.rest.get(place).and_then(|byte| char::from(*byte).to_digit(16));
            return match (digit(0), digit(1)) {
                (Some(high), Some(low)) => {
                    self.skip(2);
                    Token::Byte((high * 16 + low) as u8)
                }
                _ => Token::Symbol(symbol),
            };
        }
        Token::Symbol(symbol)
    }

    fn word(&mut self, letters: usize) -> Token<'a> {
        let (word, rest) = self.rest.split_at(letters.min(self.rest.len()));
        self.rest = rest;
        let minus = usize::from(rest.first() == Some(&b'-'));
        let digits = rest.iter().skip(minus).take(10).take_while(|byte| byte.is_ascii_digit()).count();
        let mut number = None;
        if digits > 0 {
            let text = rest.get(..minus + digits).and_then(|digits| std::str::from_utf8(digits).ok());
            let value: i64 = text.and_then(|text| text.parse().ok()).unwrap_or_default();
            number = Some(value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32);
            self.skip(minus + digits);
        }
        if self.rest.first() == Some(&b' ') {
            self.skip(1);
        }
        if word == b"bin" {
            // Raw bytes follow, braces and all.
            self.skip(usize::try_from(number.unwrap_or_default()).unwrap_or_default().min(self.rest.len()));
        }
        Token::Word(word, number)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let token = match self.rest.first()? {
                b'{' => Token::Open,
                b'}' => Token::Close,
                b'\\' => return Some(self.control()),
                b'\r' | b'\n' | 0 => {
                    self.skip(1);
                    continue;
                }
                _ => return Some(self.text()),
            };
            self.skip(1);
            return Some(token);
        }
    }
}
