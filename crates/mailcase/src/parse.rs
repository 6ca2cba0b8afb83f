//! `mailcase parse`: the evidence in messages, as JSON, as a summary, or as files.

mod extraction;
mod fragments;
mod inputs;
mod keys;
mod origin;
mod report;
mod summary;

use crate::Outcome;
use crate::progress::Bar;
use crate::terminal::{line, print};
use anyhow::Context as _;
use clap::{Args, ValueHint};
use extraction::Folder;
use fragments::Pieces;
use inputs::Input;
use mailcase_evidence::{Evidence, Means, Scope, examine_reader, extract_all};
use serde_json::json;
use std::io::{Cursor, Read, Seek};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Files examined side by side before their evidence is printed, in the order they were given.
const BATCH: usize = 64;
/// Largest container opened. A person who asks for one message has more memory for it than a server for each of many.
const CONTAINER_BYTES: usize = 1 << 30;
/// Bytes taken out of the containers of one message.
const EXPANDED_BYTES: u64 = 2 << 30;

#[derive(Debug, Args)]
pub(crate) struct ParseArgs {
    /// Message files, mbox files, folders of them, patterns such as 'mail/*.eml', or - for standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    files: Vec<PathBuf>,
    /// Print a summary for people instead of JSON
    #[arg(long)]
    summary: bool,
    /// Only take apart: parts with their hashes, headers and bodies, but no indicators, verdicts and reports. Faster
    #[arg(long)]
    tree: bool,
    /// Write every part into this folder, under a safe name; one folder per message when there are several
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    extract: Option<PathBuf>,
    /// Password to try on locked archives and documents; may be given several times
    #[arg(long = "password", value_name = "PASSWORD")]
    passwords: Vec<String>,
    /// Private key that opens encrypted mail: PKCS#12 or OpenPGP; may be given several times. Its password is taken from
    /// MAILCASE_KEY_PASSWORD, else asked for
    #[arg(long = "key", value_name = "FILE", value_hint = ValueHint::FilePath)]
    keys: Vec<PathBuf>,
    /// Charset to read a part in, against what it declares, such as /1=koi8-r; may be given several times
    #[arg(long = "charset", value_name = "PART=NAME", value_parser = charset)]
    charsets: Vec<(String, String)>,
}

fn charset(text: &str) -> Result<(String, String), String> {
    let (path, name) = text.split_once('=').ok_or("write it as PART=NAME, such as /1=koi8-r")?;
    if !path.starts_with('/') {
        return Err(format!("{path} is no part: parts are named /, /1, /2/1, as in the evidence"));
    }
    if !mailcase_evidence::is_charset(name) {
        return Err(format!("{name} is no charset that is known here"));
    }
    Ok((path.to_owned(), name.to_owned()))
}

pub(crate) fn run(args: &ParseArgs) -> anyhow::Result<Outcome> {
    let inputs = inputs::find(&args.files)?;
    let several = inputs.len() > 1;
    let mut means = Means { passwords: args.passwords.clone(), ..Means::default() };
    means.limits.container_bytes = CONTAINER_BYTES;
    means.limits.expanded_bytes = EXPANDED_BYTES;
    means.scope = if args.tree { Scope::Tree } else { Scope::Everything };
    means.keys = keys::read(&args.keys)?;
    means.charsets = args.charsets.iter().cloned().collect();
    let mut folder = args.extract.as_deref().map(Folder::new).transpose()?;
    let bar = Bar::new("Reading");
    let mut total = Total::default();
    let mut pieces = Pieces::default();
    for batch in inputs.chunks(BATCH) {
        let places =
            batch.iter().map(|input| folder.as_mut().map(|folder| folder.place(input, several))).collect();
        for (input, found) in batch.iter().zip(examine_all(batch, places, &means)) {
            total.count(&found);
            bar.count(total.messages as u64, inputs.len() as u64);
            match found {
                Ok(evidence) => {
                    pieces.note(input, &evidence);
                    bar.around(|| show(args, &input.name, several, &evidence))?;
                }
                Err(error) if several => bar.around(|| complain(&error)),
                Err(error) => return Err(error),
            }
        }
    }
    bar.finish();
    total.unread = total.unread.saturating_sub(pieces.used());
    for whole in pieces.wholes() {
        let whole = whole?;
        let to = folder.as_mut().map(|folder| folder.place_for("put together", several));
        let size = whole.raw.len() as u64;
        let evidence = examine(Cursor::new(&whole.raw), size, &whole.name, to.as_deref(), &means)?;
        total.unread += usize::from(!evidence.unread().is_empty());
        show(args, &whole.name, several, &evidence)?;
    }
    total.outcome()
}

/// What all messages come to.
#[derive(Debug, Default)]
struct Total {
    messages: usize,
    failed: usize,
    unread: usize,
}

impl Total {
    fn count(&mut self, found: &anyhow::Result<Evidence>) {
        self.messages += 1;
        match found {
            Ok(evidence) => self.unread += usize::from(!evidence.unread().is_empty()),
            Err(_) => self.failed += 1,
        }
    }

    fn outcome(&self) -> anyhow::Result<Outcome> {
        anyhow::ensure!(self.failed == 0, "{} of {} files could not be read", self.failed, self.messages);
        Ok(if self.unread > 0 { Outcome::NeedsAttention } else { Outcome::Done })
    }
}

#[expect(clippy::print_stderr, reason = "one file of many; the others go on")]
fn complain(error: &anyhow::Error) {
    eprintln!("mailcase: {error:#}");
}

fn show(args: &ParseArgs, name: &str, several: bool, evidence: &Evidence) -> anyhow::Result<()> {
    if args.summary {
        print(&summary::of(name, evidence))?;
    } else if several {
        line(serde_json::to_string(&json!({ "file": name, "evidence": evidence }))?)?;
    } else {
        line(serde_json::to_string_pretty(evidence)?)?;
    }
    Ok(())
}

/// The evidence of each input, on as many threads as there are processors.
fn examine_all(
    inputs: &[Input],
    places: Vec<Option<PathBuf>>,
    means: &Means,
) -> Vec<anyhow::Result<Evidence>> {
    let next = AtomicUsize::new(0);
    let work: Vec<(&Input, Option<PathBuf>)> = inputs.iter().zip(places).collect();
    let found: Vec<Mutex<Option<anyhow::Result<Evidence>>>> = work.iter().map(|_| Mutex::new(None)).collect();
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(work.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((place, (input, to))) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    found.get(index).zip(work.get(index))
                } {
                    let evidence = examine_input(input, to.as_deref(), means);
                    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(evidence);
                }
            });
        }
    });
    let lost = || Err(anyhow::anyhow!("the examination was lost"));
    found
        .into_iter()
        .map(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(lost))
        .collect()
}

fn examine_input(input: &Input, to: Option<&Path>, means: &Means) -> anyhow::Result<Evidence> {
    let (reader, size) = input.open().with_context(|| format!("{} cannot be opened", input.name))?;
    examine(reader, size, &input.name, to, means)
}

fn examine(
    reader: impl Read + Seek,
    size: u64,
    name: &str,
    to: Option<&Path>,
    means: &Means,
) -> anyhow::Result<Evidence> {
    let unreadable = || format!("{name} cannot be read");
    match to {
        None => examine_reader(reader, size, means).with_context(unreadable),
        Some(to) => {
            let mut parts = extraction::Parts::new(to)?;
            let evidence = extract_all(reader, &mut parts, means)
                .with_context(|| format!("the parts of {name} cannot be written to {}", to.display()))?;
            parts.name(&evidence)?;
            Ok(evidence)
        }
    }
}
