//! `$search` on messages: words of KQL with the properties Outlook knows, joined by `AND`; the rest is refused.

use super::http::Refusal;
use crate::exchange::world::Message;
use serde_json::Value;

/// Where a word is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    From,
    To,
    Cc,
    Subject,
    Body,
    Attachment,
    /// The default: from, subject and body.
    Anywhere,
}

/// A parsed search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search(Vec<(Place, String)>);

impl Search {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let Some(text) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
            let message = "The value of '$search' must stand between double quotes.";
            return Err(Refusal::bad_request("BadRequest", message));
        };
        let mut terms = Vec::new();
        for term in text.split(" AND ") {
            let (place, words) = match term.split_once(':') {
                None => (Place::Anywhere, term),
                Some((name, words)) => (place(name)?, words),
            };
            let words = words.trim().trim_matches('"').replace("\\\"", "").to_lowercase();
            if words.is_empty() || [" OR ", "NOT ", "(", ")"].iter().any(|word| term.contains(word)) {
                return Err(Refusal::bad_request("BadRequest", "Syntax error in '$search'."));
            }
            terms.push((place, words));
        }
        Ok(Self(terms))
    }

    pub(crate) fn finds(&self, message: &Message) -> bool {
        self.0.iter().all(|(place, words)| {
            let facts = &message.facts;
            let subject = facts.subject.as_deref().unwrap_or_default();
            let from: String = facts.from.iter().map(people).collect();
            let names: String =
                facts.attachments.iter().map(|attachment| format!("{} ", attachment.name)).collect();
            let text = match place {
                Place::From => from,
                Place::To => facts.to.iter().map(people).collect(),
                Place::Cc => facts.cc.iter().map(people).collect(),
                Place::Subject => subject.to_owned(),
                Place::Body => facts.text.clone(),
                Place::Attachment => names,
                Place::Anywhere => format!("{from} {subject} {}", facts.text),
            };
            has_words(&text.to_lowercase(), words)
        })
    }
}

fn place(name: &str) -> Result<Place, Refusal> {
    match name.trim().to_ascii_lowercase().as_str() {
        "from" => Ok(Place::From),
        "to" => Ok(Place::To),
        "cc" => Ok(Place::Cc),
        "subject" => Ok(Place::Subject),
        "body" => Ok(Place::Body),
        "attachment" => Ok(Place::Attachment),
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
