//! Real messages and what other programs found in them. Reads the folder named by `MAILCASE_CORPUS`, by default
//! `shared/corpus` beside the workspace; says so when it is not there.

mod every;
mod msgreader;
mod tnef_lists;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) fn corpus(source: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("MAILCASE_CORPUS").map_or(default, PathBuf::from).join(source);
    let there = folder.is_dir();
    if !there {
        println!("SKIPPED: there is no corpus at {}", folder.display());
    }
    there.then_some(folder)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|known| known == extension))
        .collect();
    found.sort();
    found
}

/// How many outcomes are as expected.
#[derive(Debug, Default)]
struct Tally {
    matched: usize,
    /// By reason.
    justified: BTreeMap<&'static str, usize>,
    differing: Vec<String>,
}

impl Tally {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, expected: &T) {
        if found == expected {
            self.matched += 1;
        } else {
            self.differing.push(format!("{what}: {found:.200?} instead of {expected:.200?}"));
        }
    }

    fn justify(&mut self, reason: &'static str) {
        *self.justified.entry(reason).or_default() += 1;
    }

    fn report(&self, source: &str) {
        let justified: usize = self.justified.values().sum();
        println!(
            "{source}: {} matched, {} differing, {justified} justified",
            self.matched,
            self.differing.len()
        );
        for (reason, count) in &self.justified {
            println!("  {count} times: {reason}");
        }
        assert!(self.matched > 0);
        assert!(self.differing.is_empty(), "{}", self.differing.join("\n"));
    }
}
