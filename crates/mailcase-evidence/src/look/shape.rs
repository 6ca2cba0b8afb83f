//! What the box of an element does to all that is in it: whether it is drawn, where, and how much of it.

use super::is_table_part;
use super::value::{Declaration, Value};
use crate::HiddenReason;

/// Pixels to the left or above from which on nothing is in the window any more.
const OUTSIDE: f32 = 500.0;
/// Size of a font, or of a box that cuts off, in pixels up to which nothing can be read.
pub(super) const NOTHING: f32 = 1.0;
/// What an element's own box does to all that is in it.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) display: String,
    inline: bool,
    table_part: bool,
    floats: bool,
    position: String,
    cuts: bool,
    /// Set to at most [`NOTHING`] pixels.
    flat: Option<&'static str>,
    outside: Option<String>,
    clipped: Option<&'static str>,
    pub(super) opacity: f32,
    pub(super) outlook: bool,
    pub(super) reversed: bool,
    pub(super) right_to_left: bool,
}

impl Shape {
    pub(super) fn of(name: &str) -> Self {
        let inline = matches!(
            name,
            "a" | "abbr"
                | "b"
                | "bdo"
                | "big"
                | "cite"
                | "code"
                | "em"
                | "font"
                | "i"
                | "ins"
                | "label"
                | "q"
                | "s"
                | "small"
                | "span"
                | "strike"
                | "strong"
                | "sub"
                | "sup"
                | "tt"
                | "u"
        );
        Self { inline, table_part: is_table_part(name), opacity: 1.0, ..Self::default() }
    }

    pub(super) fn set(&mut self, declaration: &Declaration, font: f32) {
        let property = declaration.property;
        let Some(first) = declaration.only() else { return };
        let word = first.word().unwrap_or_default();
        match property {
            "display" => self.display = word.to_owned(),
            "position" => self.position = word.to_owned(),
            "float" => self.floats = matches!(word, "left" | "right"),
            "overflow" | "overflow-x" | "overflow-y" => self.cuts = !matches!(word, "visible" | ""),
            "unicode-bidi" => self.reversed = matches!(word, "bidi-override" | "isolate-override"),
            "direction" => self.right_to_left = word == "rtl",
            "mso-hide" => self.outlook = word == "all",
            "opacity" => self.fade(first),
            "filter" | "transform" | "scale" | "translate" => self.function(declaration, font),
            "clip" | "clip-path" => self.clip(declaration, font),
            "height" | "max-height" | "width" | "max-width" => {
                let is_flat = first.pixels(font).is_some_and(|size| size.abs() <= NOTHING) || first.is_zero();
                if is_flat {
                    self.flat = Some(property);
                } else if self.flat == Some(property) {
                    self.flat = None;
                }
            }
            "left" | "right" | "top" | "bottom" | "text-indent" | "margin-left" | "margin-top" | "margin" => {
                let far = declaration.values.iter().filter_map(|value| value.pixels(font));
                if let Some(far) = far.filter(|far| *far < -OUTSIDE).reduce(f32::min) {
                    self.outside = Some(format!("{property}:{far:.0}px"));
                } else if self.outside.as_ref().is_some_and(|old| old.split(':').next() == Some(property)) {
                    self.outside = None;
                }
            }
            _ => {}
        }
    }

    fn fade(&mut self, value: &Value) {
        match value {
            Value::Number(number) => self.opacity = number.clamp(0.0, 1.0),
            Value::Percent(percent) => self.opacity = (percent / 100.0).clamp(0.0, 1.0),
            _ => {}
        }
    }

    /// `opacity(0)`, `scale(0)`, `translate(-9999px)`.
    fn function(&mut self, declaration: &Declaration, font: f32) {
        for value in &declaration.values {
            let Value::Function(name, arguments) = value else { continue };
            let Some(first) = arguments.first() else { continue };
            match name.as_str() {
                "opacity" => self.fade(first),
                // Of Internet Explorer, in percent.
                "alpha" if arguments.iter().any(Value::is_zero) => self.opacity = 0.0,
                "scale" | "scalex" | "scaley" if first.is_zero() => self.clipped = Some("transform:scale(0)"),
                "translate" | "translatex" | "translatey" | "translate3d" => {
                    let far = arguments.iter().filter_map(|value| value.pixels(font));
                    if let Some(far) = far.filter(|far| far.abs() > OUTSIDE).reduce(f32::min) {
                        self.outside = Some(format!("transform:{name}({far:.0}px)"));
                    }
                }
                _ => {}
            }
        }
        if declaration.property == "scale" && declaration.only().is_some_and(Value::is_zero) {
            self.clipped = Some("scale:0");
        }
    }

    /// `clip:rect(0,0,0,0)`, `clip-path:inset(50%)`, `clip-path:circle(0)`.
    fn clip(&mut self, declaration: &Declaration, font: f32) {
        let Some(Value::Function(name, arguments)) = declaration.only() else {
            self.clipped = None;
            return;
        };
        let sizes = || arguments.iter().filter_map(|value| value.pixels(font));
        let nothing = match name.as_str() {
            "rect" => sizes().count() > 0 && sizes().all(|size| size.abs() <= NOTHING),
            "inset" => arguments.iter().any(|one| matches!(one, Value::Percent(percent) if *percent >= 50.0)),
            "circle" | "ellipse" => {
                arguments.first().is_some_and(|one| one.is_zero() || one.pixels(font) == Some(0.0))
            }
            _ => false,
        };
        if nothing {
            self.clipped =
                Some(if declaration.property == "clip" { "clip:rect(0,0,0,0)" } else { "clip-path" });
        }
    }

    pub(super) fn hides(&self) -> Option<(HiddenReason, String)> {
        if self.display == "none" {
            return Some((HiddenReason::DisplayNone, "display:none".to_owned()));
        }
        let taken_out = matches!(self.position.as_str(), "absolute" | "fixed");
        if let Some(clipped) = self.clipped {
            let old = clipped.starts_with("clip:");
            if !old || taken_out {
                return Some((HiddenReason::Clipped, clipped.to_owned()));
            }
        }
        if let Some(outside) = &self.outside {
            let placed = ["left", "right", "top", "bottom"]
                .iter()
                .any(|side| outside.strip_prefix(side).is_some_and(|rest| rest.starts_with(':')));
            if !placed || taken_out || self.position == "relative" {
                return Some((HiddenReason::OffScreen, outside.clone()));
            }
        }
        // Sizes do nothing to inline elements and make no cell of a table smaller than its text.
        let is_box = !self.table_part
            && (!self.inline || taken_out || self.floats || !matches!(self.display.as_str(), "" | "inline"));
        let flat = self.flat.filter(|_| self.cuts && is_box)?;
        Some((HiddenReason::NoSpace, format!("{flat}:0 with overflow:hidden")))
    }
}
