//! Finds the observables of texts: one JSON object `{"text": "…"}` or `{"element", "attribute", "value"}` per line of the
//! input, one JSON array of findings per line of the output. With `--time` only how fast that went.
//!
//! `cargo run --release -p mailcase-indicators --example scan -- [--time] < TEXTS.jsonl`

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};
use std::time::{Duration, Instant};

use mailcase_indicators::{Findings, Limits, Link, scan_link, scan_text};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let time = std::env::args().any(|argument| argument == "--time");
    let mut out = io::stdout().lock();
    let (mut bytes, mut count, mut spent) = (0, 0, Duration::ZERO);
    for line in io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let field = |name: &str| line.get(name).and_then(Value::as_str);
        let mut findings = Findings::new(Limits::default());
        let begun = Instant::now();
        if let Some(text) = field("text").filter(|_| field("value").is_none()) {
            bytes += text.len();
            scan_text(text, &mut findings);
        } else {
            let word = |name: &str| field(name).unwrap_or_default();
            bytes += word("value").len();
            let link = Link {
                element: word("element"),
                attribute: word("attribute"),
                value: word("value"),
                text: field("text"),
                base: field("base"),
            };
            scan_link(&link, &mut findings);
        }
        spent += begun.elapsed();
        count += findings.as_slice().len();
        if !time {
            writeln!(out, "{}", serde_json::to_string(findings.as_slice())?)?;
        }
    }
    if time {
        let seconds = spent.as_secs_f64().max(f64::EPSILON);
        #[expect(clippy::cast_precision_loss, reason = "a rounded rate is what is wanted")]
        let rate = bytes as f64 / 1e6 / seconds;
        println!("{bytes} bytes, {count} findings: {seconds:.3} s, {rate:.1} MB/s");
    }
    Ok(())
}
