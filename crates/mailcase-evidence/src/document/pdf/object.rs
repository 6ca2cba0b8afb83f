//! The objects of PDF (ISO 32000-2 §7.3), read from bytes that may be anything.

/// Nesting of arrays and dictionaries.
const DEPTH: usize = 40;
/// Entries of one array or dictionary.
const ENTRIES: usize = 50_000;

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Object {
    #[default]
    Null,
    Bool(bool),
    Number(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    /// To an object by its number; generations tell nothing in broken files.
    Reference(u32),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Dictionary(pub(super) Vec<(Vec<u8>, Object)>);

impl Dictionary {
    pub(super) fn get(&self, key: &str) -> Option<&Object> {
        self.0.iter().find(|(name, _)| name == key.as_bytes()).map(|(_, value)| value)
    }

    pub(super) fn name(&self, key: &str) -> Option<&[u8]> {
        match self.get(key)? {
            Object::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.get(key)?.integer()
    }

    pub(super) fn text(&self, key: &str) -> Option<&[u8]> {
        match self.get(key)? {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Object {
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Number(value) if value.abs() < 9e15 => Some(*value as i64),
            _ => None,
        }
    }
}

/// A token of the syntax.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    Object(Object),
    ArrayStart,
    ArrayEnd,
    DictionaryStart,
    DictionaryEnd,
    /// `obj`, `R`, `stream`, an operator.
    Word(&'a [u8]),
}

/// Reads tokens and objects from `at` on.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0c | 0)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    pub(super) fn token(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let byte = self.peek()?;
        let next = self.bytes.get(self.at + 1).copied();
        self.at += 1;
        Some(match (byte, next) {
            (b'[', _) => Token::ArrayStart,
            (b']', _) => Token::ArrayEnd,
            (b'<', Some(b'<')) => {
                self.at += 1;
                Token::DictionaryStart
            }
            (b'>', Some(b'>')) => {
                self.at += 1;
                Token::DictionaryEnd
            }
            (b'<', _) => Token::Object(Object::Text(self.hexadecimal())),
            (b'(', _) => Token::Object(Object::Text(self.literal())),
            (b'/', _) => Token::Object(Object::Name(self.name())),
            (b')' | b'>' | b'{' | b'}', _) => Token::Word(self.bytes.get(self.at - 1..self.at)?),
            _ => self.word(),
        })
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at - 1;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.at += 1;
        }
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        let text = std::str::from_utf8(word).unwrap_or_default();
        match text {
            "true" => Token::Object(Object::Bool(true)),
            "false" => Token::Object(Object::Bool(false)),
            "null" => Token::Object(Object::Null),
            _ if text.starts_with(|one: char| one.is_ascii_digit() || matches!(one, '+' | '-' | '.')) => {
                let number = text.parse().ok().filter(|number: &f64| number.is_finite());
                number.map_or(Token::Word(word), |number| Token::Object(Object::Number(number)))
            }
            _ => Token::Word(word),
        }
    }

    fn name(&mut self) -> Vec<u8> {
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| !is_space(*byte) && !is_delimiter(*byte)) {
            self.at += 1;
            let code = self.bytes.get(self.at..self.at + 2).filter(|_| byte == b'#').and_then(hex_byte);
            name.push(code.unwrap_or(byte));
            self.at += if code.is_some() { 2 } else { 0 };
        }
        name
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        self.at += (end + 1).min(rest.len());
        hexadecimal(rest.get(..end).unwrap_or_default())
    }

    fn literal(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut open = 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.escape(&mut text),
                b'(' => {
                    open += 1;
                    text.push(byte);
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                    text.push(byte);
                }
                byte => text.push(byte),
            }
        }
        text
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                text.push((value & 0xff) as u8);
            }
            other => text.push(other),
        }
    }

    /// The next object; nothing at a word that is none, which is left where it is.
    pub(super) fn object(&mut self) -> Option<Object> {
        self.object_at(0)
    }

    fn object_at(&mut self, depth: usize) -> Option<Object> {
        let before = self.at;
        let object = match self.token()? {
            Token::Object(Object::Number(number)) => self.reference(number).unwrap_or(Object::Number(number)),
            Token::Object(object) => object,
            Token::ArrayStart if depth < DEPTH => {
                let mut list = Vec::new();
                while list.len() < ENTRIES {
                    match self.object_at(depth + 1) {
                        Some(object) => list.push(object),
                        None => break,
                    }
                }
                self.close(&Token::ArrayEnd);
                Object::Array(list)
            }
            Token::DictionaryStart if depth < DEPTH => {
                let mut list = Vec::new();
                while list.len() < ENTRIES
                    && let Some(Object::Name(key)) = self.object_at(depth + 1)
                {
                    // A missing value must not swallow the end.
                    list.push((key, self.object_at(depth + 1).unwrap_or_default()));
                }
                self.close(&Token::DictionaryEnd);
                Object::Dictionary(Dictionary(list))
            }
            _ => {
                self.at = before;
                return None;
            }
        };
        Some(object)
    }

    fn close(&mut self, end: &Token<'_>) {
        let before = self.at;
        if self.token().as_ref() != Some(end) {
            self.at = before;
        }
    }

    /// `12 0 R` behind its first number.
    fn reference(&mut self, number: f64) -> Option<Object> {
        if number < 0.0 || number > f64::from(u32::MAX) || number.fract() != 0.0 {
            return None;
        }
        let before = self.at;
        if let Some(Token::Object(Object::Number(_))) = self.token()
            && let Some(Token::Word(b"R")) = self.token()
        {
            return Some(Object::Reference(number as u32));
        }
        self.at = before;
        None
    }
}

fn hex_byte(two: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()
}

/// Hexadecimal digits, others passed over; an odd one stands for its ten times sixteen.
pub(super) fn hexadecimal(text: &[u8]) -> Vec<u8> {
    let mut digits = text.iter().filter_map(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::new();
    while let Some(high) = digits.next() {
        out.push((high * 16 + digits.next().unwrap_or(0)) as u8);
    }
    out
}
