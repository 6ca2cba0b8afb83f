//! The signed token that binds a mail to a case, in its subject or a plus-address.
//!
//! Shape: `[MC-<number>-<mark>]` in a subject, `mc-<number>-<mark>` after the `+` of an address. The mark is
//! eight base-32 characters of HMAC-SHA-256 over organization and number: nobody outside can make one up for
//! a case they were never written about.

use crate::OrganizationId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Characters of the mark; 40 bits, checked online only, so guessing is hopeless.
const MARK_CHARS: usize = 8;

/// The key tokens are signed with. Never shown.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn mark(&self, organization: OrganizationId, case_number: i64) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return String::new(); // HMAC takes keys of every length
        };
        mac.update(b"mailcase case token v1");
        mac.update(organization.uuid().as_bytes());
        mac.update(&case_number.to_be_bytes());
        let mut mark = data_encoding::BASE32_NOPAD.encode(&mac.finalize().into_bytes());
        mark.truncate(MARK_CHARS);
        mark
    }

    /// The token as it stands in a subject: `[MC-42-ABCDEFGH]`.
    #[must_use]
    pub fn subject_token(&self, organization: OrganizationId, case_number: i64) -> String {
        format!("[MC-{case_number}-{}]", self.mark(organization, case_number))
    }

    /// The case number a text carries a genuine token for. `text` is a subject or an address.
    #[must_use]
    pub fn find(&self, organization: OrganizationId, text: &str) -> Option<i64> {
        let upper = text.to_ascii_uppercase();
        upper.match_indices("MC-").find_map(|(at, _)| {
            let rest = upper.get(at.checked_add(3)?..)?;
            let (digits, rest) = rest.split_once('-')?;
            if digits.is_empty() || digits.len() > 18 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let number: i64 = digits.parse().ok()?;
            let mark = rest.get(..MARK_CHARS)?;
            (mark == self.mark(organization, number)).then_some(number)
        })
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_where_people_leave_it_and_nowhere_else() {
        let key = TokenKey::new([7; 32]);
        let ours = OrganizationId::new();
        let token = key.subject_token(ours, 42);
        let bare = token.trim_matches(['[', ']']).to_owned();
        for text in [
            format!("Re: {token} Phishing"),
            format!("AW: WG: {}", token.to_lowercase()),
            format!("soc+{}@example.org", bare.to_lowercase()),
            format!("MC-1-AAAAAAAA then {token}"),
        ] {
            assert_eq!(key.find(ours, &text), Some(42), "{text}");
        }
        for text in [
            "Re: hello",
            "MC-",
            "MC-42",
            "MC-42-",
            "MC--AAAAAAAA",
            "MC-42-AAAAAAAA",
            "MC-99999999999999999999-AAAAAAAA",
            "ÄMC-42-ÄÄÄÄ",
        ] {
            assert_eq!(key.find(ours, text), None, "{text}");
        }
        assert_eq!(key.find(OrganizationId::new(), &token), None, "another organization's token");
        assert_eq!(TokenKey::new([8; 32]).find(ours, &token), None, "another key");
    }
}
