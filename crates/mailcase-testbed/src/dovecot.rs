//! A private Dovecot (2.3 or 2.4) on the loopback: IMAP with and without TLS, LMTP, any user name with the password
//! [`PASSWORD`]. Works as root and as an ordinary user.

mod introspection;
mod lmtp;
mod maildir;
mod settings;
mod tokens;

pub use maildir::Placement;
pub use tokens::TokenIssuer;

use crate::certificates::{Authority, Issued};
use crate::process::{
    OwnedProcess, POLL, START_DEADLINE, find_program, free_port, is_root, log_tail, wait_for_port,
};
use anyhow::{Context, Result, bail, ensure};
use introspection::Introspection;
use settings::Version;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The password of every user.
pub const PASSWORD: &str = "pw";
/// May sign in for every other user: authenticate as this one, authorise as the other.
pub const MASTER_USER: &str = "master";
const PACKAGES: &str = "dovecot-core dovecot-imapd dovecot-lmtpd";
/// `nobody` and `nogroup` on Debian: whom mail belongs to when Dovecot runs as root.
const NOBODY: u32 = 65_534;
/// How long a session that was told to end may take: it may be in the middle of a large message.
const KICK_DEADLINE: Duration = Duration::from_secs(10);
/// A port may be taken between its choice and its use; then others are tried.
const START_TRIES: usize = 5;

/// Which certificate the server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerCertificate {
    /// Signed by the private authority, for `localhost` and `127.0.0.1`.
    #[default]
    Good,
    Expired,
    WrongName,
    SelfSigned,
    SelfSignedExpired,
}

/// How the server is set up.
#[derive(Debug, Clone, Default)]
pub struct DovecotOptions {
    pub certificate: ServerCertificate,
    /// Users with an OAuth access token of characters a URL takes as they are: `(user, token)`. Enables XOAUTH2 and
    /// OAUTHBEARER.
    pub tokens: Vec<(String, String)>,
    /// Whose signed tokens are accepted instead. Enables the same.
    pub token_issuer: Option<TokenIssuer>,
    /// Mechanisms instead of `plain login` (and the OAuth ones when there are tokens).
    pub mechanisms: Option<String>,
    /// Capabilities not announced, such as `IDLE` or `MOVE`.
    pub hidden_capabilities: Vec<String>,
    /// Folders every user has from the beginning besides INBOX, with their RFC 6154 attribute if any
    /// (`\Sent`).
    pub folders: Vec<(String, Option<String>)>,
    /// Sessions open at once, when they are more than the hundred Dovecot is made for by default.
    pub sessions: Option<usize>,
}

/// Ports of a running server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// IMAP in the clear, with STARTTLS.
    pub imap: u16,
    /// IMAP in TLS from the first byte.
    pub imaps: u16,
    pub lmtp: u16,
}

/// One message as the server holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMessage {
    pub uid: u32,
    pub flags: Vec<String>,
    pub size: u64,
}

impl HeldMessage {
    #[must_use]
    pub fn seen(&self) -> bool {
        self.flags.iter().any(|flag| flag == "\\Seen")
    }
}

/// A running Dovecot. Dropped: stopped, and its folder removed.
#[derive(Debug)]
pub struct Dovecot {
    // Before the folder: fields drop in order.
    process: Option<OwnedProcess>,
    folder: TempDir,
    ports: Ports,
    authority: Authority,
    certificate: Issued,
    programs: Programs,
    version: Version,
    options: DovecotOptions,
    /// Answers Dovecot's questions about access tokens while the server is there.
    introspection: Option<Introspection>,
}

#[derive(Debug)]
struct Programs {
    dovecot: PathBuf,
    doveadm: PathBuf,
}

