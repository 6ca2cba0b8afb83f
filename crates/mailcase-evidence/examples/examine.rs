//! Prints the evidence of message files as JSON, one line each, or with `--time` only how fast they were examined.
//!
//! `cargo run --release -p mailcase-evidence --example examine -- [--time] FILE-OR-FOLDER…`

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mailcase_evidence::{Limits, examine};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut files, mut time) = (Vec::new(), false);
    for argument in std::env::args_os().skip(1) {
        if argument == "--time" {
            time = true;
        } else {
            collect(Path::new(&argument), &mut files)?;
        }
    }
    let (mut bytes, mut spent, mut indicators) = (0, Duration::ZERO, 0);
    for file in &files {
        let raw = std::fs::read(file)?;
        let begun = Instant::now();
        let evidence = examine(&raw, &Limits::default());
        spent += begun.elapsed();
        bytes += raw.len();
        indicators += evidence.indicators.len();
        if !time {
            println!(
                "{}",
                serde_json::to_string(&serde_json::json!({ "file": file, "evidence": evidence }))?
            );
        }
    }
    if time {
        let seconds = spent.as_secs_f64().max(f64::EPSILON);
        #[expect(clippy::cast_precision_loss, reason = "a rounded rate is what is wanted")]
        let rate = bytes as f64 / 1e6 / seconds;
        println!(
            "{} messages, {bytes} bytes, {indicators} indicators: {seconds:.2} s, {rate:.0} MB/s",
            files.len()
        );
    }
    Ok(())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    entries.iter().try_for_each(|entry| collect(entry, files))
}
