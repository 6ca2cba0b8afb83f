//! `$search` on messages: the part of the Keyword Query Language that mail programs write, with the properties Outlook knows.

use super::http::Refusal;
use crate::exchange::world::Message;
use serde_json::Value;

/// Nothing people write nests deeper.
const DEPTH_MAX: usize = 20;

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    From,
    To,
    Cc,
    Bcc,
    Recipients,
    Subject,
    Body,
    Attachment,
    /// The default: from, subject and body.
    Anywhere,
}

/// A parsed search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Search {
    Words(Place, String),
    Not(Box<Search>),
    And(Box<Search>, Box<Search>),
    Or(Box<Search>, Box<Search>),
}

use Place::{Anywhere, Attachment, Bcc, Body, Cc, From, Recipients, Subject, To};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Words(Place, String),
}

impl Search {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let Some(text) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
            let message = "The value of '$search' must stand between double quotes.";
            return Err(Refusal::bad_request("BadRequest", message));
        };
        let tokens = tokens(&text.replace("\\\"", "\""))?;
        let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth: 0 };
        let search = parser.or()?;
        if parser.tokens.next().is_none() { Ok(search) } else { Err(wrong()) }
    }

    pub(crate) fn finds(&self, message: &Message) -> bool {
        match self {
            Self::Not(inner) => !inner.finds(message),
            Self::And(a, b) => a.finds(message) && b.finds(message),
            Self::Or(a, b) => a.finds(message) || b.finds(message),
            Self::Words(place, words) => has_words(&text_of(message, *place).to_lowercase(), words),
        }
    }
}

fn text_of(message: &Message, place: Place) -> String {
    let facts = &message.facts;
    let all = |held: &[Value]| held.iter().map(people).collect::<String>();
    let subject = facts.subject.as_deref().unwrap_or_default();
    match place {
        From => facts.from.iter().map(people).collect(),
        To => all(&facts.to),
        Cc => all(&facts.cc),
        Bcc => all(&facts.bcc),
        Recipients => [all(&facts.to), all(&facts.cc), all(&facts.bcc)].concat(),
        Subject => subject.to_owned(),
        Body => facts.text.clone(),
        Attachment => facts.attachments.iter().map(|attachment| format!("{} ", attachment.name)).collect(),
        Anywhere => format!("{} {subject} {}", facts.from.iter().map(people).collect::<String>(), facts.text),
    }
}

/// Reads tokens; words beside each other belong together by `AND`.
struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    fn or(&mut self) -> Result<Search, Refusal> {
        let mut left = self.and()?;
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            left = Search::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Search, Refusal> {
        let mut left = self.not()?;
        while self.tokens.next_if_eq(&Token::And).is_some()
            || matches!(self.tokens.peek(), Some(Token::Words(..) | Token::Open | Token::Not))
        {
            left = Search::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Search, Refusal> {
        match self.tokens.next() {
            Some(Token::Words(place, words)) => Ok(Search::Words(place, words)),
            Some(Token::Not) => self.deeper(Self::not).map(|inner| Search::Not(Box::new(inner))),
            Some(Token::Open) => {
                let inner = self.deeper(Self::or)?;
                if self.tokens.next() == Some(Token::Close) { Ok(inner) } else { Err(wrong()) }
            }
            _ => Err(wrong()),
        }
    }

    fn deeper(&mut self, read: impl Fn(&mut Self) -> Result<Search, Refusal>) -> Result<Search, Refusal> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(wrong());
        }
        let inner = read(self);
        self.depth -= 1;
        inner
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '(' || first == ')' {
            tokens.push(if first == '(' { Token::Open } else { Token::Close });
            rest = rest.get(1..).unwrap_or_default().trim_start();
            continue;
        }
        let (property, after) = match rest.split_once(':') {
            Some((name, after)) if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic()) => {
                (Some(place(name)?), after)
            }
            _ => (None, rest),
        };
        let (words, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(wrong)?,
            None => after.split_at(after.find([' ', '(', ')']).unwrap_or(after.len())),
        };
        let quoted = !rest.starts_with(words);
        tokens.push(match words {
            "AND" if property.is_none() && !quoted => Token::And,
            "OR" if property.is_none() && !quoted => Token::Or,
            "NOT" if property.is_none() && !quoted => Token::Not,
            "" => return Err(wrong()),
            words => Token::Words(property.unwrap_or(Anywhere), words.to_lowercase()),
        });
        rest = after.trim_start();
    }
    if tokens.is_empty() { Err(wrong()) } else { Ok(tokens) }
}

fn wrong() -> Refusal {
    Refusal::bad_request("BadRequest", "Syntax error in '$search'.")
}

fn place(name: &str) -> Result<Place, Refusal> {
    match name.to_ascii_lowercase().as_str() {
        "from" => Ok(From),
        "to" => Ok(To),
        "cc" => Ok(Cc),
        "bcc" => Ok(Bcc),
        "recipients" => Ok(Recipients),
        "subject" => Ok(Subject),
        "body" => Ok(Body),
        "attachment" => Ok(Attachment),
        other => {
            let message = format!("The property '{other}' cannot be searched.");
            Err(Refusal::bad_request("BadRequest", &message))
        }
    }
}

fn people(recipient: &Value) -> String {
    let part = |name: &str| recipient.pointer(&format!("/emailAddress/{name}")).and_then(Value::as_str);
    format!("{} {} ", part("name").unwrap_or_default(), part("address").unwrap_or_default())
}

/// An index knows words by their beginning, not letters within them: `vice` does not find `invoice`.
fn has_words(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        !text.get(..at).and_then(|before| before.chars().last()).is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        let words = |place, words: &str| Search::Words(place, words.to_owned());
        let or = |a, b| Search::Or(Box::new(a), Box::new(b));
        let and = |a, b| Search::And(Box::new(a), Box::new(b));
        let not = |a| Search::Not(Box::new(a));
        for (text, expected) in [
            ("subject:c", words(Subject, "c")),
            ("Two words", and(words(Anywhere, "two"), words(Anywhere, "words"))),
            ("from:\\\"Ann Lee\\\" OR to:bob@x", or(words(From, "ann lee"), words(To, "bob@x"))),
            (
                "(NOT (from:\\\"a\\\" OR from:\\\"b\\\")) OR (subject:\\\"not (this)\\\")",
                or(not(or(words(From, "a"), words(From, "b"))), words(Subject, "not (this)")),
            ),
            ("\\\"OR\\\" AND x", and(words(Anywhere, "or"), words(Anywhere, "x"))),
        ] {
            assert_eq!(Search::parse(&format!("\"{text}\"")).unwrap(), expected, "{text}");
        }
        let deep = format!("\"{}a{}\"", "(".repeat(50), ")".repeat(50));
        for text in
            ["subject:c", "\"\"", "\"(a\"", "\"a OR\"", "\"nobody:x\"", "\"from:\\\"open\"", deep.as_str()]
        {
            assert!(Search::parse(text).is_err(), "{text}");
        }
    }
}
