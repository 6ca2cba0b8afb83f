//! `m:Restriction` and `m:SortOrder`: which of a list are wanted, and in which order.

use super::shape::Extended;
use super::soap::{Failure, is_true};
use super::tree;
use crate::exchange::world::{Mailbox, Message};
use jiff::Timestamp;
use roxmltree::Node;
use std::cmp::Ordering;

/// What a property is compared as.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Value {
    Truth(bool),
    Number(i64),
    Time(Timestamp),
    Text(String),
}

impl Value {
    /// A constant, read as what it is compared with.
    fn like(&self, constant: &str) -> Option<Self> {
        Some(match self {
            Self::Truth(_) => Self::Truth(is_true(&constant.to_ascii_lowercase())),
            Self::Number(_) => Self::Number(constant.trim().parse().ok()?),
            Self::Time(_) => Self::Time(constant.trim().parse().ok()?),
            Self::Text(_) => Self::Text(constant.to_lowercase()),
        })
    }
}

/// A property as it is named in a request.
#[derive(Debug, Clone)]
pub(crate) enum Field {
    Named(String),
    Header(String),
    Extended(Extended),
}

impl Field {
    fn read(node: Node<'_, '_>) -> Result<Self, Failure> {
        let uri = node.attribute("FieldURI").unwrap_or_default();
        match node.tag_name().name() {
            "FieldURI" => Ok(Self::Named(uri.to_owned())),
            "IndexedFieldURI" => {
                Ok(Self::Header(node.attribute("FieldIndex").unwrap_or_default().to_owned()))
            }
            _ => Extended::read(node).map(Self::Extended),
        }
    }

    fn of(&self, mailbox: &Mailbox, message: &Message) -> Result<Option<Value>, Failure> {
        let facts = &message.facts;
        let text = |text: &str| Some(Value::Text(text.to_lowercase()));
        let one = |who: Option<&serde_json::Value>| {
            let part = |path: &str| who.and_then(|who| who.pointer(path)?.as_str()).unwrap_or_default();
            text(&format!("{} {}", part("/emailAddress/name"), part("/emailAddress/address")))
        };
        let name = match self {
            Self::Named(name) => name.as_str(),
            Self::Header(name) => {
                let mut headers = facts.headers.iter();
                let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
                return Ok(found.and_then(|(_, value)| text(value)));
            }
            Self::Extended(property) => {
                let value = property.of(mailbox, message);
                return Ok(value.map(|value| match property.is_text() {
                    true => Value::Text(value.to_lowercase()),
                    false => as_value(&value),
                }));
            }
        };
        Ok(match name {
            "message:IsRead" => Some(Value::Truth(message.read)),
            "item:IsDraft" => Some(Value::Truth(message.draft)),
            "item:HasAttachments" => Some(Value::Truth(!facts.attachments.is_empty())),
            "item:DateTimeReceived" => Some(Value::Time(message.received)),
            "item:DateTimeCreated" => Some(Value::Time(message.created)),
            "item:LastModifiedTime" => Some(Value::Time(message.modified)),
            "item:DateTimeSent" => facts.sent.map(Value::Time),
            "item:Size" => Some(Value::Number(i64::try_from(message.raw.len()).unwrap_or(i64::MAX))),
            "item:Subject" => text(facts.subject.as_deref().unwrap_or_default()),
            "item:ItemClass" => text(facts.class),
            "item:Importance" => text(&message.importance),
            "item:Body" => text(&facts.text),
            "item:InReplyTo" => header(message, "in-reply-to").and_then(|value| text(&value)),
            "message:InternetMessageId" => text(&facts.message_id),
            "message:From" => one(facts.from.as_ref()),
            "message:Sender" => one(facts.sender.as_ref()),
            other => {
                let text = format!("The property '{other}' cannot be used in a restriction here.");
                return Err(Failure::new("ErrorUnsupportedPathForQuery", &text));
            }
        })
    }
}

