//! A session: connected, greeted, encrypted, signed in, with a folder selected.

use crate::connection::{Answer, Connection, verdict, within};
use crate::refusal::{broken, refused, said};
use crate::settings::{Account, Security};
use crate::wire::command::Command;
use crate::wire::response::{CAPABILITIES_MAX, Response, Status, StatusLine, capability_words};
use mailcase_mail::{Deadlines, FolderPath, SourceError, TlsPeer, utf7};
use mailcase_transport::{Carrier, Encryption, MailStream, start_tls};
use std::collections::BTreeSet;

/// More messages than this a folder does not hold, whatever the server says: what it says of them is kept in memory.
pub(crate) const MESSAGES_MAX: usize = 5_000_000;

/// The folder a session is in.
#[derive(Debug, Clone)]
pub(crate) struct Selected {
    pub(crate) folder: FolderPath,
    pub(crate) uidvalidity: u32,
    /// Lowest UID the next message can get, if the server says.
    pub(crate) uidnext: Option<u32>,
    pub(crate) exists: u32,
    pub(crate) writable: bool,
    /// More messages were announced since the folder was selected.
    pub(crate) grew: bool,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) connection: Connection,
    capabilities: BTreeSet<String>,
    pub(crate) selected: Option<Selected>,
    /// Largest part of a body this server gave: a shorter one was not cut by the server.
    pub(crate) largest_part: u64,
    signed_in: bool,
}

impl Session {
    /// Goes all the way.
    pub(crate) async fn open(account: &Account, deadlines: &Deadlines) -> Result<Self, SourceError> {
        let carrier = account.route.dial(&account.endpoint, deadlines.connect).await?;
        let (mut session, _) = Self::secure(carrier, account, deadlines).await?;
        session.enter(account, deadlines).await?;
        Ok(session)
    }

    /// From a byte stream to a greeted, encrypted session; nothing is said of the encryption when there is none. No
    /// credential is sent here.
    pub(crate) async fn secure(
        carrier: Carrier,
        account: &Account,
        deadlines: &Deadlines,
    ) -> Result<(Self, Option<Encryption>), SourceError> {
        let mut encryption = None;
        let stream = if account.security == Security::Tls {
            let established =
                start_tls(carrier, &account.endpoint, &account.trust, deadlines.connect).await?;
            encryption = Some(established.encryption);
            established.stream
        } else {
            MailStream::Plain(carrier)
        };
        let mut session = Self {
            connection: Connection::new(stream, account.endpoint.clone(), deadlines.silence),
            capabilities: BTreeSet::new(),
            selected: None,
            largest_part: 0,
            signed_in: false,
        };
        let what = match account.security {
            Security::Tls => format!("the greeting of {}", account.endpoint),
            _ => format!("the greeting of {} (if the port is for TLS, choose SSL/TLS)", account.endpoint),
        };
        within(deadlines.connect, what, session.greeting()).await?;
        if account.security == Security::Starttls {
            encryption = Some(session.upgrade(account, deadlines).await?);
        }
        Ok((session, encryption))
    }

    /// Signs in, unless the server did so by itself.
    pub(crate) async fn enter(
        &mut self,
        account: &Account,
        deadlines: &Deadlines,
    ) -> Result<(), SourceError> {
        let what = format!("signing in at {}", account.endpoint);
        within(deadlines.connect, what, async {
            if self.capabilities.is_empty() {
                self.ask_capabilities().await?;
            }
            if !self.signed_in {
                self.sign_in(account).await?;
                self.signed_in = true;
            }
            self.connection.literals_at_once = self.has("LITERAL+");
            if self.has("ID") {
                // NetEase lets nobody select a folder who has not said who they are. The answer does not matter.
                let command = Command::new(concat!(
                    "ID (\"name\" \"mailcase\" \"version\" \"",
                    env!("CARGO_PKG_VERSION"),
                    "\")"
                ));
                let _whatever = self.run(&command, &mut |_| ()).await?;
            }
            Ok(())
        })
        .await
    }

