//! Style sheets: rules with selectors of elements, classes and ids, alone or below each other. Other selectors match
//! nothing. Bounded in rules and in the work of matching.

use std::rc::Rc;

use cssparser::{
    AtRuleParser, CowRcStr, ParseError, Parser, ParserState, QualifiedRuleParser, StyleSheetParser, Token,
};
use foldhash::{HashMap, HashSet};

use super::value::{self, Block};

/// Selectors kept of a page.
const SELECTORS: usize = 4_000;
/// Compounds of one selector.
const COMPOUNDS: usize = 8;
/// Steps of matching a page may cost: some hundred for each element of a large newsletter.
const STEPS: usize = 2_000_000;
/// Style sheets within `@media` within `@media`.
const DEPTH: usize = 4;
/// Longest address kept.
const ADDRESS_BYTES: usize = 2_000;
/// Width of the window that a media query is asked about, in pixels.
const WINDOW: f32 = 1_000.0;

/// An element as selectors see it.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    pub(super) element: String,
    pub(super) id: Option<String>,
    pub(super) classes: Vec<String>,
}

/// `td.price#total`; what is empty matches all.
#[derive(Debug, Clone, Default, PartialEq)]
struct Compound {
    element: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
}

impl Compound {
    fn matches(&self, named: &Named) -> bool {
        self.element.as_deref().is_none_or(|element| element == named.element)
            && (self.id.is_none() || self.id == named.id)
            && self.classes.iter().all(|class| named.classes.contains(class))
    }
}

/// Compounds from the element outwards; each says whether the next one must be the parent.
#[derive(Debug, Clone, PartialEq)]
struct Selector {
    compounds: Vec<(Compound, bool)>,
}

impl Selector {
    /// Ids, classes and elements in three digits (Selectors 4 §17).
    fn weight(&self) -> usize {
        self.compounds.iter().fold(0, |sum, (one, _)| {
            sum + usize::from(one.id.is_some()) * 10_000
                + one.classes.len().min(99) * 100
                + usize::from(one.element.is_some())
        })
    }
}

#[derive(Debug)]
struct Rule {
    selector: Selector,
    weight: usize,
    block: Block,
}

/// The rules of all style sheets of a page.
#[derive(Debug, Default)]
pub(crate) struct Sheets {
    rules: Vec<Rule>,
    by_id: HashMap<String, Vec<usize>>,
    by_class: HashMap<String, Vec<usize>>,
    by_element: HashMap<String, Vec<usize>>,
    for_all: Vec<usize>,
    /// Classes and ids that a rule for other windows lets be seen: `.name`, `#name`.
    revealed: HashSet<String>,
    /// What the sheets themselves would load: other sheets, fonts.
    loads: Vec<String>,
    steps: usize,
    full: bool,
}

impl Sheets {
    /// Takes in one style sheet; `media` is the attribute of its element.
    pub(crate) fn add(&mut self, css: &str, media: &str) {
        let applies = media_applies(media);
        let mut reader = Reader { sheets: self, applies, depth: 0 };
        reader.read(&mut Parser::new(css));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.revealed.is_empty()
    }

    /// All declarations, and what else the sheets would load.
    pub(super) fn contents(&self) -> (impl Iterator<Item = &Block>, &[String]) {
        (self.rules.iter().map(|rule| &rule.block), &self.loads)
    }

    fn load(&mut self, address: &str) {
        if self.loads.len() < SELECTORS {
            self.loads.push(crate::fields::bounded(address, ADDRESS_BYTES));
        }
    }

    /// Whether there were more rules, or more to compare, than is looked at.
    pub(crate) fn is_full(&self) -> bool {
        self.full || self.steps >= STEPS
    }

    /// Whether a narrow window would let this be seen.
    pub(super) fn reveals(&self, named: &Named) -> bool {
        let of = |mark: char, name: &str| self.revealed.contains(&format!("{mark}{name}"));
        !self.revealed.is_empty()
            && (named.classes.iter().any(|class| of('.', class))
                || named.id.as_deref().is_some_and(|id| of('#', id)))
    }

