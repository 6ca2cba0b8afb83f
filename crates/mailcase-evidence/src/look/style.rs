//! What an element hands on to what is in it: colours, the size of the font, whether it is seen.

use super::colour::Colour;
use super::value::{Declaration, Value};
use super::{Attributes, value_of};

/// Size of a font where none is given, in pixels.
const FONT: f32 = 16.0;

/// What is behind a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ground {
    Colour(Colour),
    /// A picture, or what is drawn by a function.
    Unknown,
}

/// What an element hands on to what is in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) colour: Colour,
    pub(super) ground: Ground,
    /// Pixels.
    pub(super) font: f32,
    pub(super) visible: bool,
    pub(super) opacity: f32,
    /// Which of the causes of [`Looks`](super::Looks) hides it with all that is in it.
    pub(super) cause: Option<usize>,
    /// Which of them hides it from some readers only, or makes it read otherwise.
    pub(super) lesser: Option<usize>,
}

impl Style {
    /// What the page itself hands on.
    pub(super) const PAGE: Self = Self {
        colour: Colour::BLACK,
        ground: Ground::Colour(Colour::WHITE),
        font: FONT,
        visible: true,
        opacity: 1.0,
        cause: None,
        lesser: None,
    };
}

/// Attributes from before style sheets.
pub(super) fn old_attributes(name: &str, attributes: &Attributes<'_>, style: &mut Style) {
    let colour = |of: &str| value_of(attributes, of).and_then(Colour::attribute);
    match name {
        "font" => style.colour = colour("color").unwrap_or(style.colour),
        "body" => style.colour = colour("text").unwrap_or(style.colour),
        "a" if value_of(attributes, "href").is_some() => style.colour = Colour::LINK,
        "mark" => style.ground = Ground::Colour(Colour::WHITE),
        _ => {}
    }
}

/// What goes from an element to those in it.
pub(super) fn inherit(declaration: &Declaration, outer: &Style, style: &mut Style) {
    match declaration.property {
        "color" => match declaration.only() {
            Some(Value::Word(word)) if word == "inherit" => style.colour = outer.colour,
            Some(value) => style.colour = value.colour().unwrap_or(style.colour),
            None => {}
        },
        "font-size" => {
            if let Some(size) = declaration.only().and_then(|value| font_size(value, outer.font)) {
                style.font = size;
            }
        }
        // The size is the first length; what follows it is the height of lines and the family.
        "font" => {
            if let Some(size) = declaration.values.iter().find_map(|value| match value {
                Value::Number(number) if *number != 0.0 => None,
                value => font_size(value, outer.font),
            }) {
                style.font = size;
            }
        }
        "visibility" => match declaration.only_word() {
            Some("hidden" | "collapse") => style.visible = false,
            Some("visible") => style.visible = true,
            _ => {}
        },
        _ => {}
    }
}

fn font_size(value: &Value, outer: f32) -> Option<f32> {
    let size = match value {
        Value::Word(word) => match word.as_str() {
            "xx-small" => 9.0,
            "x-small" => 10.0,
            "small" => 13.0,
            "medium" => FONT,
            "large" => 18.0,
            "x-large" => 24.0,
            "xx-large" => 32.0,
            "smaller" => outer / 1.2,
            "larger" => outer * 1.2,
            "inherit" => outer,
            "initial" => FONT,
            _ => return None,
        },
        Value::Percent(percent) => outer * percent / 100.0,
        value => value.pixels(outer)?,
    };
    (size.is_finite() && size >= 0.0).then_some(size)
}

/// What a declaration puts behind the text.
pub(super) fn ground(declaration: &Declaration) -> Option<Ground> {
    match declaration.property {
        "background-color" => declaration.only().and_then(Value::colour).map(Ground::Colour),
        "background" | "background-image" => {
            let draws = |value: &Value| {
                matches!(value, Value::Address(_) | Value::Function(..)) && value.colour().is_none()
            };
            if declaration.values.iter().any(draws) {
                return Some(Ground::Unknown);
            }
            declaration.values.iter().find_map(Value::colour).map(Ground::Colour)
        }
        _ => None,
    }
}
