//! From what people write to what can be run, or what is wrong with it and where.

use std::fmt;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;

use crate::{Gives, Pattern};

/// Patterns of one set. Each is run over the text of every message.
pub const PATTERNS: usize = 100;
/// Longest expression in bytes: a list of a hundred words fits.
pub const EXPRESSION_BYTES: usize = 4_000;
/// Memory of one compiled expression; `\w{1000}` needs more and is refused.
pub const COMPILED_BYTES: usize = 1 << 20;
/// Memory for the states that are made while one runs.
const STATES_BYTES: usize = 1 << 20;
/// Groups within groups.
const NEST: u32 = 50;
/// Longest name of a field in characters.
const FIELD_CHARACTERS: usize = 60;

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("write an expression")]
    Empty,
    #[error("the expression is longer than {EXPRESSION_BYTES} bytes: split it into several patterns")]
    TooLong,
    /// `offset` and `length` are bytes of the expression.
    #[error("{message}")]
    Syntax { message: String, offset: usize, length: usize },
    #[error(
        "the expression becomes too large when it is compiled: repeat less, or classes of fewer characters"
    )]
    TooLarge,
    #[error(
        "the expression also matches nothing at all, so that it would match everywhere: use + instead of *"
    )]
    MatchesNothing,
    #[error("choose where the pattern looks")]
    LooksNowhere,
    #[error("name the field that takes the value, with at most {FIELD_CHARACTERS} characters")]
    Field,
    #[error("there are {PATTERNS} patterns already")]
    TooMany,
}

/// Patterns that can be run. Cheap to clone.
#[derive(Clone, Default)]
pub struct PatternSet {
    pub(crate) list: Arc<[Compiled]>,
}

pub(crate) struct Compiled {
    pub(crate) pattern: Pattern,
    pub(crate) regex: Regex,
    /// The group whose text is the value.
    pub(crate) group: usize,
}

impl PatternSet {
    /// # Errors
    /// The first that cannot be run, by its index.
    pub fn new(patterns: impl IntoIterator<Item = Pattern>) -> Result<Self, (usize, ExpressionError)> {
        let mut list = Vec::new();
        for (index, pattern) in patterns.into_iter().enumerate() {
            if index >= PATTERNS {
                return Err((index, ExpressionError::TooMany));
            }
            list.push(compile(pattern).map_err(|error| (index, error))?);
        }
        Ok(Self { list: list.into() })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// In the order they were given.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.list.iter().map(|one| &one.pattern)
    }
}

impl fmt::Debug for PatternSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.patterns().map(|pattern| &pattern.name)).finish()
    }
}

impl PartialEq for PatternSet {
    fn eq(&self, other: &Self) -> bool {
        self.patterns().eq(other.patterns())
    }
}

fn compile(pattern: Pattern) -> Result<Compiled, ExpressionError> {
    if pattern.looks_at.is_empty() {
        return Err(ExpressionError::LooksNowhere);
    }
    if let Gives::Field { name } = &pattern.gives
        && (name.trim().is_empty() || name.chars().count() > FIELD_CHARACTERS)
    {
        return Err(ExpressionError::Field);
    }
    let expression = pattern.expression.as_str();
    if expression.trim().is_empty() {
        return Err(ExpressionError::Empty);
    }
    if expression.len() > EXPRESSION_BYTES {
        return Err(ExpressionError::TooLong);
    }
    let parsed = ParserBuilder::new()
        .nest_limit(NEST)
        .case_insensitive(pattern.ignore_case)
        .multi_line(true)
        .build()
        .parse(expression)
        .map_err(|error| syntax(&error))?;
    if parsed.properties().minimum_len().is_none_or(|least| least == 0) {
        return Err(ExpressionError::MatchesNothing);
    }
    let regex = RegexBuilder::new(expression)
        .case_insensitive(pattern.ignore_case)
        .multi_line(true)
        .nest_limit(NEST)
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(STATES_BYTES)
        .build()
        .map_err(|_| ExpressionError::TooLarge)?;
    let named = regex.capture_names().position(|name| name == Some("value"));
    let group = named.unwrap_or_else(|| usize::from(regex.captures_len() > 1));
    Ok(Compiled { pattern, regex, group })
}

/// What people try that this syntax has not, beside what the parser says.
fn syntax(error: &regex_syntax::Error) -> ExpressionError {
    let (message, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(*error.span())),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(*error.span())),
        _ => ("the expression cannot be read".to_owned(), None),
    };
    let message = if message.starts_with("look-around") {
        "look-ahead and look-behind are not supported: put what shall be kept into a group, (?<value>…)"
            .to_owned()
    } else if message.starts_with("backreferences") {
        "references to earlier groups are not supported".to_owned()
    } else {
        message
    };
    let (offset, end) = span.map_or((0, 0), |span| (span.start.offset, span.end.offset));
    ExpressionError::Syntax { message, offset, length: end.saturating_sub(offset) }
}

#[cfg(test)]
mod tests;
