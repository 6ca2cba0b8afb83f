//! `$filter` as Outlook takes it: comparisons, `and`, `or`, `not`, and three functions on text; the rest is refused.

use super::http::Refusal;
use serde_json::Value;

/// Nothing people write nests deeper.
const DEPTH_MAX: usize = 30;

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    Or(Box<Filter>, Box<Filter>),
    And(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare { path: String, operator: Operator, value: Value },
    Text { function: Function, path: String, text: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Contains,
    StartsWith,
    EndsWith,
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
        let filter = parser.or()?;
        if parser.at == parser.tokens.len() { Ok(filter) } else { Err(invalid("trailing text")) }
    }

    /// The properties named, in the order they stand there.
    pub(crate) fn properties(&self) -> Vec<&str> {
        match self {
            Self::Or(a, b) | Self::And(a, b) => [a.properties(), b.properties()].concat(),
            Self::Not(inner) => inner.properties(),
            Self::Compare { path, .. } | Self::Text { path, .. } => vec![path],
        }
    }

    /// `look` gives the value at a path.
    pub(crate) fn accepts(&self, look: &dyn Fn(&str) -> Value) -> bool {
        match self {
            Self::Or(a, b) => a.accepts(look) || b.accepts(look),
            Self::And(a, b) => a.accepts(look) && b.accepts(look),
            Self::Not(inner) => !inner.accepts(look),
            Self::Compare { path, operator, value } => compare(&look(path), *operator, value),
            Self::Text { function, path, text } => {
                let held = look(path);
                let Some(held) = held.as_str() else { return false };
                let (held, text) = (held.to_lowercase(), text.to_lowercase());
                match function {
                    Function::Contains => held.contains(&text),
                    Function::StartsWith => held.starts_with(&text),
                    Function::EndsWith => held.ends_with(&text),
                }
            }
        }
    }
}

/// The value at a path such as `from/emailAddress/address`.
pub(crate) fn at(object: &Value, path: &str) -> Value {
    let found = path.split('/').try_fold(object, |value, key| value.as_object()?.get(key));
    found.cloned().unwrap_or(Value::Null)
}

fn compare(held: &Value, operator: Operator, value: &Value) -> bool {
    use std::cmp::Ordering;
    let ordering = match (held, value) {
        (Value::String(a), Value::String(b)) => match (a.parse::<jiff::Timestamp>(), b.parse()) {
            (Ok(a), Ok(b)) => Some(a.cmp(&b)),
            _ => Some(a.to_lowercase().cmp(&b.to_lowercase())),
        },
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => None,
    };
    match operator {
        Operator::Equal => ordering == Some(Ordering::Equal),
        Operator::NotEqual => ordering != Some(Ordering::Equal),
        Operator::Greater => ordering == Some(Ordering::Greater),
        Operator::GreaterOrEqual => ordering.is_some_and(Ordering::is_ge),
        Operator::Less => ordering == Some(Ordering::Less),
        Operator::LessOrEqual => ordering.is_some_and(Ordering::is_le),
    }
}

