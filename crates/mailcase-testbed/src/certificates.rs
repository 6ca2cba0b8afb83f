//! A private certificate authority and the certificates a test needs: good, expired, for another name,
//! signed by itself.

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// The names every good leaf is valid for.
pub const LOCAL_NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// A certificate with its private key.
#[derive(Debug, Clone)]
pub struct Issued {
    pub certificate_pem: String,
    pub certificate_der: Vec<u8>,
    pub key_pem: String,
    pub key_der: Vec<u8>,
}

/// A certificate authority nobody trusts until told so.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    certificate_der: Vec<u8>,
}

impl Authority {
    /// Makes a new authority with a key of its own.
    ///
    /// # Errors
    /// When the key or certificate cannot be generated.
    pub fn new() -> Result<Self> {
        let key = KeyPair::generate().context("generate the authority's key")?;
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name.push(DnType::CommonName, "Testbed Root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).context("sign the authority's certificate")?;
        Ok(Self {
            certificate_pem: certificate.pem(),
            certificate_der: certificate.der().to_vec(),
            issuer: Issuer::new(params, key),
        })
    }

    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// A valid certificate for `localhost` and `127.0.0.1`.
    ///
    /// # Errors
    /// When the key or certificate cannot be generated.
    pub fn leaf(&self) -> Result<Issued> {
        self.issue(leaf_params(&LOCAL_NAMES)?)
    }

    /// A valid certificate for `localhost`, `127.0.0.1` and these names.
    ///
    /// # Errors
    /// When the key or certificate cannot be generated.
    pub fn leaf_for(&self, names: &[&str]) -> Result<Issued> {
        self.issue(leaf_params(&[&LOCAL_NAMES, names].concat())?)
    }

    /// Valid for `localhost`, but its time is over.
    ///
    /// # Errors
    /// When the key or certificate cannot be generated.
    pub fn expired(&self) -> Result<Issued> {
        let mut params = leaf_params(&LOCAL_NAMES)?;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.issue(params)
    }

    /// In time, but for another host.
    ///
    /// # Errors
    /// When the key or certificate cannot be generated.
    pub fn wrong_name(&self) -> Result<Issued> {
        self.issue(leaf_params(&["mail.example.org"])?)
    }

    fn issue(&self, params: CertificateParams) -> Result<Issued> {
        let key = KeyPair::generate().context("generate a key")?;
        let certificate = params.signed_by(&key, &self.issuer).context("sign a certificate")?;
        Ok(issued(&certificate, &key))
    }
}

/// What `openssl req -x509` makes by default, and administrators upload: signed by itself, `CA:TRUE`.
///
/// # Errors
/// When the key or certificate cannot be generated.
pub fn self_signed() -> Result<Issued> {
    self_signed_with(|_| ())
}

/// A server's certificate as [`self_signed`] makes it, and the authority it is as well: whatever that one issues is signed
/// with the server's key.
///
/// # Errors
/// When the key or certificate cannot be generated.
pub fn self_signed_authority() -> Result<(Issued, Authority)> {
    let key = KeyPair::generate().context("generate a key")?;
    let mut params = leaf_params(&LOCAL_NAMES)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).context("sign a certificate")?;
    let server = issued(&certificate, &key);
    let authority = Authority {
        certificate_pem: server.certificate_pem.clone(),
        certificate_der: server.certificate_der.clone(),
        issuer: Issuer::new(params, key),
    };
    Ok((server, authority))
}

/// Signed by itself and expired.
///
/// # Errors
/// When the key or certificate cannot be generated.
pub fn self_signed_expired() -> Result<Issued> {
    self_signed_with(|params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    })
}

fn self_signed_with(adjust: impl FnOnce(&mut CertificateParams)) -> Result<Issued> {
    let key = KeyPair::generate().context("generate a key")?;
    let mut params = leaf_params(&LOCAL_NAMES)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    adjust(&mut params);
    let certificate = params.self_signed(&key).context("sign a certificate")?;
    Ok(issued(&certificate, &key))
}

fn leaf_params(names: &[&str]) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())
        .context("the names of a certificate")?;
    params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("localhost"));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn issued(certificate: &rcgen::Certificate, key: &KeyPair) -> Issued {
    Issued {
        certificate_pem: certificate.pem(),
        certificate_der: certificate.der().to_vec(),
        key_pem: key.serialize_pem(),
        key_der: key.serialize_der(),
    }
}
