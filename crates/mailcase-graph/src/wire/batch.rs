//! `$batch`: many small requests in one.

use crate::refusal::Refusal;
use crate::wire::shapes::ErrorBody;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What the server takes at once.
pub(crate) const BATCH_MAX: usize = 20;

/// One request of a batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchItem {
    pub(crate) method: &'static str,
    /// Behind the version.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// Messages are named by identities that stay, not by those that change with every move.
    pub(crate) immutable_ids: bool,
}

impl BatchItem {
    pub(crate) const fn new(method: &'static str, path: String, body: Option<Value>) -> Self {
        Self { method, path, body, immutable_ids: true }
    }
}

/// The body of a batch; each item is called by its place.
pub(crate) fn batch_body(items: &[BatchItem]) -> Value {
    let requests = items.iter().enumerate().map(|(place, item)| {
        let mut headers =
            if item.immutable_ids { json!({"Prefer": "IdType=\"ImmutableId\""}) } else { json!({}) };
        let mut request = json!({"id": place.to_string(), "method": item.method, "url": item.path});
        if let (Some(body), Some(fields), Some(headers)) =
            (&item.body, request.as_object_mut(), headers.as_object_mut())
        {
            headers.insert("Content-Type".to_owned(), json!("application/json"));
            fields.insert("body".to_owned(), body.clone());
        }
        if let Some(fields) = request.as_object_mut() {
            fields.insert("headers".to_owned(), headers);
        }
        request
    });
    json!({"requests": requests.collect::<Vec<_>>()})
}

#[derive(Debug, Deserialize)]
pub(crate) struct BatchReplies {
    responses: Vec<BatchReply>,
}

/// The answer to one of them.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BatchReply {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Value,
}

impl BatchReplies {
    /// The answers in the order asked, whatever order they came in; nothing when one is missing.
    pub(crate) fn in_order(self, count: usize) -> Option<Vec<BatchReply>> {
        let mut places: Vec<Option<BatchReply>> = vec![None; count];
        for reply in self.responses {
            let place = reply.id.parse::<usize>().ok()?;
            *places.get_mut(place)? = Some(reply);
        }
        places.into_iter().collect()
    }
}

impl BatchReply {
    /// The body of what worked, or why it did not.
    pub(crate) fn into_result(self) -> Result<Value, Refusal> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let patience = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
        let seconds = patience.and_then(|(_, value)| match value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_u64(),
        });
        let error: ErrorBody = serde_json::from_value(self.body).unwrap_or_default();
        Err(Refusal::new(self.status, &error.error.code, seconds.map(Duration::from_secs)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_back_in_the_order_asked() {
        let replies: BatchReplies = serde_json::from_value(json!({"responses": [
            {"id": "1", "status": 429, "headers": {"Retry-After": "7"}, "body": {"error": {"code": "TooMany"}}},
            {"id": "0", "status": 200, "body": {"id": "x"}},
            {"id": "2", "status": 204},
        ]}))
        .unwrap();
        let replies = replies.in_order(3).unwrap();
        let results: Vec<_> = replies.into_iter().map(BatchReply::into_result).collect();
        assert_eq!(results[0].as_ref().unwrap()["id"], "x");
        let refusal = results[1].as_ref().unwrap_err();
        assert_eq!((refusal.status, refusal.retry_after), (429, Some(Duration::from_secs(7))));
        assert_eq!(results[2], Ok(Value::Null));
    }

    #[test]
    fn a_missing_answer_is_noticed() {
        for responses in [json!([]), json!([{"id": "7", "status": 200}]), json!([{"id": "x", "status": 200}])]
        {
            let replies: BatchReplies = serde_json::from_value(json!({"responses": responses})).unwrap();
            assert!(replies.in_order(1).is_none());
        }
    }
}
