//! Text of pages, as well as it can be had without drawing them: for links and words, not for reading.

use std::collections::HashMap;
use std::rc::Rc;

use super::file::File;
use super::object::{Dictionary, Object, Parser, Token};
use crate::contents::Room;

/// Text of one file.
const TEXT_BYTES: usize = 1 << 20;
/// Characters one font maps.
const MAPPED: usize = 70_000;
/// Pages and forms that are read.
const PAGES: usize = 500;
/// Parents a page takes its fonts from.
const PARENTS: usize = 10;
/// Shift, in thousandths of the font size, that stands for a space.
const SPACE: f64 = -200.0;

/// How the codes of a font become characters.
#[derive(Debug, Default)]
struct Font {
    map: HashMap<u32, String>,
    two_bytes: bool,
}

/// Fonts by the object they stand in.
#[derive(Default)]
struct Fonts(HashMap<u32, Rc<Font>>);

/// Text of all pages and forms.
pub(super) fn read(file: &File<'_>, room: &mut Room) -> String {
    let mut fonts = Fonts::default();
    let mut out = String::new();
    let mut pages = 0;
    for entry in &file.entries {
        let Object::Dictionary(dictionary) = &entry.object else { continue };
        let page = dictionary.name("Type") == Some(b"Page");
        let form = dictionary.name("Subtype") == Some(b"Form");
        if !(page || form) || out.len() >= TEXT_BYTES || pages >= PAGES {
            continue;
        }
        pages += 1;
        let content = if form {
            file.stream(entry, room).unwrap_or_default()
        } else {
            contents(file, dictionary, room)
        };
        let known = resources(file, dictionary).map(|one| fonts.of(file, one, room)).unwrap_or_default();
        draw(&content, &known, &mut out);
        out.push('\n');
    }
    out.truncate(out.floor_char_boundary(TEXT_BYTES));
    out
}

fn contents(file: &File<'_>, page: &Dictionary, room: &mut Room) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(contents) = page.get("Contents") else { return out };
    let list = match file.resolve(contents) {
        Object::Array(list) => list.clone(),
        _ => vec![contents.clone()],
    };
    for one in list.iter().take(PAGES) {
        let stream = file.stream_of(one).and_then(|entry| file.stream(entry, room));
        out.extend(stream.unwrap_or_default());
        out.push(b'\n');
    }
    out
}

fn resources<'a>(file: &'a File<'_>, page: &'a Dictionary) -> Option<&'a Dictionary> {
    let mut page = page;
    for _ in 0..PARENTS {
        if let Some(resources) = file.dictionary(page, "Resources") {
            return Some(resources);
        }
        page = file.dictionary(page, "Parent")?;
    }
    None
}

impl Fonts {
    fn of(&mut self, file: &File<'_>, resources: &Dictionary, room: &mut Room) -> HashMap<Vec<u8>, Rc<Font>> {
        let mut known = HashMap::new();
        let Some(list) = file.dictionary(resources, "Font") else { return known };
        for (name, object) in list.0.iter().take(PAGES) {
            let number = if let Object::Reference(number) = object { Some(*number) } else { None };
            if let Some(font) = number.and_then(|number| self.0.get(&number)) {
                known.insert(name.clone(), Rc::clone(font));
                continue;
            }
            let Object::Dictionary(dictionary) = file.resolve(object) else { continue };
            let font = Rc::new(font(file, dictionary, room));
            if let Some(number) = number {
                self.0.insert(number, Rc::clone(&font));
            }
            known.insert(name.clone(), font);
        }
        known
    }
}

fn font(file: &File<'_>, dictionary: &Dictionary, room: &mut Room) -> Font {
    let two_bytes = dictionary.name("Subtype") == Some(b"Type0");
    let mut font = Font { two_bytes, ..Font::default() };
    let stream = dictionary.get("ToUnicode").and_then(|object| file.stream_of(object));
    if let Some(map) = stream.and_then(|entry| file.stream(entry, room)) {
        read_map(&map, &mut font);
    }
    font
}

