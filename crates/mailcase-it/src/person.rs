//! Somebody at the other end of the HTTP API, signed in with a session cookie.

use crate::server::Server;
use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// An administrator with a browser.
#[derive(Debug, Clone)]
pub struct Person {
    client: Client,
    url: String,
    csrf: String,
}

/// Signs in after [`Person::set_up`].
pub const USERNAME: &str = "admin";
pub const PASSWORD: &str = "correct horse battery staple";

/// Chooses the TLS implementation of this process; the first call decides, the others change nothing.
pub fn install_tls() {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}

fn client() -> Result<Client> {
    install_tls();
    Ok(Client::builder().cookie_store(true).no_proxy().build()?)
}

impl Person {
    /// Follows the one-time link of a first run.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn set_up(server: &mut Server) -> Result<Self> {
        let token = server.setup_token().await?;
        let body = json!({
            "token": token, "organization": "Example SOC", "username": USERNAME,
            "display_name": "Ada Administrator", "password": PASSWORD,
        });
        Self::enter(server, "/api/v1/setup", &body).await
    }

    /// Signs in.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn sign_in(server: &Server) -> Result<Self> {
        Self::enter(server, "/api/v1/session", &json!({"username": USERNAME, "password": PASSWORD})).await
    }

    async fn enter(server: &Server, path: &str, body: &Value) -> Result<Self> {
        let client = client()?;
        let url = server.url().to_owned();
        let answer = client.post(format!("{url}{path}")).json(body).send().await?;
        ensure!(answer.status().is_success(), "{path}: {} {}", answer.status(), answer.text().await?);
        let me: Value = client.get(format!("{url}/api/v1/session")).send().await?.json().await?;
        let csrf = me.get("csrf_token").and_then(Value::as_str).context("csrf_token")?.to_owned();
        Ok(Self { client, url, csrf })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.url)).header("X-CSRF-Token", &self.csrf)
    }

    /// Opens the stream of live events; returns when nothing is missed any more.
    ///
    /// # Errors
    /// When the server refuses, or says something else first.
    pub async fn events(&self) -> Result<Events> {
        let answer = self.request(Method::GET, "/events").send().await?;
        ensure!(answer.status().is_success(), "GET /events: {}", answer.status());
        let mut events = Events { answer, unread: String::new() };
        let (name, _) = events.next().await?;
        ensure!(name == "ready", "the stream of events begins with {name}");
        Ok(events)
    }

    /// # Errors
    /// When the answer is no success or no JSON.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.request(Method::GET, path).send().await?;
        ensure!(answer.status().is_success(), "GET {path}: {} {}", answer.status(), answer.text().await?);
        Ok(answer.json().await?)
    }

    /// # Errors
    /// When the answer is no success.
    pub async fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        let answer = self.request(Method::GET, path).send().await?;
        ensure!(answer.status().is_success(), "GET {path}: {} {}", answer.status(), answer.text().await?);
        Ok(answer.bytes().await?.to_vec())
    }

    /// # Errors
    /// When the answer is no success; an answer without a body is `null`.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.request(Method::POST, path).json(body).send().await?;
        ensure!(answer.status().is_success(), "POST {path}: {} {}", answer.status(), answer.text().await?);
        let bytes = answer.bytes().await?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// # Errors
    /// When the answer is no success or no JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.request(Method::PUT, path).json(body).send().await?;
        ensure!(answer.status().is_success(), "PUT {path}: {} {}", answer.status(), answer.text().await?);
        Ok(answer.json().await?)
    }

    /// Every item of a list, page by page.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn all(&self, path: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut request = self.request(Method::GET, path).query(&[("limit", "200")]);
            if let Some(next) = &next {
                request = request.query(&[("cursor", next.as_str())]);
            }
            let answer = request.send().await?;
            ensure!(answer.status().is_success(), "GET {path}: {} {}", answer.status(), answer.text().await?);
            let mut page: Value = answer.json().await?;
            match page.get_mut("items").map(Value::take) {
                Some(Value::Array(page)) => items.extend(page),
                _ => anyhow::bail!("GET {path}: no items"),
            }
            next = page.get("next").and_then(Value::as_str).map(str::to_owned);
            if next.is_none() {
                return Ok(items);
            }
        }
    }
}

/// Live events as they come.
#[derive(Debug)]
pub struct Events {
    answer: reqwest::Response,
    unread: String,
}

impl Events {
    /// The next event: its name and its data.
    ///
    /// # Errors
    /// When the stream ends.
    pub async fn next(&mut self) -> Result<(String, Value)> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|value| value.trim_start().to_owned())
                };
                let event = field("event:").zip(field("data:"));
                self.unread = rest.to_owned();
                // Without both it is a comment, sent to keep the connection.
                if let Some((name, data)) = event {
                    return Ok((name, serde_json::from_str(&data)?));
                }
            }
            let chunk = self.answer.chunk().await?.context("the stream of events has ended")?;
            self.unread.push_str(std::str::from_utf8(&chunk)?);
        }
    }
}
