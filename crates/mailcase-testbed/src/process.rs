//! Child processes that cannot outlive their owner, and the ports they listen on.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a server may take until it accepts connections: generous, because the machine may be busy compiling.
pub const START_DEADLINE: Duration = Duration::from_secs(90);
/// How long a server may take to stop by itself before it is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(5);
/// How often a condition is looked at while waiting.
pub const POLL: Duration = Duration::from_millis(10);

/// A child process leading its own process group; the whole group ends when this is dropped.
#[derive(Debug)]
pub struct OwnedProcess {
    name: String,
    child: Child,
    stopped: bool,
}

impl OwnedProcess {
    /// Starts `command` as the leader of a new process group. `name` is for messages.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn(name: &str, command: &mut Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {name} ({})", command.get_program().to_string_lossy()))?;
        Ok(Self { name: name.to_owned(), child, stopped: false })
    }

    /// What it prints, when it was started with a pipe; once.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("look after {}", self.name))
    }

    /// Asks the group to end and waits for it; kills it when it does not.
    pub fn stop(&mut self) {
        self.end(Signal::TERM);
    }

    /// Kills the group at once, as a power cut would.
    pub fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    fn end(&mut self, signal: Signal) {
        if self.stopped {
            return;
        }
        self.stopped = true;
        let group = Pid::from_child(&self.child);
        // An error means that nobody of the group is left.
        kill_process_group(group, signal).ok();
        let deadline = Instant::now() + STOP_DEADLINE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        kill_process_group(group, Signal::KILL).ok();
        drop(self.child.wait());
    }
}

impl Drop for OwnedProcess {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until `address` accepts a connection; fails early when the process ends before.
///
/// # Errors
/// When the process ends or the deadline passes.
pub async fn wait_for_port(
    process: &mut OwnedProcess,
    address: impl Into<SocketAddr>,
    deadline: Duration,
) -> Result<()> {
    let address = address.into();
    let end = Instant::now() + deadline;
    loop {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        if let Some(status) = process.ended()? {
            bail!("{} ended ({status}) before it listened on {address}", process.name);
        }
        if Instant::now() >= end {
            bail!("{} did not listen on {address} within {} s", process.name, deadline.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Ports are taken from below the range the kernel uses for outgoing connections, so that no connection
/// of a neighbouring test can sit on a port between its choice and its use.
const PORT_FIRST: u32 = 12_000;
const PORT_COUNT: u32 = 20_000;

/// A port of the loopback that nobody listens on now, different on each call.
///
/// # Errors
/// When no port is free.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Processes start at different places: tests of several crates run side by side.
    let start = std::process::id().wrapping_mul(2_654_435_761) % PORT_COUNT;
    for _ in 0..PORT_COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(PORT_FIRST + (start + step) % PORT_COUNT).context("port out of range")?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port of 127.0.0.1 is free")
}

/// Finds a program on the PATH or where Debian keeps servers.
///
/// # Errors
/// When it is not installed; `packages` says what to install.
pub fn find_program(name: &str, packages: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
        .with_context(|| format!("`{name}` is not installed; on Debian: apt-get install {packages}"))
}

/// Whether this process runs as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The last lines of a log, for error messages.
#[must_use]
pub fn log_tail(path: &Path) -> String {
    const LINES: usize = 20;
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}
