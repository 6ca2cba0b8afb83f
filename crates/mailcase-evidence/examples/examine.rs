//! Prints the evidence of message files as JSON, one line each, or with `--time` only how fast they were examined.
//! With `--stream` large files are not read into memory.
//!
//! `cargo run --release -p mailcase-evidence --example examine -- [--time] [--stream] FILE-OR-FOLDER…`

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mailcase_evidence::{Means, examine, examine_reader};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut files, mut time, mut stream) = (Vec::new(), false, false);
    for argument in std::env::args_os().skip(1) {
        if argument == "--time" {
            time = true;
        } else if argument == "--stream" {
            stream = true;
        } else {
            collect(Path::new(&argument), &mut files)?;
        }
    }
    let (mut bytes, mut spent, mut indicators) = (0_u64, Duration::ZERO, 0);
    for file in &files {
        let size = std::fs::metadata(file)?.len();
        let raw = if stream { Vec::new() } else { std::fs::read(file)? };
        let begun = Instant::now();
        let evidence = if stream {
            examine_reader(File::open(file)?, size, &Means::default())?
        } else {
            examine(&raw, &Means::default())
        };
        spent += begun.elapsed();
        bytes += size;
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
