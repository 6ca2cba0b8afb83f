//! `mailcase parse`: the evidence in one message, as JSON.

use crate::{Outcome, terminal};
use anyhow::Context as _;
use mailcase_evidence::{Means, examine_reader};
use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom};
use std::path::Path;

pub(crate) fn run(path: &Path) -> anyhow::Result<Outcome> {
    let mut file = if path == Path::new("-") {
        // The examination goes back and forth, which a pipe cannot.
        let mut file = tempfile::tempfile().context("a temporary file could not be made")?;
        io::copy(&mut io::stdin().lock(), &mut file).context("standard input could not be read")?;
        file.seek(SeekFrom::Start(0))?;
        file
    } else {
        File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?
    };
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let evidence = examine_reader(BufReader::new(file), size, &Means::default())
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let mut text = serde_json::to_string_pretty(&evidence)?;
    text.push('\n');
    terminal::print(&text)?;
    Ok(Outcome::Done)
}
