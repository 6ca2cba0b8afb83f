//! Declarations of style sheets and `style` attributes as values. What is not known is not kept, except what it loads.

use std::rc::Rc;

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, RuleBodyParser, Token, parse_important,
};

use super::colour::Colour;

/// Declarations kept of one block.
const DECLARATIONS: usize = 120;
/// Values kept of one declaration, and of one function in it.
const VALUES: usize = 24;
/// Longest text of one value kept; addresses have a limit of their own.
const TEXT_BYTES: usize = 120;
const ADDRESS_BYTES: usize = 2_000;

/// One piece of a declaration's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Lower case.
    Word(String),
    Number(f32),
    /// Of any absolute unit.
    Pixels(f32),
    /// Times the size of the font.
    Ems(f32),
    Percent(f32),
    Colour(Colour),
    Address(String),
    Text(String),
    Comma,
    Slash,
    /// Name in lower case, and what is in the brackets; functions in them are left out.
    Function(String, Vec<Value>),
    Other,
}

impl Value {
    pub(crate) fn colour(&self) -> Option<Colour> {
        match self {
            Self::Colour(colour) => Some(*colour),
            Self::Word(word) => Colour::named(word),
            Self::Function(name, arguments) => Colour::function(name, arguments),
            _ => None,
        }
    }

    pub(crate) fn word(&self) -> Option<&str> {
        if let Self::Word(word) = self { Some(word) } else { None }
    }

    /// As pixels, where that needs nothing but the size of the font.
    pub(crate) fn pixels(&self, font: f32) -> Option<f32> {
        match self {
            Self::Pixels(length) => Some(*length),
            Self::Ems(times) => Some(times * font),
            Self::Number(number) if *number == 0.0 => Some(0.0),
            _ => None,
        }
    }

    /// Nothing at all, in whatever unit.
    pub(crate) fn is_zero(&self) -> bool {
        matches!(
            self,
            Self::Percent(number) | Self::Number(number) | Self::Ems(number) | Self::Pixels(number) if *number == 0.0
        )
    }

    fn addresses<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Address(address) => found.push(address),
            Self::Function(name, arguments) => {
                for argument in arguments {
                    match argument {
                        Self::Address(address) => found.push(address),
                        Self::Text(text)
                            if name.ends_with("image-set") || name == "image" || name == "src" =>
                        {
                            found.push(text);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// A property and what it is set to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Declaration {
    /// Lower case, one of [`KNOWN`]; empty for others, kept for what they load.
    pub(crate) property: &'static str,
    pub(crate) values: Vec<Value>,
    pub(crate) important: bool,
}

impl Declaration {
    /// What it would make a reader's program load.
    pub(crate) fn addresses(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.values.iter().for_each(|value| value.addresses(&mut found));
        found
    }

    /// The only value, when there is one.
    pub(crate) fn only(&self) -> Option<&Value> {
        self.values.first()
    }

    pub(crate) fn only_word(&self) -> Option<&str> {
        self.only().and_then(Value::word)
    }
}

/// Declarations in order.
pub(crate) type Block = Rc<[Declaration]>;

/// Properties that say how something looks or whether it is seen, sorted.
const KNOWN: [&str; 98] = [
    "animation",
    "animation-name",
    "background",
    "background-color",
    "background-image",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "bottom",
    "box-sizing",
    "clear",
    "clip",
    "clip-path",
    "color",
    "content",
    "direction",
    "display",
    "filter",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "left",
    "letter-spacing",
    "line-height",
    "list-style",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "mso-hide",
    "opacity",
    "outline",
    "overflow",
    "overflow-wrap",
    "overflow-x",
    "overflow-y",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "position",
    "right",
    "scale",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-decoration-color",
    "text-decoration-line",
    "text-indent",
    "text-overflow",
    "text-shadow",
    "text-transform",
    "top",
    "transform",
    "transition",
    "translate",
    "unicode-bidi",
    "vertical-align",
    "visibility",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
    "word-wrap",
    "z-index",
    "zoom",
];

fn known(name: &str) -> Option<&'static str> {
    let place = KNOWN.binary_search_by(|known| {
        let lower = name.bytes().map(|byte| byte.to_ascii_lowercase());
        known.bytes().cmp(lower)
    });
    place.ok().and_then(|place| KNOWN.get(place).copied())
}

/// Reads the value of a `style` attribute.
pub(crate) fn read(style: &str) -> Block {
    block(&mut Parser::new(style))
}

/// Reads declarations up to the end of what is given.
pub(super) fn block(input: &mut Parser<'_>) -> Block {
    let mut found = Vec::new();
    for declaration in RuleBodyParser::new(input, &mut Body).flatten().flatten() {
        if found.len() >= DECLARATIONS {
            break;
        }
        found.push(declaration);
    }
    found.into()
}

/// Reads declarations and nothing else.
struct Body;

impl<'i> DeclarationParser<'i> for Body {
    type Declaration = Option<Declaration>;
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _start: &ParserState,
    ) -> Result<Self::Declaration, ParseError<()>> {
        let (values, important) = values(input);
        let property = known(&name).unwrap_or_default();
        let declaration = Declaration { property, values, important };
        Ok((!property.is_empty() || !declaration.addresses().is_empty()).then_some(declaration))
    }
}

impl AtRuleParser<'_> for Body {
    type Prelude = ();
    type AtRule = Option<Declaration>;
    type Error = ();
}

impl QualifiedRuleParser<'_> for Body {
    type Prelude = ();
    type QualifiedRule = Option<Declaration>;
    type Error = ();
}

