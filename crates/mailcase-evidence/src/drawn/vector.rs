//! SVG: rectangles, circles and paths in plain colours, as programs write codes. Curves are taken for straight lines;
//! text, patterns and what is referred to elsewhere are not drawn.

mod path;

use super::DRAWINGS;
use crate::codes::Gray;
use crate::contents::Room;
use crate::html;
use crate::html::pieces::{Piece, pieces};
use crate::look::colour::Colour;
use crate::look::{Attributes, value_of};

/// Pixels of the longer side of what is drawn: four for each module of the largest code.
const SIDE: f32 = 740.0;
/// Shapes without which there is no code.
const SHAPES: usize = 8;
/// Groups within groups.
const DEPTH: usize = 32;
/// Nanoseconds to find where an edge crosses a row of pixels, and to paint a pixel.
const CROSSING_COST: u64 = 60;
const PIXEL_COST: u64 = 1;

/// The SVG pictures of `page`, drawn.
pub(super) fn of(page: &str, room: &mut Room) -> Vec<Gray> {
    let bytes = page.as_bytes();
    let is_svg = |at: usize| {
        let name = bytes.get(at + 1..at + 8).unwrap_or_default();
        let name = name.strip_prefix(b"svg:").unwrap_or(name);
        name.get(..3).is_some_and(|name| name.eq_ignore_ascii_case(b"svg"))
    };
    let mut done = Vec::new();
    if !memchr::memchr_iter(b'<', bytes).any(is_svg) {
        return done;
    }
    let mut open: Option<Canvas> = None;
    for piece in pieces(page) {
        match piece {
            Piece::Open { name, attributes } => match (local(&name), &mut open) {
                ("svg", None) => open = Canvas::new(&attributes),
                (name, Some(canvas)) => canvas.element(name, &attributes, room),
                _ => {}
            },
            Piece::Close { name } => match (local(&name), &mut open) {
                ("svg", _) => done.extend(open.take().and_then(Canvas::picture)),
                ("g", Some(canvas)) => canvas.close(),
                _ => {}
            },
            _ => {}
        }
        if done.len() >= DRAWINGS {
            break;
        }
    }
    done.extend(open.take().and_then(Canvas::picture));
    done
}

/// A name without the prefix of its namespace.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// How what is drawn gets its place and its colours; groups hand it on.
#[derive(Debug, Clone, Copy)]
struct State {
    scale: (f32, f32),
    shift: (f32, f32),
    /// Dark or light; nothing when it is not painted.
    fill: Option<bool>,
    stroke: Option<bool>,
    stroke_width: f32,
}

/// A line of a shape, in pixels.
#[derive(Debug, Clone, Copy)]
struct Edge {
    from: (f32, f32),
    to: (f32, f32),
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    /// Width and height in its own units.
    view: (f32, f32),
    states: Vec<State>,
    /// Groups below the deepest looked after.
    deeper: usize,
    shapes: usize,
}

impl Canvas {
    /// Nothing when its size is not told.
    fn new(attributes: &Attributes<'_>) -> Option<Self> {
        let view: Vec<f32> = value_of(attributes, "viewbox").map(path::numbers).unwrap_or_default();
        let (left, top, width, height) = match view.as_slice() {
            [left, top, width, height] => (*left, *top, *width, *height),
            _ => (0.0, 0.0, length(attributes, "width", 0.0)?, length(attributes, "height", 0.0)?),
        };
        let sized = |side: f32| side.is_finite() && side > 0.0 && side < 1e6;
        (sized(width) && sized(height) && left.is_finite() && top.is_finite()).then_some(())?;
        let scale = SIDE / width.max(height);
        let pixels = |side: f32| ((side * scale).round() as usize).max(1);
        let state = State {
            scale: (scale, scale),
            shift: (-left * scale, -top * scale),
            fill: Some(true),
            stroke: None,
            stroke_width: 1.0,
        };
        let (columns, rows) = (pixels(width), pixels(height));
        Some(Self {
            width: columns,
            height: rows,
            pixels: vec![255; columns * rows],
            view: (width, height),
            states: vec![state.painted(attributes)],
            deeper: 0,
            shapes: 0,
        })
    }

