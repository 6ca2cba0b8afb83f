//! Full text: the words of a message, made the same way for both databases, and queries over them.
//!
//! Words are folded here (compatibility forms, no marks, lower case), so that both engines find the same.

use crate::error::Result;
use crate::sql::{Tx, args, insert_rows};
use mailcase_evidence::Evidence;
use std::fmt::Write as _;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text of one message that can be searched, in bytes: PostgreSQL takes less than 1 MiB of distinct words.
const TEXT_MAX_BYTES: usize = 256 << 10;
/// Longer words are no words; FTS5 and tsvector keep long ones whole.
const WORD_MAX_BYTES: usize = 64;
/// Bytes of one query that are read.
const QUERY_MAX_BYTES: usize = 4096;
/// Words of one query that count.
const QUERY_WORDS_MAX: usize = 16;

/// The words of a folded text: runs of letters and digits.
fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && word.len() <= WORD_MAX_BYTES)
}

/// Lower case without marks, for comparing what people type with what is written.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default()
}

/// The distinct words of what people search for: subject, people, text, names of attachments. The same evidence must
/// give the same words in every version: [`reindex`] takes back what was indexed by making them again.
pub(crate) fn message_words<'a>(
    evidence: &'a Evidence,
    attachments: impl Iterator<Item = &'a str>,
) -> String {
    let envelope = &evidence.envelope;
    let people = [&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc]
        .into_iter()
        .flatten()
        .flat_map(|address| [address.name.as_deref(), address.address.as_deref()])
        .flatten();
    let text = evidence.text.as_ref().map(|body| body.content.as_str());
    let texts = envelope.subject.as_deref().into_iter().chain(people).chain(attachments).chain(text);
    let mut folded = String::new();
    let mut room = TEXT_MAX_BYTES;
    for text in texts {
        let text = cut(text, room);
        room = room.saturating_sub(text.len());
        folded.push_str(&fold(text));
        folded.push(' ');
    }
    let mut found = ahash::AHashSet::new();
    let mut joined = String::new();
    for word in words(&folded).filter(|word| found.insert(*word)) {
        // Compatibility forms may grow under folding; what is kept stays bounded.
        if joined.len().saturating_add(word.len()) >= TEXT_MAX_BYTES {
            break;
        }
        joined.push_str(word);
        joined.push(' ');
    }
    joined
}

/// What a person typed, as a query for the engine: every word must begin a word of the message. `None` when nothing
/// was typed that could be searched for.
pub(crate) fn match_query(typed: &str, postgres: bool) -> Option<String> {
    let mut query = String::new();
    for word in words(&fold(cut(typed, QUERY_MAX_BYTES))).take(QUERY_WORDS_MAX) {
        // A word has letters and digits only: nothing to escape. Writing to a String cannot fail.
        let written = match (query.is_empty(), postgres) {
            (true, false) => write!(query, "\"{word}\"*"),
            (false, false) => write!(query, " AND \"{word}\"*"),
            (true, true) => write!(query, "'{word}':*"),
            (false, true) => write!(query, " & '{word}':*"),
        };
        if written.is_err() {
            return None;
        }
    }
    (!query.is_empty()).then_some(query)
}

/// The condition that a message's `seq` matches the query bound as `$n`.
pub(crate) fn match_condition(column: &str, n: usize, postgres: bool) -> String {
    if postgres {
        format!("{column} IN (SELECT message_seq FROM message_words WHERE words @@ CAST(${n} AS tsquery))")
    } else {
        format!("{column} IN (SELECT rowid FROM message_words WHERE message_words MATCH ${n})")
    }
}

/// Folded words of a typed text, for titles.
pub(crate) fn typed_words(typed: &str) -> Vec<String> {
    words(&fold(cut(typed, QUERY_MAX_BYTES))).take(QUERY_WORDS_MAX).map(str::to_owned).collect()
}

/// Messages indexed by one statement of PostgreSQL: what it binds stays within a few megabytes.
const INDEXED_AT_ONCE: usize = 32;

/// Indexes the words of new messages, ordered by their `seq`.
///
/// FTS5 gathers words in memory and writes them out whenever a number is lower than the one before, and before every
/// statement that could fail half-way, such as one over several rows: on SQLite a message is a statement.
pub(crate) async fn index(tx: &mut Tx, messages: Vec<(i64, &str)>) -> Result<()> {
    if !tx.is_postgres() {
        for (seq, words) in messages {
            tx.execute("INSERT INTO message_words (rowid, words) VALUES (?, ?)", args![seq, words]).await?;
        }
        return Ok(());
    }
    let head = "INSERT INTO message_words (message_seq, words) \
                SELECT v.column1, array_to_tsvector(string_to_array(rtrim(v.column2), ' ')) FROM (";
    let tail = ") AS v ON CONFLICT (message_seq) DO NOTHING";
    for group in messages.chunks(INDEXED_AT_ONCE) {
        insert_rows(tx, head, tail, group.iter().map(|(seq, words)| args![*seq, *words]).collect()).await?;
    }
    Ok(())
}

/// Indexes other words for a message. FTS5 keeps no words it could forget by itself: it is told those it was given.
pub(crate) async fn reindex(tx: &mut Tx, seq: i64, old: &str, new: &str) -> Result<()> {
    if old == new {
        return Ok(());
    }
    if tx.is_postgres() {
        tx.execute("DELETE FROM message_words WHERE message_seq = $1", args![seq]).await?;
    } else {
        let sql = "INSERT INTO message_words (message_words, rowid, words) VALUES ('delete', ?, ?)";
        tx.execute(sql, args![seq, old]).await?;
    }
    index(tx, vec![(seq, new)]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_the_same_way_everywhere() {
        let all = |text: &str| words(&fold(text)).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(all("Überweisung: PAY-PAL ﬁne"), ["uberweisung", "pay", "pal", "fine"]);
        assert_eq!(all("e\u{301}t\u{e9} 東京 \u{0}x"), ["ete", "東京", "x"]);
        assert_eq!(all("' \" * ( ) : & | ! -- \\"), Vec::<String>::new());
        assert_eq!(all(&"x".repeat(100)), Vec::<String>::new());
    }

    #[test]
    fn queries_cannot_be_wrong() {
        assert_eq!(match_query("  ", false), None);
        assert_eq!(match_query("\"*'", true), None);
        assert_eq!(match_query("Rechnung NEAR(x", false).unwrap(), "\"rechnung\"* AND \"near\"* AND \"x\"*");
        assert_eq!(match_query("it's & co", true).unwrap(), "'it':* & 's':* & 'co':*");
    }

    #[test]
    fn a_huge_body_stays_bounded() {
        let mut evidence = Evidence::default();
        let content: String = (0..200_000).map(|n| format!("w{n} ")).collect();
        evidence.text = Some(mailcase_evidence::Body { path: "/".into(), content, truncated: false });
        let words = message_words(&evidence, std::iter::empty());
        assert!(words.len() <= TEXT_MAX_BYTES && words.len() > TEXT_MAX_BYTES / 2);
    }
}
