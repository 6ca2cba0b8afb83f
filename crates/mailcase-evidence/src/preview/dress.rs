//! What a preview may look like: declarations that colour and measure, written anew from their values. Nothing that is
//! written can hold a bracket, a quote or an address, so that it can load nothing, run nothing and end nothing.

use crate::look::Cascade;
use crate::look::colour::Colour;
use crate::look::value::{Declaration, Value};

/// Bytes of one `style` attribute.
const STYLE_BYTES: usize = 2_000;
/// Families of fonts named for one element.
const FAMILIES: usize = 6;
/// Smallest font, in pixels: what is smaller was not read either, or is text nobody should miss.
const SMALLEST_FONT: f32 = 6.0;
const LARGEST_FONT: f32 = 96.0;

/// The properties that are written, each with what its values may be.
const RULES: [(&str, Rule); 72] = [
    ("background", Rule::Ground),
    ("background-color", Rule::Colours),
    ("background-image", Rule::Ground),
    ("border", Rule::Edge),
    ("border-bottom", Rule::Edge),
    ("border-bottom-color", Rule::Colours),
    ("border-bottom-style", Rule::Words(LINES)),
    ("border-bottom-width", Rule::Lengths(Bounds::EDGE)),
    ("border-collapse", Rule::Words(&["collapse", "separate"])),
    ("border-color", Rule::Colours),
    ("border-left", Rule::Edge),
    ("border-left-color", Rule::Colours),
    ("border-left-style", Rule::Words(LINES)),
    ("border-left-width", Rule::Lengths(Bounds::EDGE)),
    ("border-radius", Rule::Lengths(Bounds::ROUND)),
    ("border-right", Rule::Edge),
    ("border-right-color", Rule::Colours),
    ("border-right-style", Rule::Words(LINES)),
    ("border-right-width", Rule::Lengths(Bounds::EDGE)),
    ("border-spacing", Rule::Lengths(Bounds::EDGE)),
    ("border-style", Rule::Words(LINES)),
    ("border-top", Rule::Edge),
    ("border-top-color", Rule::Colours),
    ("border-top-style", Rule::Words(LINES)),
    ("border-top-width", Rule::Lengths(Bounds::EDGE)),
    ("border-width", Rule::Lengths(Bounds::EDGE)),
    ("box-sizing", Rule::Words(&["border-box", "content-box"])),
    ("clear", Rule::Words(&["both", "left", "none", "right"])),
    ("color", Rule::Colours),
    ("direction", Rule::Words(&["ltr", "rtl"])),
    ("display", Rule::Words(DISPLAYS)),
    ("float", Rule::Words(&["left", "none", "right"])),
    ("font", Rule::Font),
    ("font-family", Rule::Families),
    ("font-size", Rule::FontSize),
    ("font-style", Rule::Words(&["italic", "normal", "oblique"])),
    ("font-variant", Rule::Words(&["normal", "small-caps"])),
    ("font-weight", Rule::Weight),
    ("height", Rule::Lengths(Bounds::SIZE)),
    ("letter-spacing", Rule::Lengths(Bounds::GAP)),
    ("line-height", Rule::LineHeight),
    ("list-style", Rule::Words(BULLETS)),
    ("list-style-type", Rule::Words(BULLETS)),
    ("margin", Rule::Lengths(Bounds::MARGIN)),
    ("margin-bottom", Rule::Lengths(Bounds::MARGIN)),
    ("margin-left", Rule::Lengths(Bounds::MARGIN)),
    ("margin-right", Rule::Lengths(Bounds::MARGIN)),
    ("margin-top", Rule::Lengths(Bounds::MARGIN)),
    ("max-width", Rule::Lengths(Bounds::SIZE)),
    ("min-height", Rule::Lengths(Bounds::SIZE)),
    ("overflow-wrap", Rule::Words(&["anywhere", "break-word", "normal"])),
    ("padding", Rule::Lengths(Bounds::PADDING)),
    ("padding-bottom", Rule::Lengths(Bounds::PADDING)),
    ("padding-left", Rule::Lengths(Bounds::PADDING)),
    ("padding-right", Rule::Lengths(Bounds::PADDING)),
    ("padding-top", Rule::Lengths(Bounds::PADDING)),
    ("table-layout", Rule::Words(&["auto", "fixed"])),
    ("text-align", Rule::Words(&["center", "end", "justify", "left", "right", "start"])),
    ("text-decoration", Rule::Words(&["line-through", "none", "overline", "underline"])),
    ("text-decoration-color", Rule::Colours),
    ("text-decoration-line", Rule::Words(&["line-through", "none", "overline", "underline"])),
    ("text-indent", Rule::Lengths(Bounds::MARGIN)),
    ("text-transform", Rule::Words(&["capitalize", "lowercase", "none", "uppercase"])),
    (
        "unicode-bidi",
        Rule::Words(&["bidi-override", "embed", "isolate", "isolate-override", "normal", "plaintext"]),
    ),
    (
        "vertical-align",
        Rule::Words(&["baseline", "bottom", "middle", "sub", "super", "text-bottom", "text-top", "top"]),
    ),
    ("white-space", Rule::Words(&["normal", "nowrap", "pre", "pre-line", "pre-wrap"])),
    ("width", Rule::Lengths(Bounds::SIZE)),
    ("word-break", Rule::Words(&["break-all", "break-word", "keep-all", "normal"])),
    ("word-spacing", Rule::Lengths(Bounds::GAP)),
    ("word-wrap", Rule::Words(&["break-word", "normal"])),
    ("zoom", Rule::Never),
    ("z-index", Rule::Never),
];
const LINES: &[&str] =
    &["dashed", "dotted", "double", "groove", "hidden", "inset", "none", "outset", "ridge", "solid"];
