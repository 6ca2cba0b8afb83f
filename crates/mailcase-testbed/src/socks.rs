//! A private SOCKS5 server: microsocks.

use crate::process::{OwnedProcess, START_DEADLINE, find_program, free_port, wait_for_port};
use anyhow::Result;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

/// Who may use the server when it asks.
pub const USER: &str = "socksuser";
pub const PASSWORD: &str = "socks secret:ä";
const PACKAGES: &str = "microsocks";
const START_TRIES: usize = 5;

/// A running SOCKS5 server. Dropped: stopped.
#[derive(Debug)]
pub struct Socks {
    _process: OwnedProcess,
    port: u16,
}

impl Socks {
    /// Starts a server on a port of its own and waits until it accepts connections; with `sign_in` it asks for [`USER`]
    /// and [`PASSWORD`].
    ///
    /// # Errors
    /// When microsocks is not installed or does not come up.
    pub async fn start(sign_in: bool) -> Result<Self> {
        let program = find_program("microsocks", PACKAGES)?;
        let mut attempt = 1;
        loop {
            let port = free_port()?;
            let mut command = Command::new(&program);
            command.args(["-i", "127.0.0.1", "-p", &port.to_string()]);
            if sign_in {
                command.args(["-u", USER, "-P", PASSWORD]);
            }
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = OwnedProcess::spawn("microsocks", &mut command)?;
            match wait_for_port(&mut process, (Ipv4Addr::LOCALHOST, port), START_DEADLINE).await {
                Ok(()) => return Ok(Self { _process: process, port }),
                Err(error) if attempt == START_TRIES => return Err(error),
                Err(_) => attempt += 1,
            }
        }
    }

    #[must_use]
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}