fn invalid(what: &str) -> Refusal {
    Refusal::bad_request("BadRequest", &format!("Invalid filter clause: {what}."))
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Word(String),
    Text(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' => {}
            '(' => found.push(Token::Open),
            ')' => found.push(Token::Close),
            ',' => found.push(Token::Comma),
            '\'' => {
                let mut held = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.peek() == Some(&'\'') => {
                            rest.next();
                            held.push('\'');
                        }
                        Some('\'') => break,
                        Some(c) => held.push(c),
                        None => return Err(invalid("unterminated string literal")),
                    }
                }
                found.push(Token::Text(held));
            }
            _ => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| !matches!(c, ' ' | '(' | ')' | ',' | '\'')) {
                    word.push(c);
                }
                found.push(Token::Word(word));
            }
        }
    }
    Ok(found)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(found)) if found == word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Result<(), Refusal> {
        if self.next().as_ref() == Some(token) { Ok(()) } else { Err(invalid("syntax error")) }
    }

    fn or(&mut self) -> Result<Filter, Refusal> {
        let mut filter = self.and()?;
        while self.takes_word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.and()?));
        }
        Ok(filter)
    }

    fn and(&mut self) -> Result<Filter, Refusal> {
        let mut filter = self.unary()?;
        while self.takes_word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.unary()?));
        }
        Ok(filter)
    }

    fn unary(&mut self) -> Result<Filter, Refusal> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(invalid("too deep"));
        }
        let filter = if self.takes_word("not") {
            Filter::Not(Box::new(self.unary()?))
        } else if self.tokens.get(self.at) == Some(&Token::Open) {
            self.at += 1;
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, Refusal> {
        let Some(Token::Word(word)) = self.next() else { return Err(invalid("a property is expected")) };
        let function = match word.as_str() {
            "contains" => Some(Function::Contains),
            "startswith" => Some(Function::StartsWith),
            "endswith" => Some(Function::EndsWith),
            _ => None,
        };
        if let Some(function) = function {
            return self.text_function(function);
        }
        let Some(Token::Word(operator)) = self.next() else { return Err(invalid("an operator is expected")) };
        let operator = match operator.as_str() {
            "eq" => Operator::Equal,
            "ne" => Operator::NotEqual,
            "gt" => Operator::Greater,
            "ge" => Operator::GreaterOrEqual,
            "lt" => Operator::Less,
            "le" => Operator::LessOrEqual,
            other => return Err(invalid(&format!("'{other}' is no operator"))),
        };
        let value = match self.next() {
            Some(Token::Text(text)) => Value::String(text),
            Some(Token::Word(word)) => literal(&word)?,
            _ => return Err(invalid("a value is expected")),
        };
        Ok(Filter::Compare { path: word, operator, value })
    }

    fn text_function(&mut self, function: Function) -> Result<Filter, Refusal> {
        self.expect(&Token::Open)?;
        let Some(Token::Word(path)) = self.next() else { return Err(invalid("a property is expected")) };
        self.expect(&Token::Comma)?;
        let Some(Token::Text(text)) = self.next() else { return Err(invalid("a text is expected")) };
        self.expect(&Token::Close)?;
        Ok(Filter::Text { function, path, text })
    }
}

fn literal(word: &str) -> Result<Value, Refusal> {
    match word {
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        "null" => Ok(Value::Null),
        _ if word.parse::<jiff::Timestamp>().is_ok() => Ok(Value::String(word.to_owned())),
        // A day alone is its first moment.
        _ if word.parse::<jiff::civil::Date>().is_ok() => Ok(Value::String(format!("{word}T00:00:00Z"))),
        _ => word
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| invalid(&format!("'{word}' is neither a value nor quoted"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn accepts(filter: &str) -> bool {
        let message = json!({
            "isRead": false, "subject": "It's Paid", "receivedDateTime": "2026-01-05T10:00:00Z",
            "from": {"emailAddress": {"address": "Ada@Example.org"}},
        });
        Filter::parse(filter).unwrap().accepts(&|path| at(&message, path))
    }

    #[test]
    fn filters_mean_what_they_say() {
        for (filter, expected) in [
            ("isRead eq false", true),
            ("isRead ne false", false),
            ("not (isRead eq true) and subject eq 'it''s paid'", true),
            ("receivedDateTime ge 2026-01-05T10:00:00Z and isRead eq false", true),
            ("receivedDateTime gt 2026-01-05T10:00:00Z", false),
            ("receivedDateTime lt 2026-01-06", true),
            ("from/emailAddress/address eq 'ada@example.org'", true),
            ("isRead eq true or contains(subject,'paid') and startswith(subject, 'it')", true),
            ("(isRead eq true or contains(subject,'paid')) and endswith(subject, 'it')", false),
            ("contains(nothing,'x')", false),
        ] {
            assert_eq!(accepts(filter), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for filter in [
            "",
            "isRead",
            "isRead is false",
            "isRead eq",
            "isRead eq 'a",
            "(isRead eq true",
            "isRead eq true)",
            "toRecipients/any(r: r/emailAddress/address eq 'a')",
            "isRead eq maybe",
        ] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
        assert!(Filter::parse(&"not ".repeat(1000)).is_err());
    }
}
