//! Where in a picture a code may be: patches full of sharp changes, with something even around them.

use super::Gray;

/// Side of the squares a picture is divided into, in pixels. Patches nearer to each other than this are one.
const CELL: usize = 8;
/// Difference between the darkest and the brightest pixel of a square that is part of a patch.
const CHANGE: u8 = 48;
/// Squares each side of a patch has at least: a line of text is less high, a code of two pixels a module is not.
const SMALLEST: usize = 2;
/// Patches looked at, the largest first.
const REGIONS: usize = 24;
/// Part of its rectangle that a patch covers at least: a code that stands on its corner covers half.
const COVERED_PERCENT: usize = 35;

/// A rectangle of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Region {
    pub(super) const fn pixels(&self) -> usize {
        self.width * self.height
    }
}

/// The patches of `picture`, and all of them together: a code of wide modules falls into pieces.
pub(super) fn of(picture: &Gray) -> Vec<Region> {
    let cells = Cells::of(picture);
    let mut patches = cells.patches();
    let all = patches.iter().copied().reduce(Patch::with);
    patches.retain(|patch| patch.is_plausible());
    patches.sort_by_key(|patch| std::cmp::Reverse(patch.area()));
    patches.truncate(REGIONS);
    if let Some(all) = all.filter(|all| !patches.iter().any(|patch| patch.is_like(all))) {
        patches.push(all);
    }
    patches.iter().map(|patch| patch.region(picture)).collect()
}

/// Which squares of a picture have sharp changes.
struct Cells {
    columns: usize,
    rows: usize,
    busy: Vec<bool>,
}

/// Squares that touch, by the rectangle around them: first and last column and row.
#[derive(Debug, Clone, Copy)]
struct Patch {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
    cells: usize,
}

impl Cells {
    fn of(picture: &Gray) -> Self {
        let (columns, rows) = (picture.width.div_ceil(CELL), picture.height.div_ceil(CELL));
        let mut busy = Vec::with_capacity(columns * rows);
        let mut ranges = vec![(255_u8, 0_u8); columns];
        for band in picture.pixels.chunks(picture.width.max(1) * CELL) {
            ranges.fill((255, 0));
            for row in band.chunks(picture.width.max(1)) {
                for (range, pixels) in ranges.iter_mut().zip(row.chunks(CELL)) {
                    *range =
                        pixels.iter().fold(*range, |(low, high), pixel| (low.min(*pixel), high.max(*pixel)));
                }
            }
            busy.extend(ranges.iter().map(|(low, high)| high.saturating_sub(*low) >= CHANGE));
        }
        Self { columns, rows, busy }
    }

    /// Takes the square at this column and row: busy, and not taken before.
    fn take(&mut self, column: usize, row: usize) -> bool {
        let at = row * self.columns + column;
        column < self.columns && self.busy.get_mut(at).is_some_and(std::mem::take)
    }

    fn patches(mut self) -> Vec<Patch> {
        let mut patches = Vec::new();
        let mut open = Vec::new();
        for at in 0..self.columns * self.rows {
            let (column, row) = (at % self.columns, at / self.columns);
            if !self.take(column, row) {
                continue;
            }
            let mut patch = Patch { left: column, right: column, top: row, bottom: row, cells: 0 };
            open.push((column, row));
            while let Some((column, row)) = open.pop() {
                patch = patch.with(Patch { left: column, right: column, top: row, bottom: row, cells: 1 });
                for beside in column.saturating_sub(1)..=column + 1 {
                    for below in row.saturating_sub(1)..=row + 1 {
                        if self.take(beside, below) {
                            open.push((beside, below));
                        }
                    }
                }
            }
            patches.push(patch);
        }
        patches
    }
}

impl Patch {
    fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            right: self.right.max(other.right),
            top: self.top.min(other.top),
            bottom: self.bottom.max(other.bottom),
            cells: self.cells + other.cells,
        }
    }

    const fn sides(&self) -> (usize, usize) {
        (self.right + 1 - self.left, self.bottom + 1 - self.top)
    }

    const fn area(&self) -> usize {
        self.sides().0 * self.sides().1
    }

    fn is_plausible(&self) -> bool {
        let (width, height) = self.sides();
        width.min(height) >= SMALLEST && self.cells * 100 >= self.area() * COVERED_PERCENT
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.left, self.right, self.top, self.bottom) == (other.left, other.right, other.top, other.bottom)
    }

    /// With a square of what is around it.
    fn region(&self, picture: &Gray) -> Region {
        let (left, top) = (self.left.saturating_sub(1) * CELL, self.top.saturating_sub(1) * CELL);
        let right = ((self.right + 2) * CELL).min(picture.width);
        let bottom = ((self.bottom + 2) * CELL).min(picture.height);
        Region { left, top, width: right - left, height: bottom - top }
    }
}
