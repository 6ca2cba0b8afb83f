//! Dovecot's settings, which 2.4 writes differently from 2.3
//! (<https://doc.dovecot.org/latest/installation/upgrade/2.3-to-2.4.html>).

use super::{DovecotOptions, PASSWORD, Ports, tokens};
use crate::process::is_root;
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write as _;
use std::net::{Ipv6Addr, TcpListener};
use std::path::Path;
use std::process::Command;

/// What Dovecot 2.3 announces, so that single words can be left out.
const CAPABILITIES: &str = "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY \
    THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN \
    NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN \
    CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ \
    NOTIFY SPECIAL-USE";

/// Which way of writing settings a Dovecot understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// 2.3, which Debian 12 has.
    V2_3,
    /// 2.4, which Debian 13 has.
    V2_4,
}

impl Version {
    /// Asks the program.
    pub(super) fn of(dovecot: &Path) -> Result<Self> {
        let output = Command::new(dovecot).arg("--version").output().context("run dovecot --version")?;
        ensure!(
            output.status.success(),
            "dovecot --version failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self::parse(&String::from_utf8_lossy(&output.stdout))
    }

    /// From `2.3.19.1 (9b53102964)`.
    fn parse(text: &str) -> Result<Self> {
        let mut numbers = text.split(['.', ' ', '-']).map_while(|number| number.trim().parse::<u32>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(2), Some(3)) => Ok(Self::V2_3),
            (Some(2), Some(minor)) if minor >= 4 => Ok(Self::V2_4),
            _ => bail!("Dovecot {} is not known here: 2.3 and 2.4 are", text.trim()),
        }
    }

    /// The whole configuration of a server whose files lie in `root`. `introspection` is where it asks about literal tokens.
    pub(super) fn settings(
        self,
        root: &str,
        ports: Ports,
        options: &DovecotOptions,
        introspection: Option<&str>,
    ) -> Result<String> {
        let (owner, group) = server_identity()?;
        let oauth = if tokens::are_taken(options) { " xoauth2 oauthbearer" } else { "" };
        let mechanisms = options.mechanisms.clone().unwrap_or_else(|| format!("plain login{oauth}"));
        let settings = match self {
            Self::V2_3 => include_str!("2.3.conf").replace("{mechanisms}", &mechanisms),
            Self::V2_4 => {
                include_str!("2.4.conf").replace("{mechanisms}", &switches(mechanisms.split(' '), true))
            }
        };
        Ok(settings
            .replace("{tokens}", &tokens::settings(self, options, introspection))
            .replace("{limits}", &options.sessions.map(limits).unwrap_or_default())
            .replace("{hidden}", &self.hiding(&options.hidden_capabilities))
            .replace("{folders}", &folders(&options.folders)?)
            .replace("{listen}", &listen())
            .replace("{owner}", &owner)
            .replace("{group}", &group)
            .replace("{password}", PASSWORD)
            .replace("{imap}", &ports.imap.to_string())
            .replace("{imaps}", &ports.imaps.to_string())
            .replace("{lmtp}", &ports.lmtp.to_string())
            .replace("{root}", root))
    }

    /// Leaves words out of what is announced.
    fn hiding(self, words: &[String]) -> String {
        if words.is_empty() {
            return String::new();
        }
        match self {
            Self::V2_3 => {
                let shown =
                    CAPABILITIES.split_whitespace().filter(|word| !words.iter().any(|hidden| hidden == word));
                format!("imap_capability = {}\n", shown.collect::<Vec<_>>().join(" "))
            }
            Self::V2_4 => {
                format!("imap_capability {{\n{}}}\n", switches(words.iter().map(String::as_str), false))
            }
        }
    }
}

/// A line for each name, in the way of a boolean list.
fn switches<'a>(names: impl Iterator<Item = &'a str>, on: bool) -> String {
    let value = if on { "yes" } else { "no" };
    names.filter(|name| !name.is_empty()).map(|name| format!("{name} = {value}\n")).collect()
}

/// The addresses of the loopback. A proxy asked for `localhost` may know the newer one alone.
fn listen() -> String {
    let newer = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).map_or("", |_| ", ::1");
    format!("127.0.0.1, 127.0.0.2{newer}")
}

fn folders(folders: &[(String, Option<String>)]) -> Result<String> {
    let mut text = String::new();
    for (name, attribute) in folders {
        let special = attribute.as_deref().map(|word| format!("special_use = {word}\n")).unwrap_or_default();
        write!(text, "mailbox \"{name}\" {{\nauto = create\n{special}}}\n")?;
    }
    Ok(text)
}

/// Whom Dovecot's processes run as: nobody when started as root, else whoever starts it.
fn server_identity() -> Result<(String, String)> {
    if is_root() {
        return Ok(("nobody".to_owned(), "nogroup".to_owned()));
    }
    let ask = |flag: &str| -> Result<String> {
        let output = Command::new("id").arg(flag).output().context("run id")?;
        let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || name.is_empty() {
            bail!("this user has no name or group in the system's list, which Dovecot needs");
        }
        Ok(name)
    };
    Ok((ask("-un")?, ask("-gn")?))
}

/// Room for so many sessions: one process each, signed in by a few that serve many.
fn limits(sessions: usize) -> String {
    // Each is also a client of the services that sign in and count.
    let clients = sessions.saturating_mul(4);
    format!(
        "default_process_limit = {sessions}\ndefault_client_limit = {clients}\n\
         service imap {{\nprocess_limit = {sessions}\n}}\n\
         service imap-login {{\nservice_count = 0\nprocess_min_avail = 2\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        assert_eq!(Version::parse("2.3.19.1 (9b53102964)\n").unwrap(), Version::V2_3);
        assert_eq!(Version::parse("2.4.1-4 (7d8c0e5759)\n").unwrap(), Version::V2_4);
        assert_eq!(Version::parse("2.4\n").unwrap(), Version::V2_4);
        for unknown in ["", "2.2.36", "3.0.0", "dovecot"] {
            assert!(Version::parse(unknown).is_err(), "{unknown}");
        }
    }
}
