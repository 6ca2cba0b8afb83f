//! Rows of block characters, as programs draw codes on terminals: `█▀▄`, `##`, `⬛⬜`.

use super::{Drawing, LARGEST, SMALLEST};
use crate::html;
use crate::html::pieces::{Piece, pieces};

/// Half of a character is a square: a drawing has half as many lines as modules, or one of two characters for each.
const LINES: usize = SMALLEST / 2;
/// Drawings kept of a text.
const DRAWINGS: usize = 20;
/// Columns of a line: two for each module at most.
const COLUMNS: usize = 2 * LARGEST;

/// What a text with such a drawing has somewhere: the first two bytes of block characters, their references, a row of
/// hashes.
const SIGNS: [&[u8]; 6] = [b"\xe2\x96", b"\xe2\xac", b"&#96", b"&#x25", b"&#X25", b"##########"];

/// Whether one of the signs is somewhere. They begin with three different bytes, which most text has few of.
fn has_sign(text: &[u8]) -> bool {
    memchr::memchr3_iter(0xe2, b'&', b'#', text)
        .any(|at| SIGNS.iter().any(|sign| text.get(at..at + sign.len()) == Some(sign)))
}

/// The runs of lines of `text` that may be drawings.
pub(super) fn of(text: &str, page: bool) -> Vec<Drawing> {
    if !has_sign(text.as_bytes()) {
        return Vec::new();
    }
    let shown: String;
    let text = if page {
        shown = lines_of(text);
        &shown
    } else {
        text
    };
    let mut done = Vec::new();
    let mut run: Vec<Vec<Half>> = Vec::new();
    for line in text.lines() {
        match read(line) {
            Some(line) if run.len() <= LARGEST => run.push(line),
            // Pages have line ends of their own between those that are shown.
            None if page && line.trim().is_empty() => {}
            _ => end(&mut run, &mut done),
        }
    }
    end(&mut run, &mut done);
    done
}

/// The text of a page with its lines as a browser breaks them.
fn lines_of(page: &str) -> String {
    let mut out = String::new();
    for piece in pieces(page) {
        match piece {
            Piece::Text { text, .. } => html::push_decoded(&mut out, text),
            Piece::Open { name, .. } | Piece::Close { name }
                if matches!(&*name, "br" | "div" | "p" | "tr" | "pre" | "li" | "table") =>
            {
                out.push('\n');
            }
            _ => {}
        }
    }
    out
}

/// A column of a line: its upper and its lower half.
type Half = (bool, bool);

/// A line of nothing but blocks and blanks, with a few blocks at least.
fn read(line: &str) -> Option<Vec<Half>> {
    // As mail programs quote it.
    let line = line.trim_end().trim_start_matches('>');
    let mut columns = Vec::new();
    let mut blocks = 0;
    for one in line.chars() {
        let (half, wide) = match one {
            '\u{2588}' | '\u{2593}' | '#' => ((true, true), false),
            '\u{2580}' => ((true, false), false),
            '\u{2584}' => ((false, true), false),
            ' ' | '\u{a0}' | '\u{2591}' => ((false, false), false),
            '\u{2b1b}' | '\u{25a0}' => ((true, true), true),
            '\u{2b1c}' | '\u{25a1}' | '\u{3000}' => ((false, false), true),
            // Ask for the black and white form of a character.
            '\u{fe0e}' | '\u{fe0f}' => continue,
            _ => return None,
        };
        blocks += usize::from(half != (false, false));
        columns.extend(std::iter::repeat_n(half, if wide { 2 } else { 1 }));
        if columns.len() > COLUMNS {
            return None;
        }
    }
    (blocks > 0).then_some(columns)
}

/// Makes a drawing of the lines so far.
fn end(run: &mut Vec<Vec<Half>>, done: &mut Vec<Drawing>) {
    let lines = std::mem::take(run);
    if lines.len() < LINES || done.len() >= DRAWINGS {
        return;
    }
    // Blanks all of them begin with are no part of it.
    let margin = |line: &Vec<Half>| line.iter().take_while(|half| **half == (false, false)).count();
    let margin = lines.iter().map(margin).min().unwrap_or_default();
    let lines = || lines.iter().map(|line| line.get(margin..).unwrap_or_default());
    // Whole characters alone: two of them are a module as high as it is wide, or each is one.
    let whole = lines().flatten().all(|(upper, lower)| upper == lower);
    let paired = whole && lines().all(|line| line.chunks_exact(2).all(|pair| pair.first() == pair.last()));
    let row = |line: &[Half], step: usize, half: fn(&Half) -> bool| -> Vec<bool> {
        line.iter().step_by(step).map(half).collect()
    };
    let rows = match (whole, paired) {
        (true, true) => lines().map(|line| row(line, 2, |half| half.0)).collect(),
        (true, false) => lines().map(|line| row(line, 1, |half| half.0)).collect(),
        (false, _) => {
            lines().flat_map(|line| [row(line, 1, |half| half.0), row(line, 1, |half| half.1)]).collect()
        }
    };
    done.push(Drawing(rows));
}
