//! Tells Dovecot whose a literal access token is, in the words of RFC 7662 (Token Introspection).

use anyhow::{Context, Result};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Answers until it is dropped.
#[derive(Debug)]
pub(super) struct Introspection {
    address: SocketAddr,
    answering: JoinHandle<()>,
}

impl Introspection {
    /// Knows `(user, token)` pairs.
    pub(super) async fn start(tokens: &[(String, String)]) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen for Dovecot's questions")?;
        let address = listener.local_addr()?;
        let users: Arc<HashMap<String, String>> =
            Arc::new(tokens.iter().map(|(user, token)| (token.clone(), user.clone())).collect());
        let answering = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let users = Arc::clone(&users);
                // Who hangs up in between asks again.
                tokio::spawn(async move { answer(stream, &users).await.ok() });
            }
        });
        Ok(Self { address, answering })
    }

    /// Where to ask; Dovecot appends the token.
    pub(super) fn url(&self) -> String {
        format!("http://{}/?token=", self.address)
    }
}

impl Drop for Introspection {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

/// One question, one answer.
async fn answer(stream: TcpStream, users: &HashMap<String, String>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let mut header = String::new();
    while stream.read_line(&mut header).await? > 0 && header.trim() != "" {
        header.clear();
    }
    let token = request.split_once("token=").and_then(|(_, rest)| rest.split([' ', '&']).next());
    let body = match token.and_then(|token| users.get(token)) {
        Some(user) => format!(r#"{{"active":true,"username":"{user}"}}"#),
        None => r#"{"active":false}"#.to_owned(),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
