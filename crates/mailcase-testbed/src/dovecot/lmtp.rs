//! Mail given to a server as another server would: by LMTP (RFC 2033).

use anyhow::{Context as _, Result, ensure};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

pub(super) async fn deliver(port: u16, user: &str, message: &[u8]) -> Result<()> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let mut stream = BufReader::new(stream);
    reply(&mut stream, "220").await?;
    for (command, expected) in [
        ("LHLO testbed".to_owned(), "250"),
        ("MAIL FROM:<sender@example.org>".to_owned(), "250"),
        (format!("RCPT TO:<{user}>"), "250"),
        ("DATA".to_owned(), "354"),
    ] {
        stream.write_all(format!("{command}\r\n").as_bytes()).await?;
        reply(&mut stream, expected).await.with_context(|| command)?;
    }
    stream.write_all(&dot_stuffed(message)).await?;
    reply(&mut stream, "250").await.context("the message")?;
    stream.write_all(b"QUIT\r\n").await?;
    Ok(())
}

/// RFC 5321 §4.5.2: a line that starts with a dot gets another one.
fn dot_stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 16);
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

async fn reply(stream: &mut BufReader<TcpStream>, expected: &str) -> Result<()> {
    let read = async {
        loop {
            let mut line = String::new();
            ensure!(stream.read_line(&mut line).await? > 0, "the server hung up");
            if line.as_bytes().get(3) != Some(&b'-') {
                ensure!(line.starts_with(expected), "the server said {line:?}");
                return Ok(());
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), read).await.context("the server does not answer")?
}