impl Dovecot {
    /// Starts a server with its own folder and ports and waits until it accepts connections.
    ///
    /// # Errors
    /// When Dovecot is not installed or does not come up; the end of its log is in the message.
    pub async fn start(options: DovecotOptions) -> Result<Self> {
        let programs = Programs {
            dovecot: find_program("dovecot", PACKAGES)?,
            doveadm: find_program("doveadm", PACKAGES)?,
        };
        let version = Version::of(&programs.dovecot)?;
        let introspection = match &options.tokens[..] {
            [] => None,
            tokens => Some(Introspection::start(tokens).await?),
        };
        let authority = Authority::new()?;
        let certificate = match options.certificate {
            ServerCertificate::Good => authority.leaf()?,
            ServerCertificate::Expired => authority.expired()?,
            ServerCertificate::WrongName => authority.wrong_name()?,
            ServerCertificate::SelfSigned => crate::certificates::self_signed()?,
            ServerCertificate::SelfSignedExpired => crate::certificates::self_signed_expired()?,
        };
        let folder =
            tempfile::Builder::new().prefix("dovecot-").tempdir().context("make a temporary folder")?;
        // Dovecot's own users must be able to walk in.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let ports = Ports { imap: free_port()?, imaps: free_port()?, lmtp: free_port()? };
        let mut server = Self {
            process: None,
            folder,
            ports,
            authority,
            certificate,
            programs,
            version,
            options,
            introspection,
        };
        server.write_files()?;
        for attempt in 1.. {
            match server.restart().await {
                Ok(()) => break,
                Err(error) if attempt == START_TRIES => return Err(error),
                Err(_) => {
                    server.ports = Ports { imap: free_port()?, imaps: free_port()?, lmtp: free_port()? };
                }
            }
        }
        Ok(server)
    }

