//! Colours as style sheets and old attributes write them, and whether one can be read on another.

use std::sync::LazyLock;

use cssparser::color::{parse_hash_color, parse_named_color};

use super::value::Value;

/// How much light there is for each value of red, green or blue (WCAG 2.2, relative luminance).
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|value| {
        let part = value as f32 / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
});

/// Red, green, blue and how much of it covers what is below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
    alpha: f32,
}

impl Colour {
    pub(crate) const BLACK: Self = Self::opaque(0, 0, 0);
    pub(crate) const WHITE: Self = Self::opaque(255, 255, 255);
    /// What readers give links that have no colour of their own.
    pub(crate) const LINK: Self = Self::opaque(0, 0, 238);

    const fn opaque(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue, alpha: 1.0 }
    }

    /// `white`, `transparent`. System colours are nobody's.
    pub(crate) fn named(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("transparent") {
            return Some(Self { alpha: 0.0, ..Self::BLACK });
        }
        parse_named_color(word).ok().map(|(red, green, blue)| Self::opaque(red, green, blue))
    }

    /// The digits behind a `#`.
    pub(crate) fn digits(digits: &str) -> Option<Self> {
        let (red, green, blue, alpha) = parse_hash_color(digits.as_bytes()).ok()?;
        Some(Self { red, green, blue, alpha })
    }

    /// The value of `bgcolor` and its like (HTML standard §2.3.6, as far as mail uses it: `#` may be missing).
    pub(crate) fn attribute(value: &str) -> Option<Self> {
        let value = value.trim();
        match value.strip_prefix('#') {
            Some(digits) => Self::digits(digits),
            None => Self::named(value).or_else(|| Self::digits(value)),
        }
    }

    /// `rgb(…)`, `hsl(…)` and their forms with alpha.
    pub(super) fn function(name: &str, arguments: &[Value]) -> Option<Self> {
        let mut parts = arguments.iter().filter_map(|one| match one {
            Value::Number(number) => Some((*number, false)),
            Value::Percent(number) => Some((*number, true)),
            _ => None,
        });
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
        let alpha =
            parts.next().map_or(1.0, |(number, percent)| if percent { number / 100.0 } else { number });
        let alpha = alpha.clamp(0.0, 1.0);
        let (red, green, blue) = match name {
            "rgb" | "rgba" => {
                let byte = |(number, percent): (f32, bool)| if percent { number * 2.55 } else { number };
                (byte(first), byte(second), byte(third))
            }
            "hsl" | "hsla" => hsl(first.0, second.0 / 100.0, third.0 / 100.0),
            _ => return None,
        };
        let byte = |number: f32| number.round().clamp(0.0, 255.0) as u8;
        Some(Self { red: byte(red), green: byte(green), blue: byte(blue), alpha })
    }

    /// What one sees of it on `below`.
    pub(crate) fn over(self, below: Self) -> Self {
        let mix = |upper: u8, lower: u8| {
            (f32::from(upper) * self.alpha + f32::from(lower) * (1.0 - self.alpha)).round() as u8
        };
        Self::opaque(mix(self.red, below.red), mix(self.green, below.green), mix(self.blue, below.blue))
    }

    pub(crate) fn is_transparent(self) -> bool {
        self.alpha <= 0.0
    }

    /// Whether it is rather black than white.
    pub(crate) fn is_dark(self) -> bool {
        self.contrast(Self::WHITE) > self.contrast(Self::BLACK)
    }

    /// From 1 (the same) to 21 (black on white): WCAG 2.2, contrast ratio.
    pub(crate) fn contrast(self, other: Self) -> f32 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f32 {
        let part = |byte: u8| LINEAR.get(usize::from(byte)).copied().unwrap_or_default();
        0.2126 * part(self.red) + 0.7152 * part(self.green) + 0.0722 * part(self.blue)
    }

    /// `#rrggbb`, with two digits more when something shows through.
    pub(crate) fn written(self) -> String {
        let Self { red, green, blue, alpha } = self;
        if alpha >= 1.0 {
            return format!("#{red:02x}{green:02x}{blue:02x}");
        }
        format!("#{red:02x}{green:02x}{blue:02x}{:02x}", (alpha * 255.0).round() as u8)
    }
}

/// CSS Color 4 §7.1, each of the three in the range of a byte.
fn hsl(hue: f32, saturation: f32, lightness: f32) -> (f32, f32, f32) {
    let (saturation, lightness) = (saturation.clamp(0.0, 1.0), lightness.clamp(0.0, 1.0));
    let part = |offset: f32| {
        let place = (offset + hue / 30.0).rem_euclid(12.0);
        let reach = saturation * lightness.min(1.0 - lightness);
        255.0 * (lightness - reach * (place - 3.0).min(9.0 - place).clamp(-1.0, 1.0))
    };
    (part(0.0), part(8.0), part(4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_as_people_write_them() {
        for (value, want) in [
            ("white", Some("#ffffff")),
            ("#FFF", Some("#ffffff")),
            ("fefefe", Some("#fefefe")),
            ("Transparent", Some("#00000000")),
            ("#12345680", Some("#12345680")),
            ("chucknorris", None),
            ("#ggg", None),
        ] {
            assert_eq!(Colour::attribute(value).map(Colour::written).as_deref(), want, "{value}");
        }
        let part = |number| Value::Number(number);
        let red = [part(255.0), Value::Comma, part(0.0), Value::Comma, part(0.0)];
        assert_eq!(Colour::function("rgb", &red).map(Colour::written).as_deref(), Some("#ff0000"));
        let green =
            [part(120.0), Value::Percent(100.0), Value::Percent(25.0), Value::Slash, Value::Percent(50.0)];
        assert_eq!(Colour::function("hsl", &green).map(Colour::written).as_deref(), Some("#00800080"));
    }

    #[test]
    fn what_can_be_read() {
        let white = Colour::WHITE;
        let contrast = |value| Colour::attribute(value).unwrap().over(white).contrast(white);
        assert!(contrast("#fefefe") < 1.02 && contrast("transparent") < 1.01);
        assert!((contrast("#000") - 21.0).abs() < 0.1 && contrast("#999") > 2.5);
    }
}
