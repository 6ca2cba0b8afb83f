//! Codes drawn without a picture: in tables whose cells are its modules, in rows of block characters, in SVG. Whoever
//! looks for pictures does not see them; a telephone does.
//!
//! Each drawing becomes a small picture that the readers of [`codes`] look at.

mod characters;
mod tables;
mod vector;

use crate::codes::{self, Code, Gray};
use crate::contents::Room;

/// Drawings of one text that are looked at.
const DRAWINGS: usize = 8;
/// Modules of a side. The largest QR code has 177 of them and four white ones on each side.
const LARGEST: usize = 200;
/// The smallest Data Matrix has ten.
const SMALLEST: usize = 10;
/// Of a hundred modules of a code so many at least are dark, and so many light.
const EACH_PERCENT: usize = 15;
/// Pixels of a module, and white modules around a drawing.
const SCALE: usize = 4;
const BORDER: usize = 4;

/// What is drawn in `text`, a page or plain. Costs little more than a look at its bytes when nothing is.
pub(crate) fn codes(text: &str, page: bool, room: &mut Room) -> Vec<Code> {
    let mut drawings = if page { tables::of(text) } else { Vec::new() };
    drawings.extend(characters::of(text, page));
    drawings.retain(Drawing::is_plausible);
    let mut pictures: Vec<Gray> = drawings.iter().take(DRAWINGS).map(Drawing::picture).collect();
    if page {
        pictures.extend(vector::of(text, room));
    }
    let mut found: Vec<Code> = Vec::new();
    for code in pictures.iter().flat_map(|picture| codes::read_gray(picture, room)) {
        if !found.contains(&code) {
            found.push(code);
        }
    }
    found
}

/// Rows of modules, `true` for dark ones. They need not be of one length.
#[derive(Debug, Default, PartialEq, Eq)]
struct Drawing(Vec<Vec<bool>>);

impl Drawing {
    fn columns(&self) -> usize {
        self.0.iter().map(Vec::len).max().unwrap_or_default()
    }

    fn is_plausible(&self) -> bool {
        let (columns, rows) = (self.columns(), self.0.len());
        let sides = SMALLEST..=LARGEST;
        let dark = self.0.iter().flatten().filter(|dark| **dark).count();
        let least = columns * rows * EACH_PERCENT / 100;
        sides.contains(&columns) && sides.contains(&rows) && dark >= least && columns * rows - dark >= least
    }

    fn picture(&self) -> Gray {
        let width = (self.columns() + 2 * BORDER) * SCALE;
        let height = (self.0.len() + 2 * BORDER) * SCALE;
        let mut pixels = vec![255; width * height];
        let lines = self.0.iter().flat_map(|row| std::iter::repeat_n(row, SCALE));
        for (row, line) in lines.zip(pixels.chunks_mut(width).skip(BORDER * SCALE)) {
            let modules = line.chunks_mut(SCALE).skip(BORDER);
            for (module, _) in modules.zip(row).filter(|(_, dark)| **dark) {
                module.fill(0);
            }
        }
        Gray { width, height, pixels }
    }
}

#[cfg(test)]
mod tests;