const DISPLAYS: &[&str] = &[
    "block",
    "inline",
    "inline-block",
    "inline-table",
    "list-item",
    "table",
    "table-caption",
    "table-cell",
    "table-column",
    "table-column-group",
    "table-footer-group",
    "table-header-group",
    "table-row",
    "table-row-group",
];
const BULLETS: &[&str] = &[
    "circle",
    "decimal",
    "disc",
    "inside",
    "lower-alpha",
    "lower-roman",
    "none",
    "outside",
    "square",
    "upper-alpha",
    "upper-roman",
];

enum Rule {
    Colours,
    /// The colour behind.
    Ground,
    Lengths(Bounds),
    Words(&'static [&'static str]),
    /// Width, kind and colour of a line.
    Edge,
    Font,
    FontSize,
    Families,
    Weight,
    LineHeight,
    Never,
}

/// Lengths in pixels and shares in percent up to these; nothing below zero, so that nothing leaves its place.
struct Bounds {
    pixels: f32,
    percent: f32,
    auto: bool,
}

impl Bounds {
    const EDGE: Self = Self { pixels: 60.0, percent: -1.0, auto: false };
    const ROUND: Self = Self { pixels: 500.0, percent: 50.0, auto: false };
    const GAP: Self = Self { pixels: 30.0, percent: -1.0, auto: false };
    const MARGIN: Self = Self { pixels: 200.0, percent: 50.0, auto: true };
    const PADDING: Self = Self { pixels: 200.0, percent: 50.0, auto: false };
    const SIZE: Self = Self { pixels: 2_000.0, percent: 100.0, auto: true };

    fn written(&self, value: &Value, font: f32) -> Option<String> {
        if self.auto && value.word() == Some("auto") {
            return Some("auto".to_owned());
        }
        if let Value::Percent(percent) = value {
            return (0.0..=self.percent).contains(percent).then(|| format!("{}%", number(*percent)));
        }
        let pixels = value.pixels(font)?;
        (0.0..=self.pixels).contains(&pixels).then(|| format!("{}px", number(pixels)))
    }
}

/// What may be written of an element's declarations, in the order they count.
pub(super) struct Dress {
    written: Vec<(&'static str, String)>,
}

impl Dress {
    /// Of the element just opened, whose font has this size in pixels.
    pub(super) fn of(cascade: &Cascade, font: f32) -> Self {
        let mut dress = Self { written: Vec::new() };
        for declaration in cascade.declarations() {
            dress.declare(declaration, font);
        }
        dress
    }

    /// Puts a colour first, so that declarations count more.
    pub(super) fn underlay(&mut self, property: &'static str, colour: Colour) {
        self.written.insert(0, (property, colour.written()));
    }

    pub(super) fn underlay_family(&mut self, value: &str) {
        let names = value.split(',').flat_map(|name| [Value::Text(name.trim().to_owned()), Value::Comma]);
        let names: Vec<Value> = names.take(2 * FAMILIES).collect();
        if let Some(families) = families(&names) {
            self.written.insert(0, ("font-family", families));
        }
    }

