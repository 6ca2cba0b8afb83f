//! What names people may give.

use mailcase_core::connector::FieldError;

/// Longest name of anything, in characters: one line.
const NAME_CHARS_MAX: usize = 100;
/// Longest user name, in characters.
const USERNAME_CHARS_MAX: usize = 64;

/// What is wrong with a name that is shown.
pub(crate) fn mistake(field: &str, name: &str) -> Option<FieldError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Some(FieldError::new(
            field,
            format!("give a name of 1 to {NAME_CHARS_MAX} characters, on one line"),
        ));
    }
    None
}

/// What is wrong with a name to sign in with.
pub(crate) fn username_mistake(name: &str) -> Option<FieldError> {
    let name = name.trim();
    let fits = (1..=USERNAME_CHARS_MAX).contains(&name.chars().count())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+'));
    (!fits).then(|| {
        let message = format!("use 1 to {USERNAME_CHARS_MAX} letters, digits and . - _ @ +");
        FieldError::new("username", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line_and_user_names_have_no_spaces() {
        for (name, fits) in [("Ada Lovelace", true), ("", false), ("  ", false), ("a\nb", false)] {
            assert_eq!(mistake("name", name).is_none(), fits, "{name:?}");
        }
        assert!(mistake("name", &"x".repeat(101)).is_some());
        for (name, fits) in
            [("ada", true), ("ada@example.org", true), ("jürgen", true), ("a b", false), ("", false)]
        {
            assert_eq!(username_mistake(name).is_none(), fits, "{name:?}");
        }
    }
}
