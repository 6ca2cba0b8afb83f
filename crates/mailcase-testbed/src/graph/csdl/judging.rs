//! Requests and answers held against the description.

use super::super::filter::Filter;
use super::super::http::{Reply, Request};
use super::{Csdl, Property};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::{Method, StatusCode};
use serde_json::Value;
use std::sync::Arc;

/// Judges by the description, if there is one.
#[derive(Debug, Clone)]
pub(crate) struct Judge(Arc<Csdl>);

/// What a path leads to.
#[derive(Debug, Clone)]
enum Target {
    Entity(String),
    Collection(String),
    /// An action or function: what it takes and gives.
    Called {
        parameters: Vec<(String, Property)>,
        returns: Option<(String, bool)>,
        action: bool,
    },
    Stream,
}

type Verdict = Result<(), String>;

impl Judge {
    pub(crate) const fn new(csdl: Arc<Csdl>) -> Self {
        Self(csdl)
    }

    /// What is wrong with a request.
    pub(crate) fn request(&self, request: &Request) -> Verdict {
        let target = self.target(&request.segments)?;
        let kind = match &target {
            Target::Entity(kind) | Target::Collection(kind) => Some(kind.as_str()),
            Target::Called { returns, .. } => returns.as_ref().map(|(kind, _)| kind.as_str()),
            Target::Stream => None,
        };
        self.options(request, kind)?;
        match (&target, &request.method) {
            (Target::Called { action, .. }, method) => {
                let expected = if *action { Method::POST } else { Method::GET };
                if *method != expected {
                    return Err(format!("an operation is called by {expected}, not {method}"));
                }
            }
            (Target::Stream, &Method::GET | &Method::PUT) => {}
            (Target::Stream, method) => return Err(format!("{method} on a stream")),
            (Target::Collection(_), &Method::GET | &Method::POST)
            | (Target::Entity(_), &Method::GET | &Method::PATCH | &Method::DELETE) => {}
            (_, method) => return Err(format!("{method} is not for this resource")),
        }
        if request.body.is_empty() || request.carries_mime() {
            return Ok(());
        }
        if !request.header("content-type").starts_with("application/json") {
            return Err(format!("a body of type `{}`", request.header("content-type")));
        }
        let body: Value = serde_json::from_slice(&request.body).map_err(|error| error.to_string())?;
        match &target {
            Target::Entity(kind) | Target::Collection(kind) => self.value(&body, kind, "$"),
            Target::Called { parameters, .. } => self.parameters(&body, parameters),
            Target::Stream => Err("JSON for a stream".to_owned()),
        }
    }

    /// What is wrong with an answer to the request.
    pub(crate) fn reply(&self, request: &Request, reply: &Reply) -> Verdict {
        if reply.status.is_client_error() || reply.status.is_server_error() {
            return error_body(reply);
        }
        if matches!(reply.status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
            let bare = reply.content_type.is_none() && reply.body.is_empty();
            return if bare { Ok(()) } else { Err(format!("{} with a body", reply.status)) };
        }
        let target = self.target(&request.segments)?;
        let json = || serde_json::from_slice::<Value>(&reply.body).map_err(|error| error.to_string());
        match target {
            Target::Stream => Ok(()),
            Target::Entity(kind) => self.value(&json()?, &kind, "$"),
            Target::Collection(kind) if request.method == Method::POST => self.value(&json()?, &kind, "$"),
            Target::Collection(kind) => self.collection(&json()?, &kind),
            Target::Called { returns: Some((kind, true)), .. } => self.collection(&json()?, &kind),
            Target::Called { returns: Some((kind, false)), .. } => self.value(&json()?, &kind, "$"),
            Target::Called { returns: None, .. } => Err("an answer to what gives none".to_owned()),
        }
    }

    /// What is wrong with a value that should be of the type named.
    pub(crate) fn is_a(&self, value: &Value, kind: &str) -> Verdict {
        self.value(value, kind, "$")
    }

    fn target(&self, segments: &[String]) -> Result<Target, String> {
        let mut segments = segments.iter();
        let first = segments.next().ok_or("an empty path")?;
        let (kind, set) = self.0.roots.get(first).ok_or_else(|| format!("`{first}` is no resource"))?;
        let mut target = if *set { Target::Collection(kind.clone()) } else { Target::Entity(kind.clone()) };
        for segment in segments {
            target = self.step(&target, segment)?;
        }
        Ok(target)
    }

    fn step(&self, target: &Target, segment: &str) -> Result<Target, String> {
        let called = |kind: &str, collection| {
            self.0.operation(segment, kind, collection).map(|operation| Target::Called {
                parameters: operation.parameters.clone(),
                returns: operation.returns.clone(),
                action: operation.action,
            })
        };
        match target {
            Target::Collection(kind) => {
                Ok(called(kind, true).unwrap_or_else(|| Target::Entity(kind.clone())))
            }
            // The MIME of a message and the bytes of an attachment; documented, though not in the description.
            Target::Entity(_) if segment == "$value" => Ok(Target::Stream),
            Target::Entity(kind) => match self.0.property(kind, segment) {
                Some(property) if property.collection => Ok(Target::Collection(property.kind.clone())),
                Some(property) => Ok(Target::Entity(property.kind.clone())),
                None => called(kind, false).ok_or_else(|| format!("`{segment}` is nothing of {kind}")),
            },
            Target::Called { .. } | Target::Stream => Err(format!("`{segment}` behind the end of a path")),
        }
    }