    async fn greeting(&mut self) -> Result<(), SourceError> {
        match self.connection.next_unhurried().await? {
            Response::Status(line) if line.status == Status::Ok => {
                if let Some(words) = line.code("CAPABILITY") {
                    self.learn(capability_words(words));
                }
                Ok(())
            }
            Response::Status(line) if line.status == Status::PreAuth => {
                self.signed_in = true;
                Ok(())
            }
            Response::Status(line) => Err(SourceError::Refused {
                message: format!("the server turned the connection away{}", said(&line)),
            }),
            _ => Err(broken(format!("{} does not speak IMAP", self.connection.endpoint()))),
        }
    }

    async fn upgrade(&mut self, account: &Account, deadlines: &Deadlines) -> Result<Encryption, SourceError> {
        let no_tls = |message: String| {
            SourceError::Tls {
            message,
            hint: Some(
                "Nothing was sent unencrypted. Choose SSL/TLS if the server has a port for it, or ask its administrator."
                    .to_owned(),
            ),
            peer: TlsPeer::Server,
            untrusted: false,
            chain: Vec::new(),
        }
        };
        if self.signed_in {
            // PREAUTH leaves no way to STARTTLS; somebody on the way can send it (RFC 9051 §11.1).
            return Err(no_tls("the server skips the sign-in and with it STARTTLS".to_owned()));
        }
        within(deadlines.connect, "asking for STARTTLS", async {
            self.ask_capabilities().await?;
            if !self.has("STARTTLS") {
                return Err(no_tls("the server does not offer STARTTLS".to_owned()));
            }
            match self.run(&Command::new("STARTTLS"), &mut |_| ()).await? {
                Answer::Ok(_) => Ok(()),
                Answer::No(line) => Err(no_tls(format!("the server refused STARTTLS{}", said(&line)))),
            }
        })
        .await?;
        let encryption = self.connection.start_tls(&account.trust, deadlines.connect).await?;
        // What was said in the clear may be forged.
        self.capabilities.clear();
        Ok(encryption)
    }

