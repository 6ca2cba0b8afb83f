//! STIX patterns: what a detection looks for.

use super::observable::hash;
use mailcase_indicators::Kind;

/// The pattern that finds a value; nothing when the standard has no words for it.
pub(super) fn of(kind: Kind, value: &str) -> Option<String> {
    if value.is_empty() || value.chars().any(char::is_control) {
        return None;
    }
    let path = match kind {
        Kind::Ipv4 => "ipv4-addr:value",
        Kind::Ipv6 => "ipv6-addr:value",
        Kind::Url => "url:value",
        Kind::Domain => "domain-name:value",
        Kind::Email => "email-addr:value",
        Kind::FileName => "file:name",
        Kind::RegistryPath => "windows-registry-key:key",
        Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Sha512 => {
            let (name, digits) = hash(kind)?;
            let fits = value.len() == digits && value.bytes().all(|byte| byte.is_ascii_hexdigit());
            return fits.then(|| format!("[file:hashes.'{name}' = '{value}']"));
        }
        Kind::Cve | Kind::CryptoAddress | Kind::Phone | Kind::DateTime | Kind::PaymentCard => return None,
    };
    let value = value.replace('\\', "\\\\").replace('\'', "\\'");
    Some(format!("[{path} = '{value}']"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_quotes() {
        for (kind, value, want) in [
            (Kind::Domain, "evil.example", Some("[domain-name:value = 'evil.example']")),
            (Kind::FileName, "a'] OR [b\\", Some("[file:name = 'a\\'] OR [b\\\\']")),
            (Kind::RegistryPath, "HKEY_USERS\\x", Some("[windows-registry-key:key = 'HKEY_USERS\\\\x']")),
            (
                Kind::Md5,
                "d41d8cd98f00b204e9800998ecf8427e",
                Some("[file:hashes.'MD5' = 'd41d8cd98f00b204e9800998ecf8427e']"),
            ),
            (Kind::Md5, "short", None),
            (Kind::Url, "https://evil.example/\n", None),
            (Kind::Phone, "+493012345", None),
        ] {
            assert_eq!(of(kind, value).as_deref(), want, "{value}");
        }
    }
}
