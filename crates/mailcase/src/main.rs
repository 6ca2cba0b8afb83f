//! The program: configuration, wiring, signals, subcommands.

mod account;
mod cli;
mod config;
mod connector;
mod declared;
mod demo;
mod doctor;
mod import;
mod key;
mod logging;
mod master_key;
mod measure;
mod parse;
mod progress;
mod reexamine;
mod reference;
mod samples;
mod serve;
mod sole_server;
mod state;
mod terminal;
mod user;
mod wire;

use clap::{CommandFactory as _, Parser as _};
use cli::{Cli, Command, ConnectorCommand, KeyCommand, UserCommand};
use config::{Config, ConfigError};
use declared::DeclaredError;
use mailcase_store::ReexaminationScope;
use std::process::ExitCode;
use std::time::Duration;

/// What a command came to, apart from failing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// It worked, and what it found needs attention.
    NeedsAttention,
}

/// The command line or the configuration is wrong; the same number clap uses.
const EXIT_WRONG: u8 = 2;
/// The command worked, and what it found needs attention.
const EXIT_NEEDS_ATTENTION: u8 = 3;
/// How long the end waits for file system calls that were left behind, such as a blob being written.
const BLOCKED_THREADS_PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NeedsAttention) => ExitCode::from(EXIT_NEEDS_ATTENTION),
        Err(error) => {
            if error.chain().any(is_broken_pipe) {
                return ExitCode::SUCCESS;
            }
            complain(&format!("{error:#}"));
            let wrong = error.is::<ConfigError>() || error.is::<DeclaredError>();
            if wrong { ExitCode::from(EXIT_WRONG) } else { ExitCode::FAILURE }
        }
    }
}

#[expect(clippy::print_stderr, reason = "the last word of the program, also when logging never started")]
fn complain(text: &str) {
    eprintln!("mailcase: {text}");
}

/// Whoever read our output went away (`| head`): nothing is wrong.
fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn run(cli: Cli) -> anyhow::Result<Outcome> {
    match &cli.command {
        Command::Parse(args) => return parse::run(args),
        Command::Openapi => return print(&mailcase_api::openapi_json()),
        Command::Reference { page } => return print(&reference::page(*page)),
        Command::Completions { shell } => return completions(*shell),
        Command::Man { out } => return man(out.as_deref()),
        Command::Serve { .. }
        | Command::Demo { .. }
        | Command::Import { .. }
        | Command::Connector { .. }
        | Command::User { .. }
        | Command::Key { .. }
        | Command::Account { .. }
        | Command::Reexamine { .. }
        | Command::Doctor { .. } => {}
    }
    let flags = cli.flags();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Command::Demo { no_mail_server, .. } = cli.command {
        return runtime.block_on(Box::pin(demo::run(flags, no_mail_server)));
    }
    // Databases, mail and keys are for their owner's eyes only, wherever they are put.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let config = config::load(flags, environment())?;
    logging::start(&config.log)?;
    let outcome = runtime.block_on(Box::pin(work(cli.command, config)));
    // A thread held by a network mount that hangs does not end, and keeps nobody from leaving.
    runtime.shutdown_timeout(BLOCKED_THREADS_PATIENCE);
    outcome
}

async fn work(command: Command, config: Config) -> anyhow::Result<Outcome> {
    match command {
        Command::Serve { .. } => Box::pin(serve::run(config)).await,
        Command::Import { paths } => Box::pin(import::run(config, &paths)).await,
        Command::Connector { command: ConnectorCommand::List } => connector::list(config).await,
        Command::Connector { command: ConnectorCommand::Test { name } } => {
            connector::test(config, &name).await
        }
        Command::Connector { command: ConnectorCommand::Run { name } } => {
            Box::pin(connector::run(config, &name)).await
        }
        Command::User { command: UserCommand::List } => user::list(config).await,
        Command::User { command: UserCommand::ResetPassword { name } } => {
            user::reset_password(config, &name).await
        }
        Command::Key { command: KeyCommand::Rotate } => Box::pin(key::rotate(config)).await,
        Command::Account { connector } => account::run(config, connector.as_deref()).await,
        Command::Reexamine { all, needs_key } => {
            let scope = match (all, needs_key) {
                (true, _) => ReexaminationScope::All,
                (_, true) => ReexaminationScope::NeedsKey,
                _ => ReexaminationScope::Outdated,
            };
            reexamine::run(config, scope).await
        }
        Command::Doctor { full } => doctor::run(config, full).await,
        Command::Parse(_)
        | Command::Openapi
        | Command::Reference { .. }
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Demo { .. } => Ok(Outcome::Done),
    }
}

/// The environment, without variables that are no text.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
}

fn print(text: &str) -> anyhow::Result<Outcome> {
    terminal::print(text)?;
    Ok(Outcome::Done)
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mailcase", &mut script);
    print(&String::from_utf8(script)?)
}

fn man(out: Option<&std::path::Path>) -> anyhow::Result<Outcome> {
    if let Some(folder) = out {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(Cli::command(), folder)?;
        return Ok(Outcome::Done);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    print(&String::from_utf8(page)?)
}