    fn element(&mut self, name: &str, attributes: &Attributes<'_>, room: &mut Room) {
        let Some(state) = self.states.last().copied() else { return };
        // What is cut out is drawn where it is described.
        if name != "g" && value_of(attributes, "clip-path").is_some() {
            return;
        }
        let state = state.painted(attributes).moved(attributes);
        let number = |name, of| length(attributes, name, of).unwrap_or_default();
        match name {
            "g" if self.states.len() < DEPTH => self.states.push(state),
            "g" => self.deeper += 1,
            "rect" => {
                let (left, top) = (number("x", self.view.0), number("y", self.view.1));
                let (width, height) = (number("width", self.view.0), number("height", self.view.1));
                let corners = path::rectangle((left, top), (left + width, top + height));
                self.shape(&corners, &state, room);
            }
            "circle" => {
                // As a square: dots that touch are modules without gaps.
                let (x, y, radius) = (number("cx", 0.0), number("cy", 0.0), number("r", 0.0));
                self.shape(
                    &path::rectangle((x - radius, y - radius), (x + radius, y + radius)),
                    &state,
                    room,
                );
            }
            "path" => {
                if let Some(data) = value_of(attributes, "d") {
                    self.shape(&path::read(data), &state, room);
                }
            }
            _ => {}
        }
    }

    fn close(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if self.states.len() > 1 {
            self.states.pop();
        }
    }

    fn shape(&mut self, lines: &[Vec<(f32, f32)>], state: &State, room: &mut Room) {
        self.shapes += lines.len();
        if let Some(dark) = state.fill {
            let edges = lines.iter().flat_map(|points| {
                // What is filled is closed.
                let ends = points.iter().skip(1).chain(points.first());
                points.iter().zip(ends).map(|(from, to)| Edge { from: state.at(*from), to: state.at(*to) })
            });
            self.fill(edges, dark, room);
        }
        if let Some(dark) = state.stroke {
            let half = state.stroke_width / 2.0;
            for (from, to) in lines.iter().flat_map(|points| points.iter().zip(points.iter().skip(1))) {
                let (across, along) = if from.1 == to.1 { (0.0, half) } else { (half, 0.0) };
                let low = (from.0.min(to.0) - across, from.1.min(to.1) - along);
                let high = (from.0.max(to.0) + across, from.1.max(to.1) + along);
                for points in path::rectangle(low, high) {
                    let ends = points.iter().skip(1).chain(points.first());
                    let edges = points
                        .iter()
                        .zip(ends)
                        .map(|(from, to)| Edge { from: state.at(*from), to: state.at(*to) });
                    self.fill(edges, dark, room);
                }
            }
        }
    }

    /// Paints what lies within the edges (SVG 1.1 §11.3, nonzero).
    fn fill(&mut self, edges: impl Iterator<Item = Edge>, dark: bool, room: &mut Room) {
        let mut crossings: Vec<(usize, f32, i32)> = Vec::new();
        for Edge { from, to } in edges {
            let (upper, lower, turn) = if from.1 <= to.1 { (from, to, 1) } else { (to, from, -1) };
            let row = |y: f32| (y - 0.5).ceil().clamp(0.0, self.height as f32) as usize;
            let rows = row(upper.1)..row(lower.1);
            if !room.spend((rows.len() as u64).saturating_mul(CROSSING_COST)) {
                return;
            }
            let slope = (lower.0 - upper.0) / (lower.1 - upper.1);
            crossings.extend(rows.map(|row| (row, upper.0 + slope * (row as f32 + 0.5 - upper.1), turn)));
        }
        crossings.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let mut within = 0;
        for pair in crossings.windows(2) {
            let [(row, left, turn), (next, right, _)] = pair else { continue };
            within = if row == next { within + turn } else { 0 };
            let column = |x: f32| (x - 0.5).ceil().clamp(0.0, self.width as f32) as usize;
            let (left, right) = (column(*left), column(*right));
            if within == 0 || left >= right {
                continue;
            }
            if !room.spend(((right - left) as u64).saturating_mul(PIXEL_COST)) {
                return;
            }
            let row = row * self.width;
            if let Some(pixels) = self.pixels.get_mut(row + left..row + right) {
                pixels.fill(if dark { 0 } else { 255 });
            }
        }
    }

