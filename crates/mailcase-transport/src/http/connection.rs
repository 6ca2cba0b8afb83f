//! One connection of one's own, for sign-in that is bound to a connection (NTLM, MS-NTHT §2) or to its encryption
//! (channel bindings, RFC 5929).

use super::response::{HttpResponse, broken};
use super::{HttpClient, PRODUCT, endpoint};
use crate::endpoint::Endpoint;
use ::http::header::{HOST, USER_AGENT};
use ::http::{HeaderValue, Request, Uri};
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use mailcase_mail::{CertificateFacts, SourceError};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::fmt;
use tokio::time::timeout;
use x509_parser::signature_algorithm::SignatureAlgorithm;

/// RFC 4055 and RFC 5758: what ends in SHA-384.
const SHA384_SIGNATURES: [&str; 2] = ["1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"];
const SHA512_SIGNATURES: [&str; 2] = ["1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"];
/// FIPS 202 hashes are unknown here; these two are what RSASSA-PSS may name besides SHA-256.
const SHA384: &str = "2.16.840.1.101.3.4.2.2";
const SHA512: &str = "2.16.840.1.101.3.4.2.3";

/// An HTTP/1.1 connection that nobody else uses. One request at a time: the next waits for the end of the answer before.
pub struct HttpConnection {
    sender: SendRequest<Full<Bytes>>,
    endpoint: Endpoint,
    host: HeaderValue,
    client: HttpClient,
    binding: Option<Vec<u8>>,
}

impl fmt::Debug for HttpConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConnection").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl HttpConnection {
    pub(super) async fn open(client: &HttpClient, url: &Uri) -> Result<Self, SourceError> {
        let endpoint = endpoint(url)?;
        let unusable = || SourceError::Settings { message: "a URL must name a server".to_owned() };
        let authority = url.authority().ok_or_else(unusable)?;
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| unusable())?;
        let (stream, encryption) = client.connector.open_http1(url, &endpoint).await?;
        let (sender, connection) = handshake(stream).await.map_err(|error| broken(&endpoint, &error))?;
        // Ends by itself when the connection is dropped and the answer on it is.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
        let leaf = encryption.as_ref().and_then(|encryption| encryption.chain.first());
        let binding = leaf.and_then(server_end_point);
        Ok(Self { sender, endpoint, host, client: client.clone(), binding })
    }

    /// The `tls-server-end-point` binding of the encryption (RFC 5929 §4), without its prefix; nothing when there is no
    /// encryption.
    #[must_use]
    pub fn channel_binding(&self) -> Option<&[u8]> {
        self.binding.as_deref()
    }

    /// Whether the server has not hung up, as far as that was heard.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a request and waits for the head of its answer. Whoever is to use the connection again reads the body to its
    /// end. What is secret in the request is for the caller to guard: nothing is refused without encryption.
    ///
    /// # Errors
    /// As [`HttpClient::send`].
    pub async fn send(&mut self, mut request: Request<Bytes>) -> Result<HttpResponse, SourceError> {
        let deadline = self.client.answer_deadline(request.body().len());
        // RFC 9112 §3.2.1: to the server itself goes the path alone.
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let path = path.parse().map_err(|_| SourceError::Settings {
            message: "the path of the URL cannot be asked for".to_owned(),
        })?;
        *request.uri_mut() = path;
        request.headers_mut().insert(HOST, self.host.clone());
        request.headers_mut().entry(USER_AGENT).or_insert(HeaderValue::from_static(PRODUCT));
        let asking = async {
            self.sender.ready().await?;
            self.sender.send_request(request.map(Full::new)).await
        };
        let answer = timeout(deadline, asking)
            .await
            .map_err(|_| SourceError::TimedOut {
                what: format!("an answer of {}", self.endpoint),
                after: deadline,
            })?
            .map_err(|error| broken(&self.endpoint, &error))?;
        Ok(HttpResponse::new(answer, self.endpoint.clone(), self.client.deadlines.silence))
    }
}

/// RFC 5929 §4.1: the certificate hashed as its signature is, but never with less than SHA-256.
fn server_end_point(leaf: &CertificateFacts) -> Option<Vec<u8>> {
    let der = CertificateDer::from_pem_slice(leaf.pem.as_bytes()).ok()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
    let signature = &certificate.signature_algorithm;
    let oid = signature.algorithm.to_id_string();
    let hash = match SignatureAlgorithm::try_from(signature) {
        Ok(SignatureAlgorithm::RSASSA_PSS(params)) => params.hash_algorithm_oid().to_id_string(),
        _ => String::new(),
    };
    Some(if SHA384_SIGNATURES.contains(&oid.as_str()) || hash == SHA384 {
        Sha384::digest(&der).to_vec()
    } else if SHA512_SIGNATURES.contains(&oid.as_str()) || hash == SHA512 {
        Sha512::digest(&der).to_vec()
    } else {
        Sha256::digest(&der).to_vec()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate_facts;
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, SignatureAlgorithm};

    fn binding(algorithm: &'static SignatureAlgorithm) -> (Vec<u8>, Vec<u8>) {
        let params = rcgen::CertificateParams::new(vec!["mail.example.org".to_owned()]).unwrap();
        let key = KeyPair::generate_for(algorithm).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let binding = server_end_point(&certificate_facts(certificate.der())).unwrap();
        (certificate.der().to_vec(), binding)
    }

    #[test]
    fn certificates_are_hashed_as_they_are_signed() {
        let (der, hash) = binding(&PKCS_ECDSA_P256_SHA256);
        assert_eq!(hash, Sha256::digest(&der).to_vec());
        let (der, hash) = binding(&PKCS_ECDSA_P384_SHA384);
        assert_eq!(hash, Sha384::digest(&der).to_vec());
    }
}
