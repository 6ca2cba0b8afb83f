//! Who asks: bearer tokens from a fixed list, or signed by an OpenID provider.

use anyhow::{Context as _, Result, ensure};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// Who a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user who signed in; absent for an application.
    pub user: Option<String>,
    /// What it may do: `Mail.ReadWrite`, `Mail.Send`, …
    pub permissions: Vec<String>,
}

impl Caller {
    /// An application that may do everything to every mailbox.
    #[must_use]
    pub fn application() -> Self {
        Self::allowed(None, &["Mail.ReadWrite", "Mail.Send", "User.Read.All"])
    }

    /// A user who granted what a mail program needs, for mailboxes shared with them too.
    #[must_use]
    pub fn user(address: &str) -> Self {
        let permissions =
            ["Mail.ReadWrite", "Mail.ReadWrite.Shared", "Mail.Send", "Mail.Send.Shared", "User.Read"];
        Self::allowed(Some(address), &permissions)
    }

    #[must_use]
    pub fn allowed(user: Option<&str>, permissions: &[&str]) -> Self {
        Self {
            user: user.map(str::to_owned),
            permissions: permissions.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Which tokens the server takes.
#[derive(Debug, Clone)]
pub enum Tokens {
    /// These texts, each with whom it speaks for.
    Fixed(Vec<(String, Caller)>),
    /// JSON Web Tokens of this issuer for this audience, signed (RS256) with one of its keys (RFC 7517).
    Signed { issuer: String, audience: String, keys: Value },
}

/// Why a token is not taken, in the server's words.
pub(crate) type Untaken = &'static str;

impl Tokens {
    /// Reads the `Authorization` header.
    pub(crate) fn caller(&self, header: &str) -> Result<Caller, Untaken> {
        let Some(token) = header.strip_prefix("Bearer ").map(str::trim).filter(|token| !token.is_empty())
        else {
            return Err("Access token is empty.");
        };
        match self {
            Self::Fixed(known) => known
                .iter()
                .find(|(text, _)| text == token)
                .map(|(_, caller)| caller.clone())
                .ok_or("Lifetime validation failed, the token is expired."),
            Self::Signed { issuer, audience, keys } => {
                let claims = signed_claims(token, keys).map_err(|_| "Signature is invalid.")?;
                read_claims(&claims, issuer, audience)
            }
        }
    }
}

fn signed_claims(token: &str, keys: &Value) -> Result<Value> {
    let (signed, signature) = token.rsplit_once('.').context("a token has three parts")?;
    let (header, claims) = signed.split_once('.').context("a token has three parts")?;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header)?)?;
    ensure!(header.get("alg").and_then(Value::as_str) == Some("RS256"), "another algorithm");
    let keys = keys.get("keys").and_then(Value::as_array).context("a set of keys")?;
    let kid = header.get("kid").and_then(Value::as_str);
    let key = keys
        .iter()
        .find(|key| kid.is_none() || key.get("kid").and_then(Value::as_str) == kid)
        .context("the key of the token")?;
    let part = |name: &str| -> Result<Vec<u8>> {
        let text = key.get(name).and_then(Value::as_str).context("a part of the key")?;
        Ok(URL_SAFE_NO_PAD.decode(text)?)
    };
    let key = RsaPublicKeyComponents { n: part("n")?, e: part("e")? };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature)?)
        .map_err(|_| anyhow::anyhow!("the signature does not fit"))?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?)
}

fn read_claims(claims: &Value, issuer: &str, audience: &str) -> Result<Caller, Untaken> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(issuer) {
        return Err("Issuer validation failed.");
    }
    if text("aud") != Some(audience) {
        return Err("Access token validation failure. Invalid audience.");
    }
    let now = jiff::Timestamp::now().as_second();
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|end| end <= now) {
        return Err("Lifetime validation failed, the token is expired.");
    }
    let roles = claims.get("roles").and_then(Value::as_array).into_iter().flatten();
    let roles = roles.filter_map(Value::as_str).map(str::to_owned);
    // A scope may be written with the resource before it.
    let scopes = text("scp").unwrap_or_default().split_whitespace();
    let scopes = scopes.map(|scope| scope.rsplit('/').next().unwrap_or(scope).to_owned());
    let user = text("upn").or(text("preferred_username")).map(str::to_owned);
    Ok(Caller { user, permissions: roles.chain(scopes).collect() })
}
