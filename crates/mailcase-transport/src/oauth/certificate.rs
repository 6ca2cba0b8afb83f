//! A certificate with its private key, by which an application proves who it is.

use crate::facts::certificate_facts;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256};
use mailcase_mail::CertificateFacts;
use p12_keystore::Pkcs12Archive;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A key with a chain of a few certificates has some ten kilobytes.
const FILE_MAX_BYTES: usize = 256 * 1024;
/// How an encrypted private key in PEM form begins (RFC 7468 §11).
const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

/// Why a file with certificate and key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningCertificateError {
    #[error("the file is larger than {} KiB", FILE_MAX_BYTES / 1024)]
    TooLarge,
    #[error("the file cannot be read as PFX (PKCS #12): it is damaged, or the password is wrong")]
    NotPfx,
    #[error("there is no certificate in the file")]
    NoCertificate,
    #[error("there is no private key in the file; export the certificate together with its key")]
    NoKey,
    #[error(
        "the private key is encrypted; decrypt it with `openssl pkey`, or upload a PFX file with its password"
    )]
    EncryptedKey,
    #[error("the private key is not an RSA key of 2048 bits or more")]
    NotRsa,
    #[error("no certificate in the file belongs to the private key")]
    Strangers,
}

/// How a signature is made (RFC 7518 §3.3, §3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Padding {
    Pss,
    Pkcs1,
}

/// An RSA key and the certificate that belongs to it.
pub struct SigningCertificate {
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

impl fmt::Debug for SigningCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningCertificate").field("sha256", &self.facts().sha256).finish_non_exhaustive()
    }
}

impl SigningCertificate {
    /// Reads a PFX file. Takes as long as whoever wrote the file made deriving its key take: not for an async task.
    ///
    /// # Errors
    /// Says what is missing or wrong with it.
    pub fn from_pfx(file: &[u8], password: &SecretString) -> Result<Self, SigningCertificateError> {
        if file.len() > FILE_MAX_BYTES {
            return Err(SigningCertificateError::TooLarge);
        }
        let archive = Pkcs12Archive::from_pkcs12(file, password.expose_secret())
            .map_err(|_| SigningCertificateError::NotPfx)?;
        let certificates: Vec<_> =
            archive.certs.iter().map(|bag| CertificateDer::from(bag.cert.as_der().to_vec())).collect();
        let key = archive.keys.first().ok_or(SigningCertificateError::NoKey)?;
        let key = KeyPair::from_pkcs8(key.key.as_der()).map_err(|_| SigningCertificateError::NotRsa)?;
        Self::pair(key, certificates)
    }

    /// Reads certificate and key in PEM form, in any order; the key as PKCS #8 or PKCS #1.
    ///
    /// # Errors
    /// Says what is missing or wrong with it.
    pub fn from_pem(text: &SecretString) -> Result<Self, SigningCertificateError> {
        let text = text.expose_secret();
        if text.len() > FILE_MAX_BYTES {
            return Err(SigningCertificateError::TooLarge);
        }
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| SigningCertificateError::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| {
            if text.contains(ENCRYPTED) {
                SigningCertificateError::EncryptedKey
            } else {
                SigningCertificateError::NoKey
            }
        })?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(SigningCertificateError::NotRsa),
        };
        Self::pair(key.map_err(|_| SigningCertificateError::NotRsa)?, certificates)
    }

    /// Files hold whole chains: the certificate is the one with the public key.
    fn pair(
        key: KeyPair,
        certificates: Vec<CertificateDer<'static>>,
    ) -> Result<Self, SigningCertificateError> {
        if certificates.is_empty() {
            return Err(SigningCertificateError::NoCertificate);
        }
        let belongs = |certificate: &CertificateDer<'_>| {
            x509_parser::parse_x509_certificate(certificate).is_ok_and(|(_, parsed)| {
                parsed.public_key().subject_public_key.data.as_ref() == key.public_key().as_ref()
            })
        };
        let certificate = certificates.into_iter().find(belongs).ok_or(SigningCertificateError::Strangers)?;
        Ok(Self { key, certificate })
    }

    /// What a person sees of it, such as when it ends.
    #[must_use]
    pub fn facts(&self) -> CertificateFacts {
        certificate_facts(&self.certificate)
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }

    /// The signature, unless there is no randomness or memory.
    pub(crate) fn sign(&self, padding: Padding, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        match padding {
            Padding::Pss => self.key.sign(&RSA_PSS_SHA256, &random, message, &mut signature),
            Padding::Pkcs1 => self.key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature),
        }
        .ok()?;
        Some(signature)
    }
}
