//! One pass over RTF that gives the HTML or text it was made of ([MS-OXRTFEX]), else the text a reader sees.

use encoding_rs::Encoding;

use super::super::charset::code_page;
use super::fonts::Fonts;
use super::tokens::{Token, Tokens};

/// Groups within groups that are told apart; those further in share the state of the last.
const DEPTH: usize = 1_000;
/// Tokens at the start among which the RTF says what it was made of (§2.1.3.1.1).
const START_TOKENS: usize = 50;
/// Kept of the instructions of fields, one per line.
const INSTRUCTION_BYTES: usize = 256 << 10;

/// What the RTF was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outlook) enum Source {
    Html,
    Text,
    /// It is not made of something else.
    Native,
}

/// What is in an RTF document.
#[derive(Debug)]
pub(in crate::outlook) struct Content {
    pub(in crate::outlook) source: Source,
    /// The HTML, or the text.
    pub(in crate::outlook) text: String,
    /// What fields do, one per line: targets of links, of pictures and of other documents.
    pub(in crate::outlook) instructions: String,
}

/// Reads a document.
pub(in crate::outlook) fn read(rtf: &[u8]) -> Content {
    let source = source(rtf);
    let mut reader = Reader::new(source);
    for token in Tokens::new(rtf) {
        reader.token(token);
    }
    reader.flush();
    Content { source, text: reader.text, instructions: reader.instructions }
}

fn source(rtf: &[u8]) -> Source {
    let mut groups = 0;
    for token in Tokens::new(rtf).take(START_TOKENS) {
        match token {
            Token::Open => groups += 1,
            Token::Word(b"fromhtml", Some(1) | None) => return Source::Html,
            Token::Word(b"fromtext", _) => return Source::Text,
            _ => {}
        }
        if groups > 1 {
            break;
        }
    }
    Source::Native
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    Body,
    /// Markup copied as it is.
    HtmlTag,
    FontTable,
    Instruction,
    Ignored,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    destination: Destination,
    /// Only for readers that know nothing of the HTML.
    rtf_only: bool,
    hidden: bool,
    font: i32,
    /// Characters after a `\u` for readers that know no Unicode.
    substitutes: u32,
}

#[derive(Debug)]
struct Reader {
    source: Source,
    groups: Vec<Group>,
    /// Groups beyond the limit.
    deeper: usize,
    group: Group,
    /// The group has just been opened.
    fresh: bool,
    /// `\*` came: what is unknown is to be passed over.
    optional: bool,
    default: &'static Encoding,
    default_font: i32,
    fonts: Fonts,
    text: String,
    instructions: String,
    /// Bytes of one encoding that are still to be decoded.
    pending: Vec<u8>,
    pending_encoding: &'static Encoding,
    /// Substitutes still to be passed over.
    skip: u32,
    surrogate: Option<u16>,
}

impl Reader {
    fn new(source: Source) -> Self {
        let group = Group {
            destination: Destination::Body,
            rtf_only: false,
            hidden: false,
            font: -1,
            substitutes: 1,
        };
        Self {
            source,
            groups: Vec::new(),
            deeper: 0,
            group,
            fresh: false,
            optional: false,
            default: encoding_rs::WINDOWS_1252,
            default_font: -1,
            fonts: Fonts::default(),
            text: String::new(),
            instructions: String::new(),
            pending: Vec::new(),
            pending_encoding: encoding_rs::WINDOWS_1252,
            skip: 0,
            surrogate: None,
        }
    }

    fn token(&mut self, token: Token<'_>) {
        let fresh = std::mem::take(&mut self.fresh);
        let optional = std::mem::take(&mut self.optional);
        match token {
            Token::Open => {
                self.skip = 0;
                self.open();
            }
            Token::Close => {
                self.skip = 0;
                self.close();
            }
            Token::Symbol(b'*') if fresh => self.optional = true,
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Word(word, number) => self.word(word, number, fresh || optional, optional),
            Token::Byte(byte) => {
                if self.skip > 0 {
                    self.skip -= 1;
                } else {
                    self.bytes(&[byte]);
                }
            }
            Token::Text(text) => {
                let skipped = (self.skip as usize).min(text.len());
                self.skip -= skipped as u32;
                self.bytes(text.get(skipped..).unwrap_or_default());
            }
        }
    }

    fn open(&mut self) {
        if self.groups.len() < DEPTH {
            self.groups.push(self.group);
            self.fresh = true;
        } else {
            self.deeper += 1;
        }
    }

    fn close(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let Some(outer) = self.groups.pop() else { return };
        if self.group.destination == Destination::Instruction && outer.destination != Destination::Instruction
        {
            self.instructions.push('\n');
        }
        self.group = outer;
    }

