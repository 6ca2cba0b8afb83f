//! The data of paths (SVG 1.1 §8.3), as straight lines between the points a pen comes to.

/// Points of one path.
const POINTS: usize = 400_000;

/// A point, and the lines a pen draws without leaving the paper.
type Point = (f32, f32);

/// Four corners.
pub(super) fn rectangle(low: Point, high: Point) -> Vec<Vec<Point>> {
    vec![vec![low, (high.0, low.1), high, (low.0, high.1)]]
}

pub(super) fn number(text: &str) -> Option<f32> {
    text.trim().parse::<f32>().ok().filter(|number| number.is_finite())
}

/// Numbers as they stand one behind the other: `1,2-3 .5.5`.
pub(super) fn numbers(text: &str) -> Vec<f32> {
    let mut tokens = Tokens(text);
    std::iter::from_fn(|| tokens.number()).take(16).collect()
}

/// The lines of a path; what is no path ends it.
pub(super) fn read(data: &str) -> Vec<Vec<Point>> {
    let mut tokens = Tokens(data);
    let mut pen = Pen::default();
    let mut command = 'M';
    while pen.points < POINTS {
        match tokens.command() {
            Some(next) => command = next,
            None if tokens.is_done() => break,
            None => {}
        }
        if matches!(command, 'Z' | 'z') {
            pen.close();
            // Numbers may only follow another command.
            command = '?';
            continue;
        }
        // How many numbers each takes; the last two are where it ends.
        let count = match command.to_ascii_uppercase() {
            'H' | 'V' => 1,
            'M' | 'L' | 'T' => 2,
            'S' | 'Q' => 4,
            'C' => 6,
            'A' => 7,
            _ => break,
        };
        let mut taken = [0.0; 2];
        for _ in 0..count {
            let Some(number) = tokens.number() else { return pen.done() };
            taken = [taken[1], number];
        }
        pen.go(command, taken);
        command = match command {
            'M' => 'L',
            'm' => 'l',
            other => other,
        };
    }
    pen.done()
}

#[derive(Default)]
struct Pen {
    at: Point,
    lines: Vec<Vec<Point>>,
    line: Vec<Point>,
    points: usize,
}

impl Pen {
    fn go(&mut self, command: char, [first, last]: [f32; 2]) {
        let (x, y) = if command.is_ascii_lowercase() { self.at } else { (0.0, 0.0) };
        let to = match command {
            'H' | 'h' => (x + last, self.at.1),
            'V' | 'v' => (self.at.0, y + last),
            _ => (x + first, y + last),
        };
        if matches!(command, 'M' | 'm') {
            self.end();
        } else if self.line.is_empty() {
            self.line.push(self.at);
        }
        self.line.push(to);
        self.at = to;
        self.points += 1;
    }

    /// Back to where the line began; the next begins there, too.
    fn close(&mut self) {
        if let Some(first) = self.line.first().copied() {
            self.line.push(first);
            self.at = first;
        }
        self.points += 1;
        self.end();
    }

    fn end(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.len() > 1 {
            self.lines.push(line);
        }
    }

    fn done(mut self) -> Vec<Vec<Point>> {
        self.end();
        self.lines
    }
}

struct Tokens<'a>(&'a str);

impl Tokens<'_> {
    fn skip(&mut self) {
        self.0 = self.0.trim_start_matches(|one: char| one.is_ascii_whitespace() || one == ',');
    }

    fn is_done(&mut self) -> bool {
        self.skip();
        self.0.is_empty()
    }

    fn command(&mut self) -> Option<char> {
        self.skip();
        let next = self.0.chars().next().filter(char::is_ascii_alphabetic)?;
        self.0 = self.0.get(1..).unwrap_or_default();
        Some(next)
    }

    fn number(&mut self) -> Option<f32> {
        self.skip();
        let bytes = self.0.as_bytes();
        let (mut length, mut dot, mut exponent) = (0, false, false);
        while let Some(byte) = bytes.get(length) {
            let before = length.checked_sub(1).and_then(|at| bytes.get(at));
            match byte {
                b'0'..=b'9' => {}
                b'-' | b'+' if length == 0 || matches!(before, Some(b'e' | b'E')) => {}
                b'.' if !dot && !exponent => dot = true,
                b'e' | b'E' if !exponent && length > 0 => exponent = true,
                _ => break,
            }
            length += 1;
        }
        let (text, rest) = self.0.split_at_checked(length)?;
        let number = text.parse::<f32>().ok().filter(|number| number.is_finite())?;
        self.0 = rest;
        Some(number)
    }
}