    /// Puts a size first.
    pub(super) fn underlay_font(&mut self, pixels: f32) {
        self.written.insert(0, ("font-size", format!("{}px", number(pixels))));
    }

    fn declare(&mut self, declaration: &Declaration, font: f32) {
        let Some((property, rule)) = RULES.iter().find(|(name, _)| *name == declaration.property) else {
            return;
        };
        let values = declaration.values.as_slice();
        let value = match rule {
            Rule::Colours => joined(values, |value| value.colour().map(Colour::written)),
            Rule::Ground => return self.ground(declaration),
            Rule::Lengths(bounds) => joined(values, |value| bounds.written(value, font)),
            Rule::Words(known) => {
                joined(values, |value| value.word().filter(|word| known.contains(word)).map(str::to_owned))
            }
            Rule::Edge => joined(values, |value| edge(value, font)),
            Rule::Font => return self.font(values, font),
            Rule::FontSize => font_size(font),
            Rule::Families => families(values),
            Rule::Weight => declaration.only().and_then(weight),
            Rule::LineHeight => declaration.only().and_then(|value| line_height(value, font)),
            Rule::Never => None,
        };
        if let Some(value) = value {
            self.written.push((*property, value));
        }
    }

    fn ground(&mut self, declaration: &Declaration) {
        // A gradient begins with a colour; of a picture nothing is left.
        let drawn = declaration.values.iter().find_map(|value| match value {
            Value::Function(_, arguments) => arguments.iter().find_map(Value::colour),
            _ => None,
        });
        let colour = declaration.values.iter().find_map(Value::colour).or(drawn);
        if let Some(colour) = colour {
            self.written.push(("background-color", colour.written()));
        }
    }

    /// The shorthand, in parts.
    fn font(&mut self, values: &[Value], font: f32) {
        for value in values {
            match value.word() {
                Some(word @ ("italic" | "oblique")) => self.written.push(("font-style", word.to_owned())),
                Some("bold") => self.written.push(("font-weight", "bold".to_owned())),
                _ => {}
            }
        }
        let Some(size) = values
            .iter()
            .position(|value| value.pixels(font).is_some() || matches!(value, Value::Percent(_)))
        else {
            return;
        };
        self.written.extend(font_size(font).map(|size| ("font-size", size)));
        let mut rest = values.get(size + 1..).unwrap_or_default();
        if let [Value::Slash, height, behind @ ..] = rest {
            self.written.extend(line_height(height, font).map(|height| ("line-height", height)));
            rest = behind;
        }
        self.written.extend(families(rest).map(|families| ("font-family", families)));
    }

    /// As the value of a `style` attribute; empty when there is nothing to say.
    pub(super) fn written(&self) -> String {
        let mut style = String::new();
        for (place, (property, value)) in self.written.iter().enumerate() {
            // Shorthands and their parts count in their order; of one name only the last does.
            let later = self.written.get(place + 1..).unwrap_or_default();
            if later.iter().any(|(name, _)| name == property) {
                continue;
            }
            if style.len() + property.len() + value.len() + 2 > STYLE_BYTES {
                break;
            }
            if !style.is_empty() {
                style.push(';');
            }
            style.push_str(property);
            style.push(':');
            style.push_str(value);
        }
        style
    }
}

/// One to four values, all of which are allowed.
fn joined(values: &[Value], written: impl Fn(&Value) -> Option<String>) -> Option<String> {
    if !(1..=4).contains(&values.len()) {
        return None;
    }
    let values: Option<Vec<String>> = values.iter().map(written).collect();
    values.map(|values| values.join(" "))
}

fn edge(value: &Value, font: f32) -> Option<String> {
    let word =
        value.word().filter(|word| LINES.contains(word) || matches!(*word, "thin" | "medium" | "thick"));
    word.map(str::to_owned)
        .or_else(|| value.colour().map(Colour::written))
        .or_else(|| Bounds::EDGE.written(value, font))
}

fn font_size(font: f32) -> Option<String> {
    (font >= SMALLEST_FONT).then(|| format!("{}px", number(font.min(LARGEST_FONT))))
}

fn weight(value: &Value) -> Option<String> {
    match value {
        Value::Word(word) => {
            matches!(word.as_str(), "bold" | "bolder" | "lighter" | "normal").then(|| word.clone())
        }
        Value::Number(weight) => (100.0..=900.0).contains(weight).then(|| number(*weight)),
        _ => None,
    }
}

fn line_height(value: &Value, font: f32) -> Option<String> {
    match value {
        Value::Word(word) => (word == "normal").then(|| word.clone()),
        Value::Number(times) => (0.8..=5.0).contains(times).then(|| number(*times)),
        Value::Percent(percent) => (80.0..=500.0).contains(percent).then(|| format!("{}%", number(*percent))),
        value => {
            let pixels = value.pixels(font)?;
            (font * 0.8..=200.0).contains(&pixels).then(|| format!("{}px", number(pixels)))
        }
    }
}

/// Names of fonts made of letters, digits and single blanks, which need no quotes.
fn families(values: &[Value]) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    let mut name = String::new();
    for value in values.iter().chain([&Value::Comma]) {
        match value {
            Value::Comma => {
                if !name.is_empty() && names.len() < FAMILIES {
                    names.push(std::mem::take(&mut name));
                }
                name.clear();
            }
            Value::Word(text) | Value::Text(text) => {
                for word in text.split(' ').filter(|word| is_name(word)) {
                    if !name.is_empty() {
                        name.push(' ');
                    }
                    name.push_str(word);
                }
            }
            _ => {}
        }
    }
    (!names.is_empty()).then(|| names.join(","))
}

