//! Access tokens that Dovecot takes: literal ones, or those somebody signed.

use super::DovecotOptions;
use anyhow::Result;
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

pub(super) fn write_files(folder: &Path, options: &DovecotOptions) -> Result<()> {
    let tokens: String = options.tokens.iter().map(|(user, token)| format!("{user}:{token}\n")).collect();
    std::fs::write(folder.join("tokens"), tokens)?;
    let Some(issuer) = &options.token_issuer else { return Ok(()) };
    // Dovecot looks for keys by application, algorithm and id.
    let keys = folder.join("keys/default/RS256");
    std::fs::create_dir_all(&keys)?;
    std::fs::write(keys.join(&issuer.key_id), &issuer.key)?;
    let validation = format!(
        "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={}/keys/\n\
         username_attribute = {}\nissuers = {}\n",
        folder.display(),
        issuer.user_claim,
        issuer.issuer
    );
    std::fs::write(folder.join("oauth2.conf"), validation)?;
    Ok(())
}

/// Whom Dovecot asks about a token. `{root}` stands for the server's folder.
pub(super) fn password_database(options: &DovecotOptions) -> &'static str {
    if options.token_issuer.is_some() {
        return "passdb {\ndriver = oauth2\nmechanisms = xoauth2 oauthbearer\nargs = {root}/oauth2.conf\n}\n";
    }
    if options.tokens.is_empty() {
        return "";
    }
    // The literal token is the password: no authority is needed to test a bearer token.
    "passdb {\ndriver = passwd-file\nmechanisms = xoauth2 oauthbearer\n\
     args = scheme=PLAIN username_format=%u {root}/tokens\n}\n"
}