    /// The blocks for the last of `open`, the weakest first.
    pub(super) fn matching(&mut self, open: &[&Named]) -> Vec<Block> {
        let Some(named) = open.last() else { return Vec::new() };
        let none = Vec::new();
        let of_classes = named.classes.iter().map(|class| self.by_class.get(class).unwrap_or(&none));
        let lists = of_classes.chain([
            self.by_element.get(&named.element).unwrap_or(&none),
            named.id.as_ref().and_then(|id| self.by_id.get(id)).unwrap_or(&none),
            &self.for_all,
        ]);
        let mut found: Vec<(usize, usize)> = Vec::new();
        for place in lists.flatten().copied() {
            if self.steps >= STEPS {
                break;
            }
            let Some(rule) = self.rules.get(place) else { continue };
            let (matches, steps) = matches(&rule.selector, open);
            self.steps += steps;
            if matches {
                found.push((rule.weight, place));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
            .iter()
            .filter_map(|(_, place)| self.rules.get(*place))
            .map(|rule| Rc::clone(&rule.block))
            .collect()
    }

    fn keep(&mut self, selector: Selector, block: &Block) {
        if self.rules.len() >= SELECTORS {
            self.full = true;
            return;
        }
        let Some((key, _)) = selector.compounds.first() else { return };
        let list = match (&key.id, key.classes.first(), &key.element) {
            (Some(id), _, _) => self.by_id.entry(id.clone()).or_default(),
            (_, Some(class), _) => self.by_class.entry(class.clone()).or_default(),
            (_, _, Some(element)) => self.by_element.entry(element.clone()).or_default(),
            _ => &mut self.for_all,
        };
        list.push(self.rules.len());
        let weight = selector.weight();
        self.rules.push(Rule { selector, weight, block: Rc::clone(block) });
    }

    /// Notes whom a rule that does not apply here would show.
    fn reveal(&mut self, selectors: &[Selector], block: &Block) {
        let shows = block.iter().any(|one| match one.property {
            "display" | "visibility" => {
                one.only_word().is_some_and(|word| !matches!(word, "none" | "hidden"))
            }
            "max-height" | "height" | "width" | "max-width" | "font-size" | "opacity" => {
                one.only().is_some_and(|value| !value.is_zero() && value.pixels(16.0) != Some(0.0))
            }
            _ => false,
        });
        for (compound, _) in selectors.iter().filter(|_| shows).filter_map(|one| one.compounds.first()) {
            if self.revealed.len() < SELECTORS {
                self.revealed.extend(compound.classes.iter().map(|class| format!(".{class}")));
                self.revealed.extend(compound.id.iter().map(|id| format!("#{id}")));
            }
        }
    }
}

/// Whether a selector fits the last of `open`, and how many steps it took to see.
fn matches(selector: &Selector, open: &[&Named]) -> (bool, usize) {
    let mut steps = 0;
    let mut above = open.iter().rev();
    let mut must_be_next = true;
    for (compound, child) in &selector.compounds {
        loop {
            let Some(named) = above.next() else { return (false, steps) };
            steps += 1;
            if compound.matches(named) {
                break;
            }
            if must_be_next {
                return (false, steps);
            }
        }
        must_be_next = *child;
    }
    (true, steps)
}

/// Whether a media query asks for a wide window of a screen. Conditions not known here are not met.
fn media_applies(query: &str) -> bool {
    let query = query.to_ascii_lowercase();
    query.trim().is_empty() || query.split(',').any(one_applies)
}

fn one_applies(query: &str) -> bool {
    query.split(" and ").all(|condition| {
        let condition = condition.trim().trim_start_matches("only ").trim();
        let Some(inside) = condition.strip_prefix('(') else { return matches!(condition, "screen" | "all") };
        let Some((name, value)) = inside.trim_end_matches(')').split_once(':') else { return false };
        let value = value.trim();
        let digits = value.find(|one: char| !one.is_ascii_digit() && one != '.').unwrap_or(value.len());
        let number: Option<f32> = value.get(..digits).and_then(|digits| digits.parse().ok());
        let pixels = number.map(|number| if value.ends_with("em") { number * 16.0 } else { number });
        match (name.trim(), pixels) {
            ("min-width" | "min-device-width", Some(least)) => least <= WINDOW,
            ("max-width" | "max-device-width", Some(most)) => most >= WINDOW,
            ("prefers-color-scheme", _) => value == "light",
            _ => false,
        }
    })
}

/// Reads a style sheet.
struct Reader<'a> {
    sheets: &'a mut Sheets,
    /// Whether the rules are for the window looked at.
    applies: bool,
    depth: usize,
}

impl Reader<'_> {
    fn read(&mut self, input: &mut Parser<'_>) {
        let mut rules = StyleSheetParser::new(input, self);
        while rules.next().is_some() {}
    }
}

impl<'i> QualifiedRuleParser<'i> for Reader<'_> {
    type Prelude = Vec<Selector>;
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<Self::Prelude, ParseError<()>> {
        Ok(selectors(input))
    }

    fn parse_block(
        &mut self,
        selectors: Self::Prelude,
        _start: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), ParseError<()>> {
        let block = value::block(input);
        if self.applies {
            selectors.into_iter().for_each(|selector| self.sheets.keep(selector, &block));
        } else {
            self.sheets.reveal(&selectors, &block);
        }
        Ok(())
    }
}

/// What an at-rule holds.
enum Within {
    /// Rules, and whether they apply.
    Rules(bool),
    /// Declarations that load something.
    Loads,
    Import,
}

