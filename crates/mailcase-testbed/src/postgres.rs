//! A private PostgreSQL server: own cluster in a temporary folder, own port, no fsync.
//!
//! A small shell stands between the server and its owner: it holds a pipe whose closing, by a drop or by the
//! owner's death of whatever cause, ends the server and removes the cluster.

use crate::process::{POLL, START_DEADLINE, find_program, free_port, is_root, log_tail};
use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsStr;
use std::io::Read;
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// How long the server may take to stop before it is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(10);
/// The packages that bring the programs, on Debian.
const PACKAGES: &str = "postgresql";

/// Runs the server until its standard input ends, then stops it at once and cleans up.
const GUARD: &str = r#"
folder=$1; shift
"$@" >"$folder/server.log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
"#;

/// A running server. Ends when dropped, and at the latest with this process.
#[derive(Debug)]
pub struct Postgres {
    guard: Child,
    programs: Programs,
    port: u16,
    databases: AtomicU32,
}

#[derive(Debug)]
struct Programs {
    folder: PathBuf,
    /// The account to run under: the server refuses to run as root.
    user: Option<User>,
}

#[derive(Debug)]
struct User {
    uid: u32,
    gid: u32,
}

impl Postgres {
    /// The server all tests of this process share.
    ///
    /// # Errors
    /// When it cannot be started; says which package to install when it is not there.
    pub async fn shared() -> Result<&'static Self> {
        static SHARED: OnceCell<Postgres> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::start).await
    }

    /// Starts a server of its own.
    ///
    /// # Errors
    /// When it cannot be started; says which package to install when it is not there.
    pub async fn start() -> Result<Self> {
        let programs = Programs::find()?;
        let folder = programs.make_folder()?;
        let cluster = folder.join("cluster");
        let made = programs
            .command("initdb", None)
            .args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&cluster)
            .output()
            .context("start initdb")?;
        ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let port = free_port()?;
        let settings = [
            format!("port={port}"),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "max_connections=500".to_owned(),
            "shared_buffers=32MB".to_owned(),
            "fsync=off".to_owned(),
            "synchronous_commit=off".to_owned(),
            "full_page_writes=off".to_owned(),
        ];
        let mut command = programs.command("postgres", Some(&folder));
        command.arg("-D").arg(&cluster);
        command.args(settings.iter().flat_map(|setting| ["-c", setting]));
        let guard = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("start postgres")?;
        let mut server = Self { guard, programs, port, databases: AtomicU32::new(0) };
        server.wait_until_ready(&folder).await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self, folder: &Path) -> Result<()> {
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            let ready = self.programs.command("pg_isready", None).args(self.address()).output()?;
            if ready.status.success() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!(
                    "postgres did not become ready; its log ends with:\n{}",
                    log_tail(&folder.join("server.log"))
                );
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn address(&self) -> [String; 6] {
        [
            "-h".into(),
            Ipv4Addr::LOCALHOST.to_string(),
            "-p".into(),
            self.port.to_string(),
            "-U".into(),
            "postgres".into(),
        ]
    }

    /// Makes an empty database and returns its URL.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_database(&self) -> Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut command = self.programs.command("createdb", None);
        command.args(self.address()).arg("--template=template0").arg(&name);
        let made = tokio::task::spawn_blocking(move || command.output()).await?.context("start createdb")?;
        ensure!(made.status.success(), "createdb failed: {}", String::from_utf8_lossy(&made.stderr));
        Ok(format!("postgres://postgres@{}:{}/{name}", Ipv4Addr::LOCALHOST, self.port))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let deadline = Instant::now() + STOP_DEADLINE;
        while matches!(self.guard.try_wait(), Ok(None)) {
            if Instant::now() >= deadline {
                self.guard.kill().ok();
                break;
            }
            std::thread::sleep(POLL);
        }
        drop(self.guard.wait());
    }
}

impl Programs {
    fn find() -> Result<Self> {
        let folder = installed().map_or_else(
            || {
                find_program("initdb", PACKAGES)
                    .map(|path| path.parent().map(Path::to_owned).unwrap_or_default())
            },
            Ok,
        )?;
        let user = if is_root() { Some(User::find()?) } else { None };
        Ok(Self { folder, user })
    }

    /// A folder the server's account owns; the guard removes it.
    fn make_folder(&self) -> Result<PathBuf> {
        let folder = tempfile::Builder::new().prefix("mailcase-postgres-").tempdir()?.keep();
        if let Some(User { uid, gid }) = self.user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).context("give the folder away")?;
        }
        Ok(folder)
    }

    /// A program of PostgreSQL under an account it accepts; with `guarded`, behind the guard of that folder.
    fn command(&self, name: &str, guarded: Option<&Path>) -> Command {
        let mut words: Vec<&OsStr> = Vec::new();
        if let Some(folder) = guarded {
            words.extend(["sh", "-c", GUARD, "guard"].map(OsStr::new));
            words.push(folder.as_os_str());
        }
        let (uid, gid);
        if let Some(user) = &self.user {
            uid = format!("--reuid={}", user.uid);
            gid = format!("--regid={}", user.gid);
            words.extend(["setpriv", &uid, &gid, "--clear-groups"].map(OsStr::new));
        }
        let program = self.folder.join(name);
        words.push(program.as_os_str());
        let mut command = Command::new(words.first().copied().unwrap_or_default());
        command.args(words.get(1..).unwrap_or_default()).current_dir("/").env_remove("PGDATA");
        command
    }
}

/// Where Debian keeps the newest installed version.
fn installed() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, folder)| folder)
}

impl User {
    /// `postgres` if there is one, else `nobody`.
    fn find() -> Result<Self> {
        let mut accounts = String::new();
        std::fs::File::open("/etc/passwd")?.read_to_string(&mut accounts)?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| {
                let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
                let mut fields = line.split(':').skip(2);
                Some(Self { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
            })
            .context("PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`")
    }
}