    #[must_use]
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// The host the certificate is valid for.
    #[must_use]
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// An address of the server at which Dovecot does not take the client for a local one, so that it
    /// announces LOGINDISABLED before TLS.
    #[must_use]
    pub fn strict_host(&self) -> &'static str {
        "127.0.0.2"
    }

    /// The authority that signed the certificate of [`ServerCertificate::Good`].
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    #[must_use]
    pub fn certificate(&self) -> &Issued {
        &self.certificate
    }

    /// Where everything of this server lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The end of the server's log.
    #[must_use]
    pub fn log(&self) -> String {
        log_tail(&self.folder.path().join("dovecot.log"))
    }

    /// Stops the server; mail and ports stay for [`restart`](Self::restart).
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts the server again on the same ports.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = None;
        std::fs::write(self.config_path(), self.settings()?)?;
        let mut process = OwnedProcess::spawn(
            "dovecot",
            Command::new(&self.programs.dovecot).arg("-F").arg("-c").arg(self.config_path()),
        )?;
        for port in [self.ports.imap, self.ports.imaps, self.ports.lmtp] {
            wait_for_port(&mut process, (Ipv4Addr::LOCALHOST, port), START_DEADLINE)
                .await
                .with_context(|| format!("dovecot's log ends:\n{}", self.log()))?;
        }
        self.process = Some(process);
        Ok(())
    }

    /// Runs `doveadm` with this server's configuration and returns what it prints.
    ///
    /// # Errors
    /// When it fails; what it complained about is in the message.
    pub async fn doveadm(&self, args: &[&str]) -> Result<String> {
        let output = tokio::process::Command::new(&self.programs.doveadm)
            .arg("-c")
            .arg(self.config_path())
            .args(args)
            .output()
            .await
            .context("run doveadm")?;
        ensure!(
            output.status.success(),
            "doveadm {} failed ({}): {}",
            args.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Delivers a message to the INBOX of `user` as a mail server would, by LMTP.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn deliver(&self, user: &str, message: &[u8]) -> Result<()> {
        lmtp::deliver(self.ports.lmtp, user, message).await
    }

    /// What a folder holds, asked without IMAP.
    ///
    /// # Errors
    /// When doveadm fails or answers something unknown.
    pub async fn inventory(&self, user: &str, folder: &str) -> Result<Vec<HeldMessage>> {
        let listing = self
            .doveadm(&["-f", "tab", "fetch", "-u", user, "uid flags size.virtual", "mailbox", folder, "all"])
            .await?;
        let mut messages = listing.lines().skip(1).map(held_message).collect::<Result<Vec<_>>>()?;
        messages.sort_by_key(|message| message.uid);
        Ok(messages)
    }

    /// Ends every session of a user, as a cut line would, and waits until they have ended. Whether there was one
    /// is not known.
    ///
    /// # Errors
    /// When doveadm cannot be run, or a session does not end.
    pub async fn kick(&self, user: &str) -> Result<()> {
        let before = self.session_processes(user).await?;
        // Fails when nobody is signed in, which is as well.
        let mut command = tokio::process::Command::new(&self.programs.doveadm);
        command.arg("-c").arg(self.config_path()).args(["kick", user]);
        command.output().await.context("run doveadm kick")?;
        let deadline = Instant::now() + KICK_DEADLINE;
        while !before.is_disjoint(&self.session_processes(user).await?) {
            ensure!(Instant::now() < deadline, "a session of {user} goes on although it was ended");
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// The processes that serve a user's sessions, one each.
    async fn session_processes(&self, user: &str) -> Result<BTreeSet<u32>> {
        // A line each: user, protocol, process, address.
        let listing = self.doveadm(&["who", "-1", user]).await?;
        listing
            .lines()
            .map(|line| line.split_whitespace().nth(2).and_then(|id| id.parse().ok()))
            .skip_while(Option::is_none)
            .map(|id| id.with_context(|| format!("no process in {listing:?}")))
            .collect()
    }

    /// The folder's UIDVALIDITY.
    ///
    /// # Errors
    /// When doveadm fails or answers something unknown.
    pub async fn uidvalidity(&self, user: &str, folder: &str) -> Result<u32> {
        let text =
            self.doveadm(&["-f", "tab", "mailbox", "status", "-u", user, "uidvalidity", folder]).await?;
        let value = text.lines().nth(1).and_then(|line| line.split('\t').next_back());
        value
            .and_then(|value| value.trim().parse().ok())
            .with_context(|| format!("no UIDVALIDITY in {text:?}"))
    }

    /// Gives the folder a new UIDVALIDITY and its messages new UIDs, as a rebuilt mailbox has. Ends the
    /// user's sessions.
    ///
    /// # Errors
    /// When the new value did not take.
    pub async fn reset_uidvalidity(&self, user: &str, folder: &str) -> Result<u32> {
        let old = self.uidvalidity(user, folder).await?;
        // Nobody may hold the old list in memory.
        self.kick(user).await?;
        let maildir = self.maildir(user, folder)?;
        for entry in std::fs::read_dir(&maildir)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == "dovecot-uidlist" || name.starts_with("dovecot.index") {
                std::fs::remove_file(entry.path())?;
            }
        }
        // A fixed new value: Dovecot's own choice is the time in seconds, which may be the same.
        let new = old.wrapping_add(1000);
        let uidlist = maildir.join("dovecot-uidlist");
        std::fs::write(&uidlist, format!("3 V{new} N1\n"))?;
        give_to_server(&uidlist)?;
        let now = self.uidvalidity(user, folder).await?;
        ensure!(now != old, "the UIDVALIDITY of {folder} is still {old}");
        Ok(now)
    }

    /// Creates a folder.
    ///
    /// # Errors
    /// When doveadm refuses.
    pub async fn create_folder(&self, user: &str, folder: &str) -> Result<()> {
        self.doveadm(&["mailbox", "create", "-u", user, folder]).await.map(drop)
    }

    fn config_path(&self) -> PathBuf {
        self.folder.path().join("dovecot.conf")
    }

    fn write_files(&self) -> Result<()> {
        let path = self.folder.path();
        for folder in ["run", "state", "mail"] {
            std::fs::create_dir_all(path.join(folder))?;
        }
        give_to_server(&path.join("mail"))?;
        std::fs::write(path.join("cert.pem"), &self.certificate.certificate_pem)?;
        std::fs::write(path.join("key.pem"), &self.certificate.key_pem)?;
        std::fs::write(path.join("masters"), format!("{MASTER_USER}:{PASSWORD}\n"))?;
        tokens::write_files(path, self.version, &self.options, self.introspection_url().as_deref())?;
        Ok(())
    }

    fn settings(&self) -> Result<String> {
        let root = self.folder.path().to_str().context("the temporary folder has a strange name")?;
        self.version.settings(root, self.ports, &self.options, self.introspection_url().as_deref())
    }

    fn introspection_url(&self) -> Option<String> {
        self.introspection.as_ref().map(Introspection::url)
    }
}

fn give_to_server(path: &Path) -> Result<()> {
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY))
            .with_context(|| format!("give {} to nobody", path.display()))?;
    }
    Ok(())
}

fn held_message(line: &str) -> Result<HeldMessage> {
    let mut fields = line.split('\t');
    let (Some(uid), Some(flags), Some(size)) = (fields.next(), fields.next(), fields.next()) else {
        bail!("doveadm answered {line:?}");
    };
    Ok(HeldMessage {
        uid: uid.trim().parse()?,
        flags: flags.split_whitespace().map(str::to_owned).collect(),
        size: size.trim().parse()?,
    })
}

/// Where a server listens, for programs that want an address.
impl Ports {
    #[must_use]
    pub fn imap_address(self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.imap).into()
    }

    #[must_use]
    pub fn imaps_address(self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.imaps).into()
    }
}
