//! The object identifiers of CMS and the algorithms it uses, and how people call them.

use super::ber::{OBJECT_ID, SEQUENCE, Value};

pub(crate) const DATA: &str = "1.2.840.113549.1.7.1";
pub(crate) const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
pub(crate) const ENVELOPED_DATA: &str = "1.2.840.113549.1.7.3";
pub(crate) const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";
pub(crate) const COMPRESSED_DATA: &str = "1.2.840.113549.1.9.16.1.9";
pub(crate) const AUTH_ENVELOPED_DATA: &str = "1.2.840.113549.1.9.16.1.23";

pub(crate) const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
pub(crate) const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
pub(crate) const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

pub(crate) const RSA: &str = "1.2.840.113549.1.1.1";
pub(crate) const RSA_OAEP: &str = "1.2.840.113549.1.1.7";
pub(crate) const RSA_PSS: &str = "1.2.840.113549.1.1.10";
pub(crate) const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
pub(crate) const P256: &str = "1.2.840.10045.3.1.7";
pub(crate) const P384: &str = "1.3.132.0.34";
pub(crate) const P521: &str = "1.3.132.0.35";
pub(crate) const X25519: &str = "1.3.101.110";

pub(crate) const MD5: &str = "1.2.840.113549.2.5";
pub(crate) const SHA1: &str = "1.3.14.3.2.26";
pub(crate) const SHA224: &str = "2.16.840.1.101.3.4.2.4";
pub(crate) const SHA256: &str = "2.16.840.1.101.3.4.2.1";
pub(crate) const SHA384: &str = "2.16.840.1.101.3.4.2.2";
pub(crate) const SHA512: &str = "2.16.840.1.101.3.4.2.3";

pub(crate) const DES3_CBC: &str = "1.2.840.113549.3.7";
pub(crate) const RC2_CBC: &str = "1.2.840.113549.3.2";
pub(crate) const AES128_CBC: &str = "2.16.840.1.101.3.4.1.2";
pub(crate) const AES192_CBC: &str = "2.16.840.1.101.3.4.1.22";
pub(crate) const AES256_CBC: &str = "2.16.840.1.101.3.4.1.42";
pub(crate) const AES128_GCM: &str = "2.16.840.1.101.3.4.1.6";
pub(crate) const AES192_GCM: &str = "2.16.840.1.101.3.4.1.26";
pub(crate) const AES256_GCM: &str = "2.16.840.1.101.3.4.1.46";
pub(crate) const AES128_WRAP: &str = "2.16.840.1.101.3.4.1.5";
pub(crate) const AES192_WRAP: &str = "2.16.840.1.101.3.4.1.25";
pub(crate) const AES256_WRAP: &str = "2.16.840.1.101.3.4.1.45";
pub(crate) const DES3_WRAP: &str = "1.2.840.113549.1.9.16.3.6";

pub(crate) const MGF1: &str = "1.2.840.113549.1.1.8";
pub(crate) const P_SPECIFIED: &str = "1.2.840.113549.1.1.9";
pub(crate) const ZLIB: &str = "1.2.840.113549.1.9.16.3.8";

/// How people call an algorithm; its identifier when it is unknown.
pub(crate) fn name(id: &str) -> String {
    let name = match id {
        RSA => "RSA",
        RSA_OAEP => "RSA-OAEP",
        RSA_PSS => "RSA-PSS",
        EC_PUBLIC_KEY => "EC",
        P256 => "P-256",
        P384 => "P-384",
        P521 => "P-521",
        X25519 => "X25519",
        MD5 => "MD5",
        SHA1 => "SHA-1",
        SHA224 => "SHA-224",
        SHA256 => "SHA-256",
        SHA384 => "SHA-384",
        SHA512 => "SHA-512",
        DES3_CBC => "3DES-CBC",
        RC2_CBC => "RC2-CBC",
        AES128_CBC => "AES-128-CBC",
        AES192_CBC => "AES-192-CBC",
        AES256_CBC => "AES-256-CBC",
        AES128_GCM => "AES-128-GCM",
        AES192_GCM => "AES-192-GCM",
        AES256_GCM => "AES-256-GCM",
        "1.3.14.3.2.7" => "DES-CBC",
        "1.2.840.113533.7.66.10" => "CAST5-CBC",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.10040.4.3" => "DSA with SHA-1",
        "1.3.101.111" => "X448",
        "1.3.101.112" => "Ed25519",
        "1.3.36.3.3.2.8.1.1.7" => "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.11" => "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.13" => "brainpoolP512r1",
        "1.2.840.113549.1.12.1.1" => "RC4-128 of PKCS#12",
        "1.2.840.113549.1.12.1.2" => "RC4-40 of PKCS#12",
        unknown => unknown,
    };
    name.to_owned()
}

/// The curve of a key, from the parameters of its algorithm. Some programs write the curve out in place of its name
/// (RFC 3279 §2.3.5); it is known by its field then.
pub(crate) fn curve(parameters: Value<'_>) -> Option<String> {
    if parameters.is(OBJECT_ID) {
        return parameters.object_id().ok();
    }
    let mut written = parameters.is(SEQUENCE).then(|| parameters.reader())?;
    written.number().ok()?;
    let mut field = written.within(SEQUENCE).ok()?;
    field.object_id().ok()?;
    let prime = data_encoding::HEXLOWER.encode(crate::keys::stripped(field.any().ok()?.body));
    // FIPS 186-4 appendix D.1.2.
    let known = match prime.as_str() {
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff" => P256,
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff" => {
            P384
        }
        _ if prime
            .strip_prefix("01")
            .is_some_and(|rest| rest.len() == 130 && rest.bytes().all(|b| b == b'f')) =>
        {
            P521
        }
        _ => return None,
    };
    Some(known.to_owned())
}