    /// What was drawn, with white around it.
    fn picture(self) -> Option<Gray> {
        const AROUND: usize = super::BORDER * super::SCALE;
        (self.shapes >= SHAPES).then_some(())?;
        let (width, height) = (self.width + 2 * AROUND, self.height + 2 * AROUND);
        let mut pixels = vec![255; width * height];
        for (row, out) in self.pixels.chunks(self.width).zip(pixels.chunks_mut(width).skip(AROUND)) {
            if let Some(out) = out.get_mut(AROUND..AROUND + self.width) {
                out.copy_from_slice(row);
            }
        }
        Some(Gray { width, height, pixels })
    }
}

impl State {
    /// Where a point of the drawing is, in pixels.
    fn at(&self, (x, y): (f32, f32)) -> (f32, f32) {
        (x * self.scale.0 + self.shift.0, y * self.scale.1 + self.shift.1)
    }

    fn painted(mut self, attributes: &Attributes<'_>) -> Self {
        let style = value_of(attributes, "style").unwrap_or_default();
        let of_style = style.split(';').filter_map(|one| one.split_once(':'));
        let named = attributes.iter().copied().chain(of_style);
        for (name, value) in named {
            let value = value.trim();
            match name.trim() {
                "fill" => self.fill = paint(value, self.fill),
                "stroke" => self.stroke = paint(value, self.stroke),
                "stroke-width" => self.stroke_width = path::number(value).unwrap_or(self.stroke_width),
                _ => {}
            }
        }
        self
    }

    /// Moved and enlarged by `transform`; what turns is not followed.
    fn moved(mut self, attributes: &Attributes<'_>) -> Self {
        let transform = value_of(attributes, "transform").unwrap_or_default();
        for step in transform.split(')').take(8) {
            let Some((name, arguments)) = step.split_once('(') else { continue };
            let numbers = path::numbers(arguments);
            let (scale, shift) = match (name.trim_matches([' ', ',', '\n', '\t']), numbers.as_slice()) {
                ("translate", [x]) => ((1.0, 1.0), (*x, 0.0)),
                ("translate", [x, y]) => ((1.0, 1.0), (*x, *y)),
                ("scale", [both]) => ((*both, *both), (0.0, 0.0)),
                ("scale", [x, y]) => ((*x, *y), (0.0, 0.0)),
                ("matrix", [x, 0.0, 0.0, y, right, down]) => ((*x, *y), (*right, *down)),
                _ => continue,
            };
            self.shift = self.at(shift);
            self.scale = (self.scale.0 * scale.0, self.scale.1 * scale.1);
        }
        self
    }
}

/// Whether a colour is dark; nothing for none at all, what was there for what is not known.
fn paint(value: &str, before: Option<bool>) -> Option<bool> {
    if value.eq_ignore_ascii_case("none") || value.eq_ignore_ascii_case("transparent") {
        return None;
    }
    if value.eq_ignore_ascii_case("inherit") {
        return before;
    }
    let percent =
        |part: &str| part.trim().strip_suffix('%').map(|part| path::number(part).unwrap_or(0.0) * 2.55);
    if let Some(parts) = value.strip_prefix("rgb(").and_then(|parts| parts.strip_suffix(')')) {
        let parts = parts.split(',').map(|part| percent(part).or_else(|| path::number(part)).unwrap_or(0.0));
        return Some(parts.take(3).sum::<f32>() < 384.0);
    }
    Some(Colour::attribute(value).is_none_or(Colour::is_dark))
}

/// A length in the units of the drawing; of a hundredth parts of `whole`.
fn length(attributes: &Attributes<'_>, name: &str, whole: f32) -> Option<f32> {
    let mut value = String::new();
    html::push_decoded(&mut value, value_of(attributes, name)?);
    let value = value.trim();
    match value.strip_suffix('%') {
        Some(hundredths) => path::number(hundredths).map(|part| part * whole / 100.0),
        None => path::number(value.trim_end_matches(|one: char| one.is_ascii_alphabetic())),
    }
}
