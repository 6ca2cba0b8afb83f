//! What large messages take of the server's memory on their whole way: received, stored, examined, decided, acknowledged.
//! Each is taken by a server of its own, whose peak the operating system tells.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a missing piece fails; it says what it measured"
)]

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64;
use mailcase_it::{Person, Server, ServerOptions, Usage, eventually};
use serde_json::json;
use std::io::Write;
use std::path::Path;

const MESSAGE_BYTES: usize = 100_000_000;
/// What the whole process may have at most while such a message is on its way.
const PEAK_MAX_KIB: u64 = 150_000_000 / 1024;
/// Base64 makes four bytes of three, and breaks lines of 76 with two more.
const LINE: usize = 76;
/// Bytes of a file that is a message of that size in Base64.
const CONTENT_BYTES: usize = MESSAGE_BYTES / (LINE + 2) * (LINE / 4 * 3);

/// Bytes that do not compress, `length` of them.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let some: Vec<u8> = (0..1 << 20).map(next).collect();
    some.into_iter().cycle().take(length).collect()
}

/// A ZIP archive of one member that is only stored; `flags` of 1 say that it is encrypted.
fn zip(name: &str, content: &[u8], flags: u8) -> Result<Vec<u8>> {
    let size = u32::try_from(content.len())?.to_le_bytes();
    let length = u16::try_from(name.len())?.to_le_bytes();
    let sum = crc32fast::hash(content).to_le_bytes();
    let common = [&[20, 0, flags, 0][..], &[0; 6], &sum, &size, &size, &length, &[0, 0]].concat();
    let local = [b"PK\x03\x04", &common[..], name.as_bytes()].concat();
    let entry = [b"PK\x01\x02", &[20, 0][..], &common[..], &[0; 14], name.as_bytes()].concat();
    let at = u32::try_from(local.len() + content.len())?.to_le_bytes();
    let entry_size = u32::try_from(entry.len())?.to_le_bytes();
    let end = [b"PK\x05\x06", &[0; 4][..], &[1, 0, 1, 0], &entry_size, &at, &[0, 0]].concat();
    Ok([local, content.to_vec(), entry, end].concat())
}

/// Writes a message with these files attached.
fn letter(to: &Path, files: &[(&str, Vec<u8>)]) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(to)?);
    out.write_all(
        b"From: a@example.org\r\nTo: b@example.org\r\nSubject: large\r\nMIME-Version: 1.0\r\n\
          Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n\r\nThe password is secret99.\r\n",
    )?;
    for (name, content) in files {
        write!(
            out,
            "--cut\r\nContent-Type: application/octet-stream; name={name}\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n"
        )?;
        for line in content.chunks(LINE / 4 * 3) {
            write!(out, "{}\r\n", BASE64.encode(line))?;
        }
    }
    out.write_all(b"--cut--\r\n")?;
    Ok(out.flush()?)
}

/// The most memory a process had, in KiB; nothing on systems that do not tell it.
fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Takes what `write` writes as a message its whole way; the most memory the server had beside its program, in KiB, and the
/// places its evidence names.
async fn taken(write: impl FnOnce(&Path) -> Result<()>) -> Result<Option<(u64, usize)>> {
    let (data, mail) = (tempfile::tempdir()?, tempfile::tempdir()?);
    write(&mail.path().join("large.eml"))?;
    let mut server = Server::start(data.path(), &ServerOptions::default()).await?;
    let person = Person::set_up(&mut server).await?;
    let connector = json!({
        "active": true,
        "settings": {
            "name": "Files", "api_name": "files", "kind": "folder", "connection": {"path": mail.path()},
            "backfill": {"take": "all"}, "disposition": {"action": "keep"},
        },
    });
    // Setting up hashed a password, which takes memory on purpose: that peak is forgotten (proc(5)).
    let forgotten = std::fs::write(format!("/proc/{}/clear_refs", server.process()?), "5").is_ok();
    person.post("/connectors", &connector).await?;
    let id = eventually("the message is decided", || async {
        let found = person.all("/messages").await?;
        Ok(found.first().filter(|one| one["state"] == "decided").map(|one| one["id"].clone()))
    })
    .await?;
    let message = person.get(&format!("/messages/{}", id.as_str().context("an id")?)).await?;
    let size = message["evidence"]["size"].as_u64();
    ensure!(size >= Some(90_000_000), "this is not the large message: {size:?}");
    let (peak, usage) = (peak_kib(server.process()?), Usage::of(server.process()?)?);
    server.kill().await?;
    // The program itself is mapped, and three times as large without optimisation.
    let mapped = usage.resident_kib - usage.anonymous_kib;
    let parts = message.to_string().matches("\"path\":").count();
    Ok(peak.filter(|_| forgotten).map(|peak| (peak - mapped, parts)))
}

async fn takes_little(name: &str, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let Some((peak, parts)) = taken(write).await? else {
        println!("SKIPPED: this system does not tell the peak of memory");
        return Ok(());
    };
    println!("{name}: {} MB, {parts} places", peak * 1024 / 1_000_000);
    ensure!(peak < PEAK_MAX_KIB, "{name}: {peak} KiB");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_100_megabytes_takes_less_than_150() -> Result<()> {
    takes_little("a file", |to| letter(to, &[("file.bin", noise(CONTENT_BYTES))])).await?;
    takes_little("text", |to| {
        let mut out = std::io::BufWriter::new(std::fs::File::create(to)?);
        out.write_all(b"Subject: long\r\nContent-Type: text/plain\r\n\r\n")?;
        let line = b"https://example.org/ and other words\r\n";
        for _ in 0..MESSAGE_BYTES / line.len() {
            out.write_all(line)?;
        }
        Ok(out.flush()?)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_of_100_megabytes_take_less_than_150() -> Result<()> {
    takes_little("an archive", |to| {
        letter(to, &[("large.zip", zip("file.bin", &noise(CONTENT_BYTES - 1_000), 0)?)])
    })
    .await?;
    // Three below what is opened, the third beyond what all may become.
    let third = CONTENT_BYTES / 3;
    takes_little("archives within archives", |to| {
        let inner = zip("innermost.zip", &zip("file.bin", &noise(third - 1_000), 0)?, 0)?;
        let nested = zip("inner.zip", &inner, 0)?;
        letter(to, &[("one.zip", nested.clone()), ("two.zip", nested.clone()), ("three.zip", nested)])
    })
    .await?;
    takes_little("locked archives", |to| {
        let locked = zip("file.bin", &noise(third - 1_000), 1)?;
        letter(to, &[("one.zip", locked.clone()), ("two.zip", locked.clone()), ("three.zip", locked)])
    })
    .await
}
