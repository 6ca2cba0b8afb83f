//! Tables whose cells are dark and light squares.

use super::{Drawing, LARGEST, SMALLEST};
use crate::html;
use crate::html::pieces::{Piece, pieces};
use crate::look::{Attributes, Looks, value_of};
use crate::unseen;

/// Tables within tables that are looked at.
const DEPTH: usize = 16;
/// Drawings kept of a page.
const TABLES: usize = 20;
/// Cells of a row of a drawing, at least: cells of one colour side by side may be one.
const CELLS: usize = 6;

/// The tables of `page` that may be drawings.
pub(super) fn of(page: &str) -> Vec<Drawing> {
    if !has_cells(page) {
        return Vec::new();
    }
    let mut reader = Reader::default();
    let mut looks = Looks::new(unseen::sheets(page));
    for piece in pieces(page) {
        match piece {
            Piece::Open { name, attributes } => {
                looks.open(&name, &attributes);
                reader.open(&name, &attributes, looks.is_dark());
            }
            Piece::Close { name } => {
                looks.close(&name);
                if name == "table" {
                    reader.close();
                }
            }
            _ => {}
        }
    }
    while !reader.open.is_empty() {
        reader.close();
    }
    reader.done
}

/// Whether there are as many rows of many cells as the smallest code has. Letters laid out in tables have none.
fn has_cells(page: &str) -> bool {
    let bytes = page.as_bytes();
    let (mut rows, mut cells) = (0, 0);
    for at in memchr::memchr_iter(b'<', bytes) {
        let name = bytes.get(at + 1..at + 3).unwrap_or_default();
        if name.eq_ignore_ascii_case(b"td") || name.eq_ignore_ascii_case(b"th") {
            cells += 1;
            rows += usize::from(cells == CELLS);
        } else if name.eq_ignore_ascii_case(b"tr") {
            cells = 0;
        }
        if rows >= SMALLEST {
            return true;
        }
    }
    false
}

#[derive(Default)]
struct Reader {
    open: Vec<Table>,
    /// Tables open below the deepest looked at.
    deeper: usize,
    done: Vec<Drawing>,
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<Cell>>,
    /// It has more rows or columns than any code.
    large: bool,
}

struct Cell {
    dark: bool,
    columns: usize,
    /// In pixels, when that is said.
    width: Option<f32>,
}

impl Reader {
    fn open(&mut self, name: &str, attributes: &Attributes<'_>, dark: bool) {
        match name {
            "table" if self.open.len() < DEPTH => self.open.push(Table::default()),
            "table" => self.deeper += 1,
            "tr" | "td" | "th" => {
                if let Some(table) = self.open.last_mut().filter(|_| self.deeper == 0) {
                    if name == "tr" { table.row() } else { table.cell(attributes, dark) }
                }
            }
            // What lies in a cell covers it.
            _ if dark && self.deeper == 0 => {
                let row = self.open.last_mut().and_then(|table| table.rows.last_mut());
                if let Some(cell) = row.and_then(|row| row.last_mut()) {
                    cell.dark = true;
                }
            }
            _ => {}
        }
    }

    fn close(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let Some(table) = self.open.pop() else { return };
        if self.done.len() < TABLES && !table.large && table.rows.len() >= SMALLEST {
            self.done.push(table.drawing());
        }
    }
}

impl Table {
    fn row(&mut self) {
        if self.rows.len() > LARGEST {
            self.large = true;
        } else {
            self.rows.push(Vec::new());
        }
    }

    fn cell(&mut self, attributes: &Attributes<'_>, dark: bool) {
        if self.rows.is_empty() {
            self.row();
        }
        let Some(row) = self.rows.last_mut().filter(|_| !self.large) else { return };
        if row.len() > LARGEST {
            self.large = true;
            return;
        }
        let number = |name| value_of(attributes, name).and_then(|value| value.trim().parse::<usize>().ok());
        let columns = number("colspan").unwrap_or(1).clamp(1, LARGEST);
        row.push(Cell { dark, columns, width: width(attributes) });
    }

    /// One column for each, as many as it says, or as its width is told in the narrowest one's.
    fn drawing(mut self) -> Drawing {
        self.rows.retain(|row| !row.is_empty());
        let cells = || self.rows.iter().flatten();
        let spans = cells().any(|cell| cell.columns > 1);
        let narrowest = cells()
            .map(|cell| cell.width.unwrap_or_default())
            .min_by(f32::total_cmp)
            .filter(|width| *width > 0.0 && !spans);
        let columns = |cell: &Cell| match (narrowest, cell.width) {
            (Some(narrowest), Some(width)) => ((width / narrowest).round() as usize).clamp(1, LARGEST),
            _ => cell.columns,
        };
        let row = |row: &Vec<Cell>| {
            let modules = row.iter().flat_map(|cell| std::iter::repeat_n(cell.dark, columns(cell)));
            modules.take(LARGEST + 1).collect()
        };
        Drawing(self.rows.iter().map(row).collect())
    }
}

/// What the attribute or the style says, in pixels.
fn width(attributes: &Attributes<'_>) -> Option<f32> {
    let pixels = |text: &str| {
        let text = text.trim();
        text.strip_suffix("px").unwrap_or(text).trim().parse::<f32>().ok().filter(|width| width.is_finite())
    };
    if let Some(width) = value_of(attributes, "width").and_then(pixels) {
        return Some(width);
    }
    let mut style = String::new();
    html::push_decoded(&mut style, value_of(attributes, "style")?);
    style.split(';').find_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        name.trim().eq_ignore_ascii_case("width").then(|| pixels(value))?
    })
}
