//! What the command line understands. The reference page, the completions and the man page are made from it.

use crate::config::Flags;
use crate::parse::ParseArgs;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Exit codes:
  0  it worked
  1  it failed
  2  the command line or the configuration is wrong; nothing was done
  3  it worked, and something was found that needs attention (doctor, connector test,
     connector run, account, import, reexamine), or could not be read: locked, damaged, beyond a
     limit (parse)";

/// Turns mailboxes into security cases.
#[derive(Debug, Parser)]
#[command(name = "mailcase", version, after_help = AFTER_HELP, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Configuration file [default: mailcase.toml here, else /etc/mailcase/mailcase.toml]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// Data folder
    #[arg(long, global = true, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
    /// error, warn, info, debug, trace, or directives such as info,mailcase_imap=debug
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
    /// text or json
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Web {
    /// Address and port of the web interface and the API
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// How browsers reach Mailcase, such as https://mailcase.example.org
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    public_url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run Mailcase: watch the mailboxes, make cases, serve the web interface
    Serve {
        #[command(flatten)]
        web: Web,
        /// Folder of YAML files that declare connectors
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        connectors_dir: Option<PathBuf>,
    },
    /// Run with sample mail that keeps arriving, in a temporary folder, to see what it is like
    Demo {
        #[command(flatten)]
        web: Web,
        /// Leave out the mail server even when Dovecot is installed
        #[arg(long)]
        no_mail_server: bool,
    },
    /// Import Maildirs, mbox files, folders of .eml or .msg files, and single messages
    Import {
        #[arg(required = true, value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
    },
    /// Print the evidence found in messages as JSON: of one message as an object, of several as one line each; needs no
    /// configuration
    Parse(ParseArgs),
    /// List, test or run connectors
    Connector {
        #[command(subcommand)]
        command: ConnectorCommand,
    },
    /// List users, or give one a new password
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Change the master key
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Compare what the servers hold in the watched folders with what is stored
    Account {
        /// API name of a connector; all when left out
        connector: Option<String>,
    },
    /// Examine stored messages again, after a new version reads more; cases stay as they are
    Reexamine {
        /// Also those this version has examined already
        #[arg(long)]
        all: bool,
        /// Those that are encrypted to a key that was not there
        #[arg(long, conflicts_with = "all")]
        needs_key: bool,
    },
    /// Check the configuration, the data folder, the database, the stored messages and every connector
    Doctor {
        /// Verify every stored message instead of a sample
        #[arg(long)]
        full: bool,
    },
    /// Print the OpenAPI document of the HTTP API
    Openapi,
    /// Print the completions of a shell
    Completions { shell: clap_complete::Shell },
    /// Print the man page, or write one per command
    Man {
        /// Write the pages of all commands into this folder
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
    /// Print a page of the reference, as it stands in docs/
    #[command(hide = true)]
    Reference { page: ReferencePage },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorCommand {
    /// List the connectors with their state
    List,
    /// Go through every step from name resolution to the newest message and report each
    Test {
        /// API name of the connector
        name: String,
    },
    /// Look for mail once, now, and take what is there; also when the connector is paused
    Run {
        /// API name of the connector
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// List the users with their roles
    List,
    /// Set a new password, read from the terminal or from standard input; ends the user's sessions and API tokens
    ResetPassword {
        /// User name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a new master key, seal every secret under it and forget the old one; `mailcase serve` must not be running.
    /// May be interrupted at any point: run it again to finish
    Rotate,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ReferencePage {
    Configuration,
    Cli,
}

impl Cli {
    /// What of the command line belongs to the configuration.
    pub(crate) fn flags(&self) -> Flags {
        let (web, connectors_dir) = match &self.command {
            Command::Serve { web, connectors_dir } => (web.clone(), connectors_dir.clone()),
            Command::Demo { web, .. } => (web.clone(), None),
            _ => (Web::default(), None),
        };
        Flags {
            config: self.global.config.clone(),
            data: self.global.data.clone(),
            listen: web.listen,
            public_url: web.public_url,
            connectors_dir,
            log_level: self.global.log_level.clone(),
            log_format: self.global.log_format.clone(),
        }
    }
}
