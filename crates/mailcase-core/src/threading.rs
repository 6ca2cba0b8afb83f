//! What a message says about the conversation it belongs to.

/// Normalises a Message-ID for comparison: without angle brackets and white space, the domain in lower case.
///
/// The left part is kept as it is: RFC 5322 leaves its case to the sender.
#[must_use]
pub fn normalize_message_id(id: &str) -> Option<String> {
    let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let id = id.trim_start_matches('<').trim_end_matches('>');
    if id.is_empty() {
        return None;
    }
    Some(match id.rsplit_once('@') {
        Some((left, domain)) => format!("{left}@{}", domain.to_lowercase()),
        None => id.to_owned(),
    })
}

/// How many references are looked up: longer chains are attacks or broken clients, and the newest count most.
pub const REFERENCES_MAX: usize = 50;

/// The Message-IDs a message answers, nearest first, without repetition: In-Reply-To, then References from the end.
#[must_use]
pub fn answered_ids(in_reply_to: &[String], references: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for id in in_reply_to.iter().chain(references.iter().rev()).filter_map(|id| normalize_message_id(id)) {
        if ids.len() == REFERENCES_MAX {
            break;
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_compare_without_brackets_and_with_a_lower_case_domain() {
        for (raw, normal) in [
            ("<A.b@Example.ORG>", Some("A.b@example.org")),
            (" A.b@example.org\r\n", Some("A.b@example.org")),
            ("<no-at>", Some("no-at")),
            ("<>", None),
            ("", None),
        ] {
            assert_eq!(normalize_message_id(raw).as_deref(), normal, "{raw:?}");
        }
    }

    #[test]
    fn the_nearest_ancestor_comes_first_and_long_chains_are_cut() {
        let list = |ids: &[&str]| ids.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            answered_ids(&list(&["<c@x>"]), &list(&["<a@x>", "<b@x>", "<c@x>"])),
            ["c@x", "b@x", "a@x"]
        );
        let long: Vec<String> = (0..1000).map(|n| format!("<{n}@x>")).collect();
        let ids = answered_ids(&[], &long);
        assert_eq!(ids.len(), REFERENCES_MAX);
        assert_eq!(ids.first().map(String::as_str), Some("999@x"));
    }
}
