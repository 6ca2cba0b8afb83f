//! Keys that encrypted mail is read with. Their secrets come in and never go out.

use crate::dto::message::ConnectorRef;
use jiff::Timestamp;
use mailcase_evidence::{KeyFacts, KeyKind};
use mailcase_store::DecryptionKey;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A key file to look into.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InspectKey {
    /// A PKCS#12 file (.p12, .pfx) or an OpenPGP secret key, armoured or not; at most 1 MiB, in base64.
    #[schema(value_type = String)]
    pub(crate) file: SecretString,
    /// Empty when the file has none. Not kept.
    #[serde(default)]
    #[schema(value_type = String)]
    pub(crate) password: SecretString,
}

/// A key to read mail with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddKey {
    /// What people call it.
    pub(crate) name: String,
    /// For the mail of this connector alone; without one, for all of the organization's.
    #[serde(default)]
    pub(crate) connector_id: Option<Uuid>,
    /// A PKCS#12 file (.p12, .pfx) or an OpenPGP secret key, armoured or not; at most 1 MiB, in base64. Encrypted at rest,
    /// never shown again.
    #[schema(value_type = String)]
    pub(crate) file: SecretString,
    /// Empty when the file has none. Not kept.
    #[serde(default)]
    #[schema(value_type = String)]
    pub(crate) password: SecretString,
}

/// A key, without its secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecryptionKeyView {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// Set when it is for the mail of this connector alone.
    pub(crate) connector: Option<ConnectorRef>,
    pub(crate) facts: KeyFactsView,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: Option<String>,
}

/// What a key says about itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyFactsView {
    pub(crate) kind: KeyKindView,
    /// Whom the certificate names, or the first user id.
    pub(crate) subject: String,
    /// OpenPGP: every user id.
    pub(crate) user_ids: Vec<String>,
    /// Mail addresses it is for, lower case.
    pub(crate) addresses: Vec<String>,
    /// S/MIME: who issued the certificate.
    pub(crate) issuer: Option<String>,
    /// S/MIME: of the certificate, upper-case hexadecimal.
    pub(crate) serial: Option<String>,
    /// Subject key identifier of the certificate, or OpenPGP key id; upper-case hexadecimal.
    pub(crate) key_id: Option<String>,
    /// OpenPGP: the ids of its other keys.
    pub(crate) subkey_ids: Vec<String>,
    /// SHA-256 of the certificate, or the OpenPGP fingerprint; lower-case hexadecimal.
    pub(crate) fingerprint: String,
    pub(crate) not_before: Option<Timestamp>,
    /// Old mail is read with expired keys as well.
    pub(crate) not_after: Option<Timestamp>,
    /// `RSA`, `P-256`, ….
    pub(crate) algorithm: String,
    pub(crate) bits: Option<u32>,
    /// The subjects of the certificates above, nearest first, as far as the file has them.
    pub(crate) chain: Vec<String>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyKindView {
    Smime,
    Openpgp,
}

impl From<KeyFacts> for KeyFactsView {
    fn from(facts: KeyFacts) -> Self {
        Self {
            kind: match facts.kind {
                KeyKind::Smime => KeyKindView::Smime,
                KeyKind::Openpgp => KeyKindView::Openpgp,
            },
            subject: facts.subject,
            user_ids: facts.user_ids,
            addresses: facts.addresses,
            issuer: facts.issuer,
            serial: facts.serial,
            key_id: facts.key_id,
            subkey_ids: facts.subkey_ids,
            fingerprint: facts.fingerprint,
            not_before: facts.not_before,
            not_after: facts.not_after,
            algorithm: facts.algorithm,
            bits: facts.bits,
            chain: facts.chain,
        }
    }
}

impl From<DecryptionKey> for DecryptionKeyView {
    fn from(key: DecryptionKey) -> Self {
        Self {
            id: key.id.uuid(),
            name: key.name,
            connector: key.connector.map(Into::into),
            facts: key.facts.into(),
            created_at: key.created_at,
            created_by: key.created_by,
        }
    }
}