    pub(crate) fn has(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    pub(crate) fn capabilities(&self) -> &BTreeSet<String> {
        &self.capabilities
    }

    pub(crate) fn learn(&mut self, words: impl Iterator<Item = String>) {
        self.capabilities = words.collect();
    }

    pub(crate) async fn ask_capabilities(&mut self) -> Result<(), SourceError> {
        let mut found = Vec::new();
        let answer = self
            .run(&Command::new("CAPABILITY"), &mut |response| {
                if let Response::Capability(words) = response
                    && found.len() < CAPABILITIES_MAX
                {
                    found.extend(words);
                }
            })
            .await?;
        answer.ok("to say what it can do")?;
        self.learn(found.into_iter());
        Ok(())
    }

    /// Runs one command to its end. News of the selected folder is noted; everything goes to `on`.
    pub(crate) async fn run(
        &mut self,
        command: &Command,
        on: &mut (impl FnMut(Response) + Send),
    ) -> Result<Answer, SourceError> {
        let mut on = |response| {
            on(response);
            Ok(())
        };
        verdict(self.try_run(command, &mut on).await?)
    }

    /// As [`run`](Self::run), for whoever can go on after a BAD; `on` may break off.
    pub(crate) async fn try_run(
        &mut self,
        command: &Command,
        on: &mut (impl FnMut(Response) -> Result<(), SourceError> + Send),
    ) -> Result<StatusLine, SourceError> {
        let tag = self.connection.send(command).await?;
        let selected = &mut self.selected;
        self.connection
            .finish_line(&tag, &mut |response| {
                note(selected.as_mut(), &response)?;
                on(response)
            })
            .await
    }

    /// Notes what a response says about the selected folder. An error when its messages got new identities: what comes
    /// then is no longer what was asked for.
    pub(crate) fn note(&mut self, response: &Response) -> Result<(), SourceError> {
        note(self.selected.as_mut(), response)
    }

    /// Selects a folder anew, so that what it says is fresh. Read-only unless `writable` or it already was.
    pub(crate) async fn select(
        &mut self,
        folder: &FolderPath,
        writable: bool,
    ) -> Result<Selected, SourceError> {
        let writable = writable
            || self.selected.as_ref().is_some_and(|selected| selected.writable && selected.folder == *folder);
        // A failed SELECT leaves no folder selected.
        self.selected = None;
        let verb = if writable { "SELECT " } else { "EXAMINE " };
        let command = folder_command(verb, folder)?;
        let (mut exists, mut uidvalidity, mut uidnext) = (0, None, None);
        let answer = self
            .run(&command, &mut |response| match response {
                Response::Exists(count) => exists = count,
                Response::Status(line) => {
                    let number = |name| line.code(name).and_then(|number| number.parse::<u32>().ok());
                    uidvalidity = number("UIDVALIDITY").or(uidvalidity);
                    uidnext = number("UIDNEXT").or(uidnext);
                }
                _ => {}
            })
            .await?;
        let line = match answer {
            Answer::Ok(line) => line,
            Answer::No(line) => {
                if line.code("NONEXISTENT").is_some() || !self.folder_exists(folder).await? {
                    return Err(SourceError::FolderNotFound { folder: folder.clone() });
                }
                return Err(refused("to open the folder", &line));
            }
        };
        let uidvalidity =
            uidvalidity.filter(|&value| value != 0).ok_or_else(|| SourceError::Unsupported {
                message: "the server gives its messages no lasting identities (UIDVALIDITY)".to_owned(),
                hint: Some("The mail store behind the server cannot be watched reliably.".to_owned()),
            })?;
        let selected = Selected {
            folder: folder.clone(),
            uidvalidity,
            uidnext: uidnext.filter(|&next| next != 0),
            exists,
            writable: writable && line.code("READ-ONLY").is_none(),
            grew: false,
        };
        self.selected = Some(selected.clone());
        Ok(selected)
    }

    /// Selects a folder unless the session is in it already, in the way needed.
    pub(crate) async fn ensure_selected(
        &mut self,
        folder: &FolderPath,
        writable: bool,
    ) -> Result<Selected, SourceError> {
        match &self.selected {
            Some(selected) if selected.folder == *folder && (selected.writable || !writable) => {
                Ok(selected.clone())
            }
            _ => self.select(folder, writable).await,
        }
    }

    /// The UIDs matching a search of our own words, sorted.
    pub(crate) async fn search(&mut self, criteria: &str) -> Result<Vec<u32>, SourceError> {
        let mut found = Vec::new();
        let command = Command::new(format!("UID SEARCH {criteria}"));
        let line = self
            .try_run(&command, &mut |response| match response {
                Response::Search(uids) => {
                    found.extend(uids);
                    if found.len() > MESSAGES_MAX { Err(too_many_messages()) } else { Ok(()) }
                }
                Response::BrokenSearch => Err(broken("the server's answer to a search cannot be understood")),
                _ => Ok(()),
            })
            .await?;
        verdict(line)?.ok("to search the folder")?;
        found.retain(|&uid| uid != 0);
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Says goodbye, without insisting.
    pub(crate) async fn leave(mut self) {
        // The server answers with BYE, which ends the connection: that is the point.
        if let Ok(tag) = self.connection.send(&Command::new("LOGOUT")).await {
            let _ended = self.connection.finish(&tag, &mut |_| Ok(())).await;
        }
    }
}

pub(crate) fn note(selected: Option<&mut Selected>, response: &Response) -> Result<(), SourceError> {
    let Some(selected) = selected else { return Ok(()) };
    match response {
        Response::Exists(count) => {
            selected.grew |= *count > selected.exists;
            selected.exists = *count;
        }
        Response::Expunge => selected.exists = selected.exists.saturating_sub(1),
        Response::Status(line) => {
            let anew = line.code("UIDVALIDITY").and_then(|number| number.parse().ok());
            if anew.is_some_and(|anew: u32| anew != selected.uidvalidity) {
                return Err(broken("the server gave the messages of an open folder new identities"));
            }
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn too_many_messages() -> SourceError {
    broken(format!("the server tells of more than {MESSAGES_MAX} messages in one folder"))
}

/// A command that ends in the name of a folder. Modified UTF-7 makes every name harmless; one with control
/// characters is refused all the same, because no person means it.
pub(crate) fn folder_command(verb: &str, folder: &FolderPath) -> Result<Command, SourceError> {
    let unnameable =
        || SourceError::Settings { message: "a folder name contains a control character".to_owned() };
    if folder.as_str().chars().any(char::is_control) {
        return Err(unnameable());
    }
    Command::new(verb).string(&utf7::encode(folder.as_str())).map_err(|_| unnameable())
}