fn header(message: &Message, name: &str) -> Option<String> {
    let mut headers = message.facts.headers.iter();
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

/// The value of a MAPI property, which is written as text.
fn as_value(text: &str) -> Value {
    if let Ok(number) = text.parse() {
        return Value::Number(number);
    }
    text.parse().map_or_else(|_| Value::Text(text.to_lowercase()), Value::Time)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Substring,
    Prefixed,
    Full,
}

/// A condition.
#[derive(Debug, Clone)]
pub(crate) enum Restriction {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Exists(Field),
    Compare { field: Field, wanted: &'static [Ordering], negated: bool, constant: String },
    Contains { field: Field, mode: Mode, text: String },
}

fn inner<'a>(node: Node<'a, 'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(Node::is_element)
}

impl Restriction {
    /// The one in a request, if there is one.
    pub(crate) fn read(operation: Node<'_, '_>) -> Result<Option<Self>, Failure> {
        let restriction = inner(operation).find(|node| node.tag_name().name() == "Restriction");
        restriction.and_then(|node| inner(node).next()).map(Self::parse).transpose()
    }

    fn parse(node: Node<'_, '_>) -> Result<Self, Failure> {
        let all = || inner(node).map(Self::parse).collect::<Result<Vec<_>, _>>();
        let bad = |what: &str| Failure::schema(&format!("A restriction lacks its {what}."));
        let field = || {
            let path = inner(node).next().ok_or_else(|| bad("property"))?;
            Field::read(path)
        };
        let constant = |holder: Node<'_, '_>| {
            let found = holder.descendants().find(|node| node.tag_name().name() == "Constant");
            found.and_then(|node| node.attribute("Value")).map(str::to_owned).ok_or_else(|| bad("constant"))
        };
        let compare = |wanted: &'static [Ordering], negated: bool| -> Result<Self, Failure> {
            Ok(Self::Compare { field: field()?, wanted, negated, constant: constant(node)? })
        };
        match node.tag_name().name() {
            "And" => Ok(Self::All(all()?)),
            "Or" => Ok(Self::Any(all()?)),
            "Not" => {
                let inside = inner(node).next().ok_or_else(|| bad("condition"))?;
                Ok(Self::Not(Box::new(Self::parse(inside)?)))
            }
            "Exists" => Ok(Self::Exists(field()?)),
            "IsEqualTo" => compare(&[Ordering::Equal], false),
            "IsNotEqualTo" => compare(&[Ordering::Equal], true),
            "IsGreaterThan" => compare(&[Ordering::Greater], false),
            "IsGreaterThanOrEqualTo" => compare(&[Ordering::Greater, Ordering::Equal], false),
            "IsLessThan" => compare(&[Ordering::Less], false),
            "IsLessThanOrEqualTo" => compare(&[Ordering::Less, Ordering::Equal], false),
            "Contains" => {
                let mode = match node.attribute("ContainmentMode") {
                    Some("FullString") => Mode::Full,
                    Some("Prefixed" | "PrefixOnWords") => Mode::Prefixed,
                    _ => Mode::Substring,
                };
                let text = constant(node)?.to_lowercase();
                Ok(Self::Contains { field: field()?, mode, text })
            }
            other => {
                let text = format!("The restriction '{other}' is not supported here.");
                Err(Failure::new("ErrorUnsupportedQueryFilter", &text))
            }
        }
    }

    pub(crate) fn accepts(&self, mailbox: &Mailbox, message: &Message) -> Result<bool, Failure> {
        self.holds(&|field| field.of(mailbox, message))
    }

    /// Folders are found by their name or class, and by nothing else.
    pub(crate) fn accepts_folder(&self, mailbox: &Mailbox, key: u64) -> bool {
        let of = |field: &Field| -> Result<Option<Value>, Failure> {
            let name = tree::name(mailbox, key).to_lowercase();
            let class = tree::class(key).map(|class| Value::Text(class.to_lowercase()));
            Ok(match field {
                Field::Named(uri) if uri == "folder:DisplayName" => Some(Value::Text(name)),
                Field::Named(uri) if uri == "folder:FolderClass" => class,
                Field::Extended(property) if property.tag() == Some(0x3613) => class,
                _ => None,
            })
        };
        self.holds(&of).unwrap_or(false)
    }

    fn holds(&self, of: &dyn Fn(&Field) -> Result<Option<Value>, Failure>) -> Result<bool, Failure> {
        Ok(match self {
            Self::All(list) => {
                for one in list {
                    if !one.holds(of)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(list) => {
                for one in list {
                    if one.holds(of)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(inside) => !inside.holds(of)?,
            Self::Exists(field) => of(field)?.is_some(),
            Self::Compare { field, wanted, negated, constant } => {
                let value = of(field)?;
                let constant = value.as_ref().and_then(|value| value.like(constant));
                let order = value.zip(constant).and_then(|(value, constant)| value.partial_cmp(&constant));
                order.is_some_and(|order| wanted.contains(&order)) != *negated
            }
            Self::Contains { field, mode, text } => match (of(field)?, *mode) {
                (Some(Value::Text(value)), Mode::Substring) => value.contains(text.as_str()),
                (Some(Value::Text(value)), Mode::Prefixed) => value.starts_with(text.as_str()),
                (Some(Value::Text(value)), Mode::Full) => value == *text,
                _ => false,
            },
        })
    }
}

/// `m:SortOrder`.
#[derive(Debug, Clone)]
pub(crate) struct Sorting(Vec<(Field, bool)>);

impl Sorting {
    /// The one in a request; newest first when there is none.
    pub(crate) fn read(operation: Node<'_, '_>) -> Result<Self, Failure> {
        let order = inner(operation).find(|node| node.tag_name().name() == "SortOrder");
        let mut fields = Vec::new();
        for field in order.into_iter().flat_map(inner) {
            let down = field.attribute("Order") == Some("Descending");
            let path = inner(field).next();
            let path = path.ok_or_else(|| Failure::schema("An order names no property."))?;
            fields.push((Field::read(path)?, down));
        }
        if fields.is_empty() {
            fields.push((Field::Named("item:DateTimeReceived".to_owned()), true));
        }
        Ok(Self(fields))
    }

    pub(crate) fn apply(&self, mailbox: &Mailbox, list: &mut Vec<&Message>) -> Result<(), Failure> {
        let mut keyed = Vec::with_capacity(list.len());
        for message in list.iter() {
            let mut keys = Vec::with_capacity(self.0.len());
            for (field, _) in &self.0 {
                keys.push(field.of(mailbox, message)?);
            }
            keyed.push((keys, *message));
        }
        keyed.sort_by(|(one, first), (two, second)| {
            let compared = one.iter().zip(two).zip(&self.0).map(|((one, two), (_, down))| {
                let order = one.partial_cmp(two).unwrap_or(Ordering::Equal);
                if *down { order.reverse() } else { order }
            });
            // Those of one second lie as they like: here in the order they came, or the other way round.
            let down = self.0.first().is_some_and(|(_, down)| *down);
            let last = first.key.cmp(&second.key);
            compared.fold(Ordering::Equal, Ordering::then).then(if down { last.reverse() } else { last })
        });
        *list = keyed.into_iter().map(|(_, message)| message).collect();
        Ok(())
    }
}