/// Reads the ranges of a map to Unicode (ISO 32000-2 §9.10.3).
fn read_map(map: &[u8], font: &mut Font) {
    let mut parser = Parser::new(map, 0);
    let mut operands: Vec<Object> = Vec::new();
    while parser.at < map.len() && font.map.len() < MAPPED {
        if let Some(object) = parser.object() {
            operands.push(object);
            continue;
        }
        match parser.token() {
            Some(Token::Word(b"endbfchar")) => {
                for pair in operands.chunks_exact(2) {
                    if let [Object::Text(code), Object::Text(text)] = pair {
                        font.map.insert(number(code), utf16(text));
                    }
                }
            }
            Some(Token::Word(b"endbfrange")) => {
                for triple in operands.chunks_exact(3) {
                    if let [Object::Text(from), Object::Text(to), target] = triple {
                        range(number(from), number(to), target, font);
                    }
                }
            }
            Some(Token::Word(b"begincodespacerange" | b"beginbfchar" | b"beginbfrange")) => {}
            Some(Token::Word(b"endcodespacerange")) => {
                font.two_bytes =
                    operands.iter().any(|one| matches!(one, Object::Text(text) if text.len() > 1));
            }
            Some(_) => {}
            None => break,
        }
        operands.clear();
    }
}

fn range(from: u32, to: u32, target: &Object, font: &mut Font) {
    let span = to.saturating_sub(from).min(0xffff);
    match target {
        Object::Text(text) => {
            let start = utf16(text);
            let Some(last) = start.chars().next_back() else { return };
            let head = start.get(..start.len() - last.len_utf8()).unwrap_or_default();
            for step in 0..=span {
                if font.map.len() >= MAPPED {
                    return;
                }
                if let Some(one) = char::from_u32(u32::from(last) + step) {
                    font.map.insert(from.saturating_add(step), format!("{head}{one}"));
                }
            }
        }
        Object::Array(list) => {
            for (step, text) in (0..=span).zip(list) {
                if let Object::Text(text) = text {
                    font.map.insert(from.saturating_add(step), utf16(text));
                }
            }
        }
        _ => {}
    }
}

fn number(code: &[u8]) -> u32 {
    code.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn utf16(text: &[u8]) -> String {
    encoding_rs::UTF_16BE.decode_without_bom_handling(text).0.into_owned()
}

/// Where text is shown, as far as it tells words and lines apart. Widths of letters are guessed: most programs show
/// single letters or whole lines, for which a guess is enough.
#[derive(Debug, Default)]
struct Pen<'a> {
    font: Option<&'a Rc<Font>>,
    size: f64,
    scale: f64,
    /// Start of the line, and where text was last shown with how many letters since.
    line: (f64, f64),
    last: Option<(f64, f64)>,
    letters: usize,
    /// The line began anew, or everything was moved.
    moved: bool,
    broken: bool,
}

impl Pen<'_> {
    /// Width of a letter in sizes of the font; gap and step that part words and lines.
    const LETTER: f64 = 0.5;
    const GAP: f64 = 0.3;

    fn move_by(&mut self, right: f64, down: f64) {
        self.line.0 += right * self.scale;
        self.line.1 += down * self.scale;
        self.moved = true;
    }

    fn next_line(&mut self) {
        self.move_by(0.0, -self.size);
    }

    fn show(&mut self, text: &[u8], out: &mut String) {
        if std::mem::take(&mut self.moved) || self.last.is_none() {
            self.part(out);
            self.last = Some(self.line);
            self.letters = 0;
        }
        let before = out.len();
        show(text, self.font, out);
        self.letters += out.get(before..).map_or(0, |shown| shown.chars().count());
    }

    /// Parts what comes from what is there already.
    fn part(&mut self, out: &mut String) {
        let broken = std::mem::take(&mut self.broken);
        let Some((x, y)) = self.last else { return };
        let em = (self.size * self.scale).abs().max(1e-6);
        let gap = self.line.0 - x - self.letters as f64 * Self::LETTER * em;
        if broken || (self.line.1 - y).abs() > Self::GAP * em || gap < -20.0 * em {
            out.push('\n');
        } else if gap > Self::GAP * em {
            out.push(' ');
        }
    }
}

