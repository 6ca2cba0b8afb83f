//! Keys that encrypted mail is read with: shown without their secrets, looked into before they are kept.

use crate::access::{ManageConnectors, ReadConnectors, Require};
use crate::client::Client;
use crate::dto::keys::{AddKey, DecryptionKeyView, InspectKey, KeyFactsView};
use crate::extract::{Body, Ids};
use crate::page::Page;
use crate::parts::PartWorks;
use crate::problem::{Kind, Problem};
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailcase_core::{ConnectorId, DecryptionKeyId};
use mailcase_evidence::{KeyError, UnlockedKey};
use mailcase_store::{NewDecryptionKey, Store};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Largest body: a file of 1 MiB in base64, with room for one that is somewhat too large to be told so.
pub(super) const BODY_BYTES_MAX: usize = 2 << 20;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 200;

/// The keys of the organization, newest first.
#[utoipa::path(get, path = "/keys", tag = "keys",
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "All keys", body = Page<DecryptionKeyView>)))]
pub(crate) async fn list_keys(
    State(store): State<Store>,
    Require(caller, _): Require<ReadConnectors>,
) -> Result<Json<Page<DecryptionKeyView>>, Problem> {
    let keys = store.decryption_keys(caller.organization).await?;
    Ok(Json(Page::whole(keys.into_iter().map(Into::into).collect())))
}

/// Tells what is in a key file. Nothing is kept.
///
/// What is wrong with the file stands in `code`: `key_wrong_password`, `key_not_recognized`, `key_without_private_key`,
/// `key_with_several_private_keys`, `key_without_certificate`, `key_unsupported`, `key_too_costly`, `key_damaged`,
/// `too_large`.
#[utoipa::path(post, path = "/keys/inspections", tag = "keys", request_body = InspectKey,
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "What is in the file", body = KeyFactsView)))]
pub(crate) async fn inspect_key(
    State(parts): State<PartWorks>,
    _caller: Require<ManageConnectors>,
    KeyBody(body): KeyBody<InspectKey>,
) -> Result<Json<KeyFactsView>, Problem> {
    Ok(Json(opened(&parts, body.file, body.password).await?.facts.into()))
}

/// Keeps a key. Messages that need one are examined again.
///
/// What is wrong with the file is told as by `POST /keys/inspections`.
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = AddKey,
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 201, description = "Kept", body = DecryptionKeyView)))]
pub(crate) async fn add_key(
    State(store): State<Store>,
    State(parts): State<PartWorks>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    KeyBody(body): KeyBody<AddKey>,
) -> Result<(StatusCode, Json<DecryptionKeyView>), Problem> {
    let name = body.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(Problem::invalid("name", format!("give it a name of 1 to {NAME_CHARS_MAX} characters")));
    }
    let connector = body.connector_id.map(ConnectorId::from_uuid);
    let key = opened(&parts, body.file, body.password).await?;
    let new = NewDecryptionKey { connector, name, key };
    let facts = json!({ "connector": connector });
    let entry = entry(&client, &caller, Action::KeyAdded, facts);
    let key = store.recorded(entry).add_decryption_key(caller.organization, &new).await?;
    Ok((StatusCode::CREATED, Json(key.into())))
}

/// Forgets a key for ever. What was read with it stays as evidence; the parts themselves need it again.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys",
    params(("id" = Uuid, Path, description = "Id of the key")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 204, description = "Forgotten")))]
pub(crate) async fn delete_key(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    let id = DecryptionKeyId::from_uuid(id);
    let entry = entry(&client, &caller, Action::KeyDeleted, json!({}));
    store.recorded(entry).delete_decryption_key(caller.organization, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Off the async threads, in turn with everything else that decodes: opening a file takes up to seconds.
async fn opened(
    parts: &PartWorks,
    file: SecretString,
    password: SecretString,
) -> Result<UnlockedKey, Problem> {
    let mut text = Zeroizing::new(file.expose_secret().as_bytes().to_vec());
    text.retain(|byte| !byte.is_ascii_whitespace());
    let file = STANDARD.decode(&text).map(Zeroizing::new);
    let file = file.map_err(|_| Problem::invalid("file", "send the file in base64"))?;
    let opening = parts.turn().await?.run(move || UnlockedKey::open(&file, password.expose_secret()));
    opening.await?.map_err(refused)
}

fn refused(error: KeyError) -> Problem {
    let kind = match &error {
        KeyError::TooLarge => Kind::TooLarge,
        KeyError::WrongPassword => Kind::KeyWrongPassword,
        KeyError::NoPrivateKey => Kind::KeyWithoutPrivateKey,
        KeyError::SeveralPrivateKeys => Kind::KeyWithSeveralPrivateKeys,
        KeyError::NoCertificate => Kind::KeyWithoutCertificate,
        KeyError::Unsupported { .. } => Kind::KeyUnsupported,
        KeyError::TooCostly => Kind::KeyTooCostly,
        KeyError::Unreadable => Kind::KeyDamaged,
        _ => Kind::KeyNotRecognized,
    };
    Problem::new(kind, error.to_string())
}

/// A body with a key file in it.
#[derive(Debug)]
pub(crate) struct KeyBody<T>(T);

impl<S, T> FromRequest<S> for KeyBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Body::<T>::from_request(request, state).await {
            Ok(Body(body)) => Ok(Self(body)),
            Err(problem) if problem.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(refused(KeyError::TooLarge))
            }
            Err(problem) => Err(problem),
        }
    }
}
