//! Takes every message of a folder apart on one core and says what it cost: our contestants of `make bench ARGS=parse`.
//!
//! `parse_speed mailcase FOLDER` examines as the server does, all hashes on; `parse_speed mailcase-tree FOLDER` stops when
//! it has the tree; `parse_speed mail-parser FOLDER` only parses, with the bare MIME crate. `parse_speed indicators FOLDER`
//! measures nothing: it prints each indicator behind the name of its file, for the check of the bench kit. Prints JSON: messages, bytes, seconds by the clock and of the processor, and what was found.

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mail_parser::{Message, MessageParser, PartType};
use mailcase_evidence::{Means, Scope, examine};
use rustix::time::{ClockId, clock_gettime};

/// What was found: shows that the work was done, and keeps the compiler from leaving it out.
#[derive(Default)]
struct Found {
    parts: usize,
    decoded_bytes: usize,
    indicators: usize,
}

type TakeApart = Box<dyn Fn(&[u8], &mut Found)>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [contestant, folder] = arguments.as_slice() else {
        return Err("usage: parse_speed mailcase|mailcase-tree|mail-parser|indicators FOLDER".into());
    };
    if contestant == "indicators" {
        return indicators(Path::new(folder));
    }
    let means = |scope| Means { scope, ..Means::default() };
    let take_apart: TakeApart = match contestant.as_str() {
        "mailcase" => Box::new(with_mailcase(means(Scope::Everything))),
        "mailcase-tree" => Box::new(with_mailcase(means(Scope::Tree))),
        "mail-parser" => Box::new(with_mail_parser),
        other => return Err(format!("there is no contestant {other}").into()),
    };
    let files = files_of(Path::new(folder))?;
    let (mut raw, mut bytes, mut found) = (Vec::new(), 0, Found::default());
    let (begun, worked) = (Instant::now(), processor());
    for file in &files {
        raw.clear();
        File::open(file)?.read_to_end(&mut raw)?;
        bytes += raw.len();
        take_apart(&raw, &mut found);
    }
    let report = serde_json::json!({
        "messages": files.len(),
        "bytes": bytes,
        "seconds": begun.elapsed().as_secs_f64(),
        "cpu_seconds": (processor() - worked).as_secs_f64(),
        "parts": found.parts,
        "decoded_bytes": found.decoded_bytes,
        "indicators": found.indicators,
    });
    println!("{report}");
    Ok(())
}

fn files_of(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    Ok(files)
}

fn indicators(folder: &Path) -> Result<(), Box<dyn Error>> {
    for file in files_of(folder)? {
        let evidence = examine(&std::fs::read(&file)?, &Means::default());
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        for one in evidence.indicators.iter().chain(&evidence.set_aside) {
            println!("{name}\t{}", one.value);
        }
    }
    Ok(())
}

/// Time this process had on a processor.
fn processor() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}

fn with_mailcase(means: Means) -> impl Fn(&[u8], &mut Found) {
    move |raw, found| {
        let evidence = examine(raw, &means);
        for part in evidence.root.walk() {
            found.parts += 1;
            // What is only listed has a size that nobody has seen.
            if part.children.is_empty() && part.hashes.is_some() {
                found.decoded_bytes += usize::try_from(part.size).unwrap_or_default();
            }
        }
        found.indicators += evidence.indicators.len();
    }
}

fn with_mail_parser(raw: &[u8], found: &mut Found) {
    if let Some(message) = MessageParser::default().parse(raw) {
        visit(&message, found);
    }
}

fn visit(message: &Message<'_>, found: &mut Found) {
    for part in &message.parts {
        found.parts += 1;
        match &part.body {
            PartType::Text(text) | PartType::Html(text) => found.decoded_bytes += text.len(),
            PartType::Binary(content) | PartType::InlineBinary(content) => {
                found.decoded_bytes += content.len()
            }
            PartType::Message(inner) => visit(inner, found),
            PartType::Multipart(_) => {}
        }
    }
}