fn numbers<const COUNT: usize>(operands: &[Object]) -> Option<[f64; COUNT]> {
    let mut all = [0.0; COUNT];
    for (place, operand) in all.iter_mut().zip(operands.get(operands.len().checked_sub(COUNT)?..)?) {
        let Object::Number(number) = operand else { return None };
        *place = *number;
    }
    Some(all)
}

/// Follows the operators of a page that show text.
fn draw(content: &[u8], fonts: &HashMap<Vec<u8>, Rc<Font>>, out: &mut String) {
    let mut parser = Parser::new(content, 0);
    let mut operands: Vec<Object> = Vec::new();
    let mut pen = Pen { size: 1.0, scale: 1.0, ..Pen::default() };
    while out.len() < TEXT_BYTES {
        if let Some(object) = parser.object() {
            // Operators take few operands: more are noise.
            if operands.len() < 64 {
                operands.push(object);
            }
            continue;
        }
        match parser.token() {
            Some(Token::Word(b"BI")) => skip_picture(&mut parser),
            Some(Token::Word(word)) => operator(word, &operands, fonts, &mut pen, out),
            Some(_) => {}
            None => break,
        }
        operands.clear();
    }
}

fn operator<'a>(
    word: &[u8],
    operands: &[Object],
    fonts: &'a HashMap<Vec<u8>, Rc<Font>>,
    pen: &mut Pen<'a>,
    out: &mut String,
) {
    match word {
        b"Tf" => {
            if let [.., Object::Name(name), Object::Number(size)] = operands {
                pen.font = fonts.get(name);
                pen.size = *size;
            }
        }
        b"BT" => (pen.line, pen.scale, pen.moved) = ((0.0, 0.0), 1.0, true),
        b"cm" => (pen.broken, pen.moved) = (true, true),
        b"Tm" => {
            if let Some([scale, slant, _, _, x, y]) = numbers(operands) {
                pen.scale = if scale == 0.0 { slant } else { scale };
                (pen.line, pen.moved) = ((x, y), true);
            }
        }
        b"Td" | b"TD" => {
            if let Some([right, down]) = numbers(operands) {
                pen.move_by(right, down);
            }
        }
        b"T*" => pen.next_line(),
        b"Tj" | b"'" | b"\"" => {
            if word != b"Tj" {
                pen.next_line();
            }
            if let Some(Object::Text(text)) = operands.last() {
                pen.show(text, out);
            }
        }
        b"TJ" => {
            let Some(Object::Array(list)) = operands.last() else { return };
            for one in list {
                match one {
                    Object::Text(text) => pen.show(text, out),
                    Object::Number(shift) if *shift < SPACE => out.push(' '),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Passes over a picture within the operators.
fn skip_picture(parser: &mut Parser<'_>) {
    let rest = parser.bytes.get(parser.at..).unwrap_or_default();
    let end = memchr::memmem::find_iter(rest, b"EI").find(|at| {
        let around = (rest.get(at.wrapping_sub(1)), rest.get(at + 2));
        matches!(around, (Some(before), after) if before.is_ascii_whitespace() && after.is_none_or(u8::is_ascii_whitespace))
    });
    parser.at += end.map_or(rest.len(), |end| end + 2);
}

fn show(text: &[u8], font: Option<&Rc<Font>>, out: &mut String) {
    let Some(font) = font.filter(|font| font.two_bytes || !font.map.is_empty()) else {
        out.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(text).0);
        return;
    };
    for code in text.chunks(if font.two_bytes { 2 } else { 1 }) {
        let number = number(code);
        match font.map.get(&number) {
            Some(text) => out.push_str(text),
            None if !font.two_bytes => {
                out.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(code).0)
            }
            None => {}
        }
    }
}
