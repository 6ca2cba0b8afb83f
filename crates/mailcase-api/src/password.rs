//! Passwords: Argon2id, off the async threads, a bounded number at a time, and as slow for users that do not exist.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use mailcase_core::connector::FieldError;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Shortest password.
pub(crate) const PASSWORD_CHARS_MIN: usize = 12;
/// Longest password in bytes: hashing must not become a way to keep the server busy.
pub(crate) const PASSWORD_BYTES_MAX: usize = 512;
/// Hashes computed at the same time: each takes 19 MiB and a core for some 30 ms.
const AT_ONCE: usize = 2;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("hashing a password failed")]
    Hash(#[source] argon2::password_hash::Error),
    #[error("a stored password hash cannot be read")]
    Stored(#[source] argon2::password_hash::phc::Error),
    #[error("the task that hashes passwords failed")]
    Task(#[from] tokio::task::JoinError),
    #[error("the server is stopping")]
    Stopping(#[from] tokio::sync::AcquireError),
}

/// Makes and checks password hashes.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// Hash of nobody's password, checked when there is no user, so that both ways cost the same.
    nobody: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, PasswordError> {
        let nobody =
            hasher()?.hash_password(&rand::random::<[u8; 32]>()).map_err(PasswordError::Hash)?.to_string();
        Ok(Self { turns: Arc::new(Semaphore::new(AT_ONCE)), nobody: nobody.into() })
    }

    /// A hash to store (PHC string).
    pub(crate) async fn hash(&self, password: &SecretString) -> Result<String, PasswordError> {
        let password = password.clone();
        self.in_turn(move || {
            hasher()?
                .hash_password(password.expose_secret().as_bytes())
                .map(|hash| hash.to_string())
                .map_err(PasswordError::Hash)
        })
        .await
    }

    /// Whether `password` fits `stored`; without a stored hash it never does, after the same work.
    pub(crate) async fn fits(
        &self,
        password: &SecretString,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        let password = password.clone();
        let nobody = Arc::clone(&self.nobody);
        self.in_turn(move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| nobody.to_string());
            let hash = PasswordHash::new(&stored).map_err(PasswordError::Stored)?;
            let fits = hasher()?.verify_password(password.expose_secret().as_bytes(), &hash).is_ok();
            Ok(fits && known)
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await?;
        tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(turn);
            outcome
        })
        .await?
    }
}

/// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
fn hasher() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| PasswordError::Hash(error.into()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// What is wrong with a password somebody chose.
pub(crate) fn mistake(password: &SecretString) -> Option<FieldError> {
    let password = password.expose_secret();
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Some(FieldError::new("password", format!("choose at least {PASSWORD_CHARS_MIN} characters")));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Some(FieldError::new("password", format!("choose at most {PASSWORD_BYTES_MAX} bytes")));
    }
    None
}

/// A password that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordRefused {
    /// What to choose instead.
    #[error("{0}")]
    Unfit(String),
    #[error("the password could not be hashed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The hash to store of a password somebody chose, for tools that work without the web side.
///
/// # Errors
/// [`PasswordRefused::Unfit`] when it is too short or too long.
pub async fn hash_password(password: &SecretString) -> Result<String, PasswordRefused> {
    if let Some(mistake) = mistake(password) {
        return Err(PasswordRefused::Unfit(mistake.message));
    }
    let failed = |error: PasswordError| PasswordRefused::Failed(Box::new(error));
    Passwords::new().map_err(failed)?.hash(password).await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only_and_nobody_has_none() {
        let passwords = Passwords::new().unwrap();
        let right = SecretString::from("correct horse battery");
        let stored = passwords.hash(&right).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.fits(&right, Some(stored.clone())).await.unwrap());
        assert!(!passwords.fits(&SecretString::from("correct horse batterx"), Some(stored)).await.unwrap());
        assert!(!passwords.fits(&right, None).await.unwrap());
        assert!(passwords.fits(&right, Some("not a hash".into())).await.is_err());
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(mistake(&SecretString::from("elevenchars")).is_some());
        assert!(mistake(&SecretString::from("twelve chars")).is_none());
        assert!(mistake(&SecretString::from("ä".repeat(257))).is_some());
    }

    #[tokio::test]
    async fn tools_are_held_to_the_same_rules() {
        let refused = hash_password(&SecretString::from("short")).await.unwrap_err();
        assert_eq!(refused.to_string(), "choose at least 12 characters");
        let chosen = SecretString::from("correct horse battery");
        let stored = hash_password(&chosen).await.unwrap();
        assert!(Passwords::new().unwrap().fits(&chosen, Some(stored)).await.unwrap());
    }
}
