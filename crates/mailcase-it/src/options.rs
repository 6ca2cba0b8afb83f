//! The command line of the measuring programs.

use anyhow::{Context, Result};
use std::collections::BTreeMap;

/// `--name value` pairs.
///
/// # Errors
/// When something else was given.
pub fn options() -> Result<BTreeMap<String, String>> {
    let mut options = BTreeMap::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let name = name.strip_prefix("--").with_context(|| format!("`{name}` is no option"))?.to_owned();
        let value = arguments.next().with_context(|| format!("--{name} has no value"))?;
        options.insert(name, value);
    }
    Ok(options)
}