impl RuleBodyItemParser<'_, Option<Declaration>, ()> for Body {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

/// The values up to the end of the declaration, and whether it is `!important`.
fn values(input: &mut Parser<'_>) -> (Vec<Value>, bool) {
    let (mut found, mut important) = (Vec::new(), false);
    loop {
        if input.try_parse(parse_important).is_ok() {
            important = true;
            continue;
        }
        let Ok(token) = input.next().cloned() else { return (found, important) };
        let value = match token {
            Token::Function(name) => function(input, &name),
            token => simple(&token),
        };
        if found.len() < VALUES {
            found.push(value);
        }
    }
}

fn function(input: &mut Parser<'_>, name: &str) -> Value {
    let mut arguments = Vec::new();
    let outcome: Result<(), ParseError<()>> = input.parse_nested_block(|input| {
        while let Ok(token) = input.next().cloned() {
            let value = match token {
                Token::Function(name) if name.eq_ignore_ascii_case("url") => address_in(input),
                token => simple(&token),
            };
            if arguments.len() < VALUES {
                arguments.push(value);
            }
        }
        Ok(())
    });
    let name = name.to_ascii_lowercase();
    match arguments.first() {
        _ if outcome.is_err() => Value::Other,
        Some(Value::Text(address)) if name == "url" => Value::Address(address.clone()),
        _ => Value::Function(crate::fields::bounded(&name, TEXT_BYTES), arguments),
    }
}

fn address_in(input: &mut Parser<'_>) -> Value {
    let address: Result<String, ParseError<()>> =
        input.parse_nested_block(|input| Ok(input.expect_string()?.as_ref().to_owned()));
    address.map_or(Value::Other, |address| Value::Address(crate::fields::bounded(&address, ADDRESS_BYTES)))
}

fn simple(token: &Token<'_>) -> Value {
    match token {
        Token::Ident(word) => Value::Word(crate::fields::bounded(&word.to_ascii_lowercase(), TEXT_BYTES)),
        Token::Hash(digits) | Token::IDHash(digits) => {
            Colour::digits(digits).map_or(Value::Other, Value::Colour)
        }
        Token::Number { value, .. } if value.is_finite() => Value::Number(*value),
        Token::Percentage { unit_value, .. } if unit_value.is_finite() => Value::Percent(unit_value * 100.0),
        Token::Dimension { value, unit, .. } if value.is_finite() => length(*value, unit),
        Token::UnquotedUrl(address) => Value::Address(crate::fields::bounded(address, ADDRESS_BYTES)),
        Token::QuotedString(text) => Value::Text(crate::fields::bounded(text, ADDRESS_BYTES)),
        Token::Comma => Value::Comma,
        Token::Delim('/') => Value::Slash,
        _ => Value::Other,
    }
}

fn length(value: f32, unit: &str) -> Value {
    let unit = unit.to_ascii_lowercase();
    let times = match unit.as_str() {
        "px" => 1.0,
        "pt" => 4.0 / 3.0,
        "pc" | "rem" => 16.0,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 9.6 / 2.54,
        // Of a window of a thousand pixels.
        "vw" | "vh" | "vmin" | "vmax" => 10.0,
        "em" => return Value::Ems(value),
        "ex" | "ch" => return Value::Ems(value / 2.0),
        "deg" => return Value::Number(value),
        _ => return Value::Other,
    };
    Value::Pixels(value * times)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(style: &str, want: &[(&str, &[Value])]) {
        let found = read(style);
        let found: Vec<_> = found.iter().map(|one| (one.property, one.values.as_slice())).collect();
        assert_eq!(found, want, "{style}");
    }

    #[test]
    fn declarations_are_read() {
        assert!(KNOWN.is_sorted());
        let word = |word: &str| Value::Word(word.to_owned());
        check(
            "color:RED; junk; Font-Size: 12pt",
            &[("color", &[word("red")]), ("font-size", &[Value::Pixels(16.0)])],
        );
        check(
            "display:none!important;/* x */width:50%",
            &[("display", &[word("none")]), ("width", &[Value::Percent(50.0)])],
        );
        check("d\\69 splay:n\\6fne", &[("display", &[word("none")])]);
        check("azimuth:left", &[]);
        check(
            "color:rgb(1,2,3);}x{height:1em",
            &[(
                "color",
                &[Value::Function(
                    "rgb".to_owned(),
                    vec![
                        Value::Number(1.0),
                        Value::Comma,
                        Value::Number(2.0),
                        Value::Comma,
                        Value::Number(3.0),
                    ],
                )],
            )],
        );
        assert!(read("display:none!important").first().unwrap().important);
    }

    #[test]
    fn what_is_loaded_is_kept() {
        let addresses = |style: &str| {
            let block = read(style);
            block.iter().flat_map(|one| one.addresses()).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            addresses("background:#fff url( 'https://a.example/1' ) no-repeat"),
            ["https://a.example/1"]
        );
        assert_eq!(addresses("-x-unknown: URL(//a.example/2)"), ["//a.example/2"]);
        assert_eq!(addresses("background:image-set('a.png' 1x, url(b.png) 2x)"), ["a.png", "b.png"]);
        assert_eq!(addresses("cursor:u\\72l(c.cur)"), ["c.cur"]);
    }

    #[test]
    fn deep_brackets_end() {
        for unit in ["(", "[", "{", "a:(", "rgb(", "url(", "\\", "\"", "/*", "a:b;", "@x{"] {
            read(&unit.repeat(100_000));
        }
    }
}
