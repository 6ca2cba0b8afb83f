//! What commands print and ask: on standard output, apart from the logs on standard error.

use secrecy::SecretString;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

/// Longest line read as a secret: passwords are shorter, and a wrong file may be anything.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// Prints text as it is. A reader that went away (`| head`) is an error that ends the command quietly.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints one line.
pub(crate) fn line(text: impl AsRef<str>) -> io::Result<()> {
    print(&format!("{}\n", text.as_ref()))
}

/// Whether somebody watches the logs and progress.
pub(crate) fn watched() -> bool {
    io::stderr().is_terminal()
}

/// A secret: typed unseen on the terminal, or the first line of standard input when that is none.
pub(crate) fn secret(prompt: &str) -> io::Result<SecretString> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(prompt).map(SecretString::from);
    }
    let mut line = String::new();
    io::stdin().lock().take(SECRET_BYTES_MAX).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).into())
}

/// The secret once more, where it was typed unseen.
pub(crate) fn secret_again(prompt: &str) -> io::Result<Option<SecretString>> {
    if io::stdin().is_terminal() { secret(prompt).map(Some) } else { Ok(None) }
}

/// A table of left-aligned columns, two spaces apart.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Text of others on one line, without what a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let rows = [vec!["a".to_owned(), "bcd".to_owned()], vec!["efg".to_owned(), String::new()]];
        assert_eq!(table(&rows), "a    bcd\nefg\n");
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn a_terminal_is_told_nothing_by_mail() {
        assert_eq!(plain("a\u{1b}[31mb\nc"), "a [31mb c");
    }
}
