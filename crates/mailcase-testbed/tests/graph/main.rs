//! The Graph simulator by itself: that it does what the real server does where clients stumble, and that nothing it
//! is asked or answers contradicts Microsoft's description of Graph.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on shall stop")]

mod changing;
mod clients;
mod delta;
mod faults;
mod judging;
mod listing;
mod notices;
mod sending;
mod tokens;

use mailcase_testbed::graph::{GraphOptions, GraphServer, TOKEN};
use reqwest::{Method, Response};
use serde_json::Value;

pub(crate) const ANN: &str = "ann@example.org";

/// A server with one mailbox, and a client for it. What was asked and answered is judged at the end.
pub(crate) struct Bench {
    pub(crate) server: GraphServer,
    client: reqwest::Client,
    pub(crate) immutable: bool,
    /// Whose token is sent.
    pub(crate) token: &'static str,
    count: std::cell::Cell<i64>,
    /// The test asks on purpose for what does not fit the description, and looks at the verdicts itself.
    pub(crate) asks_for_trouble: bool,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(GraphOptions::default()).await
    }

    pub(crate) async fn with(options: GraphOptions) -> Self {
        let server = GraphServer::start(options).await.unwrap();
        server.add_mailbox(ANN);
        Self {
            server,
            client: client(),
            immutable: false,
            token: TOKEN,
            count: std::cell::Cell::new(0),
            asks_for_trouble: false,
        }
    }

    /// Something arrives in the inbox, one second after what came before.
    pub(crate) fn deliver(&self, subject: &str) -> String {
        self.deliver_raw(letter(subject).as_bytes())
    }

    pub(crate) fn deliver_raw(&self, raw: &[u8]) -> String {
        self.count.set(self.count.get() + 1);
        let received = jiff::Timestamp::from_second(1_768_003_200 + self.count.get()).unwrap();
        self.server.deliver(ANN, "Inbox", raw, received).unwrap()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}/v1.0{path}", self.server.origin())
        };
        let mut request = self.client.request(method, url).bearer_auth(self.token);
        if self.immutable {
            request = request.header("prefer", "IdType=\"ImmutableId\"");
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, None).await;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{status} {body}");
        body
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answered(self.send(Method::POST, path, Some(body)).await).await
    }

    /// Text as MIME is sent: base64 in `text/plain`.
    pub(crate) async fn post_mime(&self, path: &str, raw: &str) -> (u16, Value) {
        let url = format!("{}/v1.0{path}", self.server.origin());
        let request = self.client.post(url).bearer_auth(self.token).header("content-type", "text/plain");
        answered(request.body(data_encoding::BASE64.encode(raw.as_bytes())).send().await.unwrap()).await
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.asks_for_trouble {
            assert_eq!(self.server.problems(), Vec::<String>::new());
        }
    }
}

pub(crate) fn client() -> reqwest::Client {
    // Somebody else may have been first.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) async fn answered(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

pub(crate) fn inbox(rest: &str) -> String {
    format!("/users/{ANN}/mailFolders/inbox{rest}")
}

pub(crate) fn subjects(page: &Value) -> Vec<&str> {
    page["value"].as_array().unwrap().iter().map(|message| message["subject"].as_str().unwrap()).collect()
}

pub(crate) fn code(body: &Value) -> &str {
    body["error"]["code"].as_str().unwrap()
}

pub(crate) fn letter(subject: &str) -> String {
    format!(
        "Message-ID: <{subject}@suite.example>\r\nFrom: Ada <ada@example.org>\r\nTo: {ANN}\r\nSubject: {subject}\r\n\
         Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n\r\nThis is letter {subject}.\r\n"
    )
}
