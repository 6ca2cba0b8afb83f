//! A private Squid: a proxy for HTTP with a listener in the clear and one within TLS, with or without sign-in.

use crate::certificates::{Authority, Issued};
use crate::process::{
    OwnedProcess, START_DEADLINE, find_program, free_port, is_root, log_tail, wait_for_port,
};
use anyhow::{Context, Result, ensure};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Who may use the proxy when it asks.
pub const USER: &str = "proxyuser";
pub const PASSWORD: &str = "proxy secret:ä";
/// A name that only this proxy knows; it leads to 127.0.0.1.
pub const INNER_NAME: &str = "inner.test";
/// A name this proxy lets nobody connect to.
pub const FORBIDDEN_NAME: &str = "forbidden.test";
const PACKAGES: &str = "squid-openssl openssl";
/// Where Debian keeps what Squid checks passwords with.
const PASSWORD_HELPER: &str = "/usr/lib/squid/basic_ncsa_auth";
const START_TRIES: usize = 5;

/// How the proxy is set up.
#[derive(Debug, Clone, Copy, Default)]
pub struct SquidOptions {
    /// Asks for [`USER`] and [`PASSWORD`].
    pub sign_in: bool,
}

/// A running Squid. Dropped: stopped, and its folder removed.
#[derive(Debug)]
pub struct Squid {
    // Before the folder: fields drop in order.
    process: Option<OwnedProcess>,
    folder: TempDir,
    authority: Authority,
    certificate: Issued,
    http: u16,
    https: u16,
}

impl Squid {
    /// Starts a proxy with its own folder and ports and waits until it accepts connections.
    ///
    /// # Errors
    /// When Squid is not installed or does not come up; the end of its log is in the message.
    pub async fn start(options: SquidOptions) -> Result<Self> {
        let program = find_program("squid", PACKAGES)?;
        let authority = Authority::new()?;
        let certificate = authority.leaf()?;
        let folder =
            tempfile::Builder::new().prefix("squid-").tempdir().context("make a temporary folder")?;
        let mut squid = Self { process: None, folder, authority, certificate, http: 0, https: 0 };
        squid.write_files(options).await?;
        for attempt in 1.. {
            (squid.http, squid.https) = (free_port()?, free_port()?);
            match squid.run(&program, options).await {
                Ok(()) => break,
                Err(error) if attempt == START_TRIES => return Err(error),
                Err(_) => {}
            }
        }
        Ok(squid)
    }

    #[must_use]
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// The listener in the clear.
    #[must_use]
    pub fn http_port(&self) -> u16 {
        self.http
    }

    /// The listener within TLS.
    #[must_use]
    pub fn https_port(&self) -> u16 {
        self.https
    }

    /// Who signed the certificate of the TLS listener.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What went through, one line each: it proves that something did.
    #[must_use]
    pub fn access_log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default()
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    async fn write_files(&self, options: SquidOptions) -> Result<()> {
        let path = self.path();
        std::fs::write(path.join("cert.pem"), &self.certificate.certificate_pem)?;
        std::fs::write(path.join("key.pem"), &self.certificate.key_pem)?;
        std::fs::write(
            path.join("hosts"),
            format!("127.0.0.1 localhost {INNER_NAME}\n127.0.0.1 {FORBIDDEN_NAME}\n"),
        )?;
        if options.sign_in {
            let hash = tokio::process::Command::new(find_program("openssl", PACKAGES)?)
                .args(["passwd", "-apr1", PASSWORD])
                .output()
                .await
                .context("run openssl passwd")?;
            ensure!(hash.status.success(), "openssl passwd failed");
            let hash = String::from_utf8_lossy(&hash.stdout).trim().to_owned();
            std::fs::write(path.join("passwords"), format!("{USER}:{hash}\n"))?;
        }
        if is_root() {
            // Squid gives up root and must still read and write its files.
            for entry in std::fs::read_dir(path)? {
                std::fs::set_permissions(entry?.path(), std::fs::Permissions::from_mode(0o644))?;
            }
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777))?;
        }
        Ok(())
    }

    async fn run(&mut self, program: &PathBuf, options: SquidOptions) -> Result<()> {
        let config = self.path().join("squid.conf");
        std::fs::write(&config, self.config(options)?)?;
        // Each has a name of its own, because they share memory by name.
        let name = format!("mailcase{}", self.http);
        let mut command = Command::new(program);
        command.args(["-N", "-n", &name, "-f"]).arg(&config);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut process = OwnedProcess::spawn("squid", &mut command)?;
        for port in [self.http, self.https] {
            wait_for_port(&mut process, (Ipv4Addr::LOCALHOST, port), START_DEADLINE).await.with_context(
                || format!("Squid's log ends:\n{}", log_tail(&self.path().join("cache.log"))),
            )?;
        }
        self.process = Some(process);
        Ok(())
    }

    fn config(&self, options: SquidOptions) -> Result<String> {
        let root = self.path().to_str().context("the temporary folder has a strange name")?;
        let identity = if is_root() {
            "cache_effective_user nobody\ncache_effective_group nogroup"
        } else {
            "cache_effective_user nobody"
        };
        let authentication = if options.sign_in {
            format!(
                "auth_param basic program {PASSWORD_HELPER} {root}/passwords\nauth_param basic realm testbed\n\
                 auth_param basic utf8 on\nauth_param basic children 2 startup=1 idle=1\n\
                 acl known proxy_auth REQUIRED"
            )
        } else {
            String::new()
        };
        Ok(include_str!("squid.conf")
            .replace("{identity}", identity)
            .replace("{authentication}", &authentication)
            .replace("{allowed}", if options.sign_in { "known" } else { "all" })
            .replace("{http}", &self.http.to_string())
            .replace("{https}", &self.https.to_string())
            .replace("{root}", root))
    }
}