    fn symbol(&mut self, symbol: u8) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        match symbol {
            b'\\' | b'{' | b'}' => self.bytes(&[symbol]),
            b'\r' | b'\n' => self.line_end(),
            b'\t' => self.bytes(b"\t"),
            b'~' => self.character('\u{a0}', "&nbsp;"),
            b'_' => self.character('\u{2011}', "&shy;"),
            _ => {}
        }
    }

    fn word(&mut self, word: &[u8], number: Option<i32>, first: bool, optional: bool) {
        if self.skip > 0 && !matches!(word, b"u" | b"uc") {
            self.skip -= 1;
            return;
        }
        if first && let Some(destination) = destination(word) {
            // What is passed over stays so, whatever is said inside.
            if self.group.destination != Destination::Ignored {
                self.group.destination = destination;
            }
            return;
        }
        if optional {
            self.group.destination = Destination::Ignored;
            return;
        }
        if self.group.destination == Destination::FontTable {
            self.font_word(word, number.unwrap_or_default());
            return;
        }
        self.format_word(word, number);
    }

    fn font_word(&mut self, word: &[u8], number: i32) {
        match word {
            b"f" => self.group.font = number,
            b"fcharset" => self.fonts.charset(self.group.font, number),
            b"cpg" => self.fonts.page(self.group.font, number),
            _ => {}
        }
    }

    fn format_word(&mut self, word: &[u8], number: Option<i32>) {
        let on = number != Some(0);
        match word {
            b"htmlrtf" => self.group.rtf_only = on,
            b"v" if self.source == Source::Native => self.group.hidden = on,
            b"f" => self.group.font = number.unwrap_or_default(),
            b"deff" => self.default_font = number.unwrap_or_default(),
            b"plain" => {
                self.group.font = -1;
                self.group.hidden = false;
            }
            b"ansicpg" => {
                let page = number.and_then(|number| u32::try_from(number).ok());
                self.default = page.and_then(code_page).unwrap_or(self.default);
            }
            b"mac" => self.default = encoding_rs::MACINTOSH,
            b"uc" => self.group.substitutes = u32::try_from(number.unwrap_or(1)).unwrap_or_default().min(16),
            b"u" => self.unicode(number.unwrap_or_default()),
            b"par" | b"line" => self.line_end(),
            b"sect" | b"page" | b"row" | b"nestrow" if self.source == Source::Native => self.line_end(),
            b"tab" => self.bytes(b"\t"),
            b"cell" | b"nestcell" if self.source == Source::Native => self.bytes(b"\t"),
            b"lquote" => self.character('\u{2018}', "&lsquo;"),
            b"rquote" => self.character('\u{2019}', "&rsquo;"),
            b"ldblquote" => self.character('\u{201c}', "&ldquo;"),
            b"rdblquote" => self.character('\u{201d}', "&rdquo;"),
            b"bullet" => self.character('\u{2022}', "&bull;"),
            b"endash" => self.character('\u{2013}', "&ndash;"),
            b"emdash" => self.character('\u{2014}', "&mdash;"),
            _ => {}
        }
    }

    /// Whether text that comes now is part of the content.
    fn shows(&self) -> bool {
        match self.group.destination {
            Destination::Body => !(self.group.hidden || self.group.rtf_only && self.source != Source::Native),
            Destination::HtmlTag => self.source == Source::Html,
            Destination::Instruction => true,
            Destination::FontTable | Destination::Ignored => false,
        }
    }

    fn encoding(&self) -> &'static Encoding {
        // Markup is in the code page of the document, whatever font is on around it.
        if self.group.destination == Destination::HtmlTag {
            return self.default;
        }
        let font = if self.group.font < 0 { self.default_font } else { self.group.font };
        self.fonts.of(font).unwrap_or(self.default)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || !self.shows() {
            return;
        }
        self.surrogate = None;
        if self.group.destination == Destination::Instruction {
            if self.instructions.len() + bytes.len() <= INSTRUCTION_BYTES {
                self.instructions.push_str(&String::from_utf8_lossy(bytes));
            }
            return;
        }
        let encoding = self.encoding();
        if encoding != self.pending_encoding {
            self.flush();
            self.pending_encoding = encoding;
        }
        self.pending.extend_from_slice(bytes);
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            let (text, _) = self.pending_encoding.decode_without_bom_handling(&self.pending);
            self.text.push_str(&text);
            self.pending.clear();
        }
    }

    fn line_end(&mut self) {
        self.bytes(b"\r\n");
    }

    /// A character by name; in HTML as an entity, as it may be part of what HTML reads otherwise (§2.1.3.1.4).
    fn character(&mut self, character: char, entity: &str) {
        if self.group.destination == Destination::Instruction || !self.shows() {
            return;
        }
        self.flush();
        if self.source == Source::Html {
            self.text.push_str(entity);
        } else {
            self.text.push(character);
        }
    }

    fn unicode(&mut self, number: i32) {
        self.skip = self.group.substitutes;
        // Negative numbers are those above 32767 (RTF 1.9.1 §Unicode RTF).
        let unit = number as u16;
        if unit == 0 || !self.shows() {
            return;
        }
        let high = self.surrogate.take();
        let found = match (high, unit) {
            (_, 0xd800..=0xdbff) => {
                self.surrogate = Some(unit);
                return;
            }
            (Some(high), 0xdc00..=0xdfff) => char::decode_utf16([high, unit]).find_map(Result::ok),
            _ => char::from_u32(u32::from(unit)),
        };
        let found = found.unwrap_or(char::REPLACEMENT_CHARACTER);
        if self.group.destination == Destination::Instruction {
            self.instructions.push(found);
            return;
        }
        self.flush();
        self.text.push(found);
    }
}

/// Groups that hold something else than text to be shown.
fn destination(word: &[u8]) -> Option<Destination> {
    const IGNORED: [&[u8]; 22] = [
        b"colortbl",
        b"filetbl",
        b"footer",
        b"footerf",
        b"footerl",
        b"footerr",
        b"header",
        b"headerf",
        b"headerl",
        b"headerr",
        b"info",
        b"listtable",
        b"listoverridetable",
        b"mhtmltag",
        b"objdata",
        b"pict",
        b"pntext",
        b"pntxta",
        b"pntxtb",
        b"rsidtbl",
        b"stylesheet",
        b"xe",
    ];
    match word {
        b"fonttbl" => Some(Destination::FontTable),
        b"htmltag" => Some(Destination::HtmlTag),
        b"fldinst" => Some(Destination::Instruction),
        _ => IGNORED.contains(&word).then_some(Destination::Ignored),
    }
}
