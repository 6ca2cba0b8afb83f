//! Data Matrix (ISO/IEC 16022) as programs draw it: upright or turned by quarters, of any size. Its border tells how many
//! modules it has and which way is up; what the modules say is read by `rxing`.

use rxing::common::BitMatrix;
use rxing::datamatrix::decoder::Decoder;

use super::Gray;

/// Rows and columns of each size (ISO/IEC 16022:2006, table 7).
const SIZES: [(usize, usize); 30] = [
    (10, 10),
    (12, 12),
    (14, 14),
    (16, 16),
    (18, 18),
    (20, 20),
    (22, 22),
    (24, 24),
    (26, 26),
    (32, 32),
    (36, 36),
    (40, 40),
    (44, 44),
    (48, 48),
    (52, 52),
    (64, 64),
    (72, 72),
    (80, 80),
    (88, 88),
    (96, 96),
    (104, 104),
    (120, 120),
    (132, 132),
    (144, 144),
    (8, 18),
    (8, 32),
    (12, 26),
    (12, 36),
    (16, 36),
    (16, 48),
];
/// Pixels a module has at least, so that its middle is its own.
const MODULE: f32 = 1.5;
/// How much the sides of a module may differ.
const UNEVEN: f32 = 0.15;
/// Of a hundred modules of the border so many are as they must be.
const BORDER_PERCENT: usize = 92;

/// What the code says that fills the dark part of `picture`.
pub(super) fn read(picture: &Gray) -> Option<String> {
    let dark = Dark::of(picture)?;
    let turned =
        SIZES.iter().filter(|(rows, columns)| rows != columns).map(|(rows, columns)| (*columns, *rows));
    let sizes = SIZES.iter().copied().chain(turned);
    sizes.filter_map(|(rows, columns)| dark.modules(rows, columns)).find_map(|modules| {
        let upright = modules.upright()?;
        Some(Decoder::new().decode(&upright.bits()?).ok()?.getText().to_owned())
    })
}

/// The pixels of a picture that are rather dark, and the rectangle around them.
struct Dark<'a> {
    picture: &'a Gray,
    below: u8,
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl<'a> Dark<'a> {
    fn of(picture: &'a Gray) -> Option<Self> {
        let (low, high) = (picture.pixels.iter().min()?, picture.pixels.iter().max()?);
        let below = low.midpoint(*high);
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        for (row, pixels) in picture.pixels.chunks(picture.width.max(1)).enumerate() {
            let is_dark = |pixel: &u8| *pixel < below;
            let (Some(first), Some(last)) =
                (pixels.iter().position(is_dark), pixels.iter().rposition(is_dark))
            else {
                continue;
            };
            (left, right) = (left.min(first), right.max(last));
            (top, bottom) = (top.min(row), row.max(bottom));
        }
        (left <= right && top <= bottom).then(|| Self {
            picture,
            below,
            left,
            top,
            width: right + 1 - left,
            height: bottom + 1 - top,
        })
    }

    /// The modules, when there can be so many: each as high as it is wide.
    fn modules(&self, rows: usize, columns: usize) -> Option<Modules> {
        let (width, height) = (self.width as f32 / columns as f32, self.height as f32 / rows as f32);
        let even = (width / height - 1.0).abs() <= UNEVEN;
        (even && width >= MODULE && height >= MODULE).then_some(())?;
        let middle = |from: usize, number: usize, size: f32| from + ((number as f32 + 0.5) * size) as usize;
        let dark = (0..rows * columns).map(|at| {
            let (row, column) = (at / columns, at % columns);
            let place = middle(self.top, row, height) * self.picture.width + middle(self.left, column, width);
            self.picture.pixels.get(place).is_some_and(|pixel| *pixel < self.below)
        });
        Some(Modules { rows, columns, dark: dark.collect() })
    }
}

struct Modules {
    rows: usize,
    columns: usize,
    /// Row by row.
    dark: Vec<bool>,
}

impl Modules {
    fn is_dark(&self, row: usize, column: usize) -> bool {
        self.dark.get(row * self.columns + column).copied().unwrap_or_default()
    }

    /// Turned so that the solid sides are on the left and below; nothing when there are none.
    fn upright(mut self) -> Option<Self> {
        for _ in 0..4 {
            if self.has_border() {
                return Some(self);
            }
            self = self.turned();
        }
        None
    }

    /// Whether the left side and the lower one are dark, and the others take turns.
    fn has_border(&self) -> bool {
        let (last_row, last_column) = (self.rows - 1, self.columns - 1);
        let rows = (0..self.rows).flat_map(|row| {
            [(self.is_dark(row, 0), true), (self.is_dark(row, last_column), (last_row - row) % 2 == 0)]
        });
        let columns = (0..self.columns).flat_map(|column| {
            [(self.is_dark(last_row, column), true), (self.is_dark(0, column), column % 2 == 0)]
        });
        let right = rows.chain(columns).filter(|(dark, must_be)| dark == must_be).count();
        right * 100 >= 2 * (self.rows + self.columns) * BORDER_PERCENT
    }

    /// By a quarter, clockwise.
    fn turned(&self) -> Self {
        let (rows, columns) = (self.columns, self.rows);
        let dark = (0..rows * columns).map(|at| self.is_dark(self.rows - 1 - at % columns, at / columns));
        Self { rows, columns, dark: dark.collect() }
    }

    fn bits(&self) -> Option<BitMatrix> {
        let (width, height) = (u32::try_from(self.columns).ok()?, u32::try_from(self.rows).ok()?);
        let mut bits = BitMatrix::new(width, height).ok()?;
        for (row, dark) in (0..height).zip(self.dark.chunks(self.columns)) {
            (0..width).zip(dark).filter(|(_, dark)| **dark).for_each(|(column, _)| bits.set(column, row));
        }
        Some(bits)
    }
}