impl<'i> AtRuleParser<'i> for Reader<'_> {
    type Prelude = Within;
    type AtRule = ();
    type Error = ();

    fn parse_prelude(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
    ) -> Result<Within, ParseError<()>> {
        let name = name.to_ascii_lowercase();
        if name == "import" {
            let address = input.expect_url_or_string()?.as_ref().to_owned();
            self.sheets.load(&address);
        }
        let start = input.position();
        while input.next().is_ok() {}
        let query = input.slice_from(start);
        match name.as_str() {
            "media" => Ok(Within::Rules(media_applies(query))),
            "supports" | "layer" => Ok(Within::Rules(true)),
            "font-face" => Ok(Within::Loads),
            "import" => Ok(Within::Import),
            _ => Err(ParseError::unexpected_token()),
        }
    }

    fn rule_without_block(&mut self, _within: Within, _start: &ParserState) -> Result<(), ()> {
        Ok(())
    }

    fn parse_block(
        &mut self,
        within: Within,
        _start: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), ParseError<()>> {
        let applies = match within {
            Within::Rules(applies) => applies,
            Within::Loads => {
                for declaration in value::block(input).iter() {
                    declaration.addresses().iter().for_each(|address| self.sheets.load(address));
                }
                return Ok(());
            }
            Within::Import => return Ok(()),
        };
        if self.depth < DEPTH {
            let applies = self.applies && applies;
            Reader { sheets: self.sheets, applies, depth: self.depth + 1 }.read(input);
        }
        Ok(())
    }
}

/// The selectors of a list that are understood.
fn selectors(input: &mut Parser<'_>) -> Vec<Selector> {
    let (mut found, mut current) = (Vec::new(), Building::default());
    while let Ok(token) = input.next_including_whitespace().cloned() {
        match token {
            Token::Comma => found.extend(std::mem::take(&mut current).end()),
            Token::WhiteSpace(_) => current.below(false),
            Token::Delim('>') => current.below(true),
            Token::Delim('*') => current.begin(),
            Token::Delim('.') => match input.next_including_whitespace() {
                Ok(Token::Ident(class)) => current.class(class),
                _ => current.broken = true,
            },
            Token::IDHash(id) | Token::Hash(id) => {
                current.begin();
                current.compound.id = Some(id.as_ref().to_owned());
            }
            Token::Ident(element) => {
                current.begin();
                current.compound.element = Some(element.to_ascii_lowercase());
            }
            Token::SquareBracketBlock => {
                let class: Result<String, ParseError<()>> = input.parse_nested_block(class_in_brackets);
                match class {
                    Ok(class) => current.class(&class),
                    Err(_) => current.broken = true,
                }
            }
            // Pseudo-classes, siblings and whatever is to come.
            _ => current.broken = true,
        }
        if found.len() >= SELECTORS {
            break;
        }
    }
    found.extend(current.end());
    found
}

/// `[class="x"]`, `[class~=x]`, `[class*=x]`: how mail names classes for some readers only.
fn class_in_brackets(input: &mut Parser<'_>) -> Result<String, ParseError<()>> {
    input.expect_ident_matching("class")?;
    match input.next()? {
        Token::Delim('=') | Token::IncludeMatch | Token::SubstringMatch => {}
        _ => return Err(ParseError::unexpected_token()),
    }
    Ok(input.expect_ident_or_string()?.as_ref().to_owned())
}

/// A selector while it is read, from the outermost compound to the element.
#[derive(Default)]
struct Building {
    /// Each with whether the next one must be its child.
    outer: Vec<(Compound, bool)>,
    compound: Compound,
    begun: bool,
    broken: bool,
}

impl Building {
    /// Something of the next compound follows.
    fn begin(&mut self) {
        self.begun = true;
    }

    fn class(&mut self, class: &str) {
        self.begin();
        self.compound.classes.push(class.to_owned());
    }

    /// The compound is complete; what follows is below it.
    fn below(&mut self, child: bool) {
        if self.begun {
            self.outer.push((std::mem::take(&mut self.compound), child));
            self.begun = false;
        } else if let Some((_, is_child)) = self.outer.last_mut() {
            *is_child |= child;
        }
    }

    fn end(mut self) -> Option<Selector> {
        if self.begun {
            self.outer.push((self.compound, false));
        }
        if self.broken || self.outer.is_empty() || self.outer.len() > COMPOUNDS {
            return None;
        }
        // From the element outwards each says of the one outside whether it must be the parent.
        let children: Vec<bool> = self.outer.iter().map(|(_, child)| *child).collect();
        let compounds = self.outer.into_iter().enumerate().map(|(place, (compound, _))| {
            let parent = place.checked_sub(1).and_then(|outer| children.get(outer)).copied();
            (compound, parent.unwrap_or_default())
        });
        let mut compounds: Vec<_> = compounds.collect();
        compounds.reverse();
        Some(Selector { compounds })
    }
}

#[cfg(test)]
mod tests;
