//! Access tokens that Dovecot takes: literal ones, about which it asks, or those somebody signed.

use super::DovecotOptions;
use super::settings::Version;
use anyhow::{Context, Result};
use std::path::Path;

/// Somebody who signs access tokens (JWT).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenIssuer {
    /// What stands in `iss`.
    pub issuer: String,
    /// What stands in the header's `kid`.
    pub key_id: String,
    /// The public RSA key, PEM.
    pub key: String,
    /// The claim that names the user.
    pub user_claim: String,
}

pub(super) fn are_taken(options: &DovecotOptions) -> bool {
    !options.tokens.is_empty() || options.token_issuer.is_some()
}

/// Writes the key of whoever signs tokens and, for 2.3, how tokens are proven.
pub(super) fn write_files(
    folder: &Path,
    version: Version,
    options: &DovecotOptions,
    introspection: Option<&str>,
) -> Result<()> {
    if let Some(issuer) = &options.token_issuer {
        // Dovecot looks for keys by application, algorithm and id.
        let keys = folder.join("keys/default/RS256");
        std::fs::create_dir_all(&keys)?;
        std::fs::write(keys.join(&issuer.key_id), &issuer.key)?;
    }
    if version == Version::V2_3
        && let Some(proof) = proof(version, options, introspection)
    {
        let root = folder.to_str().context("the temporary folder has a strange name")?;
        std::fs::write(folder.join("oauth2.conf"), proof.replace("{root}", root))?;
    }
    Ok(())
}

/// Whom Dovecot asks about a token. `{root}` stands for the server's folder.
pub(super) fn settings(version: Version, options: &DovecotOptions, introspection: Option<&str>) -> String {
    match (version, proof(version, options, introspection)) {
        (_, None) => String::new(),
        (Version::V2_3, Some(_)) => {
            "passdb {\ndriver = oauth2\nmechanisms = xoauth2 oauthbearer\nargs = {root}/oauth2.conf\n}\n"
                .to_owned()
        }
        (Version::V2_4, Some(proof)) => format!("oauth2 {{\n{proof}}}\n"),
    }
}

/// How a token is proven: by its issuer's signature, or by asking at `introspection`.
fn proof(version: Version, options: &DovecotOptions, introspection: Option<&str>) -> Option<String> {
    let Some(TokenIssuer { issuer, user_claim, .. }) = &options.token_issuer else {
        let url = introspection?;
        return Some(format!(
            "introspection_mode = get\nintrospection_url = {url}\nusername_attribute = username\n\
             active_attribute = active\nactive_value = true\n"
        ));
    };
    let keys = match version {
        Version::V2_3 => "local_validation_key_dict = fs:posix:prefix={root}/keys/\n",
        Version::V2_4 => "oauth2_local_validation {\ndict fs {\nfs posix {\nprefix = {root}/keys/\n}\n}\n}\n",
    };
    Some(format!("introspection_mode = local\nusername_attribute = {user_claim}\nissuers = {issuer}\n{keys}"))
}