    fn options(&self, request: &Request, kind: Option<&str>) -> Verdict {
        const SYSTEM: [&str; 11] = [
            "$filter",
            "$top",
            "$skip",
            "$select",
            "$orderby",
            "$expand",
            "$count",
            "$search",
            "$skiptoken",
            "$deltatoken",
            "$format",
        ];
        for name in request.query.names() {
            if name.starts_with('$') && !SYSTEM.contains(&name.to_ascii_lowercase().as_str()) {
                return Err(format!("`{name}` is no query option"));
            }
        }
        let names = |option: &str| request.query.list(option).unwrap_or_default();
        let orders = names("$orderby");
        let orders = orders.iter().filter_map(|order| order.split_whitespace().next().map(str::to_owned));
        let filter = request.query.get("$filter").map(Filter::parse).transpose();
        let filter = filter.map_err(|refusal| refusal.message)?;
        let filtered =
            filter.iter().flat_map(|filter| filter.properties()).map(str::to_owned).collect::<Vec<_>>();
        for path in names("$select").into_iter().chain(orders).chain(filtered) {
            let kind = kind.ok_or("options on what has no properties")?;
            self.path(kind, &path)?;
        }
        if let Some(expand) = request.query.get("$expand") {
            let kind = kind.ok_or("options on what has no properties")?;
            let name = expand.split('(').next().unwrap_or_default();
            if !self.0.property(kind, name).is_some_and(|property| property.navigation) {
                return Err(format!("`{name}` of {kind} cannot be expanded"));
            }
        }
        Ok(())
    }

    fn path(&self, kind: &str, path: &str) -> Verdict {
        let mut kind = kind.to_owned();
        for name in path.split('/') {
            let property = self.0.property(&kind, name);
            kind = property.ok_or_else(|| format!("`{name}` is no property of {kind}"))?.kind.clone();
        }
        Ok(())
    }

    fn parameters(&self, body: &Value, parameters: &[(String, Property)]) -> Verdict {
        let fields = body.as_object().ok_or("parameters that are no object")?;
        for (name, value) in fields {
            let known = parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let (_, property) = known.ok_or_else(|| format!("`{name}` is no parameter"))?;
            self.member(value, property, &format!("$.{name}"))?;
        }
        let missing = parameters.iter().find(|(name, property)| {
            !property.nullable && !fields.keys().any(|given| given.eq_ignore_ascii_case(name))
        });
        missing.map_or(Ok(()), |(name, _)| Err(format!("the parameter `{name}` is missing")))
    }

    fn collection(&self, body: &Value, kind: &str) -> Verdict {
        const AROUND: [&str; 4] = ["@odata.context", "@odata.nextLink", "@odata.deltaLink", "@odata.count"];
        let fields = body.as_object().ok_or("a collection that is no object")?;
        for name in fields.keys() {
            if name != "value" && !AROUND.contains(&name.as_str()) {
                return Err(format!("`{name}` around a collection"));
            }
        }
        let all = fields.get("value").and_then(Value::as_array).ok_or("a collection without `value`")?;
        all.iter().enumerate().try_for_each(|(at, value)| self.value(value, kind, &format!("$.value[{at}]")))
    }

    fn member(&self, value: &Value, property: &Property, path: &str) -> Verdict {
        match value {
            Value::Null if property.nullable => Ok(()),
            Value::Null => Err(format!("{path}: null")),
            Value::Array(all) if property.collection => all
                .iter()
                .enumerate()
                .try_for_each(|(at, value)| self.value(value, &property.kind, &format!("{path}[{at}]"))),
            _ if property.collection => Err(format!("{path}: no array")),
            value => self.value(value, &property.kind, path),
        }
    }

    fn value(&self, value: &Value, kind: &str, path: &str) -> Verdict {
        if let Some(name) = kind.strip_prefix("Edm.") {
            return if primitive(value, name) { Ok(()) } else { Err(format!("{path}: no {kind}")) };
        }
        if let Some(members) = self.0.enums.get(kind) {
            let text = value.as_str().ok_or_else(|| format!("{path}: no member of {kind}"))?;
            // O365 sends `HTML`, and the real server takes it.
            let is_member = |one: &str| members.iter().any(|member| member.eq_ignore_ascii_case(one.trim()));
            let all = text.split(',').all(is_member);
            return if all { Ok(()) } else { Err(format!("{path}: `{text}` is no member of {kind}")) };
        }
        let fields = value.as_object().ok_or_else(|| format!("{path}: no {kind}"))?;
        if self.0.is_anything(kind) {
            return Ok(());
        }
        let stated =
            fields.get("@odata.type").and_then(Value::as_str).map(|kind| kind.trim_start_matches('#'));
        let kind = match stated {
            Some(stated) if self.0.is_a(stated, kind) => stated,
            Some(stated) => return Err(format!("{path}: {stated} is no {kind}")),
            None => kind,
        };
        for (name, value) in fields.iter().filter(|(name, _)| !name.contains('@')) {
            match self.0.property(kind, name) {
                Some(property) => self.member(value, property, &format!("{path}.{name}"))?,
                None => return Err(format!("{path}.{name}: no property of {kind}")),
            }
        }
        Ok(())
    }
}

fn primitive(value: &Value, name: &str) -> bool {
    let text = value.as_str();
    match name {
        "String" | "Untyped" | "Stream" => text.is_some() || name != "String",
        "Boolean" => value.is_boolean(),
        "Byte" | "SByte" | "Int16" | "Int32" | "Int64" => value.is_i64() || value.is_u64(),
        "Single" | "Double" | "Decimal" => value.is_number(),
        "DateTimeOffset" => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "Date" => text.is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
        "Binary" => text.is_some_and(|text| STANDARD.decode(text).is_ok()),
        "Guid" => text.is_some_and(is_guid),
        _ => true,
    }
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn error_body(reply: &Reply) -> Verdict {
    let body: Value = serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
    let part = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).is_some();
    if part("/error/code") && part("/error/message") { Ok(()) } else { Err("no OData error".to_owned()) }
}