fn is_name(word: &str) -> bool {
    word.len() <= 30
        && word.starts_with(|one: char| one.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// At most two digits behind the point, and never an exponent.
fn number(number: f32) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::{Looks, Sheets};

    fn check(style: &str, want: &str) {
        let mut looks = Looks::new(Sheets::default());
        let cascade = looks.open("div", &[("style", style)]);
        assert_eq!(Dress::of(&cascade, looks.font()).written(), want, "{style}");
    }

    #[test]
    fn what_colours_and_measures_is_kept() {
        check("color:RED;background:#FFF", "color:#ff0000;background-color:#ffffff");
        check("font-size:12pt;margin:0 auto", "font-size:16px;margin:0px auto");
        check("font-size:2em;padding:1em 10%", "font-size:32px;padding:32px 10%");
        check(
            "font:italic bold 12px/1.5 'Segoe UI', Arial",
            "font-style:italic;font-weight:bold;font-size:12px;line-height:1.5;font-family:Segoe UI,arial",
        );
        check("border:1px solid rgb(1,2,3);border-radius:50%", "border:1px solid #010203;border-radius:50%");
        check("color:red;color:blue", "color:#0000ff");
        check("width:600px;max-width:100%;text-align:CENTER", "width:600px;max-width:100%;text-align:center");
        check("background:url(x.png)", "");
        check("background-color:#fff;background-image:url(x.png)", "background-color:#ffffff");
        check("background:linear-gradient(90deg,#123,#456)", "background-color:#112233");
    }

    #[test]
    fn what_hides_fetches_or_leaves_its_place_is_not() {
        for style in [
            "position:fixed;top:0",
            "position:absolute;left:-9999px",
            "margin:-10px",
            "margin-left:-1px",
            "display:none",
            "display:flex",
            "visibility:hidden",
            "opacity:0",
            "font-size:0",
            "font-size:1px",
            "width:99999px",
            "height:1e9px",
            "text-indent:-999px",
            "width:expression(alert(1))",
            "behavior:url(x)",
            "-moz-binding:url(x)",
            "content:'x'",
            "animation:a 1s",
            "transition:all 1s",
            "transform:scale(9)",
            "filter:blur(9px)",
            "clip:rect(0,0,0,0)",
            "z-index:9",
            "cursor:url(x)",
            "list-style:url(x)",
            "border-image:url(x)",
            "mask:url(x)",
            "--x:red",
            "color:var(--x)",
            "width:calc(100% + 9px)",
            "font-family:'\"><script>'",
            "font-family:url(x)",
            "color:\"red\"",
            "overflow:hidden",
            "max-height:0",
            "line-height:0",
            "letter-spacing:-20px",
            "color:red url(x)",
            "src:url(x)",
            "all:unset",
            "zoom:9",
            "width:NaNpx",
            "width:infinitypx",
            "margin:1px 2px 3px 4px 5px",
        ] {
            check(style, "");
        }
    }
}
